#include "inference/utf8.hpp"

namespace pawl::inference {
namespace {

// Bytes of the character that `lead` begins (RFC 3629, section 3); 1 for what begins none.
std::size_t length_from_lead(unsigned char lead) noexcept {
  if (lead >= 0xc2 && lead <= 0xdf)
    return 2;
  if (lead >= 0xe0 && lead <= 0xef)
    return 3;
  if (lead >= 0xf0 && lead <= 0xf4)
    return 4;
  return 1;
}

bool is_trail(unsigned char byte) noexcept {
  return (byte & 0xc0) == 0x80;
}

} // namespace

std::size_t utf8_boundary(std::string_view text) noexcept {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (is_trail(byte))
      continue;
    return length_from_lead(byte) > back ? text.size() - back : text.size();
  }
  return text.size();
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max) noexcept {
  if (text.size() <= bytes_max)
    return text;
  text = text.substr(0, bytes_max);
  return text.substr(0, utf8_boundary(text));
}

} // namespace pawl::inference
