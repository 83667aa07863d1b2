// The way of an exchange, all of it on the io thread:
//
//   start() --post--> run -> [pool | resolve -> connect] -> send -> receive -> finish -> on_end
//                                                                         `-> pool
//   cancel() --post--> fail <-- watchdog (connect and idle timeout), end of thread or client
//
// fail() tells the sink at once and closes the socket; the coroutine unwinds when its operation
// comes back.
#include "net/http_client.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/connection_pool.hpp"
#include "net/message_head.hpp"
#include "net/message_parser.hpp"
#include "net/url.hpp"

namespace pawl::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using steady = std::chrono::steady_clock;

namespace {

// One read of the socket. Larger reads bring nothing: streams come in small pieces.
constexpr std::size_t read_bytes = 16 * 1024;

// A year is for ever here, and keeps sums with the time of day from overflowing.
steady::time_point after_now(std::chrono::nanoseconds delay) {
  const std::chrono::nanoseconds year = std::chrono::hours(24 * 365);
  return steady::now() + std::clamp(delay, std::chrono::nanoseconds(0), year);
}

std::string cause(const error_code& ec) {
  std::string text = ec.message();
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

class http_exchange;

// What the exchanges of one client share. On the io thread only.
struct shared_parts {
  asio::io_context& io;
  http_client_options options;
  std::shared_ptr<connection_pool> pool;
  std::set<http_exchange*> open;

  shared_parts(const io_handle& handle, const http_client_options& o)
      : io(*static_cast<asio::io_context*>(handle.native_handle())), options(o),
        pool(std::make_shared<connection_pool>(handle, o.pool_idle_max, o.pool_connections_max)) {}
};

class http_exchange final : public std::enable_shared_from_this<http_exchange> {
public:
  http_exchange(std::shared_ptr<shared_parts> parts, http_request request,
                std::shared_ptr<exchange_sink> sink)
      : parts_(std::move(parts)), request_(std::move(request)), sink_(std::move(sink)),
        socket_(parts_->io), resolver_(parts_->io), watchdog_(parts_->io) {}

  void start() {
    parts_->open.insert(this);
    asio::co_spawn(parts_->io, run(shared_from_this()),
                   [self = shared_from_this()](std::exception_ptr thrown) { self->ended(thrown); });
  }

  void fail(failure_kind kind, const std::string& what);

private:
  static asio::awaitable<void> run(std::shared_ptr<http_exchange> self);
  bool prepare();
  asio::awaitable<bool> connect();
  asio::awaitable<std::vector<tcp::endpoint>> resolve();
  asio::awaitable<bool> send();
  asio::awaitable<void> receive();
  bool deliver(message_parser& parser, std::string& body);
  void fail_read(const error_code& ec, message_parser& parser);
  void fail_parse(const message_parser& parser);
  void finish(const message_parser& parser);
  std::shared_ptr<exchange_sink> leave();
  void ended(std::exception_ptr thrown);

  void watch(std::chrono::nanoseconds timeout);
  void wait_for_watchdog();
  void touch() { deadline_ = after_now(request_.idle_timeout); }

  std::shared_ptr<shared_parts> parts_;
  http_request request_;
  std::shared_ptr<exchange_sink> sink_; // empty once the exchange has ended
  tcp::socket socket_;
  tcp::resolver resolver_;
  asio::steady_timer watchdog_;
  steady::time_point deadline_;
  bool connected_ = false;
  http_url url_;
  std::string head_;
  bool maybe_sent_ = false; // a byte of the request may have left
  bool sent_whole_ = false;
  error_code send_error_;
  bool announced_ = false; // on_head was called
  std::size_t answered_bytes_ = 0;
  std::vector<char> in_ = std::vector<char>(read_bytes);
  std::size_t in_used_ = 0; // of in_: what the parser has not used up
};

asio::awaitable<void> http_exchange::run(std::shared_ptr<http_exchange> self) {
  if (!self->sink_ || !self->prepare())
    co_return;
  self->watch(self->request_.connect_timeout);
  const bool connected = co_await self->connect();
  if (!connected)
    co_return;
  self->connected_ = true;
  self->watch(self->request_.idle_timeout);
  const bool sent = co_await self->send();
  if (sent)
    co_await self->receive();
}

// Everything that can be refused before anything is done.
bool http_exchange::prepare() {
  auto url = parse_http_url(request_.url);
  if (!url) {
    fail(failure_kind::malformed, url.error().message);
    return false;
  }
  url_ = std::move(*url);
  if (url_.scheme == url_scheme::https) {
    fail(failure_kind::tls, "https is not supported by this build");
    return false;
  }
  auto head = write_request_head(request_, url_);
  if (!head) {
    fail(failure_kind::malformed, head.error().message);
    return false;
  }
  head_ = std::move(*head);
  return true;
}

asio::awaitable<std::vector<tcp::endpoint>> http_exchange::resolve() {
  std::vector<tcp::endpoint> endpoints;
  error_code ec;
  const auto address = asio::ip::make_address(url_.host, ec);
  if (!ec) {
    endpoints.emplace_back(address, url_.port);
    co_return endpoints;
  }
  const std::string service = std::to_string(url_.port);
  const auto found = co_await resolver_.async_resolve(
      url_.host, service, asio::redirect_error(asio::use_awaitable, ec));
  if (ec)
    fail(failure_kind::resolve, "cannot resolve the host name: " + cause(ec));
  else
    for (const auto& entry : found)
      endpoints.push_back(entry.endpoint());
  co_return endpoints;
}

asio::awaitable<bool> http_exchange::connect() {
  auto idle = parts_->pool->take(url_.origin());
  error_code ec;
  if (idle) {
    socket_.assign(tcp::v4(), idle->get(), ec);
    if (!ec) {
      static_cast<void>(idle->release());
      co_return true;
    }
  }
  const std::vector<tcp::endpoint> endpoints = co_await resolve();
  ec = asio::error::host_not_found;
  for (const auto& endpoint : endpoints) {
    if (!sink_)
      break;
    error_code ignored;
    socket_.close(ignored);
    co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, ec));
    if (!ec)
      break;
  }
  if (!sink_)
    co_return false;
  if (ec) {
    fail(failure_kind::connect, "cannot connect: " + cause(ec));
    co_return false;
  }
  // A request is one burst: waiting to fill segments only delays it.
  socket_.set_option(tcp::no_delay(true), ec);
  co_return true;
}

// True when there may be an answer to read.
asio::awaitable<bool> http_exchange::send() {
  const std::size_t total = head_.size() + request_.body.size();
  std::size_t done = 0;
  while (done < total) {
    const std::size_t in_head = std::min(done, head_.size());
    const std::size_t in_body = done - in_head;
    const std::array<asio::const_buffer, 2> rest = {
        asio::buffer(head_.data() + in_head, head_.size() - in_head),
        asio::buffer(request_.body.data() + in_body, request_.body.size() - in_body)};
    // From here on bytes may be on their way even if this is cut short before it is told so.
    maybe_sent_ = true;
    error_code ec;
    const std::size_t n =
        co_await socket_.async_write_some(rest, asio::redirect_error(asio::use_awaitable, ec));
    if (!sink_)
      co_return false;
    done += n;
    touch();
    if (!ec)
      continue;
    if (done == 0) {
      maybe_sent_ = false;
      fail(failure_kind::reset, "connection broke before the request was sent: " + cause(ec));
      co_return false;
    }
    // A server may answer and close before it has read everything; its answer is then there to be
    // read.
    send_error_ = ec;
    co_return true;
  }
  sent_whole_ = true;
  co_return true;
}

asio::awaitable<void> http_exchange::receive() {
  const auto kind =
      request_.method == "HEAD" ? message_kind::response_to_head : message_kind::response;
  message_parser parser(kind, {limits::http_header_bytes_max, parts_->options.body_bytes_max});
  std::string body;
  for (;;) {
    error_code ec;
    const auto room = asio::buffer(in_.data() + in_used_, in_.size() - in_used_);
    const std::size_t n =
        co_await socket_.async_read_some(room, asio::redirect_error(asio::use_awaitable, ec));
    if (!sink_)
      co_return;
    if (ec) {
      fail_read(ec, parser);
      co_return;
    }
    touch();
    answered_bytes_ += n;
    in_used_ += n;
    body.clear();
    const auto used = parser.feed(std::string_view(in_.data(), in_used_), body);
    std::copy(in_.begin() + static_cast<std::ptrdiff_t>(used),
              in_.begin() + static_cast<std::ptrdiff_t>(in_used_), in_.begin());
    in_used_ -= used;
    // Only a head, or a line of its size, fills the buffer; the parser's caps bound both.
    if (in_used_ == in_.size())
      in_.resize(in_.size() + read_bytes);
    const bool more = deliver(parser, body);
    if (!more)
      co_return;
  }
}

// Hands on what one read brought. False when the exchange has ended.
bool http_exchange::deliver(message_parser& parser, std::string& body) {
  if (parser.head_ready() && !announced_) {
    announced_ = true;
    sink_->on_head(parser.head().status, parser.head().headers);
  }
  if (!body.empty())
    sink_->on_body(body);
  if (parser.problem() != parse_problem::none) {
    fail_parse(parser);
    return false;
  }
  if (parser.complete()) {
    finish(parser);
    return false;
  }
  return true;
}

void http_exchange::fail_read(const error_code& ec, message_parser& parser) {
  if (ec == asio::error::eof && answered_bytes_ > 0) {
    parser.feed_eof();
    std::string nothing;
    deliver(parser, nothing);
    return;
  }
  if (send_error_)
    fail(failure_kind::reset, "connection broke while sending: " + cause(send_error_));
  else if (ec == asio::error::eof)
    fail(failure_kind::reset, "connection was closed without an answer");
  else
    fail(failure_kind::reset, "connection broke: " + cause(ec));
}

void http_exchange::fail_parse(const message_parser& parser) {
  const bool cut = parser.problem() == parse_problem::truncated;
  fail(cut ? failure_kind::truncated : failure_kind::malformed,
       cut ? "connection was closed within the answer" : "answer: " + parser.problem_text());
}

void http_exchange::finish(const message_parser& parser) {
  const bool again = sent_whole_ && parser.keep_alive() && in_used_ == 0;
  // Before the sink is told: its next request may use the connection.
  error_code ec;
  if (again) {
    unique_fd connection(socket_.release(ec));
    if (!ec)
      parts_->pool->put(url_.origin(), std::move(connection));
  }
  leave()->on_end();
}

void http_exchange::fail(failure_kind kind, const std::string& what) {
  const auto sink = leave();
  if (!sink)
    return;
  transport_failure why;
  why.kind = kind;
  why.sent = maybe_sent_;
  why.message = url_.host.empty() ? what : url_.origin() + ": " + what;
  sink->on_failure(why);
}

// Lets everything go. Empty when that had been done.
std::shared_ptr<exchange_sink> http_exchange::leave() {
  if (sink_) {
    parts_->open.erase(this);
    watchdog_.cancel();
    resolver_.cancel();
    error_code ignored;
    socket_.close(ignored);
  }
  return std::exchange(sink_, nullptr);
}

void http_exchange::ended(std::exception_ptr thrown) {
  if (!thrown)
    return;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    fail(failure_kind::reset, std::string("exchange was given up: ") + e.what());
  }
}

void http_exchange::watch(std::chrono::nanoseconds timeout) {
  deadline_ = after_now(timeout);
  wait_for_watchdog();
}

// Progress only moves the deadline; the timer looks at it when it goes off. Setting it anew ends an
// earlier wait.
void http_exchange::wait_for_watchdog() {
  watchdog_.expires_at(deadline_);
  watchdog_.async_wait([self = shared_from_this()](const error_code& ec) {
    if (ec || !self->sink_)
      return;
    if (steady::now() < self->deadline_)
      self->wait_for_watchdog();
    else if (self->connected_)
      self->fail(failure_kind::timeout, "nothing was sent or received within the idle timeout");
    else
      self->fail(failure_kind::timeout, "no connection within the connect timeout");
  });
}

// What the caller of start() holds. Reaches the exchange on the io thread only, for sockets belong
// there.
class exchange_handle final : public exchange {
public:
  struct ticket {
    std::atomic<bool> cancelled{false};
    std::weak_ptr<http_exchange> under_way; // io thread only
  };

  explicit exchange_handle(io_handle io) : io_(std::move(io)) {}

  [[nodiscard]] std::shared_ptr<ticket> shared() const noexcept { return ticket_; }

  void cancel() override {
    if (ticket_->cancelled.exchange(true))
      return;
    io_.post([t = ticket_] {
      if (const auto e = t->under_way.lock())
        e->fail(failure_kind::cancelled, "cancelled");
    });
  }

private:
  const io_handle io_;
  const std::shared_ptr<ticket> ticket_ = std::make_shared<ticket>();
};

void refuse(exchange_sink& sink, const char* what) {
  transport_failure why;
  why.kind = failure_kind::cancelled;
  why.sent = false;
  why.message = what;
  sink.on_failure(why);
}

} // namespace

class http_client::core final : public std::enable_shared_from_this<http_client::core> {
public:
  core(io_handle handle, const http_client_options& o) : io_(std::move(handle)), options_(o) {}

  void open() {
    hook_ = io_.on_stop([self = shared_from_this()] { self->close(); });
  }

  void begin(http_request request, std::shared_ptr<exchange_sink> sink,
             const std::shared_ptr<exchange_handle::ticket>& ticket) {
    if (closed_ || ticket->cancelled.load())
      return refuse(*sink, "cancelled before it began");
    if (!parts_)
      parts_ = std::make_shared<shared_parts>(io_, options_);
    auto e = std::make_shared<http_exchange>(parts_, std::move(request), std::move(sink));
    ticket->under_way = e;
    e->start();
  }

  // Takes nothing new; ends what is under way.
  void close() {
    closed_ = true;
    const auto parts = std::exchange(parts_, nullptr);
    if (!parts)
      return;
    while (!parts->open.empty())
      (*parts->open.begin())
          ->shared_from_this()
          ->fail(failure_kind::cancelled, "client was closed");
    parts->pool->close();
  }

  [[nodiscard]] const io_handle& io() const noexcept { return io_; }
  void forget() { io_.forget_stop(hook_); }

private:
  const io_handle io_;
  const http_client_options options_;
  std::uint64_t hook_ = 0;
  // On the io thread only.
  bool closed_ = false;
  std::shared_ptr<shared_parts> parts_;
};

http_client::http_client(const io_thread& io, http_client_options options)
    : core_(std::make_shared<core>(io.handle(), options)) {
  core_->open();
}

http_client::~http_client() {
  if (core_->io().post([c = core_] { c->close(); }))
    core_->forget();
}

std::shared_ptr<exchange> http_client::start(http_request request,
                                             std::shared_ptr<exchange_sink> sink) {
  auto handle = std::make_shared<exchange_handle>(core_->io());
  auto shared_request = std::make_shared<http_request>(std::move(request));
  const bool taken = core_->io().post([c = core_, shared_request, sink, t = handle->shared()] {
    c->begin(std::move(*shared_request), sink, t);
  });
  if (!taken)
    refuse(*sink, "network thread has ended");
  return handle;
}

} // namespace pawl::net
