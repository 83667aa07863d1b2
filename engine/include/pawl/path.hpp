// path: the address of a scope or step within a run, such as /do/2/refine~17/do/1/act.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl {

/// A path with its laps. A segment's lap (iteration, back-jump, retry, resumption) follows it as
/// "~N" and is left out when it is 0. Segments contain neither '/' nor '~': definitions with such
/// task names are refused at load.
class path {
public:
  /// The root: the empty path, scope of the whole run.
  path() = default;
  /// From the text form. Not checked.
  explicit path(std::string text) : text_(std::move(text)) {}

  /// "/do/2/refine~17".
  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  /// Without laps: "/do/2/refine". The key of records, and the JSON pointer of the task in its
  /// definition.
  [[nodiscard]] std::string key() const;
  [[nodiscard]] bool is_root() const noexcept { return text_.empty(); }

  /// One segment deeper; `segment` may hold several joined by '/' ("fork/branches/0").
  [[nodiscard]] path child(std::string_view segment) const;
  /// This path with the lap of its last segment replaced (0 removes it). Precondition: not the
  /// root, or lap == 0.
  [[nodiscard]] path with_lap(std::uint32_t lap) const;
  /// The last segment's name, without its lap.
  [[nodiscard]] std::string_view name() const noexcept;

  auto operator<=>(const path&) const = default;

private:
  std::string text_;
};

} // namespace pawl
