// One answer of an http_server, as its connection and the handler's handle know it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "net/http_server.hpp"
#include "net/io_thread.hpp"

namespace pawl::net {

/// Shared by the two. Nobody else holds it.
struct answer {
  // Any thread.
  std::atomic<std::uint64_t> body_bytes{0};
  std::atomic<bool> gone{false};

  // The rest on the io thread only.
  bool headed = false;
  bool ended = false; ///< end, abort or close_clean was called
  bool aborted = false;
  bool settled = false;  ///< taken whole, or gone: on_closed is called now or never
  bool bodiless = false; ///< HEAD, 204, 304: what is written is not sent
  bool keep_alive = false;
  int request_minor = 1;
  body_framing framing;
  std::uint64_t fixed_left_bytes = 0;
  std::function<void()> on_closed;

  [[nodiscard]] delivery status() const noexcept { return {body_bytes.load(), gone.load()}; }
  /// Lets the callback go, for it may hold the answer's own handle.
  std::function<void()> settle() {
    settled = true;
    return std::exchange(on_closed, nullptr);
  }
};

/// The connection's side: what an answer's handle asks for. Nothing happens for an answer that is
/// not the connection's current one, or has ended. On the io thread only.
class answer_writer {
public:
  virtual void head(answer& a, int status, header_list headers, body_framing framing) = 0;
  virtual void write(answer& a, std::string_view bytes) = 0;
  virtual void end(answer& a) = 0;
  virtual void close_clean(answer& a) = 0;
  virtual void abort(answer& a) = 0;

protected:
  ~answer_writer() = default;
};

/// The handler's side.
std::shared_ptr<server_response> make_response(io_handle io, std::weak_ptr<answer_writer> writer,
                                               std::shared_ptr<answer> a);

} // namespace pawl::net
