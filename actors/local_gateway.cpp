#include "actors/local_gateway.hpp"

#include <utility>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>

#include "actors/gateway_core.hpp"
#include "actors/gateway_messages.hpp"
#include "actors/provider_router.hpp"
#include "actors/subscriptions.hpp"

namespace pawl::actors {

struct local_gateway::state {
  std::shared_ptr<gateway_core> core;
  subscriptions_actor watchers;
  router_actor router;
};

std::unique_ptr<local_gateway> local_gateway::start(gateway_parts parts,
                                                    std::shared_ptr<gateway_listener> listener) {
  auto s = std::make_unique<state>();
  auto& system = parts.system;
  s->core = std::make_shared<gateway_core>(std::move(parts), std::move(listener));
  s->watchers = spawn<subscriptions>(system, s->core);
  s->router = spawn<provider_router>(system, s->core, s->watchers);
  post(s->router, router_start{});
  return std::unique_ptr<local_gateway>(new local_gateway(std::move(s)));
}

local_gateway::local_gateway(std::unique_ptr<state> s) : state_(std::move(s)) {}

local_gateway::~local_gateway() {
  stop();
}

void local_gateway::submit(call_submission what) {
  if (state_->core->open())
    post(state_->router, router_submit{std::make_shared<const call_submission>(std::move(what))});
}

void local_gateway::attach(const call_id& id, std::uint64_t cursor) {
  if (state_->core->open())
    post(state_->watchers, events_attach{id, cursor});
}

void local_gateway::detach(const call_id& id) {
  if (state_->core->open())
    post(state_->watchers, events_detach{id});
}

void local_gateway::cancel(const call_id& id) {
  if (state_->core->open())
    post(state_->router, router_command{id, call_command::cancel});
}

void local_gateway::acknowledge(const call_id& id) {
  if (state_->core->open())
    post(state_->router, router_command{id, call_command::acknowledge});
}

void local_gateway::stop() {
  state_->core->close();
  // Also after the store has failed, when nothing is open any more. Whom it does not reach has
  // ended.
  post(state_->router, gateway_stop{});
  post(state_->watchers, gateway_stop{});
}

std::vector<caf::actor> local_gateway::actors() const {
  return {caf::actor_cast<caf::actor>(state_->router),
          caf::actor_cast<caf::actor>(state_->watchers)};
}

} // namespace pawl::actors
