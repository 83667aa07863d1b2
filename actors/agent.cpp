#include "actors/agent.hpp"

#include <exception>
#include <stdexcept>
#include <utility>

#include "storage/run_index.hpp"

namespace pawl::actors {

agent::agent(handle::pointer self, std::shared_ptr<const host_core> core, agent_assignment what)
    : self_(self), core_(std::move(core)), assignment_(std::move(what)) {}

agent::~agent() = default;

// Runs one message's work and what follows from it. What it throws is a bug of the program or of
// ours: the host starts the agent again from its journal.
template <class Work>
void agent::turn(Work work) {
  if (core_->stopped || phase_ == phase::left)
    return;
  try {
    work();
    settle();
  } catch (const std::exception& what) {
    leave(agent_exit::crashed, what.what());
  } catch (...) {
    leave(agent_exit::crashed, "an exception that is no std::exception");
  }
}

agent::handle::behavior_type agent::make_behavior() {
  return {
      [this](const to_agent::begin&) { turn([&] { begin(); }); },
      [this](const to_agent::verdict& m) { turn([&] { on_verdict(m.batch, m.what); }); },
      [this](const to_agent::accepted& m) { turn([&] { unanswered_.erase(m.call); }); },
      [this](to_agent::answered& m) {
        turn([&] {
          if (phase_ == phase::working)
            waits_.resume_answer(m.call, std::move(m.what));
        });
      },
      [this](const to_agent::timer& m) {
        if (alarm_.rings(m.generation))
          turn([] {});
      },
      [this](const to_agent::inbox&) {
        turn([&] {
          if (phase_ != phase::working)
            return;
          read_inbox();
          if (gate_ == gate::open)
            waits_.resume_gates();
        });
      },
      [this](const to_agent::drain&) {
        turn([&] {
          gate_ = gate::closed;
          drain_cause_ = "interrupted";
        });
      },
  };
}

void agent::begin() {
  auto loaded = storage::run_journal::load(core_->parts.store, assignment_.run, assignment_.epoch);
  if (!loaded) {
    leave(agent_exit::unusable, loaded.error().render());
    return;
  }
  journal_.emplace(std::move(*loaded));
  started_at_ = now();
  found_ = journal_->state().status;
  inbox_seen_ = journal_->state().inbox_read;
  read_inbox();
  phase_ = phase::working;
  if (is_ended(found_) &&
      !(found_ == run_status::faulted && assignment_.mandate == agent_mandate::resume))
    leave(agent_exit::rested);
  else
    decide_start();
}

void agent::decide_start() {
  if (cancelled_)
    return; // settle() ends the run
  if (assignment_.mandate == agent_mandate::give_up)
    rest(run_status::suspended, std::nullopt, assignment_.cause);
  else if (gate_ == gate::closed)
    rest(run_status::suspended, std::nullopt, drain_cause_);
  else if (found_ == run_status::suspended && assignment_.mandate == agent_mandate::look)
    rest(run_status::suspended, std::nullopt, journal_->state().cause);
  else
    begin_program();
}

void agent::begin_program() {
  auto program = core_->parts.programs(journal_->start());
  if (!program) {
    rest(run_status::suspended, std::nullopt, program.error().render());
    return;
  }
  program_ = std::move(*program);
  if (found_ == run_status::faulted) {
    journal_->resume_faulted(now());
    commit_asked_ = true;
  }
  recovering_ = !journal_->open_intents().empty();
  set_running();
  body_ = program_(context(*this), journal_->start().input);
  if (!body_.valid())
    throw std::logic_error("the program returned no coroutine");
  body_.start();
}

void agent::on_verdict(std::uint64_t number, storage::verdict what) {
  auto found = flights_.find(number);
  if (found == flights_.end())
    return;
  flight landed = std::move(found->second);
  flights_.erase(found);
  switch (what) {
  case storage::verdict::failed: leave(agent_exit::store_failed); return;
  case storage::verdict::refused: on_refused(std::move(landed)); return;
  case storage::verdict::committed: break;
  }
  if (landed.has_outbox)
    self_->send(assignment_.host, to_host::outbox{assignment_.run});
  if (landed.kind != flight_kind::work)
    leave(agent_exit::rested);
  else
    waits_.resume_commits(number);
}

void agent::settle() {
  if (phase_ == phase::working) {
    fire_timers();
    if (cancelled_) {
      body_ = {};
      set_end(run_status::cancelled, outcome());
      phase_ = phase::resting;
      commit(flight_kind::end);
    } else if (body_.done()) {
      conclude();
    } else if (is_drained()) {
      rest(run_status::suspended, std::nullopt, drain_cause_);
    } else if (is_at_rest()) {
      rest(run_status::waiting, waits_.next_due(std::nullopt), {});
    } else if (commit_asked_ || journal_->has_staged_outbox() ||
               waits_.waits_for_batch(next_batch_)) {
      commit(flight_kind::work);
    }
    set_alarm();
  }
  report();
}

void agent::conclude() {
  outcome what = body_.take();
  const run_status status = what.is_value() ? run_status::completed : run_status::faulted;
  set_end(status, std::move(what));
  phase_ = phase::resting;
  commit(flight_kind::end);
}

// While it recovers, timers that were due at the start fire one by one, in order, and only while
// every call that was submitted again has had its first reply: an answer that came while nobody was
// awake is older than the awakening.
void agent::fire_timers() {
  while (!cancelled_ && waits_.resume_timer(held_until(), now())) {
  }
  if (recovering_ && unanswered_.empty())
    recovering_ = false;
}

std::optional<time_point> agent::held_until() const {
  if (recovering_ && !unanswered_.empty())
    return started_at_;
  return std::nullopt;
}

bool agent::is_at_rest() const {
  if (waits_.waits_for_commits() || waits_.waits_for_answers() || waits_.waits_at_gate())
    return false;
  const std::optional<time_point> due = waits_.next_due(std::nullopt);
  if (!due && flights_.empty())
    throw std::logic_error("the program waits for nothing that could come");
  return due && *due - now() > core_->options().moment;
}

bool agent::is_drained() const {
  return gate_ == gate::closed && !waits_.waits_for_commits() && !waits_.waits_for_answers();
}

void agent::set_alarm() {
  if (phase_ != phase::working)
    return;
  const auto set =
      alarm_.set(waits_.next_due(held_until()), now(), core_->options().timer_stretch_max);
  if (set)
    self_->delayed_send(agent_actor(self_), set->delay, to_agent::timer{set->generation});
}

void agent::report() {
  if (report_.submit.empty() && report_.withdraw.empty() && report_.notes.empty())
    return;
  to_host::turn done = std::exchange(report_, {});
  done.run = assignment_.run;
  done.activation = assignment_.activation;
  self_->send(assignment_.host, std::move(done));
}

} // namespace pawl::actors
