// HTTP/1.1 messages out of bytes, in whatever pieces these come: the head by Beast, the body's
// framing by RFC 9112. No I/O. Never trusts what it reads: everything that grows has a cap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/transport.hpp"

namespace pawl::net {

enum class message_kind : unsigned char {
  request,
  response,
  response_to_head, ///< the answer to a HEAD request: a head only, whatever it says
};

struct message_caps {
  std::size_t head_bytes_max = 0; ///< also for the trailers and for one chunk's size line
  std::uint64_t body_bytes_max = 0;
};

/// What a message's head says.
struct message_head {
  std::string method; ///< requests
  std::string target; ///< requests
  int status = 0;     ///< responses
  int minor = 1;      ///< HTTP/1.minor
  header_list headers;
};

enum class parse_problem : unsigned char {
  none,
  malformed,
  head_too_large,
  body_too_large,
  truncated, ///< the bytes ended within the message
};

class message_parser {
public:
  message_parser(message_kind kind, message_caps caps);
  ~message_parser();
  message_parser(message_parser&&) noexcept;
  message_parser& operator=(message_parser&&) noexcept;

  /// Parses as far as `bytes` allow and appends what is body to `body`. Returns how many bytes were
  /// used up; the caller keeps the rest and puts what comes next behind it. Uses up nothing once
  /// complete() or problem().
  std::size_t feed(std::string_view bytes, std::string& body);
  /// The other side has closed: completes a body that ends so, else the problem is `truncated`.
  void feed_eof();

  /// Interim (1xx) responses are skipped; this is the final one's head. Stays true.
  [[nodiscard]] bool head_ready() const noexcept;
  [[nodiscard]] bool complete() const noexcept;
  [[nodiscard]] parse_problem problem() const noexcept;
  /// What is wrong, lower case; empty without a problem. Repeats nothing of the message.
  [[nodiscard]] const std::string& problem_text() const noexcept;

  /// Precondition: head_ready().
  [[nodiscard]] message_head& head() noexcept;
  /// Whether the connection may carry another message after this one. Precondition: head_ready().
  [[nodiscard]] bool keep_alive() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace pawl::net
