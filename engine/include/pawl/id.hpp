// Strong identifiers. Two ids of different kinds never mix; none is minted from a counter that two
// hosts could share.
#pragma once

#include <pawl/result.hpp>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pawl {

template <class Tag>
class text_id {
public:
  text_id() = default;
  explicit text_id(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  auto operator<=>(const text_id&) const = default;

private:
  std::string text_;
};

/// A run: chosen by the user or made by the engine; 1 to 128 characters of [A-Za-z0-9._-], not
/// starting with '.' or '-'.
using run_id = text_id<struct run_tag>;
/// A call: 32 lower-case hex digits, a hash of the run's incarnation and the step's path (see
/// make_call_id).
using call_id = text_id<struct call_tag>;
/// A definition's digest: 64 lower-case hex digits, SHA-256 of its canonical JSON.
using digest = text_id<struct digest_tag>;

/// Refuses texts that are no run id, with a message that says what is allowed.
result<run_id> parse_run_id(std::string_view text);

/// 64 lower-case hex digits of SHA-256.
std::string sha256_hex(std::string_view bytes);

/// The id of the effect at `step_path` (with its laps) in the incarnation of a run (32 hex digits
/// drawn at its start). The same arguments give the same id on every machine, for ever.
call_id make_call_id(std::string_view incarnation, std::string_view step_path);

} // namespace pawl

template <class Tag>
struct std::hash<pawl::text_id<Tag>> {
  std::size_t operator()(const pawl::text_id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
