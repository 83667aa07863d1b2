// Verbs of the net tests: a sink that remembers, and a server that does with its sockets what the
// test says.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>
#include <sys/time.h>

#include "net/http_client.hpp"
#include "net/transport.hpp"

namespace pawl::net::testing {

using tcp = boost::asio::ip::tcp;

/// Nothing here takes this long unless it hangs.
inline constexpr std::chrono::seconds patience{20};

/// Remembers what happened to an exchange, and that it happened in order.
class recording_sink final : public exchange_sink {
public:
  void on_head(int status, const header_list& headers) override {
    change([&] {
      in_order_ = in_order_ && !status_ && !over_;
      status_ = status;
      headers_ = headers;
    });
  }
  void on_body(std::string_view bytes) override {
    change([&] {
      in_order_ = in_order_ && status_ && !over_;
      body_ += bytes;
      ++pieces_;
    });
  }
  void on_end() override {
    change([&] {
      in_order_ = in_order_ && status_ && !over_;
      over_ = true;
    });
  }
  void on_failure(const transport_failure& why) override {
    change([&] {
      in_order_ = in_order_ && !over_;
      over_ = true;
      failure_ = why;
    });
  }

  bool wait_over() {
    return wait([this] { return over_; });
  }
  bool wait_body(std::size_t bytes) {
    return wait([this, bytes] { return body_.size() >= bytes; });
  }

  // After wait_over().
  [[nodiscard]] int status() const { return status_.value_or(0); }
  [[nodiscard]] const header_list& headers() const { return headers_; }
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] std::size_t pieces() const { return pieces_; }
  [[nodiscard]] bool ended_well() const { return over_ && !failure_ && in_order_; }
  [[nodiscard]] bool in_order() const { return in_order_; }
  [[nodiscard]] const std::optional<transport_failure>& failure() const { return failure_; }

private:
  template <class Change>
  void change(Change apply) {
    const std::lock_guard lock(mutex_);
    apply();
    changed_.notify_all();
  }
  template <class Condition>
  bool wait(Condition holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, holds);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool in_order_ = true;
  bool over_ = false;
  std::optional<int> status_;
  header_list headers_;
  std::string body_;
  std::size_t pieces_ = 0;
  std::optional<transport_failure> failure_;
};

/// A blocking socket whose reads end after `patience`.
class raw_connection {
public:
  explicit raw_connection(tcp::socket socket) : socket_(std::move(socket)) {
    const timeval limit{patience.count(), 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  static raw_connection to(boost::asio::io_context& io, std::uint16_t port) {
    tcp::socket socket(io);
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), port});
    return raw_connection(std::move(socket));
  }

  bool write(std::string_view bytes) {
    boost::system::error_code ec;
    boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()), ec);
    return !ec;
  }

  /// Reads until what was read ends with or holds `mark`; returns everything up to and with it,
  /// keeps the rest.
  std::string read_until(std::string_view mark) {
    while (true) {
      const auto found = rest_.find(mark);
      if (found != std::string::npos) {
        auto text = rest_.substr(0, found + mark.size());
        rest_.erase(0, found + mark.size());
        return text;
      }
      if (!read_some())
        return std::exchange(rest_, {});
    }
  }
  std::string read_bytes(std::size_t count) {
    while (rest_.size() < count && read_some()) {
    }
    auto text = rest_.substr(0, count);
    rest_.erase(0, text.size());
    return text;
  }
  std::string read_all() {
    while (read_some()) {
    }
    return std::exchange(rest_, {});
  }
  /// A request's head and its Content-Length body.
  std::string read_request() {
    auto text = read_until("\r\n\r\n");
    const auto field = text.find("Content-Length: ");
    if (field != std::string::npos)
      text += read_bytes(std::stoul(text.substr(field + 16)));
    return text;
  }

  /// Whether the peer goes (orderly or not) before patience ends.
  bool peer_goes() {
    while (read_some()) {
    }
    return last_error_ == boost::asio::error::eof ||
           last_error_ == boost::asio::error::connection_reset;
  }
  [[nodiscard]] bool was_reset() const {
    return last_error_ == boost::asio::error::connection_reset;
  }

  void close() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }
  void reset() {
    boost::system::error_code ignored;
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
  }

private:
  bool read_some() {
    char bytes[4096];
    const auto n = ::recv(socket_.native_handle(), bytes, sizeof bytes, 0);
    if (n > 0) {
      rest_.append(bytes, static_cast<std::size_t>(n));
      return true;
    }
    last_error_ = n == 0 ? boost::system::error_code(boost::asio::error::eof)
                         : boost::system::error_code(errno, boost::system::system_category());
    return false;
  }

  tcp::socket socket_;
  std::string rest_;
  boost::system::error_code last_error_;
};

/// Accepts one connection after the other and does with each what the script says: number 0, 1, ...
class script_server {
public:
  using script = std::function<void(raw_connection&, int number)>;

  explicit script_server(script what)
      : acceptor_(io_, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0)),
        thread_([this, what = std::move(what)] { serve(what); }) {}

  ~script_server() {
    stopping_ = true;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR); // wakes accept()
    thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] std::string url(const std::string& target = "/") const {
    return "http://127.0.0.1:" + std::to_string(port()) + target;
  }
  [[nodiscard]] int accepted() const { return accepted_; }

private:
  void serve(const script& what) {
    while (!stopping_) {
      boost::system::error_code ec;
      tcp::socket socket(io_);
      acceptor_.accept(socket, ec);
      if (ec)
        continue;
      raw_connection connection(std::move(socket));
      what(connection, accepted_++);
    }
  }

  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> accepted_{0};
  std::thread thread_;
};

/// A flag that another thread waits for.
class signal_flag {
public:
  void raise() {
    const std::lock_guard lock(mutex_);
    raised_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return raised_; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

inline http_request post_to(std::string url, std::string body = "{}") {
  http_request request;
  request.url = std::move(url);
  request.body = std::move(body);
  request.connect_timeout = patience;
  request.idle_timeout = patience;
  return request;
}

/// Starts an exchange and waits for its end.
inline std::shared_ptr<recording_sink> run(transport& client, http_request request) {
  auto sink = std::make_shared<recording_sink>();
  client.start(std::move(request), sink);
  sink->wait_over();
  return sink;
}

} // namespace pawl::net::testing
