#include "sim/sim_transport.hpp"

#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "sim/live_provider.hpp"

namespace pawl::sim {

namespace {

// "sim:///v1/models" and "sim://host/v1/models" name "/v1/models".
std::optional<std::string> path_of(std::string_view url) {
  constexpr std::string_view scheme = "sim://";
  const auto slash =
      url.starts_with(scheme) ? url.find('/', scheme.size()) : std::string_view::npos;
  if (slash == std::string_view::npos)
    return std::nullopt;
  return std::string(url.substr(slash));
}

void report(net::exchange_sink& sink, net::failure_kind kind, bool sent, std::string message) {
  net::transport_failure why;
  why.kind = kind;
  why.sent = sent;
  why.message = "simulated provider: " + std::move(message);
  sink.on_failure(why);
}

} // namespace

class sim_transport::core {
public:
  core(const net::io_thread& thread, const clock& time, provider_options options)
      : io(thread.handle()), model(std::move(options), time) {}

  void close();

  const net::io_handle io;
  live_provider model;
  std::uint64_t stop_hook = 0;
  // On the io thread only.
  bool closed = false;
  std::set<std::shared_ptr<answer>> open;
};

// One exchange. Everything but cancel() is on the io thread.
class sim_transport::answer final : public net::exchange,
                                    public std::enable_shared_from_this<answer> {
public:
  answer(std::shared_ptr<core> c, std::shared_ptr<net::exchange_sink> sink)
      : core_(std::move(c)), sink_(std::move(sink)) {}

  void cancel() override {
    core_->io.post([self = shared_from_this()] { self->leave("cancelled"); });
  }

  void begin(const net::http_request& request) {
    const auto path = path_of(request.url);
    if (core_->closed)
      return refuse(net::failure_kind::cancelled, "closed before the request began");
    if (!path)
      return refuse(net::failure_kind::malformed, "expected a URL like sim:///v1/chat/completions");
    idle_timeout_ = request.idle_timeout;
    id_ = core_->model.with([&](provider& p, time_point now) {
      return p.open(request.method + " " + *path, request.headers, request.body, now);
    });
    core_->open.insert(shared_from_this());
    await_bytes();
    go_on();
  }

  /// The reader goes: nothing more is read, by nobody.
  void leave(std::string message) { fail(net::failure_kind::cancelled, std::move(message)); }

private:
  void go_on() {
    turn next(core_->model, id_);
    for (const auto& p : next.pieces)
      if (sink_) // a sink may not end an exchange, but a broken body does
        hand_over(p);
    if (!sink_)
      return;
    if (!next.pieces.empty())
      await_bytes();
    if (next.wait)
      due_ = core_->io.after(*next.wait, [self = shared_from_this()] { self->resume(); });
  }

  void resume() {
    if (sink_)
      go_on();
  }

  void hand_over(const piece& p) {
    switch (p.kind) {
    case piece_kind::head:
      answered_ = true;
      missing_bytes_ = p.content_bytes;
      sink_->on_head(p.status, p.headers);
      return;
    case piece_kind::body:
      sink_->on_body(p.bytes);
      core_->model.with([&](provider& model, time_point) { model.delivered(id_, p.bytes.size()); });
      if (missing_bytes_)
        *missing_bytes_ -= p.bytes.size();
      return;
    case piece_kind::end:
      if (!answered_ || missing_bytes_.value_or(0) > 0)
        return fail(net::failure_kind::truncated, "connection was closed within the answer");
      release()->on_end();
      return;
    case piece_kind::reset: return fail(net::failure_kind::reset, "connection was reset");
    }
  }

  // Silence is measured from the last piece.
  void await_bytes() {
    idle_.cancel();
    idle_ = core_->io.after(idle_timeout_, [self = shared_from_this()] {
      self->fail(net::failure_kind::timeout, "no byte came within the idle timeout");
    });
  }

  void refuse(net::failure_kind kind, std::string message) {
    report(*std::exchange(sink_, nullptr), kind, false, std::move(message));
  }

  void fail(net::failure_kind kind, std::string message) {
    if (!sink_)
      return;
    core_->model.with([&](provider& p, time_point now) { p.disconnected(id_, now); });
    report(*release(), kind, true, std::move(message));
  }

  std::shared_ptr<net::exchange_sink> release() {
    due_.cancel();
    idle_.cancel();
    core_->open.erase(shared_from_this());
    return std::exchange(sink_, nullptr);
  }

  const std::shared_ptr<core> core_;
  std::shared_ptr<net::exchange_sink> sink_; // null: ended
  generation_id id_{};
  net::timer_token due_;
  net::timer_token idle_;
  std::chrono::nanoseconds idle_timeout_{};
  bool answered_ = false;
  std::optional<std::size_t> missing_bytes_; // of a body with a known length
};

void sim_transport::core::close() {
  closed = true;
  while (!open.empty())
    std::shared_ptr<answer>(*open.begin())->leave("transport was closed");
}

result<std::unique_ptr<sim_transport>>
sim_transport::make(const net::io_thread& io, const clock& time, provider_options options) {
  if (auto problem = find_problem(options))
    return *std::move(problem);
  auto c = std::make_shared<core>(io, time, std::move(options));
  c->stop_hook = c->io.on_stop([c] { c->close(); });
  return std::unique_ptr<sim_transport>(new sim_transport(std::move(c)));
}

sim_transport::sim_transport(std::shared_ptr<core> c) : core_(std::move(c)) {}

sim_transport::~sim_transport() {
  if (core_->io.post([c = core_] { c->close(); }))
    core_->io.forget_stop(core_->stop_hook);
}

std::shared_ptr<net::exchange> sim_transport::start(net::http_request request,
                                                    std::shared_ptr<net::exchange_sink> sink) {
  auto a = std::make_shared<answer>(core_, sink);
  if (!core_->io.post([a, r = std::move(request)] { a->begin(r); }))
    report(*sink, net::failure_kind::cancelled, false, "network thread has ended");
  return a;
}

std::vector<bill_row> sim_transport::rows() const {
  return core_->model.with([](provider& p, time_point now) { return p.rows(now); });
}

void sim_transport::add_faults(std::vector<fault_rule> rules) {
  core_->model.with([&](provider& p, time_point) { p.add_faults(std::move(rules)); });
}

} // namespace pawl::sim
