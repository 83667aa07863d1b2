#include "actors/partial_answer.hpp"

#include <pawl/limits.hpp>

#include "inference/utf8.hpp"

namespace pawl::actors {

static_assert(
    limits::call_log_bytes_max / 32 < event_block_size,
    "an event weighs at least 32 bytes: what a call may log stays within one attempt's block");

std::vector<inference::delta> decode_logged(const inference::protocol& how, std::string_view data) {
  if (!data.empty() && data.front() == whole_body_mark)
    return how.decode_body(data.substr(1));
  return how.decode(data);
}

void partial_answer::apply(const std::vector<inference::delta>& deltas) {
  for (const auto& d : deltas) {
    // What follows the end is not part of the answer.
    if (complete() || answer_.failure())
      return;
    answer_.apply(d);
    if (d.kind == inference::delta_kind::text && stops_ && !stops_->settled())
      cut_ = stops_->add(d.text);
  }
}

void partial_answer::begin_continuation(const std::vector<std::string>& stops) {
  tokens_before_ += answer_.output_deltas();
  answer_.begin_continuation();
  seam_at_ = answer_.text().size();
  stops_.reset();
  if (!stops.empty())
    stops_.emplace(stops, answer_.text());
}

partial_answer partial_answer::ended_by_length() const {
  auto whole = *this;
  inference::delta reason;
  reason.kind = inference::delta_kind::finish;
  reason.text = "length";
  if (whole.answer_.finish_reason().empty())
    whole.answer_.apply(reason);
  return whole;
}

std::string_view partial_answer::fresh_text() const noexcept {
  return std::string_view(answer_.text()).substr(seam_at_);
}

policy::seam_verdict partial_answer::seam() const noexcept {
  if (seam_at_ == 0)
    return policy::seam_verdict::continues;
  return policy::judge_seam(std::string_view(answer_.text()).substr(0, seam_at_), fresh_text());
}

policy::text_form partial_answer::form() const noexcept {
  const auto& text = answer_.text();
  return answer_.plain_text() && inference::utf8_boundary(text) == text.size()
             ? policy::text_form::plain
             : policy::text_form::mixed;
}

folded_log fold(const std::vector<storage::call_event>& events,
                const std::vector<const inference::protocol*>& protocols,
                const std::vector<std::string>& stops) {
  folded_log out;
  for (const auto& e : events) {
    out.bytes += event_weight(e.data);
    if (e.attempt != out.last_attempt) {
      out.last_attempt = e.attempt;
      out.last_events = 0;
      out.late_restart = false;
    }
    switch (e.kind) {
    case storage::event_kind::continued: out.answer.begin_continuation(stops); break;
    case storage::event_kind::restarted:
      out.answer = partial_answer();
      out.late_restart = e.number == late_seam_number_of(e.attempt);
      break;
    case storage::event_kind::data: {
      ++out.last_events;
      const auto* how = e.attempt < protocols.size() ? protocols[e.attempt] : nullptr;
      if (how != nullptr)
        out.answer.apply(decode_logged(*how, e.data));
      break;
    }
    }
  }
  return out;
}

} // namespace pawl::actors
