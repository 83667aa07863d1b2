// A small HTTP/1.1 server on one io_thread: for the simulated provider, and for the faces that come
// later.
#pragma once

#include <pawl/limits.hpp>
#include <pawl/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/io_thread.hpp"
#include "net/transport.hpp"

namespace pawl::net {

struct server_request {
  std::string method;
  std::string target; ///< as sent: path and query, not decoded
  header_list headers;
  std::string body;
  std::uint64_t connection = 0; ///< which connection brought it: 1, 2, ... within its server
};

/// How an answer's end is told.
enum class body_mode : unsigned char {
  fixed,       ///< Content-Length
  chunked,     ///< chunks; a client of HTTP/1.0 gets until_close instead
  until_close, ///< the connection's end
};

struct body_framing {
  body_mode mode = body_mode::fixed;
  std::uint64_t length_bytes = 0; ///< fixed: what Content-Length says

  static body_framing fixed(std::uint64_t bytes) { return {body_mode::fixed, bytes}; }
  static body_framing chunked() { return {body_mode::chunked, 0}; }
  static body_framing until_close() { return {body_mode::until_close, 0}; }
};

/// How far an answer has got. Best effort: what the operating system took may still be lost on its
/// way.
struct delivery {
  std::uint64_t body_bytes =
      0;                  ///< body bytes (without framing) that the operating system has taken
  bool peer_gone = false; ///< the connection has ended; what was not taken will not be
};

/// The answer to one request. Every member may be called from any thread; on the io thread the
/// returned delivery includes the call's own effect, elsewhere it is the last known state. Order:
/// head, write..., then one of end, abort and close_clean; what comes after those, or after the
/// peer has gone, does nothing. Dropping the last reference before the answer was ended aborts.
class server_response {
public:
  virtual ~server_response() = default;

  /// Sends the status line and headers; framing headers are added. Headers that are no headers
  /// (line breaks in values) are left out. `Connection: close` is honoured.
  virtual delivery head(int status, header_list headers, body_framing framing) = 0;
  /// Sends body bytes at once; as one chunk where chunked. Beyond a fixed length they are cut off.
  virtual delivery write(std::string_view bytes) = 0;
  /// Ends the answer as its framing says. A fixed body that is short of its length ends like
  /// close_clean().
  virtual delivery end() = 0;
  /// Ends the connection hard: the peer sees a reset. What was written and not yet read by it may
  /// be lost.
  virtual delivery abort() = 0;
  /// Ends the connection in order (FIN) after what was written, without the rest of the body or its
  /// last chunk.
  virtual delivery close_clean() = 0;
  [[nodiscard]] virtual delivery status() const = 0;
  /// Called once on the io thread, never from within another call, when the connection ends before
  /// the operating system has taken the whole answer, unless through abort(). Called soon if that
  /// has happened already. Replaces an earlier callback. A peer that closes only its sending side
  /// counts as gone.
  virtual void on_closed(std::function<void()> callback) = 0;
};

/// head, write and end of an answer that is there already.
void respond(server_response& response, int status, header_list headers, std::string_view body);

struct http_server_options {
  std::string address = "127.0.0.1"; ///< numeric
  std::uint16_t port = 0;            ///< 0: any free one
  std::size_t head_bytes_max = limits::http_header_bytes_max;
  std::size_t body_bytes_max = limits::http_body_bytes_max;
  /// What one connection may have queued for a peer that does not read; beyond it the connection is
  /// aborted.
  std::size_t queued_bytes_max = 64 * 1024 * 1024;
  /// A connection without a complete request for this long is closed.
  std::chrono::nanoseconds idle_max = std::chrono::seconds(60);
};

class http_server {
public:
  /// Called on the io thread for every complete request; must not block or throw. Requests that
  /// break HTTP or a cap are answered (400, 413, 431) without it.
  using handler = std::function<void(server_request, std::shared_ptr<server_response>)>;

  /// Listens. An error (io) names address and port.
  static result<std::unique_ptr<http_server>> listen(const io_thread& io,
                                                     http_server_options options, handler handle);

  /// Stops listening and ends every connection; the on_closed of unfinished answers run. Afterwards
  /// neither they nor the handler are called any more. Waits for the io thread; when called on it,
  /// does not wait, and the on_closed run soon after.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// The port it listens on.
  [[nodiscard]] std::uint16_t port() const noexcept;

private:
  class core;
  explicit http_server(std::shared_ptr<core> c);
  std::shared_ptr<core> core_;
};

} // namespace pawl::net
