// The wire as the gateway sees it: one HTTP request, one streamed answer. Implemented by the HTTP
// client, by the in-process simulated provider, and by the simulation.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::net {

using header_list = std::vector<std::pair<std::string, std::string>>;

/// The value of the first header with this name (case-insensitive), or empty.
std::string_view find_header(const header_list& headers, std::string_view name) noexcept;

struct http_request {
  std::string method = "POST";
  std::string url; ///< absolute: http://host[:port]/path?query, https://..., sim:///...
  header_list headers;
  std::string body;
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(10); ///< resolve, connect, TLS
  std::chrono::nanoseconds idle_timeout = std::chrono::minutes(5); ///< no byte in either direction
};

enum class failure_kind : unsigned char {
  resolve,   ///< the host name is unknown. Nothing was sent
  connect,   ///< nobody answered or the connection was refused. Nothing was sent
  tls,       ///< no trust. Nothing was sent
  timeout,   ///< connect or idle timeout; `sent` tells which side of sending
  reset,     ///< the connection broke
  truncated, ///< the connection was closed within a message
  malformed, ///< not HTTP, or over a size cap
  cancelled, ///< by exchange::cancel()
};

std::string_view to_string(failure_kind k) noexcept;

struct transport_failure {
  failure_kind kind = failure_kind::reset;
  bool sent = true;    ///< whether any byte of the request may have reached the other side
  std::string message; ///< lower case, names host and port, no secrets
};

/// What happens to an exchange, in order: on_head, on_body..., then on_end or on_failure, then
/// nothing more. Called on the transport's thread; must not block.
class exchange_sink {
public:
  virtual ~exchange_sink() = default;
  virtual void on_head(int status, const header_list& headers) = 0;
  virtual void on_body(std::string_view bytes) = 0;
  /// The body ended as HTTP says it should. Whether the *stream* is complete is the protocol's
  /// question.
  virtual void on_end() = 0;
  virtual void on_failure(const transport_failure& why) = 0;
};

/// A request under way. Dropping the last reference does not cancel it.
class exchange {
public:
  virtual ~exchange() = default;
  /// Closes the connection; on_failure(cancelled) follows unless the exchange had ended.
  /// Thread-safe, idempotent.
  virtual void cancel() = 0;
};

class transport {
public:
  virtual ~transport() = default;
  /// Starts a request. The sink is kept until the exchange has ended. Thread-safe.
  virtual std::shared_ptr<exchange> start(http_request request,
                                          std::shared_ptr<exchange_sink> sink) = 0;
};

} // namespace pawl::net
