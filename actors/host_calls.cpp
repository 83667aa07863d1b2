#include "actors/host_calls.hpp"

#include <algorithm>

namespace pawl::actors {

namespace {
call_command command_of(storage::outbox_kind kind) {
  return kind == storage::outbox_kind::cancel_call ? call_command::cancel
                                                   : call_command::acknowledge;
}
} // namespace

void host_calls::connect(std::shared_ptr<gateway> calls) {
  gateway_ = std::move(calls);
  if (is_up())
    repeat_all();
}

void host_calls::set_link(link_state state) {
  link_ = state;
  if (is_up())
    repeat_all();
}

// Commands first: a call that was cancelled must not be bought because its submission came before.
void host_calls::repeat_all() {
  for (const auto& [key, what] : deliveries_)
    if (!what.confirmed)
      send(what.entry);
  std::vector<call_id> order;
  order.reserve(submissions_.size());
  for (const auto& [call, what] : submissions_)
    order.push_back(call);
  std::sort(order.begin(), order.end()); // a hash table's order would not repeat from a seed
  for (const call_id& call : order)
    gateway_->submit(submissions_.at(call).what);
  order.clear();
  for (const auto& [call, what] : streams_)
    order.push_back(call);
  std::sort(order.begin(), order.end());
  for (const call_id& call : order)
    gateway_->attach(call, streams_.at(call).cursor);
}

void host_calls::submit(call_submission what, waiter who, watch watched) {
  const call_id call = what.id;
  const auto place =
      submissions_.insert_or_assign(call, submission{std::move(what), std::move(who)}).first;
  if (is_up())
    gateway_->submit(place->second.what);
  if (watched == watch::yes)
    attach(call, place->second);
}

void host_calls::withdraw(const call_id& call, std::uint64_t activation) {
  const auto found = submissions_.find(call);
  if (found != submissions_.end() && found->second.who.activation == activation)
    submissions_.erase(found);
}

void host_calls::drop(const run_id& run, std::uint64_t activation) {
  std::erase_if(submissions_, [&](const auto& entry) {
    return entry.second.who.run == run && entry.second.who.activation == activation;
  });
}

const host_calls::waiter* host_calls::find(const call_id& call) const {
  const auto found = submissions_.find(call);
  return found == submissions_.end() ? nullptr : &found->second.who;
}

std::optional<host_calls::waiter> host_calls::take(const call_id& call) {
  const auto found = submissions_.find(call);
  if (found == submissions_.end())
    return std::nullopt;
  waiter who = std::move(found->second.who);
  submissions_.erase(found);
  return who;
}

void host_calls::attach(const call_id& call, const submission& to) {
  const auto [place, is_new] =
      streams_.try_emplace(call, stream{to.who.run, path(to.what.step), 0});
  if (is_new && is_up())
    gateway_->attach(call, place->second.cursor);
}

void host_calls::watch_run(const run_id& run) {
  for (const auto& [call, what] : submissions_)
    if (what.who.run == run)
      attach(call, what);
}

void host_calls::unwatch_run(const run_id& run) {
  std::erase_if(streams_, [&](const auto& entry) {
    if (entry.second.run != run)
      return false;
    if (is_up())
      gateway_->detach(entry.first);
    return true;
  });
}

std::optional<host_calls::sighting> host_calls::see(const call_id& call,
                                                    std::vector<stream_event>& events) {
  const auto found = streams_.find(call);
  if (found == streams_.end())
    return std::nullopt;
  stream& seen = found->second;
  std::erase_if(events, [&](const stream_event& event) { return event.number < seen.cursor; });
  if (!events.empty())
    seen.cursor = events.back().number + 1;
  return sighting{seen.run, seen.step};
}

void host_calls::deliver(const std::vector<storage::pending_delivery>& entries) {
  for (const storage::pending_delivery& pending : entries) {
    const delivery_key key(pending.run, pending.entry.number);
    if (!deliveries_.try_emplace(key, delivery{pending.entry, false}).second)
      continue;
    deliveries_by_call_.emplace(pending.entry.call, key);
    if (pending.entry.kind == storage::outbox_kind::cancel_call)
      submissions_.erase(pending.entry.call);
    if (is_up())
      send(pending.entry);
  }
}

void host_calls::send(const storage::outbox_entry& entry) {
  if (entry.kind == storage::outbox_kind::cancel_call)
    gateway_->cancel(entry.call);
  else
    gateway_->acknowledge(entry.call);
}

std::vector<host_calls::delivery_key> host_calls::confirm(const call_id& call, call_command what) {
  std::vector<delivery_key> removable;
  const auto [first, last] = deliveries_by_call_.equal_range(call);
  for (auto place = first; place != last; ++place) {
    delivery& found = deliveries_.at(place->second);
    if (command_of(found.entry.kind) != what || found.confirmed)
      continue;
    found.confirmed = true;
    removable.push_back(place->second);
  }
  streams_.erase(call);
  return removable;
}

void host_calls::forget(const delivery_key& key) {
  const auto found = deliveries_.find(key);
  if (found == deliveries_.end())
    return;
  const auto [first, last] = deliveries_by_call_.equal_range(found->second.entry.call);
  for (auto place = first; place != last; ++place) {
    if (place->second == key) {
      deliveries_by_call_.erase(place);
      break;
    }
  }
  deliveries_.erase(found);
}

} // namespace pawl::actors
