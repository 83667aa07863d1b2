// Keeping regular expressions within their means.
//
// The validator matches `pattern`, `patternProperties` and `format` with std::regex, which
// recurses: some frames of stack for each character and each group around it. What it is given is
// bounded, so that neither a definition's pattern nor a model's text can overflow a stack.
#pragma once

#include <pawl/outcome.hpp>

#include <cstddef>
#include <optional>
#include <set>
#include <string>

namespace pawl::inference {

/// Why one of the schema's patterns cannot be used, or empty: it is no ECMAScript regular
/// expression, or it is too large (bytes, repeat counts, nested groups).
[[nodiscard]] std::optional<std::string> check_patterns(const json& schema);

/// Which texts of a value a schema may match, and how long they may be.
class pattern_scope {
public:
  /// Precondition: check_patterns(schema) is empty.
  explicit pattern_scope(const json& schema);

  /// Whether the value can be checked: no text that a pattern or format may apply to is too long.
  [[nodiscard]] bool allows(const json& value) const;
  [[nodiscard]] std::size_t matched_bytes_max() const noexcept { return matched_bytes_max_; }

private:
  void collect(const json& node, const std::string* property);

  bool keys_are_matched_ = false;
  bool everywhere_ = false;          // it cannot be told which texts
  std::set<std::string> properties_; // texts (or lists of them) that are values of these
  std::size_t matched_bytes_max_;
};

} // namespace pawl::inference
