// Where things are in a JSON text: lines and columns for error messages, and what a parser does not
// report.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pawl::workflows {

/// Line and column of a byte, both from 1; columns count bytes.
struct text_position {
  std::size_t line = 1;
  std::size_t column = 1;
  auto operator<=>(const text_position&) const = default;
};

text_position position_of(std::string_view text, std::size_t offset) noexcept;

/// The byte at which the text nests deeper than `depth_max`, if it does. Any bytes are safe; needs
/// no valid JSON.
std::optional<std::size_t> too_deep_at(std::string_view text, int depth_max) noexcept;

/// `key` with "~" and "/" escaped as JSON pointers want it (RFC 6901).
std::string pointer_token(std::string_view key);

/// A member that an object has twice.
struct duplicate_key {
  std::string pointer;
  text_position first;
  text_position second;
};

/// What one walk through a JSON text finds.
struct text_map {
  /// By JSON pointer: of a member the place of its key, of an element that of its value.
  std::unordered_map<std::string, text_position> places;
  std::vector<duplicate_key> duplicates;

  /// The place of the pointer, else of its nearest ancestor that has one.
  [[nodiscard]] text_position find(std::string_view pointer) const;
};

/// Finds the places of `wanted` (and of their ancestors) and all duplicate keys.
/// Precondition: `text` is valid JSON (a parser took it).
text_map map_text(std::string_view text, const std::vector<std::string>& wanted);

} // namespace pawl::workflows
