#include "actors/gateway_core.hpp"

#include <pawl/limits.hpp>

#include <spdlog/logger.h>

namespace pawl::actors {

gateway_core::gateway_core(gateway_parts parts, std::shared_ptr<gateway_listener> listener)
    : parts_(std::move(parts)), listener_(std::move(listener)) {}

std::size_t gateway_core::calls_open_max() const noexcept {
  return parts_.options.calls_open_max != 0 ? parts_.options.calls_open_max
                                            : limits::calls_open_max;
}

void gateway_core::store_failed(const std::string& what) {
  if (auto why = parts_.store.failure())
    return store_failed(*why);
  // The store is well: its queue was closed by its owner, who knows.
  close();
  if (parts_.log)
    parts_.log->info("gateway: stopped: the queue of its store takes nothing more ({})", what);
}

void gateway_core::store_failed(const error& why) {
  if (!open())
    return; // a gateway that was stopped or killed has nothing to say
  close();
  if (failure_told_.exchange(true))
    return;
  log_error(why.render());
  if (parts_.options.on_store_failure)
    parts_.options.on_store_failure(why);
}

void gateway_core::tell_accepted(const call_id& id) {
  if (open())
    listener_->on_accepted(id);
}

void gateway_core::tell_answer(const call_id& id, const outcome& what) {
  if (open())
    listener_->on_answer(id, what);
}

void gateway_core::tell_events(const call_id& id, std::vector<stream_event> events) {
  if (open() && !events.empty())
    listener_->on_events(id, std::move(events));
}

void gateway_core::tell_done(const call_id& id, call_command what) {
  if (open())
    listener_->on_done(id, what);
}

void gateway_core::tell_link(link_state state) {
  if (open())
    listener_->on_link(state);
}

void gateway_core::note(const call_id& id, const std::string& text) {
  if (parts_.log)
    parts_.log->info("call {}: {}", id.str(), text);
}

void gateway_core::log_error(const std::string& text) {
  if (parts_.log)
    parts_.log->error("gateway: {}", text);
}

} // namespace pawl::actors
