// The attempts of a call: how they begin, how they end, and what comes next.
#include <pawl/limits.hpp>

#include <algorithm>
#include <utility>

#include "actors/inference_call.hpp"
#include "actors/policy/retry.hpp"
#include "actors/policy/timing.hpp"

namespace pawl::actors {

namespace {

using std::chrono::milliseconds;

fault timed_out(std::string_view what, milliseconds limit) {
  return fault(fault_type::timeout, 408, "the call timed out",
               std::string(what) + " within " + std::to_string(limit.count()) + " ms");
}

storage::call_event seam_of(std::uint32_t attempt, storage::event_kind kind) {
  storage::call_event seam;
  seam.number = first_number_of(attempt);
  seam.attempt = attempt;
  seam.kind = kind;
  seam.data = kind == storage::event_kind::restarted
                  ? json{{"from", first_data_number_of(attempt)}}.dump()
                  : "{}";
  return seam;
}

milliseconds until(time_point when, time_point now) {
  // Rounded up: to ask a moment too early would be to ask twice.
  return std::chrono::ceil<milliseconds>(std::max(when - now, duration(0)));
}

} // namespace

// --- an attempt begins

void inference_call::launch(next_attempt what) {
  auto choice = plan_->choose(*core_, what.how == mode::continuing ? policy::need::prefix
                                                                   : policy::need::any);
  if (choice.index)
    return begin(*choice.index, what);
  if (choice.earliest && waits_ < limits::call_retries_max) {
    ++waits_; // nothing is sent: that is no retry
    return wait(what, until(*choice.earliest, core_->now()));
  }
  if (last_refusal_)
    return finish(*last_refusal_);
  finish(fault(fault_type::communication, 503, "no deployment of the model can be used",
               plan_->explain(choice)));
}

// Intent before effect: the attempt is counted and its cost reserved before anything goes out.
void inference_call::begin(std::size_t candidate, next_attempt what) {
  auto& to = plan_->at(candidate);
  waits_ = 0;
  std::optional<inference::continuation> from;
  if (what.how == mode::continuing) {
    partial_.begin_continuation(request_->stop);
    from.emplace(inference::continuation{partial_.answer().text(), partial_.tokens_min()});
  } else {
    partial_ = partial_answer();
  }
  intent out{candidate, what, to.how->encode(*request_, to.where, from), any_event_};
  const bool first = !record_;
  if (first) {
    record_.emplace();
    record_->id = id_;
    record_->request = submission_->request.dump(-1, ' ', false, json::error_handler_t::replace);
    record_->run = submission_->run;
    record_->step = submission_->step;
  }
  const auto attempt = record_->attempts++;
  record_->state = storage::call_state::admitted;
  if (what.how == mode::scratch)
    record_->answer_from = first_number_of(attempt);
  row_owner who{id_, record_->run, record_->step,
                first ? submission_->metadata.dump() : rows_.front().metadata};
  rows_.push_back(reserve(who, attempt, what.kind, to, *request_, out.wire, core_->now()));
  core_->board().passed(to.where.name(), core_->now());
  storage::batch batch;
  if (first) {
    record_->updated_at = core_->now();
    batch = storage::admit(*record_, rows_.back());
  } else {
    changed_rows_.insert(attempt);
    batch = changes();
  }
  if (out.has_seam)
    storage::append(batch, storage::append_events(
                               id_, {seam_of(attempt, what.how == mode::continuing
                                                          ? storage::event_kind::continued
                                                          : storage::event_kind::restarted)}));
  if (core_->canaries().skip_intent)
    return dispatch(std::move(out));
  write(std::move(batch), std::move(out));
}

void inference_call::dispatch(intent what) {
  auto& row = rows_.back();
  auto& to = plan_->at(what.candidate);
  core_->marks().open(id_, first_number_of(row.attempt));
  if (what.has_seam &&
      core_->marks().raise(id_, first_number_of(row.attempt) + 1) == call_marks::wake::needed)
    post(watchers_, events_wake{id_});
  auto http = to_http(*core_, to.where, what.wire);
  if (orders_.contains(call_command::cancel) || expired_ || !http) {
    close_unpaid(row, http ? attempt_ending::cancelled : attempt_ending::failed, core_->now());
    changed_rows_.insert(row.attempt);
    state_ = idle{};
    if (orders_.contains(call_command::cancel))
      return proceed();
    return expired_ ? on_total_timeout() : finish(no_key(to.where));
  }
  if (std::exchange(accept_owed_, false))
    core_->tell_accepted(id_);
  const auto first_event =
      request_->first_event_timeout.value_or(policy::first_event_timeout_default);
  // The call's own timers decide; the transport's are a net below them.
  http->idle_timeout = std::max(first_event, between_events()) + std::chrono::seconds(10);
  pump_task task;
  task.call = id_;
  task.attempt = row.attempt;
  task.how = to.how;
  task.base = partial_;
  const bool may_restart =
      request_->interrupted == inference::on_interrupt::restart &&
      record_->restarts < static_cast<std::uint32_t>(limits::call_restarts_max);
  task.on_repeat = may_restart ? repeat_rule::becomes_restart : repeat_rule::ends;
  task.bytes_max = limits::call_log_bytes_max - std::min(limits::call_log_bytes_max, bytes_logged_);
  task.owner = handle(self_);
  task.watchers = watchers_;
  stop_cause_.reset();
  live on;
  on.pump = std::make_shared<stream_pump>(core_, std::move(task));
  on.candidate = what.candidate;
  on.what = what.what;
  on.exchange = core_->parts().wire.start(std::move(*http), on.pump);
  state_ = dispatching{std::move(on)};
  arm(call_timer::first_event, first_event);
}

// --- an attempt ends

void inference_call::on_begun(const attempt_begun& m) {
  auto* was = std::get_if<dispatching>(&state_);
  if (was == nullptr || m.attempt != rows_.back().attempt)
    return;
  core_->board().succeeded(plan_->at(was->on.candidate).where.name());
  any_event_ = true;
  auto on = std::move(was->on);
  state_ = streaming{std::move(on)};
  arm(call_timer::between_events, between_events());
}

void inference_call::on_over(const attempt_end& end) {
  auto* on = flying();
  if (on == nullptr || end.attempt != rows_.back().attempt)
    return;
  const auto was = std::move(*on);
  state_ = idle{};
  ++timer_serial_;
  any_event_ = any_event_ || end.events > 0;
  bytes_logged_ += end.bytes;
  const bool gained = end.answer.answer().text().size() > partial_.answer().text().size();
  partial_ = end.answer;
  account(end);
  if (orders_.contains(call_command::cancel)) {
    hang_up_ = was.exchange; // only once the cancellation is durable
    return proceed();
  }
  if (end.fate == attempt_fate::complete)
    return finish(to_outcome(partial_, *request_, id_, rows_));
  was.exchange->cancel();
  if (expired_)
    return on_total_timeout();
  const auto cause =
      masked(was, end.fate == attempt_fate::stopped && stop_cause_ ? *stop_cause_ : end.cause);
  core_->note(id_, "attempt " + std::to_string(end.attempt) + " at " + rows_.back().deployment +
                       " ended early: " + cause.title +
                       (cause.detail.empty() ? "" : ": " + cause.detail));
  if (was.what.how == mode::continuing)
    fruitless_ = gained ? 0 : fruitless_ + 1;
  record_->state = storage::call_state::interrupted;
  if (end.fate == attempt_fate::repeated_head || end.fate == attempt_fate::overflow)
    return finish(cause);
  if (end.events > 0)
    return climb(policy::culprit::provider, cause);
  auto early = end;
  early.cause = cause;
  after_early_failure(early, was);
}

// Closes the attempt's row; it is written with whatever is decided next.
void inference_call::account(const attempt_end& end) {
  auto& row = rows_.back();
  const auto& said = end.answer.answer();
  const auto prices = prices_of(core_->parts().models, row);
  changed_rows_.insert(row.attempt);
  row.provider_request_id =
      end.events > 0 && !said.response_id().empty() ? said.response_id() : end.request_id;
  if (end.became_restart) {
    row.kind = attempt_kind::restart;
    ++record_->restarts;
    record_->answer_from = first_data_number_of(row.attempt);
  }
  switch (end.fate) {
  case attempt_fate::not_connected:
  case attempt_fate::refused: return close_unpaid(row, attempt_ending::failed, core_->now());
  case attempt_fate::complete:
    if (said.tokens() && said.ended())
      return close_settled(row, *said.tokens(), prices, core_->now());
    return close_unknown(row, attempt_ending::complete, said.output_deltas(), prices, core_->now());
  case attempt_fate::stopped:
    return close_unknown(row,
                         orders_.contains(call_command::cancel) ? attempt_ending::cancelled
                                                                : attempt_ending::interrupted,
                         end.events > 0 ? said.output_deltas() : 0, prices, core_->now());
  case attempt_fate::broken:
  case attempt_fate::repeated_head:
  case attempt_fate::overflow:
    return close_unknown(row, attempt_ending::interrupted,
                         end.events > 0 ? said.output_deltas() : 0, prices, core_->now());
  }
}

// Before the first event: an ordinary retry, at whichever deployment is fit.
void inference_call::after_early_failure(const attempt_end& end, const live& was) {
  auto& at = plan_->at(was.candidate);
  ++at.failures;
  last_refusal_ = end.cause;
  policy::retry_question asked;
  asked.what = end.fate == attempt_fate::not_connected ? policy::early_failure::not_connected
               : end.fate == attempt_fate::refused     ? policy::early_failure::status
                                                       : policy::early_failure::silence;
  asked.status = end.status;
  asked.retries_done = retries_;
  asked.retries_max = limits::call_retries_max;
  asked.retry_after = end.retry_after;
  const auto decision = policy::decide_retry(asked, core_->parts().random);
  if (asked.what != policy::early_failure::status || end.status >= 500)
    core_->board().failed(at.where.name(), core_->now());
  if (decision.again() && end.retry_after)
    core_->board().told_to_wait(at.where.name(), core_->now() + *end.retry_after);
  if (decision.reason == policy::retry_reason::not_retryable && was.what.how == mode::continuing) {
    at.standing = policy::fitness::prefix_refused;
    return climb(policy::culprit::provider, end.cause);
  }
  if (decision.reason == policy::retry_reason::retry_elsewhere) {
    at.standing = policy::fitness::given_up;
    auto other = plan_->choose(*core_, was.what.how == mode::continuing ? policy::need::prefix
                                                                        : policy::need::any);
    if (!other.index)
      return finish(end.cause);
  }
  if (!decision.again())
    return finish(end.cause);
  ++retries_;
  wait({attempt_kind::retry, was.what.how}, decision.delay);
}

void inference_call::climb(policy::culprit whose, const fault& cause) {
  const auto prefix = plan_->choose(*core_, policy::need::prefix);
  policy::ladder_question asked;
  asked.whose = whose;
  asked.prefix = prefix.index || prefix.earliest ? policy::prefix_support::some_deployment
                                                 : policy::prefix_support::none;
  asked.text_bytes = partial_.answer().text().size();
  asked.form = partial_.form();
  asked.asked = extras_of(*request_);
  asked.wish = request_->interrupted;
  asked.continuations = continuations_;
  asked.continuations_max = limits::call_continuations_max;
  asked.fruitless = fruitless_;
  asked.restarts = static_cast<int>(record_->restarts);
  asked.restarts_max = limits::call_restarts_max;
  const auto decision = policy::next_rung(asked);
  core_->note(id_, std::string(policy::to_string(decision.what)) + ": " +
                       std::string(policy::to_string(decision.why)));
  switch (decision.what) {
  case policy::rung::reattach: // no configured protocol keeps generations yet, so nobody asks for
                               // it
  case policy::rung::continued:
    if (request_->max_tokens && partial_.tokens_min() >= *request_->max_tokens)
      return finish(to_outcome(partial_.ended_by_length(), *request_, id_, rows_));
    if (whose == policy::culprit::provider)
      ++continuations_;
    return launch({attempt_kind::continued, mode::continuing});
  case policy::rung::restart:
    if (whose == policy::culprit::provider)
      ++record_->restarts;
    fruitless_ = 0;
    return launch({attempt_kind::restart, mode::scratch});
  case policy::rung::fault:
    if (decision.why == policy::rung_reason::fault_asked)
      return finish(fault(fault_type::interrupted, 503, "the answer was interrupted",
                          cause.title + (cause.detail.empty() ? "" : ": " + cause.detail) +
                              "; the request says onInterrupt: fault"));
    return finish(cause);
  }
}

// --- time

// What is known is written before the wait, so that a crash meanwhile finds no open row.
void inference_call::wait(next_attempt what, milliseconds delay) {
  if (record_)
    return write(changes(), after_wait{what, delay});
  state_ = waiting{what}; // the call has not begun: there is nothing to write
  arm(call_timer::retry, delay);
}

void inference_call::arm(call_timer what, milliseconds delay) {
  const auto serial = ++timer_serial_;
  self_->delayed_send(handle(self_), delay, call_tick{serial, what});
}

void inference_call::arm_total() {
  if (!request_->total_timeout)
    return;
  expired_ = false;
  const auto serial = ++total_serial_;
  // It counts from the call's beginning, whatever crashed since.
  auto left = *request_->total_timeout;
  if (!rows_.empty())
    left = until(rows_.front().started_at + left, core_->now());
  self_->delayed_send(handle(self_), left, call_tick{serial, call_timer::total});
}

void inference_call::on_tick(const call_tick& m) {
  if (m.what == call_timer::total) {
    if (m.serial == total_serial_)
      on_total_timeout();
    return;
  }
  if (m.serial != timer_serial_)
    return;
  if (auto* later = std::get_if<waiting>(&state_);
      later != nullptr && m.what == call_timer::retry) {
    const auto what = later->what;
    state_ = idle{};
    return core_->open() ? launch(what) : stop();
  }
  if (auto* silent = std::get_if<dispatching>(&state_);
      silent != nullptr && m.what == call_timer::first_event) {
    const auto limit = request_->first_event_timeout.value_or(policy::first_event_timeout_default);
    return stop_attempt(silent->on, timed_out("no first event came", limit));
  }
  if (auto* speaking = std::get_if<streaming>(&state_);
      speaking != nullptr && m.what == call_timer::between_events) {
    const auto next = speaking->on.pump->last_event_at() + between_events();
    if (core_->now() < next)
      return arm(call_timer::between_events, until(next, core_->now()));
    stop_attempt(speaking->on, timed_out("no further event came", between_events()));
  }
}

void inference_call::on_total_timeout() {
  expired_ = true;
  if (auto* on = flying())
    return stop_attempt(*on, timed_out("no answer came", *request_->total_timeout));
  if (std::holds_alternative<idle>(state_) || std::holds_alternative<waiting>(state_))
    finish(timed_out("no answer came", *request_->total_timeout));
}

void inference_call::stop_attempt(live& on, fault cause) {
  ++timer_serial_;
  stop_cause_ = std::move(cause);
  on.pump->stop();
}

inference_call::live* inference_call::flying() {
  if (auto* d = std::get_if<dispatching>(&state_))
    return &d->on;
  if (auto* s = std::get_if<streaming>(&state_))
    return &s->on;
  return nullptr;
}

// Providers repeat keys in their errors.
fault inference_call::masked(const live& was, fault f) const {
  const auto& where = plan_->at(was.candidate).where;
  f.title = without_secret(*core_, where, std::move(f.title));
  f.detail = without_secret(*core_, where, std::move(f.detail));
  return f;
}

milliseconds inference_call::between_events() const {
  return request_->between_events_timeout.value_or(policy::between_events_timeout_default);
}

} // namespace pawl::actors
