#include "actors/provider_router.hpp"

#include <algorithm>
#include <utility>

#include "actors/inference_call.hpp"
#include "storage/call_log.hpp"

namespace pawl::actors {

provider_router::provider_router(handle::pointer self, std::shared_ptr<gateway_core> core,
                                 subscriptions_actor watchers)
    : self_(self), core_(std::move(core)), watchers_(std::move(watchers)) {}

provider_router::handle::behavior_type provider_router::make_behavior() {
  self_->set_exit_handler([this](caf::exit_msg& m) { on_exit(m); });
  return {
      [this](const router_start&) { recover(); },
      [this](const router_submit& m) { on_submit(m); },
      [this](const router_command& m) { pass_on(m.id, call_order{m.what}); },
      [this](const call_closing& m) { on_closing(m); },
      [this](const gateway_stop&) {
        for (auto& [id, one] : owners_)
          self_->send(one.call, gateway_stop{});
        owners_.clear();
        self_->quit();
      },
  };
}

void provider_router::recover() {
  if (!core_->open())
    return;
  auto open = storage::open_calls(core_->parts().store);
  if (!open)
    return core_->store_failed(open.error());
  for (const auto& call : *open)
    pass_on(call.id, call_recover{});
  core_->tell_link(link_state::up);
}

void provider_router::on_submit(const router_submit& m) {
  if (!core_->open() || !has_room(m.what->id))
    return;
  pass_on(m.what->id, call_join{m.what});
  owners_.at(m.what->id).asked = m.what;
}

// Only a call that is new needs room: the answers of those that are known are owed.
bool provider_router::has_room(const call_id& id) {
  if (owners_.size() < core_->calls_open_max() || owners_.contains(id))
    return true;
  auto known = storage::read_call(core_->parts().store, id);
  if (!known) {
    core_->store_failed(known.error());
    return false;
  }
  if (*known)
    return true;
  auto full = std::make_shared<const outcome>(
      fault(fault_type::communication, 429, "the gateway has too many open calls",
            std::to_string(owners_.size()) + " are open; try again when some have ended"));
  self_->send(watchers_, events_ended{id, std::move(full)});
  return false;
}

provider_router::owner& provider_router::owner_of(const call_id& id) {
  auto found = owners_.find(id);
  if (found == owners_.end()) {
    auto call = spawn<inference_call>(self_->system(), core_, handle(self_), watchers_, id);
    self_->link_to(call);
    found = owners_.emplace(id, owner(std::move(call))).first;
  }
  return found->second;
}

template <class Message>
void provider_router::pass_on(const call_id& id, Message m) {
  auto& to = owner_of(id);
  ++to.requests;
  self_->send(to.call, std::move(m));
}

void provider_router::on_closing(const call_closing& m) {
  auto found = owners_.find(m.id);
  // Requests that are on their way keep it alive: it will say again that it has nothing to do.
  if (found == owners_.end() || found->second.requests != m.requests)
    return;
  self_->unlink_from(found->second.call);
  self_->send(found->second.call, call_dismiss{});
  owners_.erase(found);
}

// An owner that ended by a defect is replaced once; the store knows what it did. A second defect
// ends in a log line: the call stays open, and whoever asks next finds it as the store has it.
void provider_router::on_exit(const caf::exit_msg& m) {
  auto found = std::find_if(owners_.begin(), owners_.end(),
                            [&](auto& one) { return one.second.call.address() == m.source; });
  if (found == owners_.end()) {
    if (m.reason != caf::exit_reason::normal)
      self_->quit(m.reason);
    return;
  }
  const auto id = found->first;
  const auto lost = std::move(found->second);
  owners_.erase(found);
  core_->log_error("call " + id.str() + " lost its owner");
  if (lost.replaced == replacement::second || !lost.asked)
    return;
  pass_on(id, call_join{lost.asked});
  auto& next = owners_.at(id);
  next.asked = lost.asked;
  next.replaced = replacement::second;
}

} // namespace pawl::actors
