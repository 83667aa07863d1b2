// Where a text may be cut.
#pragma once

#include <cstddef>
#include <string_view>

namespace pawl::inference {

/// Length in bytes of the longest prefix of `text` that does not end within a UTF-8 character.
/// At most 3 bytes are left off. Bytes that are no UTF-8 at all are not judged: they count as
/// characters of one byte.
[[nodiscard]] std::size_t utf8_boundary(std::string_view text) noexcept;

/// The longest prefix of at most `bytes_max` bytes that ends at such a boundary.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max) noexcept;

} // namespace pawl::inference
