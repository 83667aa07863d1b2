#include "actors/inference_call.hpp"

#include <pawl/limits.hpp>

#include <algorithm>
#include <utility>

#include "inference/json_text.hpp"

namespace pawl::actors {

namespace {

constexpr std::size_t events_read_at_once = 4096;

bool is_open(storage::call_state s) {
  return s == storage::call_state::admitted || s == storage::call_state::streaming ||
         s == storage::call_state::interrupted;
}

fault no_answer_left(storage::call_state s) {
  if (s == storage::call_state::cancelled)
    return fault(fault_type::interrupted, 503, "the call was cancelled",
                 "a cancelled call is never taken up again");
  return fault(fault_type::effect_unknown, 409, "the call's answer was acknowledged and released",
               "it was handed out before; the same call is never bought again");
}

result<std::vector<storage::call_event>> read_all(const storage::store& from, const call_id& id,
                                                  std::uint64_t first) {
  std::vector<storage::call_event> all;
  for (;;) {
    auto some = storage::read_events(from, id, first, events_read_at_once);
    if (!some)
      return some;
    const bool last = some->size() < events_read_at_once;
    std::move(some->begin(), some->end(), std::back_inserter(all));
    if (last)
      return all;
    first = all.back().number + 1;
  }
}

} // namespace

inference_call::inference_call(handle::pointer self, std::shared_ptr<gateway_core> core,
                               router_actor router, subscriptions_actor watchers, call_id id)
    : self_(self), core_(std::move(core)), router_(std::move(router)),
      watchers_(std::move(watchers)), id_(std::move(id)) {}

inference_call::handle::behavior_type inference_call::make_behavior() {
  self_->set_exception_handler([core = core_, id = id_](std::exception_ptr& problem) -> caf::error {
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& e) {
      core->log_error("call " + id.str() + " ended with an exception: " + e.what());
    } catch (...) {
      core->log_error("call " + id.str() + " ended with an exception");
    }
    return caf::sec::runtime_error;
  });
  return {
      [this](const call_join& m) { on_join(m); },
      [this](const call_order& m) { on_order(m); },
      [this](const call_recover&) { on_request(); },
      [this](const call_dismiss&) {
        if (std::holds_alternative<closing>(state_))
          stop();
      },
      [this](const batch_done& m) { on_verdict(m); },
      [this](const attempt_begun& m) { on_begun(m); },
      [this](const attempt_over& m) { on_over(*m.what); },
      [this](const call_tick& m) { on_tick(m); },
      [this](const gateway_stop&) {
        if (auto* on = flying())
          on->exchange->cancel();
        stop();
      },
  };
}

// --- requests

void inference_call::on_join(const call_join& m) {
  submission_ = m.what;
  asked_ = true;
  accept_owed_ = true;
  on_request();
}

void inference_call::on_order(const call_order& m) {
  orders_.insert(m.what);
  if (m.what == call_command::cancel) { // whoever asked until now does not want it any more
    asked_ = false;
    accept_owed_ = false;
  }
  on_request();
}

void inference_call::on_request() {
  ++requests_;
  if (std::holds_alternative<stopped>(state_))
    return;
  if (std::holds_alternative<idle>(state_) || std::holds_alternative<closing>(state_)) {
    state_ = idle{};
    return proceed();
  }
  const bool cancelled = orders_.contains(call_command::cancel);
  if (cancelled && std::holds_alternative<waiting>(state_)) {
    ++timer_serial_;
    state_ = idle{};
    return proceed();
  }
  if (auto* on = flying(); on != nullptr && cancelled)
    return on->pump->stop(); // its attempt_over follows
  if (record_ && !std::holds_alternative<writing>(state_) && std::exchange(accept_owed_, false))
    core_->tell_accepted(id_);
}

// Looks at what is known and asked, and does the next thing. Precondition: idle.
void inference_call::proceed() {
  if (!core_->open()) {
    state_ = stopped{};
    return;
  }
  if (!load())
    return;
  if (settle_orders())
    return;
  const bool reserved = std::any_of(rows_.begin(), rows_.end(),
                                    [](auto& r) { return r.state == attempt_state::reserved; });
  if (reserved || (record_ && is_open(record_->state) && !request_))
    return recover();
  if (asked_)
    answer_asked();
  else
    close();
}

// True: something is being written.
bool inference_call::settle_orders() {
  while (!orders_.empty()) {
    const auto order = *orders_.begin();
    const bool over =
        record_ && !is_open(record_->state) && record_->state != storage::call_state::finished;
    if (over || (!record_ && order == call_command::acknowledge)) {
      orders_.erase(order);
      if (hang_up_)
        std::exchange(hang_up_, nullptr)->cancel();
      core_->tell_done(id_, order);
      if (record_)
        post(watchers_, events_ended{id_, nullptr});
      continue;
    }
    put_away(order);
    return true;
  }
  return false;
}

// Nobody wants the call any more: a tombstone takes its place.
void inference_call::put_away(call_command order) {
  if (!record_) {
    loaded_ = false; // read again: the tombstone is the record then
    return write(storage::bury_unknown(id_, core_->now()), after_proceed{});
  }
  record_->updated_at = core_->now();
  if (record_->state == storage::call_state::finished) {
    auto released = storage::release_call(core_->parts().store, *record_);
    if (!released)
      return fail(released.error());
    record_->state = storage::call_state::released;
    record_->answer.reset();
    return write(std::move(*released), after_proceed{});
  }
  // An open call that is acknowledged: the host has its answer from before a loss of power here.
  if (order == call_command::acknowledge)
    core_->note(
        id_, "acknowledged while open: an answer that was handed out is not in the store any more");
  for (auto& row : rows_)
    if (row.state == attempt_state::reserved) {
      close_unknown(row, attempt_ending::cancelled, 0, prices_of(core_->parts().models, row),
                    core_->now());
      changed_rows_.insert(row.attempt);
    }
  record_->state = storage::call_state::cancelled;
  write(changes(), after_proceed{});
}

void inference_call::answer_asked() {
  if (!record_)
    return admit();
  if (record_->state == storage::call_state::finished) {
    tell(*record_->answer);
    return close();
  }
  if (!is_open(record_->state)) {
    tell(no_answer_left(record_->state));
    return close();
  }
  if (std::exchange(accept_owed_, false))
    core_->tell_accepted(id_);
  arm_total();
  // Nothing came of it yet: that is a retry. Otherwise the ladder decides.
  if (!any_event_)
    return launch({attempt_kind::retry, mode::scratch});
  climb(policy::culprit::ourselves,
        fault(fault_type::interrupted, 503, "the answer was interrupted",
              "the engine's process ended while it was streamed"));
}

// A call that nobody knows yet.
void inference_call::admit() {
  auto parsed = inference::parse_request(submission_->request);
  auto problem = parsed.value ? call_plan::check(*core_, *parsed.value) : parsed.problem;
  if (problem) {
    tell(*problem); // nothing was sent and nothing will be: it leaves no trace
    return close();
  }
  request_ = std::move(parsed.value);
  plan_.emplace(*core_, *request_);
  arm_total();
  launch({attempt_kind::fresh, mode::scratch});
}

void inference_call::tell(outcome what) {
  asked_ = false;
  accept_owed_ = false;
  post(watchers_, events_ended{id_, std::make_shared<const outcome>(std::move(what))});
}

void inference_call::finish(outcome what) {
  if (!record_) { // it never began
    tell(std::move(what));
    return close();
  }
  ++timer_serial_;
  ++total_serial_;
  record_->state = storage::call_state::finished;
  record_->answer = std::move(what);
  auto batch = changes();
  if (core_->canaries().settle_twice && !rows_.empty()) {
    auto twin = rows_.back();
    ++twin.attempt;
    storage::append(batch, storage::put_row(twin));
  }
  write(std::move(batch), after_proceed{});
}

// --- the record

bool inference_call::load() {
  if (loaded_)
    return true;
  auto found = storage::read_call(core_->parts().store, id_);
  if (!found) {
    fail(found.error());
    return false;
  }
  loaded_ = true;
  record_ = std::move(*found);
  rows_.clear();
  if (record_ && is_open(record_->state))
    return load_open();
  return true;
}

bool inference_call::load_open() {
  const auto& store = core_->parts().store;
  auto rows = storage::read_rows(store, id_);
  auto events = read_all(store, id_, record_->answer_from);
  auto end = storage::events_end(store, id_);
  for (const auto* problem : {rows ? nullptr : &rows.error(), events ? nullptr : &events.error(),
                              end ? nullptr : &end.error()})
    if (problem != nullptr) {
      fail(*problem);
      return false;
    }
  rows_ = std::move(*rows);
  any_event_ = *end > 0;
  auto stored = inference::parse_json(record_->request);
  request_ = stored ? inference::parse_request(*stored).value : std::nullopt;
  if (!request_)
    return true; // recover() ends the call
  plan_.emplace(*core_, *request_);
  plan_->learn(rows_);
  left_ = fold(*events, protocols_of(core_->parts().models, rows_), request_->stop);
  partial_ = left_->answer;
  bytes_logged_ = left_->bytes;
  return true;
}

// What the last process left open is accounted for. An end marker that was logged is an end:
// nothing is bought again.
void inference_call::recover() {
  const auto folded = left_ ? std::move(*left_) : folded_log();
  left_.reset();
  const auto& said = folded.answer.answer();
  bool complete = false;
  for (auto& row : rows_) {
    if (row.state != attempt_state::reserved)
      continue;
    const bool spoke = folded.last_attempt == row.attempt && folded.last_events > 0;
    const auto prices = prices_of(core_->parts().models, row);
    complete = spoke && folded.answer.complete();
    if (spoke)
      row.provider_request_id = said.response_id();
    if (spoke && folded.late_restart) {
      row.kind = attempt_kind::restart;
      ++record_->restarts;
      record_->answer_from = first_data_number_of(row.attempt);
    }
    if (complete && said.ended() && said.tokens())
      close_settled(row, *said.tokens(), prices, core_->now());
    else
      close_unknown(row, complete ? attempt_ending::complete : attempt_ending::interrupted,
                    spoke ? said.output_deltas() : 0, prices, core_->now());
    changed_rows_.insert(row.attempt);
  }
  if (!request_)
    return finish(fault(fault_type::runtime, 500, "the call cannot be taken up again",
                        "its stored request is none that this engine understands"));
  if (complete)
    return finish(to_outcome(folded.answer, *request_, id_, rows_));
  record_->state = storage::call_state::interrupted;
  write(changes(), after_proceed{});
}

// Everything that changed since the last batch.
storage::batch inference_call::changes() {
  record_->updated_at = core_->now();
  auto batch = storage::put_call(*record_);
  for (auto attempt : changed_rows_)
    for (const auto& row : rows_)
      if (row.attempt == attempt)
        storage::append(batch, storage::put_row(row));
  changed_rows_.clear();
  return batch;
}

void inference_call::write(storage::batch what, after then) {
  const auto serial = ++write_serial_;
  state_ = writing{serial, std::move(then)};
  auto answer = [me = handle(self_), serial](storage::verdict v) {
    post(me, batch_done{serial, v});
  };
  core_->parts().queue.submit(std::move(what), storage::durability::synced, std::move(answer));
}

void inference_call::on_verdict(const batch_done& m) {
  auto* was = std::get_if<writing>(&state_);
  if (was == nullptr || was->serial != m.serial)
    return;
  auto then = std::move(was->then);
  state_ = idle{};
  if (m.what == storage::verdict::failed) {
    core_->store_failed("call " + id_.str());
    state_ = stopped{};
    return;
  }
  if (m.what == storage::verdict::refused) {
    // Only a call's first batch expects something: that nobody knows it. Somebody does.
    loaded_ = false;
    return proceed();
  }
  if (!core_->open()) {
    state_ = stopped{};
  } else if (auto* out = std::get_if<intent>(&then)) {
    dispatch(std::move(*out));
  } else if (auto* later = std::get_if<after_wait>(&then);
             later != nullptr && orders_.empty() && !expired_) {
    state_ = waiting{later->what};
    arm(call_timer::retry, later->delay);
  } else if (later != nullptr && orders_.empty()) {
    on_total_timeout();
  } else {
    proceed();
  }
}

// --- the end

void inference_call::close() {
  core_->marks().close(id_);
  state_ = closing{};
  post(router_, call_closing{id_, requests_});
}

void inference_call::stop() {
  state_ = stopped{};
  self_->quit();
}

void inference_call::fail(const error& why) {
  core_->store_failed(why);
  state_ = stopped{};
}

} // namespace pawl::actors
