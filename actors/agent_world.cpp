// The agent as the world of its program: each operation looks its path up and finds an outcome, an
// intent or nothing.
#include <utility>

#include "actors/agent.hpp"

namespace pawl::actors {

// Lives in the frame of infer() from the submission to the durable outcome. Sends nothing: the
// turn's end reports.
class agent::call_in_flight {
public:
  call_in_flight(agent& by, call_id call) : by_(by), call_(std::move(call)) {}
  ~call_in_flight() {
    by_.unanswered_.erase(call_);
    if (submitted_)
      by_.report_.withdraw.push_back(call_);
  }
  call_in_flight(const call_in_flight&) = delete;
  call_in_flight& operator=(const call_in_flight&) = delete;

  void await_first_reply() { by_.unanswered_.insert(call_); }
  void submit(json request, const path& where) {
    call_submission what;
    what.id = call_;
    what.request = std::move(request);
    what.run = by_.assignment_.run.str();
    what.step = where.str();
    what.metadata = by_.journal_->start().metadata;
    by_.report_.submit.push_back(std::move(what));
    submitted_ = true;
  }
  void answered() noexcept { submitted_ = false; }

private:
  agent& by_;
  call_id call_;
  bool submitted_ = false;
};

async<outcome> agent::infer(path where, json request) {
  const storage::step_view step = journal_->step(where);
  if (step.state == storage::step_state::outcome)
    co_return *step.result;

  const call_id call = make_call_id(journal_->start().incarnation, step.id_path);
  call_in_flight flight(*this, call);
  if (step.state == storage::step_state::none) {
    if (gate_ == gate::closed) {
      gate_wait leave_to_begin(waits_);
      co_await leave_to_begin;
    }
    journal_->stage_intent(where, call);
    if (!core_->options().canaries.skip_intent) {
      commit_wait intended(waits_, next_batch_);
      co_await intended;
    }
  } else {
    flight.await_first_reply();
  }
  if (gate_ == gate::closed) {
    gate_wait leave_to_submit(waits_);
    co_await leave_to_submit;
  }
  flight.submit(std::move(request), where);
  answer_wait answer(waits_, call);
  outcome what = co_await answer;
  flight.answered();

  journal_->stage_outcome(where, what);
  commit_wait recorded(waits_, next_batch_);
  co_await recorded;
  co_return what;
}

async<outcome> agent::sleep_until(path where, time_point due) {
  const storage::step_view step = journal_->step(where);
  if (step.state == storage::step_state::outcome)
    co_return *step.result;
  if (step.state == storage::step_state::timer) {
    due = *step.due;
  } else {
    journal_->stage_timer(where, due);
    if (due - now() > core_->options().moment)
      commit_asked_ = true;
  }
  if (due > now() || holds(due)) {
    timer_wait wait(waits_, due);
    co_await wait;
  }
  co_return outcome();
}

scope_view agent::open_scope(const path& where) {
  return journal_->scope(where);
}

void agent::save_scope(const path& where, json state) {
  journal_->save_scope(where, std::move(state));
}

std::uint32_t agent::next_lap(const path& where) {
  return journal_->next_lap(where);
}

void agent::close_scope(const path& where, outcome what) {
  journal_->close_scope(where, std::move(what));
}

void agent::note(task_note n) {
  static constexpr const char* phases[] = {"started", "retried", "completed", "faulted", "skipped"};
  const time_point at = now();
  json event = {{"at", to_iso8601(at)},
                {"phase", phases[static_cast<std::size_t>(n.phase)]},
                {"task", n.where.str()},
                {"kind", n.kind}};
  if (!n.detail.is_null())
    event["detail"] = n.detail;
  journal_->stage_history(std::move(event));
  to_host::turn::noted noted{std::move(n), at};
  report_.notes.push_back(std::move(noted));
}

} // namespace pawl::actors
