#include "actors/stream_pump.hpp"

#include <pawl/limits.hpp>

#include <algorithm>
#include <utility>

#include "actors/event_view.hpp"
#include "actors/policy/retry.hpp"

namespace pawl::actors {

namespace {

/// Of an error's body only this much is read: it ends up in a fault's detail.
constexpr std::size_t error_body_bytes_max = 64 * 1024;

bool is_json(std::string_view content_type) {
  return content_type.starts_with("application/json");
}

attempt_fate fate_of(const net::transport_failure& why) {
  return why.sent ? attempt_fate::broken : attempt_fate::not_connected;
}

fault fault_of(const net::transport_failure& why) {
  const bool timed_out = why.kind == net::failure_kind::timeout;
  if (!why.sent)
    return fault(fault_type::communication, timed_out ? 504 : 503,
                 "the provider could not be reached", why.message);
  return fault(fault_type::communication, timed_out ? 504 : 502,
               "the provider's answer was interrupted", why.message);
}

fault too_long() {
  return fault(fault_type::communication, 502, "the provider's answer is too long",
               "it passed the bound of what one call may log");
}

} // namespace

stream_pump::stream_pump(std::shared_ptr<gateway_core> core, pump_task task)
    : core_(std::move(core)), task_(std::move(task)),
      last_event_ns_(core_->now().time_since_epoch().count()),
      next_number_(first_data_number_of(task_.attempt)) {
  end_.attempt = task_.attempt;
  end_.answer = task_.base;
  seam_decided_ = end_.answer.seam() == policy::seam_verdict::continues;
}

time_point stream_pump::last_event_at() const noexcept {
  return time_point(duration(last_event_ns_.load(std::memory_order_relaxed)));
}

void stream_pump::on_head(int status, const net::header_list& headers) {
  std::lock_guard lock(mutex_);
  if (over_)
    return;
  end_.status = status;
  end_.request_id = net::find_header(headers, "x-request-id");
  if (status < 200 || status > 299) {
    body_ = body_kind::error_text;
    end_.retry_after = policy::parse_retry_after(net::find_header(headers, "retry-after"),
                                                 net::find_header(headers, "retry-after-ms"));
  } else {
    body_ =
        is_json(net::find_header(headers, "content-type")) ? body_kind::whole : body_kind::stream;
  }
}

void stream_pump::on_body(std::string_view bytes) {
  work([&](event_list& events) {
    switch (body_) {
    case body_kind::none: break; // the transport gives the head first
    case body_kind::stream: take_stream(bytes, events); break;
    case body_kind::whole:
      if (text_.size() + bytes.size() > limits::http_body_bytes_max)
        end(attempt_fate::overflow, too_long());
      else
        text_ += bytes;
      break;
    case body_kind::error_text:
      text_.append(
          bytes.substr(0, error_body_bytes_max - std::min(error_body_bytes_max, text_.size())));
      break;
    }
  });
}

void stream_pump::on_end() {
  work([&](event_list& events) {
    if (body_ == body_kind::error_text)
      return end(attempt_fate::refused, task_.how->decode_error(end_.status, text_));
    if (body_ == body_kind::whole)
      take_event(std::string(1, whole_body_mark) + std::exchange(text_, {}), events);
    // The end is seen, or the stream was interrupted, however clean this end is.
    end(attempt_fate::broken,
        fault(fault_type::communication, 502, "the provider's answer was interrupted",
              "it ended without its end marker"));
  });
}

void stream_pump::on_failure(const net::transport_failure& why) {
  work([&](event_list&) {
    if (body_ == body_kind::error_text) // its status says more than the rest of its text would
      end(attempt_fate::refused, task_.how->decode_error(end_.status, text_));
    else if (body_ == body_kind::none)
      end(fate_of(why), fault_of(why));
    else
      end(attempt_fate::broken, fault_of(why));
  });
}

void stream_pump::stop() {
  work([&](event_list&) { end(attempt_fate::stopped); });
}

template <class Step>
void stream_pump::work(Step step) {
  std::optional<log_write> write;
  {
    std::lock_guard lock(mutex_);
    if (over_)
      return;
    event_list events;
    step(events);
    write = to_log(std::move(events));
    settle();
  }
  // Outside the lock: a closed queue answers at once. The transport calls one at a time, so the
  // order stands.
  if (write)
    submit(std::move(*write));
}

void stream_pump::take_stream(std::string_view bytes, event_list& events) {
  auto fed = decoder_.feed(bytes, [&](inference::sse_event&& e) {
    if (!over_)
      take_event(std::move(e.data), events);
  });
  if (!fed && !over_)
    end(attempt_fate::overflow, fault(fault_type::communication, 502,
                                      "the provider's stream cannot be read", fed.error().message));
}

void stream_pump::take_event(std::string data, event_list& events) {
  end_.bytes += event_weight(data);
  if (end_.bytes > task_.bytes_max)
    return end(attempt_fate::overflow, too_long());
  last_event_ns_.store(core_->now().time_since_epoch().count(), std::memory_order_relaxed);
  if (!std::exchange(begun_, true))
    post(task_.owner, attempt_begun{task_.attempt});
  ++end_.events;
  const auto deltas = decode_logged(*task_.how, data);
  end_.answer.apply(deltas);
  if (!seam_decided_)
    alone_.apply(deltas);
  events.push_back({next_number_++, task_.attempt, storage::event_kind::data, std::move(data)});
  if (!seam_decided_)
    decide_seam(events);
  if (over_)
    return;
  if (end_.answer.answer().failure())
    end(attempt_fate::broken, *end_.answer.answer().failure());
  else if (end_.answer.complete())
    end(attempt_fate::complete);
}

void stream_pump::decide_seam(event_list& events) {
  const auto verdict = end_.answer.seam();
  if (verdict == policy::seam_verdict::undecided)
    return;
  seam_decided_ = true;
  if (verdict == policy::seam_verdict::continues)
    return;
  if (task_.on_repeat == repeat_rule::ends)
    return end(attempt_fate::repeated_head,
               fault(fault_type::interrupted, 503, "the answer was interrupted",
                     "the provider began again instead of going on, and the request says "
                     "onInterrupt: fault"));
  end_.became_restart = true;
  storage::call_event seam;
  seam.number = late_seam_number_of(task_.attempt);
  seam.attempt = task_.attempt;
  seam.kind = storage::event_kind::restarted;
  seam.data = json{{"from", first_data_number_of(task_.attempt)}}.dump();
  events.push_back(std::move(seam));
  end_.answer = std::exchange(alone_, {});
}

std::optional<stream_pump::log_write> stream_pump::to_log(event_list events) {
  if (core_->canaries().publish_before_write || core_->canaries().log_late)
    show_unlogged(events);
  if (core_->canaries().log_late) {
    std::move(events.begin(), events.end(), std::back_inserter(late_));
    if (!over_)
      return std::nullopt;
    events = std::exchange(late_, {});
  }
  if (events.empty())
    return std::nullopt;
  ++unanswered_;
  log_write write;
  write.events = std::move(events);
  if (seam_decided_)
    write.raise_to = next_number_;
  return write;
}

void stream_pump::submit(log_write what) {
  auto answer = [self = shared_from_this(), raise_to = what.raise_to](storage::verdict v) {
    self->answered(v, raise_to);
  };
  core_->parts().queue.submit(storage::append_events(task_.call, what.events),
                              storage::durability::written, std::move(answer));
}

void stream_pump::answered(storage::verdict what, std::optional<std::uint64_t> raise_to) {
  if (what != storage::verdict::committed) {
    core_->store_failed("events of call " + task_.call.str());
    return; // and the owner is told nothing: there is nothing left that it may do
  }
  std::lock_guard lock(mutex_);
  if (raise_to)
    raise(*raise_to);
  --unanswered_;
  settle();
}

void stream_pump::raise(std::uint64_t mark) {
  if (core_->marks().raise(task_.call, mark) == call_marks::wake::needed)
    post(task_.watchers, events_wake{task_.call});
}

void stream_pump::end(attempt_fate fate, fault cause) {
  if (over_)
    return;
  over_ = true;
  end_.fate = fate;
  end_.cause = std::move(cause);
}

void stream_pump::settle() {
  if (!over_ || unanswered_ != 0 || std::exchange(announced_, true))
    return;
  raise(next_number_); // also what waited for the seam to be decided
  post(task_.owner, attempt_over{std::make_shared<const attempt_end>(std::move(end_))});
}

void stream_pump::show_unlogged(const event_list& events) {
  auto shown = std::make_shared<std::vector<stream_event>>();
  for (const auto& e : events)
    shown->push_back(view_of(e, task_.how));
  if (!shown->empty())
    post(task_.watchers, events_unlogged{task_.call, std::move(shown)});
}

} // namespace pawl::actors
