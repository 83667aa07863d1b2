#include <pawl/id.hpp>
#include <pawl/limits.hpp>

#include <openssl/evp.h>

namespace pawl {

namespace {
bool is_run_id_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}
} // namespace

result<run_id> parse_run_id(std::string_view text) {
  const std::string rule =
      "a run id has 1 to 128 characters of A-Z a-z 0-9 . _ - and begins with a letter, digit or _";
  if (text.empty())
    return error(errc::invalid_argument, "run id is empty", {}, rule);
  if (text.size() > limits::run_id_bytes_max)
    return error(errc::invalid_argument,
                 "run id has " + std::to_string(text.size()) + " characters", {}, rule);
  for (const char c : text)
    if (!is_run_id_character(c))
      return error(errc::invalid_argument, "run id contains a character that is not allowed", {},
                   rule);
  if (text.front() == '.' || text.front() == '-')
    return error(errc::invalid_argument,
                 "run id '" + std::string(text) + "' begins with '" + text.front() + "'", {}, rule);
  return run_id(std::string(text));
}

std::string sha256_hex(std::string_view bytes) {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), raw, &size, EVP_sha256(), nullptr);
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(size * 2);
  for (unsigned int i = 0; i < size; ++i) {
    hex += digits[raw[i] >> 4];
    hex += digits[raw[i] & 15];
  }
  return hex;
}

call_id make_call_id(std::string_view incarnation, std::string_view step_path) {
  // The separator cannot occur in an incarnation (hex digits), so no two pairs give the same bytes.
  std::string bytes(incarnation);
  bytes += '\n';
  bytes += step_path;
  return call_id(sha256_hex(bytes).substr(0, 32));
}

} // namespace pawl
