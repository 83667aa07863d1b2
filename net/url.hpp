// http:// and https:// URLs, taken apart as a client needs them.
#pragma once

#include <pawl/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::net {

enum class url_scheme : unsigned char { http, https };

struct http_url {
  url_scheme scheme = url_scheme::http;
  std::string host;        ///< name or address, without brackets
  std::uint16_t port = 80; ///< the scheme's own where the URL has none
  std::string authority;   ///< what the Host header says: "host", "host:8080", "[::1]:8080"
  std::string target;      ///< path and query, at least "/"; the fragment is dropped

  /// "host:port", for messages and as the key of a connection: names no path, no query, no secret.
  [[nodiscard]] std::string origin() const;
};

/// An error (invalid_argument) says what is wrong without repeating the URL, which may hold a key.
/// Refused: anything but http and https, no host, user information, a port that is none, any
/// character a URL cannot hold.
result<http_url> parse_http_url(std::string_view text);

} // namespace pawl::net
