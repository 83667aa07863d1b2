#include "actors/policy/ladder.hpp"

#include <algorithm>
#include <optional>

#include "actors/policy/timing.hpp"

namespace pawl::actors::policy {

namespace {

std::optional<rung_reason> why_no_continuation(const ladder_question& asked) {
  if (asked.text_bytes == 0)
    return rung_reason::no_text_yet;
  if (asked.form == text_form::mixed)
    return rung_reason::not_plain_text;
  switch (asked.asked) {
  case extras::several_choices: return rung_reason::several_choices;
  case extras::schema: return rung_reason::schema_asked;
  case extras::logprobs: return rung_reason::logprobs_asked;
  case extras::others: return rung_reason::others_asked;
  case extras::none: break;
  }
  if (asked.prefix == prefix_support::none)
    return rung_reason::no_prefix;
  if (asked.fruitless >= fruitless_continuations_max)
    return rung_reason::fruitless;
  if (asked.whose == culprit::provider && asked.continuations >= asked.continuations_max)
    return rung_reason::continuations_used_up;
  return std::nullopt;
}

} // namespace

std::string_view to_string(rung r) noexcept {
  switch (r) {
  case rung::reattach: return "reattach";
  case rung::continued: return "continue";
  case rung::restart: return "restart";
  case rung::fault: return "fault";
  }
  return "unknown";
}

std::string_view to_string(rung_reason r) noexcept {
  switch (r) {
  case rung_reason::provider_keeps_it: return "the provider keeps the generation";
  case rung_reason::prefix_accepted: return "a deployment takes the partial answer";
  case rung_reason::no_text_yet: return "there is no text yet to go on from";
  case rung_reason::no_prefix: return "no deployment of the model takes a partial answer";
  case rung_reason::not_plain_text: return "the partial answer is not one plain text";
  case rung_reason::several_choices: return "several choices were asked for";
  case rung_reason::schema_asked: return "a schema was asked for";
  case rung_reason::logprobs_asked: return "log probabilities were asked for";
  case rung_reason::others_asked: return "the request asks for what a seam would break";
  case rung_reason::continuations_used_up: return "it was continued too often";
  case rung_reason::fruitless: return "continuations brought no new text";
  case rung_reason::fault_asked: return "the request says onInterrupt: fault";
  case rung_reason::restarts_used_up: return "it was restarted too often";
  }
  return "unknown";
}

ladder_decision next_rung(const ladder_question& asked) {
  if (asked.again == reattachment::possible)
    return {rung::reattach, rung_reason::provider_keeps_it};
  const auto obstacle = why_no_continuation(asked);
  if (!obstacle)
    return {rung::continued, rung_reason::prefix_accepted};
  if (asked.wish == inference::on_interrupt::fault)
    return {rung::fault, rung_reason::fault_asked};
  if (asked.whose == culprit::provider && asked.restarts >= asked.restarts_max)
    return {rung::fault, rung_reason::restarts_used_up};
  return {rung::restart, *obstacle};
}

seam_verdict judge_seam(std::string_view partial, std::string_view fresh) {
  const auto head = partial.substr(0, head_bytes_compared);
  if (head.size() < head_bytes_min)
    return seam_verdict::continues;
  const auto common = std::min(head.size(), fresh.size());
  if (fresh.substr(0, common) != head.substr(0, common))
    return seam_verdict::continues;
  return common == head.size() ? seam_verdict::repeats : seam_verdict::undecided;
}

} // namespace pawl::actors::policy
