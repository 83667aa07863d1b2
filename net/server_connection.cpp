#include "net/server_connection.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include "net/message_head.hpp"
#include "net/message_parser.hpp"
#include "net/server_answer.hpp"

namespace pawl::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t read_bytes = 16 * 1024;
// How long an ended connection is still read, so that the peer gets the answer and not a reset (RFC
// 9112 section 9.6).
constexpr std::chrono::seconds linger{2};

// Bytes that wait for the socket; [body_begin, body_end) of them are body.
struct piece {
  std::string bytes;
  std::size_t body_begin = 0;
  std::size_t body_end = 0;
  std::size_t taken = 0;
};

std::string chunk_size_line(std::size_t size) {
  std::string digits;
  for (; size != 0; size /= 16)
    digits.insert(digits.begin(), "0123456789abcdef"[size % 16]);
  return digits + "\r\n";
}

// clang-format off
// States:  reading ──request──▶ answering ──answer taken──▶ reading (keep-alive) | draining
//          reading ──problem──▶ answering (an error of our own, no answer object) ──▶ draining
//          any ──peer gone, abort, idle, close──▶ ended
// clang-format on
class connection final : public server_connection,
                         public answer_writer,
                         public std::enable_shared_from_this<connection> {
public:
  connection(std::shared_ptr<const connection_settings> settings, std::uint64_t number,
             std::function<void(std::uint64_t)> ended)
      : settings_(std::move(settings)), number_(number), ended_(std::move(ended)),
        socket_(*static_cast<asio::io_context*>(settings_->io.native_handle())) {}

  void start(unique_fd fd);
  void close() override { drop(); }

  void head(answer& a, int status, header_list headers, body_framing framing) override;
  void write(answer& a, std::string_view bytes) override;
  void end(answer& a) override;
  void close_clean(answer& a) override;
  void abort(answer& a) override;

private:
  enum class at : unsigned char { reading, answering, draining, ended };

  [[nodiscard]] bool is_open(const answer& a) const noexcept {
    return current_.get() == &a && !a.ended;
  }
  void expect_request();
  void read();
  void on_readable();
  void process();
  void refuse();
  void dispatch();
  void send(piece p);
  void flush();
  void wait_writable();
  void count(const piece& p, std::size_t n);
  void drained();
  void arm(std::chrono::nanoseconds delay);
  void drop();

  std::shared_ptr<const connection_settings> settings_;
  const std::uint64_t number_;
  std::function<void(std::uint64_t)> ended_;
  tcp::socket socket_;
  timer_token idle_;
  at where_ = at::reading;

  std::vector<char> in_ = std::vector<char>(read_bytes);
  std::size_t in_used_ = 0;
  bool reading_ = false; // waits for the socket to have something
  std::optional<message_parser> parser_;
  std::string body_;
  bool continued_ = false;

  std::deque<piece> out_;
  std::size_t out_bytes_ = 0;
  bool waiting_ = false; // for the socket to take more
  std::shared_ptr<answer> current_;
};

void connection::start(unique_fd fd) {
  error_code ec;
  socket_.assign(tcp::v4(), fd.get(), ec);
  if (!ec) {
    static_cast<void>(fd.release());
    socket_.non_blocking(true, ec);
  }
  if (!ec)
    socket_.set_option(tcp::no_delay(true), ec); // events go out when they happen
  expect_request();
  read(); // tells of whatever went wrong
}

void connection::expect_request() {
  where_ = at::reading;
  parser_.emplace(message_kind::request, message_caps{settings_->options.head_bytes_max,
                                                      settings_->options.body_bytes_max});
  body_.clear();
  continued_ = false;
  arm(settings_->options.idle_max);
}

// Reads on while an answer is under way: that is how a peer that has gone is noticed. Pauses while
// the buffer is full of requests that have to wait. Waits first and reads then, for the buffer
// moves in between.
void connection::read() {
  if (reading_ || where_ == at::ended || in_used_ == in_.size())
    return;
  reading_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& ec) {
    self->reading_ = false;
    if (self->where_ == at::ended)
      return;
    if (ec)
      self->drop();
    else
      self->on_readable();
  });
}

void connection::on_readable() {
  error_code ec;
  const auto n = socket_.read_some(asio::buffer(in_.data() + in_used_, in_.size() - in_used_), ec);
  if (ec && ec != asio::error::would_block && ec != asio::error::try_again) {
    drop();
    return;
  }
  in_used_ += n;
  if (where_ == at::draining)
    in_used_ = 0;
  else if (where_ == at::reading)
    process();
  read();
}

void connection::process() {
  const auto used = parser_->feed(std::string_view(in_.data(), in_used_), body_);
  std::copy(in_.begin() + static_cast<std::ptrdiff_t>(used),
            in_.begin() + static_cast<std::ptrdiff_t>(in_used_), in_.begin());
  in_used_ -= used;
  if (parser_->problem() != parse_problem::none) {
    refuse();
  } else if (parser_->complete()) {
    dispatch();
  } else {
    // Only a head fills the buffer; the parser's cap bounds it.
    if (in_used_ == in_.size())
      in_.resize(in_.size() + read_bytes);
    // RFC 9110 section 10.1.1: the client waits for a sign before it sends the body.
    if (parser_->head_ready() && !std::exchange(continued_, true) &&
        has_list_token(find_header(parser_->head().headers, "expect"), "100-continue")) {
      piece sign;
      sign.bytes = "HTTP/1.1 100 Continue\r\n\r\n";
      send(std::move(sign));
    }
  }
}

void connection::refuse() {
  response_head head;
  switch (parser_->problem()) {
  case parse_problem::head_too_large: head.status = 431; break;
  case parse_problem::body_too_large: head.status = 413; break;
  default: head.status = 400;
  }
  const std::string text = parser_->problem_text() + "\n";
  head.headers.emplace_back("Content-Type", "text/plain");
  head.framing = response_framing::content_length;
  head.length_bytes = text.size();
  head.use = connection_use::close;
  where_ = at::answering;
  idle_.cancel();
  piece p;
  p.bytes = write_response_head(head) + text;
  send(std::move(p));
}

void connection::dispatch() {
  where_ = at::answering;
  idle_.cancel();
  auto& head = parser_->head();
  current_ = std::make_shared<answer>();
  current_->keep_alive = parser_->keep_alive();
  current_->request_minor = head.minor;
  current_->bodiless = head.method == "HEAD";
  server_request request;
  request.method = std::move(head.method);
  request.target = std::move(head.target);
  request.headers = std::move(head.headers);
  request.body = std::move(body_);
  request.connection = number_;
  settings_->handle(std::move(request), make_response(settings_->io, weak_from_this(), current_));
}

void connection::head(answer& a, int status, header_list headers, body_framing framing) {
  if (!is_open(a) || a.headed)
    return;
  a.headed = true;
  if (framing.mode == body_mode::chunked && a.request_minor == 0)
    framing = body_framing::until_close();
  a.framing = framing;
  a.fixed_left_bytes = framing.length_bytes;
  const bool none = status == 204 || status == 304;
  a.bodiless = a.bodiless || none;
  a.keep_alive = a.keep_alive && framing.mode != body_mode::until_close &&
                 !has_list_token(find_header(headers, "connection"), "close");

  response_head head;
  head.status = status;
  head.headers = std::move(headers);
  if (framing.mode == body_mode::fixed && !none) {
    head.framing = response_framing::content_length;
    head.length_bytes = framing.length_bytes;
  } else if (framing.mode == body_mode::chunked && !none) {
    head.framing = response_framing::chunked;
  }
  head.use = a.keep_alive ? connection_use::keep_alive : connection_use::close;
  piece p;
  p.bytes = write_response_head(head);
  send(std::move(p));
}

void connection::write(answer& a, std::string_view bytes) {
  if (!is_open(a) || !a.headed || a.bodiless)
    return;
  if (a.framing.mode == body_mode::fixed) {
    bytes = bytes.substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(a.fixed_left_bytes, bytes.size())));
    a.fixed_left_bytes -= bytes.size();
  }
  // An empty chunk would be the last one.
  if (bytes.empty())
    return;
  piece p;
  if (a.framing.mode == body_mode::chunked)
    p.bytes = chunk_size_line(bytes.size());
  p.body_begin = p.bytes.size();
  p.bytes.append(bytes);
  p.body_end = p.bytes.size();
  if (a.framing.mode == body_mode::chunked)
    p.bytes += "\r\n";
  send(std::move(p));
}

void connection::end(answer& a) {
  if (!is_open(a))
    return;
  if (!a.headed) {
    abort(a);
    return;
  }
  a.ended = true;
  if (a.bodiless || a.framing.mode != body_mode::chunked) {
    a.keep_alive = a.keep_alive && (a.bodiless || a.fixed_left_bytes == 0);
    flush();
    return;
  }
  piece last;
  last.bytes = "0\r\n\r\n";
  send(std::move(last));
}

void connection::close_clean(answer& a) {
  if (!is_open(a))
    return;
  a.ended = true;
  a.keep_alive = false;
  flush();
}

void connection::abort(answer& a) {
  if (!is_open(a))
    return;
  a.ended = true;
  a.aborted = true;
  drop();
}

void connection::send(piece p) {
  out_bytes_ += p.bytes.size();
  out_.push_back(std::move(p));
  if (out_bytes_ > settings_->options.queued_bytes_max)
    drop();
  else
    flush();
}

// Writes at once what the socket takes, so that a call can say how far it got; the rest when there
// is room.
void connection::flush() {
  if (waiting_ || where_ == at::ended || where_ == at::draining)
    return;
  if (where_ == at::answering)
    idle_.cancel();
  while (!out_.empty()) {
    auto& p = out_.front();
    error_code ec;
    const auto n =
        socket_.write_some(asio::buffer(p.bytes.data() + p.taken, p.bytes.size() - p.taken), ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) {
      wait_writable();
      return;
    }
    if (ec) {
      drop();
      return;
    }
    count(p, n);
    p.taken += n;
    out_bytes_ -= n;
    if (p.taken == p.bytes.size())
      out_.pop_front();
  }
  drained();
}

// A peer that takes nothing for long is given up.
void connection::wait_writable() {
  waiting_ = true;
  arm(settings_->options.idle_max);
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const error_code& ec) {
    self->waiting_ = false;
    if (!ec)
      self->flush();
  });
}

// Of the next n bytes of p, those that are body.
void connection::count(const piece& p, std::size_t n) {
  const auto begin = std::max(p.taken, p.body_begin);
  const auto end = std::min(p.taken + n, p.body_end);
  if (current_ && begin < end)
    current_->body_bytes += end - begin;
}

// Everything was taken. What is next?
void connection::drained() {
  if (where_ != at::answering || (current_ && !current_->ended))
    return;
  const bool again = current_ && current_->keep_alive;
  if (const auto a = std::exchange(current_, nullptr))
    a->settle();
  if (again) {
    expect_request();
    // Not from here: a peer that sends many requests at once would nest one answer in the other.
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      if (self->where_ == at::reading)
        self->process();
      self->read();
    });
    return;
  }
  where_ = at::draining;
  in_used_ = 0;
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  arm(linger);
  read();
}

void connection::arm(std::chrono::nanoseconds delay) {
  idle_.cancel();
  idle_ = settings_->io.after(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->drop();
  });
}

void connection::drop() {
  if (std::exchange(where_, at::ended) == at::ended)
    return;
  idle_.cancel();
  error_code ignored;
  if (const auto a = std::exchange(current_, nullptr)) {
    // Whoever is owed an answer sees that it was cut off: never an end that looks clean.
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    a->gone = true;
    auto callback = a->settle();
    if (callback && !a->aborted)
      asio::post(socket_.get_executor(), std::move(callback));
  }
  socket_.close(ignored);
  out_.clear();
  out_bytes_ = 0;
  if (const auto tell = std::exchange(ended_, nullptr))
    tell(number_);
}

} // namespace

std::shared_ptr<server_connection>
start_connection(std::shared_ptr<const connection_settings> settings, unique_fd socket,
                 std::uint64_t number, std::function<void(std::uint64_t)> ended) {
  auto c = std::make_shared<connection>(std::move(settings), number, std::move(ended));
  c->start(std::move(socket));
  return c;
}

} // namespace pawl::net
