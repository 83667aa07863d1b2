// Reading JSON that comes from outside: bounded, without exceptions.
#pragma once

#include <pawl/outcome.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl::inference {

/// Parses a text of at most limits::json_depth_max nested levels; empty for any other, and for text
/// that is no JSON.
[[nodiscard]] std::optional<json> parse_json(std::string_view text);

/// Whether the value nests no deeper than limits::json_depth_max: recursive readers are safe with
/// it.
[[nodiscard]] bool depth_is_bounded(const json& value);

/// For messages: "null", "a boolean", "a number", "a string", "an array", "an object".
[[nodiscard]] std::string_view kind_of(const json& value) noexcept;

/// The integer that a JSON number stands for. A float without a fraction counts (expressions make
/// such); empty for all else.
[[nodiscard]] std::optional<std::int64_t> to_integer(const json& value) noexcept;

/// The member, or a null when `object` is no object or has none of that name. Valid as long as
/// `object`.
[[nodiscard]] const json& member(const json& object, const char* name);

} // namespace pawl::inference
