#include "net/http_server.hpp"

#include <future>
#include <unordered_map>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include "net/server_connection.hpp"

namespace pawl::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// After a failed accept (out of descriptors, mostly) trying again at once would only spin.
constexpr std::chrono::milliseconds accept_pause{50};

} // namespace

void respond(server_response& response, int status, header_list headers, std::string_view body) {
  response.head(status, std::move(headers), body_framing::fixed(body.size()));
  if (!body.empty())
    response.write(body);
  response.end();
}

class http_server::core final : public std::enable_shared_from_this<http_server::core> {
public:
  core(io_handle io, http_server_options options, handler handle)
      : settings_(std::make_shared<connection_settings>(
            connection_settings{std::move(io), std::move(options), std::move(handle)})) {}

  // On the io thread. Nothing stays behind when it fails.
  error_code open();
  // On the io thread. Idempotent.
  void close();
  // On any other: returns when close() has been done and the callbacks that it caused have run.
  void wait_closed() { closed_.get_future().get(); }

  [[nodiscard]] const io_handle& io() const noexcept { return settings_->io; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
  void accept();

  std::shared_ptr<const connection_settings> settings_;
  std::unique_ptr<tcp::acceptor> acceptor_; // none: closed
  std::uint16_t port_ = 0;
  std::uint64_t hook_ = 0; // of the io thread's stop; 0 once closed
  std::promise<void> closed_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<server_connection>> connections_;
};

error_code http_server::core::open() {
  auto* context = static_cast<asio::io_context*>(io().native_handle());
  auto acceptor = std::make_unique<tcp::acceptor>(*context);
  error_code ec;
  const auto address = asio::ip::make_address(settings_->options.address, ec);
  if (ec)
    return ec;
  const tcp::endpoint endpoint(address, settings_->options.port);
  acceptor->open(endpoint.protocol(), ec);
  if (!ec)
    acceptor->set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec)
    acceptor->bind(endpoint, ec);
  if (!ec)
    acceptor->listen(asio::socket_base::max_listen_connections, ec);
  if (ec)
    return ec;
  hook_ = io().on_stop([self = shared_from_this()] { self->close(); });
  if (hook_ == 0)
    return asio::error::operation_aborted;
  port_ = acceptor->local_endpoint(ec).port();
  acceptor_ = std::move(acceptor);
  accept();
  return ec;
}

void http_server::core::accept() {
  acceptor_->async_accept([self = shared_from_this()](const error_code& ec, tcp::socket socket) {
    if (!self->acceptor_)
      return;
    if (ec) {
      self->io().after(accept_pause, [weak = self->weak_from_this()] {
        const auto core = weak.lock();
        if (core && core->acceptor_)
          core->accept();
      });
      return;
    }
    const auto number = ++self->last_number_;
    error_code released;
    unique_fd fd(socket.release(released));
    auto connection = start_connection(self->settings_, std::move(fd), number,
                                       [weak = self->weak_from_this()](std::uint64_t n) {
                                         if (const auto core = weak.lock())
                                           core->connections_.erase(n);
                                       });
    self->connections_.emplace(number, std::move(connection));
    self->accept();
  });
}

void http_server::core::close() {
  if (hook_ == 0)
    return;
  io().forget_stop(std::exchange(hook_, 0));
  acceptor_.reset();
  const auto connections = std::exchange(connections_, {});
  for (const auto& [number, connection] : connections)
    connection->close();
  auto* context = static_cast<asio::io_context*>(io().native_handle());
  asio::post(*context, [self = shared_from_this()] { self->closed_.set_value(); });
}

result<std::unique_ptr<http_server>>
http_server::listen(const io_thread& io, http_server_options options, handler handle) {
  const std::string where = options.address + ":" + std::to_string(options.port);
  auto c = std::make_shared<core>(io.handle(), std::move(options), std::move(handle));
  error_code ec;
  if (c->io().is_current()) {
    ec = c->open();
  } else {
    const auto done = std::make_shared<std::promise<error_code>>();
    if (c->io().post([c, done] { done->set_value(c->open()); }))
      ec = done->get_future().get();
    else
      ec = asio::error::operation_aborted;
  }
  if (ec)
    return error(errc::io, where + ": cannot listen: " + ec.message(), {},
                 "choose another port, or 0 for any free one");
  return std::unique_ptr<http_server>(new http_server(std::move(c)));
}

http_server::http_server(std::shared_ptr<core> c) : core_(std::move(c)) {}

http_server::~http_server() {
  const io_handle io = core_->io();
  if (io.is_current()) {
    core_->close();
    return;
  }
  // When the thread refuses, it stops, and its hook closes the server.
  static_cast<void>(io.post([c = core_] { c->close(); }));
  core_->wait_closed();
}

std::uint16_t http_server::port() const noexcept {
  return core_->port();
}

} // namespace pawl::net
