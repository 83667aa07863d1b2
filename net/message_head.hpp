// HTTP/1.1 message heads as bytes (RFC 9112 sections 3 to 6). What could smuggle lines into a head
// is refused.
#pragma once

#include <pawl/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/transport.hpp"
#include "net/url.hpp"

namespace pawl::net {

/// RFC 9110 section 5.6.2: what methods and header names consist of. The empty text is no token.
bool is_token(std::string_view text) noexcept;
/// RFC 9110 section 5.5: no control characters but tab.
bool is_field_value(std::string_view text) noexcept;
/// ASCII case is ignored.
bool same_field_name(std::string_view a, std::string_view b) noexcept;
/// Whether a comma-separated header value holds `token` (case-insensitive).
bool has_list_token(std::string_view value, std::string_view token) noexcept;

/// The head of a request, up to and with the empty line: Host, User-Agent and Accept (unless
/// given), Connection, the request's headers, Content-Length. An error (invalid_argument) names the
/// header that cannot be sent, not its value.
result<std::string> write_request_head(const http_request& request, const http_url& url);

enum class connection_use : unsigned char { keep_alive, close };
enum class response_framing : unsigned char { none, content_length, chunked };

struct response_head {
  int status = 200;
  header_list headers; ///< invalid ones and framing headers are left out
  response_framing framing = response_framing::none;
  std::uint64_t length_bytes = 0; ///< content_length
  connection_use use = connection_use::keep_alive;
};

/// The head of a response, up to and with the empty line.
std::string write_response_head(const response_head& head);

} // namespace pawl::net
