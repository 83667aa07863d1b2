// What the agent writes: its run's status, its batches, and its last word to the host.
#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

#include "actors/agent.hpp"
#include "storage/keys.hpp"
#include "storage/run_index.hpp"

namespace pawl::actors {

void agent::read_inbox() {
  auto entries = storage::read_inbox(core_->parts.store, assignment_.run, inbox_seen_);
  if (!entries)
    throw std::runtime_error(entries.error().render());
  for (const storage::inbox_entry& entry : *entries) {
    inbox_seen_ = entry.number;
    switch (entry.kind) {
    case storage::inbox_kind::cancel: cancelled_ = true; break;
    case storage::inbox_kind::suspend:
      gate_ = gate::closed;
      drain_cause_ = "suspended on request; resume it to go on";
      break;
    case storage::inbox_kind::resume:
      gate_ = gate::open;
      if (assignment_.mandate == agent_mandate::look)
        assignment_.mandate = agent_mandate::go;
      break;
    }
  }
}

void agent::set_running() {
  storage::run_state next = journal_->state();
  const bool is_new = next.status != run_status::running && next.status != run_status::waiting;
  next.status = run_status::running;
  next.updated_at = now();
  next.wake_at.reset();
  next.result.reset();
  next.cause.clear();
  next.inbox_read = inbox_seen_;
  if (is_new)
    journal_->stage_history(
        {{"at", to_iso8601(now())}, {"status", to_string(run_status::running)}});
  journal_->set_state(std::move(next));
}

void agent::set_end(run_status status, outcome what) {
  storage::run_state next = journal_->state();
  next.inbox_read = inbox_seen_;
  journal_->stage_history({{"at", to_iso8601(now())}, {"status", to_string(status)}});
  journal_->set_state(std::move(next));
  journal_->finish(status, std::move(what), now());
}

void agent::rest(run_status status, std::optional<time_point> wake_at, std::string cause) {
  storage::run_state next = journal_->state();
  next.status = status;
  next.updated_at = now();
  next.wake_at = wake_at;
  next.result.reset();
  next.cause = std::move(cause);
  next.inbox_read = inbox_seen_;
  if (status == run_status::suspended) {
    json event = {{"at", to_iso8601(now())}, {"status", to_string(status)}, {"cause", next.cause}};
    journal_->stage_history(std::move(event));
  }
  journal_->set_state(std::move(next));
  phase_ = phase::resting;
  commit(flight_kind::rest);
}

void agent::commit(flight_kind kind) {
  flight how;
  how.kind = kind;
  how.has_outbox = journal_->has_staged_outbox();
  commit_asked_ = false;
  // To rest or to end is to have read everything: a cancellation that was answered is not outrun.
  storage::batch what = kind == flight_kind::work
                            ? journal_->take()
                            : journal_->take(std::optional<std::uint64_t>(inbox_seen_));
  if (core_->options().canaries.lose_wakeup)
    std::erase_if(what.expects, [key = storage::keys::inbox_tail(assignment_.run)](const auto& e) {
      return e.key == key;
    });
  if (core_->options().canaries.forget_epoch)
    what.expects.clear();
  if (kind == flight_kind::rest)
    how.copy = what;
  submit(std::move(what), std::move(how));
}

void agent::submit(storage::batch what, flight how) {
  const std::uint64_t number = next_batch_++;
  flights_.emplace(number, std::move(how));
  const agent_actor me(self_);
  core_->parts.queue.submit(std::move(what), storage::durability::synced,
                            [me, number](storage::verdict v) {
                              post(me, to_agent::verdict{number, v});
                            });
}

void agent::on_refused(flight what) {
  if (!owns_the_run()) {
    leave(agent_exit::fenced);
    return;
  }
  if (what.kind == flight_kind::end) {
    leave(agent_exit::overtaken);
    return;
  }
  if (what.kind != flight_kind::rest)
    throw std::logic_error("a batch was refused though the epoch holds");
  // The inbox has grown. What was to be written with the rest's status is still to be written: it
  // goes out again, and what follows here overrides the status.
  phase_ = phase::working;
  read_inbox();
  set_running();
  flight again;
  again.has_outbox = what.has_outbox || journal_->has_staged_outbox();
  storage::batch both = journal_->take();
  both.writes.insert(both.writes.begin(), std::make_move_iterator(what.copy.writes.begin()),
                     std::make_move_iterator(what.copy.writes.end()));
  submit(std::move(both), std::move(again));
  if (!body_.valid())
    decide_start();
  else if (gate_ == gate::open)
    waits_.resume_gates();
}

bool agent::owns_the_run() const {
  auto next = storage::activate(core_->parts.store, assignment_.run);
  return next && next->epoch == assignment_.epoch + 1;
}

void agent::leave(agent_exit how, std::string cause) {
  if (phase_ == phase::left)
    return;
  phase_ = phase::left;
  if (how != agent_exit::rested)
    report_.submit.clear();
  report();
  to_host::left word;
  word.run = assignment_.run;
  word.activation = assignment_.activation;
  word.how = how;
  word.cause = std::move(cause);
  if (how == agent_exit::rested) {
    const storage::run_state& state = journal_->state();
    word.status = state.status;
    word.result = state.result;
    word.cause = state.cause;
    word.wake_at = state.wake_at;
    word.inbox_read = state.inbox_read;
  }
  self_->send(assignment_.host, std::move(word));
  self_->quit();
}

} // namespace pawl::actors
