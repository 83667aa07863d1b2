#include "tests/simulation/sim_wire.hpp"

#include <algorithm>

namespace pawl::simulation {

using net::exchange_sink;
using net::failure_kind;
using net::transport_failure;

class sim_wire::line final : public net::exchange, public std::enable_shared_from_this<line> {
public:
  line(sim_wire& w, net::http_request r, std::shared_ptr<exchange_sink> s)
      : wire(&w), request(std::move(r)), sink(std::move(s)) {}

  void cancel() override {
    if (!wire || over || cancelled)
      return;
    cancelled = true;
    if (id)
      wire->outside_.disconnected(*id, wire->time_.now());
    wire->cancelled_.push_back(shared_from_this());
  }
  void end() {
    over = true;
    sink.reset();
  }

  sim_wire* wire; // null once the gateway that asked is dead
  net::http_request request;
  std::shared_ptr<exchange_sink> sink;
  std::optional<sim::generation_id> id;
  bool cancelled = false;
  bool over = false;
};

std::shared_ptr<net::exchange> sim_wire::start(net::http_request request,
                                               std::shared_ptr<exchange_sink> sink) {
  auto made = std::make_shared<line>(*this, std::move(request), std::move(sink));
  requests_.push_back(made);
  return made;
}

void sim_wire::lose_gateway() {
  for (auto& one : lines_) {
    if (!one->over && !one->cancelled)
      outside_.disconnected(*one->id, time_.now());
    one->wire = nullptr;
    one->end();
  }
  for (auto& one : requests_) {
    one->wire = nullptr;
    one->end();
  }
  requests_.clear();
  lines_.clear();
  arrivals_.clear();
  cancelled_.clear();
}

void sim_wire::deliver_request() {
  const auto one = requests_.front();
  requests_.pop_front();
  if (one->cancelled)
    return;
  const auto slash = one->request.url.find('/', one->request.url.find("://") + 3);
  one->id = outside_.open(one->request.method + " " + one->request.url.substr(slash),
                          one->request.headers, one->request.body, time_.now());
  lines_.push_back(one);
}

void sim_wire::collect() {
  std::erase_if(lines_, [](const auto& l) { return l->over; });
  for (auto& one : lines_)
    if (!one->over && !one->cancelled)
      for (auto& p : outside_.poll(*one->id, time_.now()))
        arrivals_.push_back({one, std::move(p)});
}

bool sim_wire::has_response() {
  collect();
  return !arrivals_.empty() || !cancelled_.empty();
}

std::string sim_wire::deliver_response() {
  if (!cancelled_.empty()) {
    const auto one = cancelled_.front();
    cancelled_.pop_front();
    const auto sink = one->sink;
    one->end();
    if (sink)
      sink->on_failure({failure_kind::cancelled, one->id.has_value(), "cancelled"});
    return "cancelled";
  }
  auto [one, piece] = std::move(arrivals_.front());
  arrivals_.pop_front();
  if (one->over || one->cancelled)
    return "body";
  const auto sink = one->sink;
  switch (piece.kind) {
  case sim::piece_kind::head: sink->on_head(piece.status, piece.headers); return "head";
  case sim::piece_kind::body:
    outside_.delivered(*one->id, piece.bytes.size());
    sink->on_body(piece.bytes);
    return "body";
  case sim::piece_kind::end:
    one->end();
    sink->on_end();
    return "end";
  case sim::piece_kind::reset:
    one->end();
    sink->on_failure({failure_kind::reset, true, "simulated provider: connection reset"});
    return "reset";
  }
  return {};
}

std::optional<time_point> sim_wire::next_due() const {
  std::optional<time_point> next;
  for (const auto& one : lines_)
    if (!one->over && !one->cancelled)
      if (const auto due = outside_.next_due(*one->id); due && (!next || *due < *next))
        next = due;
  return next;
}

std::size_t sim_wire::open() const noexcept {
  return static_cast<std::size_t>(std::count_if(
      lines_.begin(), lines_.end(), [](const auto& l) { return !l->over && !l->cancelled; }));
}

} // namespace pawl::simulation
