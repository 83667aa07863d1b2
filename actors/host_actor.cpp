#include "actors/host_actor.hpp"

#include <exception>
#include <utility>

#include "actors/agent.hpp"
#include "storage/run_index.hpp"

namespace pawl::actors {

namespace {
run_info info_of(const to_host::left& word) {
  run_info info;
  info.id = word.run;
  info.status = word.status;
  info.result = word.result;
  info.cause = word.cause;
  return info;
}

error leaving(const run_id& id) {
  return error(errc::refused, "run " + id.str() + ": the host is leaving", {},
               "resume the run later; nothing is lost");
}
} // namespace

agent_host::agent_host(handle::pointer self, std::shared_ptr<host_core> core)
    : self_(self), core_(std::move(core)) {}

template <class Work>
void agent_host::handle_message(Work work) {
  if (core_->stopped)
    return;
  try {
    work();
    if (!core_->stopped)
      set_alarm();
  } catch (const std::exception& what) {
    fail(error(errc::corrupt, std::string("host: ") + what.what(), {},
               "this is a defect of the engine; restart it"));
  }
}

agent_host::handle::behavior_type agent_host::make_behavior() {
  return {
      [this](const to_host::begin&) { handle_message([&] { begin(); }); },
      [this](const to_host::connect& m) { handle_message([&] { calls_.connect(m.calls); }); },
      [this](const to_host::link& m) { handle_message([&] { calls_.set_link(m.state); }); },
      [this](const to_host::accepted& m) {
        handle_message([&] {
          if (const host_calls::waiter* who = calls_.find(m.call))
            self_->send(who->agent, to_agent::accepted{m.call});
        });
      },
      [this](to_host::answered& m) {
        handle_message([&] {
          if (const auto who = calls_.take(m.call))
            self_->send(who->agent, to_agent::answered{m.call, std::move(m.what)});
        });
      },
      [this](to_host::streamed& m) { handle_message([&] { on_streamed(m); }); },
      [this](const to_host::done& m) { handle_message([&] { on_done(m.call, m.what); }); },
      [this](to_host::create& m) { handle_message([&] { create(m); }); },
      [this](const to_host::wake& m) { handle_message([&] { wake(m.run, m.observer); }); },
      [this](to_host::command& m) { handle_message([&] { command(m); }); },
      [this](const to_host::drain& m) { handle_message([&] { drain(m.then); }); },
      [this](const to_host::verdict& m) {
        handle_message([&] { on_verdict(m.operation, m.what); });
      },
      [this](const to_host::tick& m) {
        if (alarm_.rings(m.generation))
          handle_message([&] { tick(); });
      },
      [this](to_host::turn& m) { handle_message([&] { on_turn(m); }); },
      [this](const to_host::outbox& m) { handle_message([&] { deliver_outbox(m.run); }); },
      [this](to_host::left& m) { handle_message([&] { on_left(m); }); },
  };
}

// --- waking

void agent_host::begin() {
  if (core_->options().hosts == hosting::named)
    return;
  deliver_all_outboxes();
  const storage::store& store = core_->parts.store;
  if (auto loaded = wakes_.load(store, [](const run_id&) { return false; }); !loaded)
    return fail(loaded.error());
  auto orphans = storage::list_orphans(store);
  if (!orphans)
    return fail(orphans.error());
  for (const run_id& id : *orphans)
    activate(id, agent_mandate::go);
  // Something may have been put into the inbox of a sleeping run just before the last host ended.
  auto unread = runs_with_unread_inbox();
  if (!unread)
    return fail(unread.error());
  for (const run_id& id : *unread)
    activate(id, agent_mandate::look);
}

void agent_host::wake(const run_id& id, std::shared_ptr<run_observer> observer) {
  const auto known = runs_.find(id);
  if (known != runs_.end() && known->second.now != phase::asleep) {
    if (known->second.mandate == agent_mandate::look)
      known->second.mandate = agent_mandate::go;
    if (observer && known->second.now == phase::awake)
      observer->on_status(id, run_status::running, std::nullopt, {});
    observe(id, known->second, std::move(observer));
    return;
  }
  auto found = storage::read_run(core_->parts.store, id);
  if (!found || !*found || draining_) {
    const error why = !found ? found.error()
                      : !*found
                          ? error(errc::not_found, "run " + id.str() + ": there is no such run")
                          : leaving(id);
    if (observer)
      observer->on_refused(id, why);
    return;
  }
  deliver_outbox(id);
  if (is_ended((*found)->status)) {
    if (observer)
      observer->on_status(id, (*found)->status, (*found)->result, (*found)->cause);
    return;
  }
  observe(id, runs_[id], std::move(observer));
  activate(id, agent_mandate::go);
}

void agent_host::activate(const run_id& id, agent_mandate mandate) {
  hosted_run& run = runs_[id];
  if (draining_ || (run.now != phase::asleep && run.now != phase::restarting))
    return;
  wakes_.erase(id);
  run.mandate = mandate;
  run.now = phase::queued;
  queue_.push_back(id);
  start_queued();
}

void agent_host::start_queued() {
  while (!queue_.empty() && awake_ < core_->options().awake_max) {
    const run_id id = std::move(queue_.front());
    queue_.pop_front();
    raise_epoch(id);
  }
}

void agent_host::raise_epoch(const run_id& id) {
  auto next = storage::activate(core_->parts.store, id);
  if (!next) {
    log_warning(*core_, next.error().render());
    return refuse(id, next.error());
  }
  runs_[id].now = phase::activating;
  ++awake_;
  const std::uint64_t epoch = next->epoch;
  commit(std::move(next->raise), storage::durability::synced,
         [this, id, epoch](storage::verdict what) {
           if (what == storage::verdict::committed) {
             start_agent(id, epoch);
             return;
           }
           --awake_;
           refuse(id, error(errc::in_use, "run " + id.str() + ": another host has woken it"));
           start_queued();
           check_drained();
         });
}

void agent_host::start_agent(const run_id& id, std::uint64_t epoch) {
  hosted_run& run = runs_.at(id);
  agent_assignment what;
  what.host = host_actor(self_);
  what.run = id;
  what.epoch = epoch;
  what.activation = ++last_activation_;
  what.mandate = run.mandate; // kept: the agent may throw before what it does is durable
  what.cause = run.cause;
  run.now = phase::awake;
  run.activation = what.activation;
  // Linked: when the host ends, its agents end.
  run.agent = self_->spawn<state_actor<agent>, caf::linked>(std::shared_ptr<const host_core>(core_),
                                                            std::move(what));
  if (draining_)
    self_->send(run.agent, to_agent::drain{});
  self_->send(run.agent, to_agent::begin{});
  for (const auto& observer : run.observers)
    observer->on_status(id, run_status::running, std::nullopt, {});
}

// --- agents

void agent_host::on_turn(to_host::turn& done) {
  const auto found = runs_.find(done.run);
  if (found == runs_.end() || found->second.activation != done.activation)
    return;
  const hosted_run& run = found->second;
  for (const call_id& call : done.withdraw)
    calls_.withdraw(call, done.activation);
  const auto watched = run.observers.empty() ? host_calls::watch::no : host_calls::watch::yes;
  for (call_submission& what : done.submit)
    calls_.submit(std::move(what), {done.run, done.activation, run.agent}, watched);
  for (const to_host::turn::noted& noted : done.notes)
    for (const auto& observer : run.observers)
      observer->on_note(done.run, noted.note, noted.at);
}

void agent_host::on_left(to_host::left& word) {
  const run_id id = word.run;
  const auto found = runs_.find(id);
  if (found == runs_.end() || found->second.activation != word.activation)
    return;
  calls_.drop(id, word.activation);
  found->second.now = phase::asleep;
  found->second.agent = nullptr;
  --awake_;
  switch (word.how) {
  case agent_exit::rested: on_rested(id, word); break;
  case agent_exit::crashed: on_crashed(id, word.cause); break;
  case agent_exit::fenced:
    log_info(*core_, "run " + id.str() + ": another activation has it");
    refuse(id, error(errc::in_use, "run " + id.str() + ": another host has taken it over"));
    break;
  case agent_exit::overtaken:
    draining_ ? refuse(id, leaving(id)) : activate(id, found->second.mandate);
    break;
  case agent_exit::unusable:
    log_error(*core_, "run " + id.str() + ": cannot be read: " + word.cause);
    refuse(id, error(errc::corrupt, "run " + id.str() + ": cannot be read: " + word.cause));
    break;
  case agent_exit::store_failed:
    if (const auto why = core_->parts.store.failure())
      fail(*why);
    else // the queue takes nothing any more: the engine is being shut down
      refuse(id, leaving(id));
    break;
  }
  if (core_->stopped)
    return;
  start_queued();
  check_drained();
}

void agent_host::on_rested(const run_id& id, to_host::left& word) {
  hosted_run& run = runs_.at(id);
  run.restarts = 0;
  tell_status(run, info_of(word));
  if (draining_ && !is_ended(word.status) && word.status != run_status::suspended)
    return refuse(id, leaving(id)); // tells those who wait for the end of a run that sleeps
  // What came into the inbox while the agent was leaving has found nobody.
  const auto tail = storage::inbox_tail(core_->parts.store, id);
  const bool has_unread = tail && *tail > word.inbox_read && !is_ended(word.status);
  if (word.wake_at)
    wakes_.put_stored(id, *word.wake_at);
  if (has_unread && !core_->options().canaries.lose_wakeup && !draining_)
    return activate(id, agent_mandate::look);
  if (word.status != run_status::waiting) {
    calls_.unwatch_run(id);
    runs_.erase(id);
  } else if (run.observers.empty()) {
    runs_.erase(id);
  }
}

void agent_host::on_crashed(const run_id& id, const std::string& what) {
  hosted_run& run = runs_.at(id);
  ++run.restarts;
  const int restarts_max = core_->options().restarts_max;
  if (run.restarts > restarts_max + 1) {
    log_error(*core_, "run " + id.str() + ": could not even be suspended: " + what);
    refuse(id, error(errc::corrupt, "run " + id.str() + ": could not be suspended: " + what));
    return;
  }
  log_warning(*core_, "run " + id.str() + ": its agent threw: " + what);
  if (draining_)
    return refuse(id, leaving(id));
  if (run.restarts > restarts_max) {
    run.cause = "its agent threw " + std::to_string(run.restarts) + " times, at last: " + what +
                "; resume it when that is mended";
    activate(id, agent_mandate::give_up);
    return;
  }
  run.now = phase::restarting;
  const duration longest = core_->options().restart_delay * (1LL << std::min(run.restarts - 1, 20));
  const double part = 0.5 + 0.5 * draw_unit(core_->parts.random);
  const auto delay = std::chrono::duration_cast<duration>(
      std::chrono::duration<double, std::nano>(static_cast<double>(longest.count()) * part));
  wakes_.put(id, core_->now() + delay);
}

// --- time

void agent_host::tick() {
  while (const auto due = wakes_.take_due(core_->now())) {
    const auto known = runs_.find(*due);
    const bool again = known != runs_.end() && known->second.now == phase::restarting;
    activate(*due, again ? known->second.mandate : agent_mandate::go);
  }
  if (core_->options().hosts == hosting::all && wakes_.wants_load(core_->now())) {
    const auto is_busy = [this](const run_id& id) {
      const auto found = runs_.find(id);
      return found != runs_.end() && found->second.now != phase::asleep;
    };
    if (auto loaded = wakes_.load(core_->parts.store, is_busy); !loaded)
      fail(loaded.error());
  }
}

void agent_host::set_alarm() {
  if (draining_)
    return;
  const auto set = alarm_.set(wakes_.next(), core_->now(), core_->options().timer_stretch_max);
  if (set)
    self_->delayed_send(host_actor(self_), set->delay, to_host::tick{set->generation});
}

// --- leaving

void agent_host::drain(std::function<void()> then) {
  draining_ = true;
  drained_.push_back(std::move(then));
  queue_.clear();
  std::vector<run_id> others;
  for (const auto& [id, run] : runs_) {
    if (run.now == phase::awake)
      self_->send(run.agent, to_agent::drain{});
    else if (run.now != phase::activating)
      others.push_back(id);
  }
  for (const run_id& id : others)
    refuse(id, leaving(id));
  check_drained();
}

void agent_host::check_drained() {
  if (!draining_ || awake_ > 0)
    return;
  for (const auto& then : std::exchange(drained_, {}))
    if (then)
      then();
}

void agent_host::fail(error why) {
  if (core_->stopped.exchange(true))
    return;
  log_error(*core_, "host: stops: " + why.render());
  if (core_->parts.on_store_failure)
    core_->parts.on_store_failure(why);
  self_->quit(caf::exit_reason::user_shutdown); // ends the linked agents as well
}

// --- observers

void agent_host::observe(const run_id& id, hosted_run& run,
                         std::shared_ptr<run_observer> observer) {
  if (!observer)
    return;
  run.observers.push_back(std::move(observer));
  calls_.watch_run(id);
}

void agent_host::tell_status(const hosted_run& run, const run_info& info) {
  for (const auto& observer : run.observers)
    observer->on_status(info.id, info.status, info.result, info.cause);
}

void agent_host::refuse(const run_id& id, const error& why) {
  const auto found = runs_.find(id);
  if (found == runs_.end())
    return;
  const auto observers = std::move(found->second.observers);
  wakes_.erase(id);
  runs_.erase(found);
  calls_.unwatch_run(id);
  for (const auto& observer : observers)
    observer->on_refused(id, why);
}

} // namespace pawl::actors
