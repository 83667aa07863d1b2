// The HTTP/1.1 client: one request, its answer handed on as it arrives. Keep-alive, no redirects,
// no proxies, no TLS.
#pragma once

#include <pawl/limits.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "net/io_thread.hpp"
#include "net/transport.hpp"

namespace pawl::net {

struct http_client_options {
  /// A connection that has been idle for this long is closed. Servers commonly close after 60 s or
  /// more.
  std::chrono::nanoseconds pool_idle_max = std::chrono::seconds(30);
  /// Idle connections kept for one host and port; more are closed when their exchange ends.
  std::size_t pool_connections_max = 64;
  /// One answer's body. Nothing above keeps more of a stream.
  std::uint64_t body_bytes_max = limits::call_log_bytes_max;
};

/// transport for http:// URLs. What it adds to transport's contract:
/// - Sinks are called on the io thread; only when that has stopped, start() itself reports
/// `cancelled` on its caller's.
///   Sinks must not throw.
/// - on_body gets what one read of the socket brought, without framing. Sizes mean nothing.
/// - No request is ever sent twice. An idle connection is looked at before it is used again; if it
/// breaks all the same,
///   the exchange fails as `reset`, and `sent` says whether anything may have arrived.
/// - Host, Content-Length, Connection and Transfer-Encoding are the client's own: a request that
/// sets them, a header
///   that is no header, or a URL that is none fails as `malformed` before anything is sent;
///   https:// fails as `tls`.
/// - A timeout of 0 or less has passed at once.
class http_client final : public transport {
public:
  explicit http_client(const io_thread& io, http_client_options options = {});
  /// Cancels what is under way; its sinks are told on the io thread, perhaps later than this
  /// returns.
  ~http_client() override;

  std::shared_ptr<exchange> start(http_request request,
                                  std::shared_ptr<exchange_sink> sink) override;

private:
  class core;
  std::shared_ptr<core> core_;
};

} // namespace pawl::net
