#include "net/message_parser.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "net/message_head.hpp"

namespace pawl::net {

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string to_std(string_view text) {
  return std::string(text.data(), text.size());
}

// Reads a head only: it is never fed a byte behind the empty line.
template <bool IsRequest>
class head_reader final : public http::basic_parser<IsRequest> {
public:
  message_head head;

private:
  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    head.method = to_std(method);
    head.target = to_std(target);
    head.minor = version % 10;
  }
  void on_response_impl(int code, string_view, int version, error_code&) override {
    head.status = code;
    head.minor = version % 10;
  }
  void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
    head.headers.emplace_back(to_std(name), to_std(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    return body.size();
  }
  void on_finish_impl(error_code&) override {}
};

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

// RFC 9112 section 7.1: chunk-size [ chunk-ext ]. Nothing when it is no size line.
std::optional<std::uint64_t> chunk_size(std::string_view line) noexcept {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < line.size() && hex_value(line[digits]) >= 0; ++digits) {
    if (size >> 60 != 0)
      return std::nullopt;
    size = size * 16 + static_cast<std::uint64_t>(hex_value(line[digits]));
  }
  const auto rest = line.substr(digits);
  const auto next = rest.find_first_not_of(" \t");
  if (digits == 0 || !is_field_value(rest) || (next != std::string_view::npos && rest[next] != ';'))
    return std::nullopt;
  return size;
}

} // namespace

// clang-format off
// Transitions:  head -> fixed | chunk_size | to_eof | done
//               fixed -> done          chunk_size -> chunk_data | trailers
//               chunk_data -> chunk_end -> chunk_size            trailers -> done
// Any of them -> failed, and to_eof -> done at the connection's end.
// clang-format on
struct message_parser::state {
  enum class at : unsigned char {
    head,
    fixed,
    chunk_size,
    chunk_data,
    chunk_end,
    trailers,
    to_eof,
    done,
    failed
  };

  message_kind kind;
  message_caps caps;
  std::variant<head_reader<true>, head_reader<false>> reader;
  message_head head;
  at where = at::head;
  bool got_head = false;
  bool keep_alive = false;
  std::size_t line_bytes = 0;   // of the heads, or of the trailers, so far
  std::uint64_t body_bytes = 0; // so far
  std::uint64_t remaining = 0;  // of the fixed body or of the chunk
  parse_problem problem = parse_problem::none;
  std::string text;

  state(message_kind k, message_caps c) : kind(k), caps(c) { renew(); }

  void renew() {
    if (kind == message_kind::request)
      prepare(reader.emplace<0>());
    else
      prepare(reader.emplace<1>());
  }

  template <bool IsRequest>
  void prepare(head_reader<IsRequest>& r) {
    // One more than the cap: the cap itself is counted here, over all pieces and interim heads.
    r.header_limit(static_cast<std::uint32_t>(caps.head_bytes_max + 1));
    r.body_limit(boost::none);
    r.skip(kind == message_kind::response_to_head);
  }

  void fail(parse_problem p, std::string what) {
    where = at::failed;
    problem = p;
    text = std::move(what);
  }

  void fail_head_size() {
    fail(parse_problem::head_too_large,
         "header is larger than " + std::to_string(caps.head_bytes_max) + " bytes");
  }

  std::size_t feed_head(std::string_view bytes);
  template <bool IsRequest>
  std::size_t read_head(head_reader<IsRequest>& r, std::string_view bytes);
  template <bool IsRequest>
  void begin_body(head_reader<IsRequest>& r);

  bool count_body(std::uint64_t more);
  std::size_t take_body(std::string_view bytes, std::string& body, at next);
  std::optional<std::string_view> line(std::string_view bytes);
  std::size_t feed_size_line(std::string_view bytes);
  std::size_t feed_trailer(std::string_view bytes);
  std::size_t feed_chunk_end(std::string_view bytes);
  std::size_t step(std::string_view bytes, std::string& body);
};

template <bool IsRequest>
std::size_t message_parser::state::read_head(head_reader<IsRequest>& r, std::string_view bytes) {
  error_code ec;
  const auto used = r.put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  line_bytes += used;
  const auto pending = ec == http::error::need_more ? bytes.size() - used : 0;
  if (line_bytes + pending > caps.head_bytes_max || ec == http::error::header_limit) {
    fail_head_size();
    return used;
  }
  if (ec == http::error::need_more)
    return used;
  if (ec) {
    fail(parse_problem::malformed, "not HTTP/1.1 (" + ec.message() + ")");
    return used;
  }
  if (r.is_header_done())
    begin_body(r);
  return used;
}

template <bool IsRequest>
void message_parser::state::begin_body(head_reader<IsRequest>& r) {
  const int status = r.head.status;
  if (!IsRequest && status < 200) {
    // RFC 9110 section 15.2: interim responses come before the final one; no upgrade was asked for.
    if (status < 100 || status == 101)
      fail(parse_problem::malformed, "status " + std::to_string(status) + " was not asked for");
    else
      renew();
    return;
  }
  head = std::move(r.head);
  keep_alive = r.keep_alive();
  got_head = true;
  line_bytes = 0;
  const bool bodiless =
      !IsRequest && (kind == message_kind::response_to_head || status == 204 || status == 304);
  if (bodiless) {
    where = at::done;
  } else if (r.chunked()) {
    where = at::chunk_size;
  } else if (!find_header(head.headers, "transfer-encoding").empty()) {
    fail(parse_problem::malformed, "transfer-encoding is not chunked");
  } else if (const auto length = r.content_length()) {
    remaining = *length;
    where = remaining == 0 ? at::done : at::fixed;
    count_body(remaining);
  } else {
    where = IsRequest ? at::done : at::to_eof;
    keep_alive = keep_alive && IsRequest;
  }
}

std::size_t message_parser::state::feed_head(std::string_view bytes) {
  if (kind == message_kind::request)
    return read_head(std::get<0>(reader), bytes);
  return read_head(std::get<1>(reader), bytes);
}

bool message_parser::state::count_body(std::uint64_t more) {
  if (more > caps.body_bytes_max - body_bytes) {
    fail(parse_problem::body_too_large,
         "body is larger than " + std::to_string(caps.body_bytes_max) + " bytes");
    return false;
  }
  body_bytes += more;
  return true;
}

std::size_t message_parser::state::take_body(std::string_view bytes, std::string& body, at next) {
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining));
  body.append(bytes.data(), n);
  remaining -= n;
  if (remaining == 0)
    where = next;
  return n;
}

// A line without its CRLF, once it is there; a line feed alone ends none.
std::optional<std::string_view> message_parser::state::line(std::string_view bytes) {
  const auto end = bytes.find("\r\n");
  const auto length = end == std::string_view::npos ? bytes.size() : end + 2;
  if (line_bytes + length > caps.head_bytes_max) {
    fail_head_size();
    return std::nullopt;
  }
  if (end == std::string_view::npos)
    return std::nullopt;
  return bytes.substr(0, end);
}

std::size_t message_parser::state::feed_size_line(std::string_view bytes) {
  const auto text_line = line(bytes);
  if (!text_line)
    return 0;
  const auto size = chunk_size(*text_line);
  if (!size) {
    fail(parse_problem::malformed, "chunk has no size");
    return 0;
  }
  remaining = *size;
  where = remaining == 0 ? at::trailers : at::chunk_data;
  count_body(remaining);
  return text_line->size() + 2;
}

std::size_t message_parser::state::feed_chunk_end(std::string_view bytes) {
  if (bytes.substr(0, 2) == "\r\n") {
    where = at::chunk_size;
    return 2;
  }
  if (bytes != "\r")
    fail(parse_problem::malformed, "chunk is longer than its size");
  return 0;
}

std::size_t message_parser::state::feed_trailer(std::string_view bytes) {
  const auto text_line = line(bytes);
  if (!text_line)
    return 0;
  if (text_line->empty())
    where = at::done;
  line_bytes += text_line->size() + 2;
  return text_line->size() + 2;
}

std::size_t message_parser::state::step(std::string_view bytes, std::string& body) {
  switch (where) {
  case at::head: return feed_head(bytes);
  case at::fixed: return take_body(bytes, body, at::done);
  case at::chunk_size: return feed_size_line(bytes);
  case at::chunk_data: return take_body(bytes, body, at::chunk_end);
  case at::chunk_end: return feed_chunk_end(bytes);
  case at::trailers: return feed_trailer(bytes);
  case at::to_eof:
    if (!count_body(bytes.size()))
      return 0;
    body.append(bytes);
    return bytes.size();
  case at::done:
  case at::failed: return 0;
  }
  return 0;
}

message_parser::message_parser(message_kind kind, message_caps caps)
    : state_(std::make_unique<state>(kind, caps)) {}

message_parser::~message_parser() = default;
message_parser::message_parser(message_parser&&) noexcept = default;
message_parser& message_parser::operator=(message_parser&&) noexcept = default;

std::size_t message_parser::feed(std::string_view bytes, std::string& body) {
  std::size_t used = 0;
  while (used < bytes.size()) {
    const auto n = state_->step(bytes.substr(used), body);
    used += n;
    if (n == 0)
      break;
  }
  return used;
}

void message_parser::feed_eof() {
  if (state_->where == state::at::to_eof)
    state_->where = state::at::done;
  else if (!complete() && state_->where != state::at::failed)
    state_->fail(parse_problem::truncated, "closed within a message");
}

bool message_parser::head_ready() const noexcept {
  return state_->got_head;
}
bool message_parser::complete() const noexcept {
  return state_->where == state::at::done;
}
parse_problem message_parser::problem() const noexcept {
  return state_->problem;
}
const std::string& message_parser::problem_text() const noexcept {
  return state_->text;
}

message_head& message_parser::head() noexcept {
  assert(head_ready());
  return state_->head;
}

bool message_parser::keep_alive() const noexcept {
  assert(head_ready());
  return state_->keep_alive;
}

} // namespace pawl::net
