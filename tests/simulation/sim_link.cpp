#include "tests/simulation/sim_link.hpp"

namespace pawl::simulation {

using actors::call_command;
using actors::call_submission;
using actors::gateway;
using actors::gateway_listener;
using actors::link_state;

class sim_link::host_face final : public gateway {
public:
  explicit host_face(sim_link& link) : link_(link) {}
  void submit(call_submission what) override {
    if (link_.on_submitted)
      link_.on_submitted(what);
    send("submit", [what = std::move(what)](gateway& g) { g.submit(what); });
  }
  void attach(const call_id& id, std::uint64_t cursor) override {
    send("attach", [id, cursor](gateway& g) { g.attach(id, cursor); });
  }
  void detach(const call_id& id) override {
    send("detach", [id](gateway& g) { g.detach(id); });
  }
  void cancel(const call_id& id) override {
    send("cancel", [id](gateway& g) { g.cancel(id); });
  }
  void acknowledge(const call_id& id) override {
    send("acknowledge", [id](gateway& g) { g.acknowledge(id); });
  }

private:
  // What is said while the link is down is lost, as on a broken connection.
  void send(std::string name, std::function<void(gateway&)> say) {
    if (link_.up())
      link_.to_gateway_.push_back({std::move(name), std::move(say)});
  }
  sim_link& link_;
};

class sim_link::gateway_face final : public gateway_listener {
public:
  explicit gateway_face(sim_link& link) : link_(link) {}
  void on_accepted(const call_id& id) override {
    send("accepted", [id](gateway_listener& l) { l.on_accepted(id); });
  }
  void on_answer(const call_id& id, outcome what) override {
    send("answer", [id, what = std::move(what)](gateway_listener& l) { l.on_answer(id, what); });
  }
  void on_events(const call_id& id, std::vector<stream_event> events) override {
    if (link_.on_shown)
      link_.on_shown(id, events);
    send("events",
         [id, events = std::move(events)](gateway_listener& l) { l.on_events(id, events); });
  }
  void on_done(const call_id& id, call_command what) override {
    send("done", [id, what](gateway_listener& l) { l.on_done(id, what); });
  }
  void on_link(link_state) override {}

private:
  void send(std::string name, std::function<void(gateway_listener&)> say) {
    if (link_.up())
      link_.to_host_.push_back({std::move(name), std::move(say)});
  }
  sim_link& link_;
};

sim_link::sim_link()
    : host_face_(std::make_shared<host_face>(*this)),
      gateway_face_(std::make_shared<gateway_face>(*this)) {}

sim_link::~sim_link() = default;

std::shared_ptr<gateway> sim_link::host_side() {
  return host_face_;
}

std::shared_ptr<gateway_listener> sim_link::gateway_side() {
  return gateway_face_;
}

void sim_link::connect_host(std::shared_ptr<gateway_listener> host) {
  host_ = std::move(host);
  if (up())
    tell_host(link_state::up);
}

void sim_link::connect_gateway(gateway* calls) {
  gateway_ = calls;
  if (up())
    tell_host(link_state::up);
}

void sim_link::haunt() {
  ghosts_.push_back(std::move(host_));
}

void sim_link::lose_host() {
  host_.reset();
  to_host_.clear();
  to_gateway_.clear();
}

void sim_link::lose_gateway() {
  gateway_ = nullptr;
  to_host_.clear();
  to_gateway_.clear();
  tell_host(link_state::down);
}

void sim_link::go_down() {
  up_ = false;
  to_host_.clear();
  to_gateway_.clear();
  tell_host(link_state::down);
}

void sim_link::go_up() {
  up_ = true;
  if (up())
    tell_host(link_state::up);
}

void sim_link::tell_host(link_state state) {
  if (host_)
    to_host_.push_back({state == link_state::up ? "up" : "down",
                        [state](gateway_listener& l) { l.on_link(state); }});
}

std::string sim_link::deliver_to_gateway() {
  const auto what = std::move(to_gateway_.front());
  to_gateway_.pop_front();
  if (gateway_)
    what.say(*gateway_);
  return what.name;
}

std::string sim_link::deliver_to_host() {
  const auto what = std::move(to_host_.front());
  to_host_.pop_front();
  for (const auto& ghost : ghosts_)
    what.say(*ghost);
  if (host_)
    what.say(*host_);
  return what.name;
}

} // namespace pawl::simulation
