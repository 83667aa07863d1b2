// How lives end and follow one another, and what must hold at the moment something is said.
#include "storage/call_log.hpp"
#include "storage/run_index.hpp"
#include "tests/simulation/simulation_parts.hpp"

namespace pawl::simulation {

void simulation::crash_host() {
  auto& life = *hosts_.back();
  life.queue->fence();
  link_.lose_host();
  life.host->stop();
  if (life.successor)
    life.successor->stop();
}

void simulation::crash_gateway(manner how) {
  auto& life = *gateways_.back();
  life.queue->fence();
  if (const auto open = storage::open_calls(*life.store))
    for (const auto& call : *open)
      if (const auto rows = storage::read_rows(*life.store, call.id))
        for (const auto& row : *rows)
          result_.broken_attempts += row.state == attempt_state::reserved;
  link_.lose_gateway();
  wire_->lose_gateway();
  for (const auto& row : outside_.rows(time_->now()))
    if (cut_.insert(row.request_id).second && handed_[row.request_id] < row.generated_tokens)
      result_.interruptions.push_back(
          {row.request_id, how == manner::power_loss ? 0 : handed_[row.request_id]});
  life.gateway->stop();
}

// Promise 1: an intent is durable before its effect. What a submission stands on must survive even
// a loss of power.
void simulation::check_intent(const actors::call_submission& what) {
  const auto durable = hosts_.back()->store->below().after_power_loss();
  const auto journal = storage::run_journal::load(*durable, the_run, 0);
  if (!journal) {
    result_.breaches.push_back("submitted without a durable run: " + what.step);
    return;
  }
  for (const auto& open : journal->open_intents())
    if (open.call == what.id)
      return;
  // The outcome may be durable by the time a repeated submission is said.
  if (journal->step(path(what.step)).state != storage::step_state::outcome &&
      !is_ended(journal->state().status))
    result_.breaches.push_back("submitted before its intent was durable: " + what.step);
}

// Promise 2: nothing is shown that can be lost.
void simulation::check_logged(const call_id& id, const std::vector<stream_event>& events) {
  const auto& store = *gateways_.back()->store;
  const auto call = storage::read_call(store, id);
  if (call && *call && (*call)->state == storage::call_state::released)
    return;
  for (const auto& event : events) {
    const auto logged = storage::read_events(store, id, event.number, 1);
    if (!logged || logged->empty() || logged->front().number != event.number)
      result_.breaches.push_back("event " + std::to_string(event.number) +
                                 " was shown before it was written");
  }
}

// The old host is not told that it is old; only the epoch stands between it and the run.
void simulation::replace_host_by_another() {
  auto& old = *hosts_.back();
  link_.haunt();
  stale_watchers_.push_back(watcher_);
  watcher_ = std::make_shared<watcher>(result_);
  watcher_->last_active = stale_watchers_.back()->last_active;
  watcher_->has_ended = [&store = *old.store] {
    const auto info = storage::read_run(store, the_run);
    return info && *info && is_ended((*info)->status);
  };
  old.successor = std::make_unique<actors::local_host>(host_parts_of(old));
  old.successor->connect(link_.host_side());
  link_.connect_host(old.successor->listener());
  old.successor->wake(the_run, watcher_);
}

void simulation::crash_now(const crash& planned) {
  const auto [point, who, how, old] = planned;
  if (old == crash::old_host::haunts) {
    if (!hosts_.back()->successor)
      replace_host_by_another();
    return;
  }
  const auto next_store = [how = how](const watched_store& old) {
    return how == manner::power_loss ? old.below().after_power_loss()
                                     : old.below().after_process_kill();
  };
  const bool host = who != victim::gateway, gateway = who != victim::host;
  if (host)
    crash_host();
  if (gateway)
    crash_gateway(how);
  // Dead actors still get what was on its way to them; they must do nothing with it.
  while (scheduler_->try_run_once()) {
  }
  if (gateway)
    start_gateway(next_store(*gateways_.back()->store));
  if (host) {
    start_host(next_store(*hosts_.back()->store));
    hosts_.back()->host->wake(the_run, watcher_);
  }
}

} // namespace pawl::simulation
