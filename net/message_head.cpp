#include "net/message_head.hpp"

#include <pawl/version.hpp>

#include <algorithm>

namespace pawl::net {

namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_token_char(char c) noexcept {
  if ((c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z'))
    return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Headers that say where a message ends or what becomes of its connection: the writer's own.
bool is_framing_name(std::string_view name) noexcept {
  return same_field_name(name, "content-length") || same_field_name(name, "transfer-encoding") ||
         same_field_name(name, "connection");
}

void add_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// RFC 9110 section 15; clients show them to people only.
std::string_view reason(int status) noexcept {
  switch (status) {
  case 200: return "OK";
  case 201: return "Created";
  case 202: return "Accepted";
  case 204: return "No Content";
  case 400: return "Bad Request";
  case 401: return "Unauthorized";
  case 403: return "Forbidden";
  case 404: return "Not Found";
  case 405: return "Method Not Allowed";
  case 408: return "Request Timeout";
  case 409: return "Conflict";
  case 413: return "Content Too Large";
  case 429: return "Too Many Requests";
  case 431: return "Request Header Fields Too Large";
  case 500: return "Internal Server Error";
  case 501: return "Not Implemented";
  case 502: return "Bad Gateway";
  case 503: return "Service Unavailable";
  case 504: return "Gateway Timeout";
  default: return "";
  }
}

} // namespace

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_field_value(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool same_field_name(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool has_list_token(std::string_view value, std::string_view token) noexcept {
  while (!value.empty()) {
    const auto comma = value.find(',');
    auto item = value.substr(0, comma);
    value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
    const auto first = item.find_first_not_of(" \t");
    if (first == std::string_view::npos)
      continue;
    item = item.substr(first, item.find_last_not_of(" \t") - first + 1);
    if (same_field_name(item, token))
      return true;
  }
  return false;
}

result<std::string> write_request_head(const http_request& request, const http_url& url) {
  const auto bad = [](std::string what) {
    return error(errc::invalid_argument, "request " + std::move(what));
  };
  if (!is_token(request.method))
    return bad("method: not a token");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name))
      return bad("header: its name is not a token");
    if (!is_field_value(value))
      return bad("header " + name + ": its value holds control characters");
    if (is_framing_name(name) || same_field_name(name, "host"))
      return bad("header " + name + ": is set by the client, leave it out");
  }

  std::string out = request.method + " " + url.target + " HTTP/1.1\r\n";
  add_line(out, "Host", url.authority);
  if (find_header(request.headers, "user-agent").empty())
    add_line(out, "User-Agent", std::string("pawl/") + pawl::version);
  if (find_header(request.headers, "accept").empty())
    add_line(out, "Accept", "*/*");
  add_line(out, "Connection", "keep-alive");
  for (const auto& [name, value] : request.headers)
    add_line(out, name, value);
  // RFC 9110 section 8.6: methods that mean something with a body say so even when it is empty.
  const bool bodiless = request.method == "GET" || request.method == "HEAD";
  if (!request.body.empty() || !bodiless)
    add_line(out, "Content-Length", std::to_string(request.body.size()));
  out += "\r\n";
  return out;
}

std::string write_response_head(const response_head& head) {
  std::string out = "HTTP/1.1 " + std::to_string(std::clamp(head.status, 100, 999)) + " " +
                    std::string(reason(head.status)) + "\r\n";
  for (const auto& [name, value] : head.headers)
    if (is_token(name) && is_field_value(value) && !is_framing_name(name))
      add_line(out, name, value);
  if (head.framing == response_framing::content_length)
    add_line(out, "Content-Length", std::to_string(head.length_bytes));
  if (head.framing == response_framing::chunked)
    add_line(out, "Transfer-Encoding", "chunked");
  add_line(out, "Connection", head.use == connection_use::close ? "close" : "keep-alive");
  out += "\r\n";
  return out;
}

} // namespace pawl::net
