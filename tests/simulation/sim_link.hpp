// The host–gateway link of the simulation: two queues of deliveries, made one at a time by the
// simulation, which may crash either side before or after any of them.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/gateway.hpp"

namespace pawl::simulation {

class sim_link {
public:
  sim_link();

  /// What the host talks to, for as long as the link lives.
  [[nodiscard]] std::shared_ptr<actors::gateway> host_side();
  /// What the gateway talks to.
  [[nodiscard]] std::shared_ptr<actors::gateway_listener> gateway_side();

  /// What a person at the link would look at: each submission and each batch of events at the
  /// moment it is said.
  std::function<void(const actors::call_submission&)> on_submitted;
  std::function<void(const call_id&, const std::vector<stream_event>&)> on_shown;

  /// Connects a life of a side; the host is told that the link is up when both sides are there.
  void connect_host(std::shared_ptr<actors::gateway_listener> host);
  void connect_gateway(actors::gateway* calls);
  /// The host that is connected goes on hearing all that is said, beside the next one that
  /// connects.
  void haunt();
  /// A side died: nothing reaches it any more, and nothing it said is delivered.
  void lose_host();
  void lose_gateway();
  /// The link itself goes down and comes up; what was under way is lost.
  void go_down();
  void go_up();

  [[nodiscard]] bool has_for_gateway() const noexcept { return !to_gateway_.empty(); }
  [[nodiscard]] bool has_for_host() const noexcept { return !to_host_.empty(); }
  /// Each returns what was delivered: "submit", "answer", ...
  std::string deliver_to_gateway();
  std::string deliver_to_host();

private:
  class host_face;
  class gateway_face;
  struct to_gateway {
    std::string name;
    std::function<void(actors::gateway&)> say;
  };
  struct to_host {
    std::string name;
    std::function<void(actors::gateway_listener&)> say;
  };

  [[nodiscard]] bool up() const noexcept { return up_ && host_ && gateway_; }
  void tell_host(actors::link_state state);

  std::deque<to_gateway> to_gateway_;
  std::deque<to_host> to_host_;
  std::shared_ptr<actors::gateway_listener> host_;
  std::vector<std::shared_ptr<actors::gateway_listener>> ghosts_;
  actors::gateway* gateway_ = nullptr;
  bool up_ = true;
  std::shared_ptr<host_face> host_face_;
  std::shared_ptr<gateway_face> gateway_face_;

public:
  ~sim_link();
};

} // namespace pawl::simulation
