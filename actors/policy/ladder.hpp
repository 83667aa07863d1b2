// The ladder: what is done with a call whose stream broke after its first event (DESIGN §6). Pure.
//
//   reattach  the provider keeps the generation                                   pays nothing
//   continue  a deployment takes the partial answer, which is one plain text      pays the input
//   and the rest restart   the request allows it, and it was not done too often                pays
//   everything again fault     none of these
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inference/request.hpp"

namespace pawl::actors::policy {

enum class rung : std::uint8_t { reattach, continued, restart, fault };
std::string_view to_string(rung r) noexcept; // "reattach", "continue", "restart", "fault"

enum class rung_reason : std::uint8_t {
  provider_keeps_it,
  prefix_accepted,
  // why there is no continuation
  no_text_yet,
  no_prefix,
  not_plain_text,
  several_choices,
  schema_asked,
  logprobs_asked,
  others_asked,
  continuations_used_up,
  fruitless,
  // why there is nothing at all
  fault_asked,
  restarts_used_up,
};
std::string_view to_string(rung_reason r) noexcept;

/// Whose failure it was: a crash of our own counts against spend only.
enum class culprit : std::uint8_t { provider, ourselves };
enum class reattachment : std::uint8_t { impossible, possible };
enum class prefix_support : std::uint8_t { none, some_deployment };
enum class text_form : std::uint8_t { plain, mixed };
enum class extras : std::uint8_t { none, several_choices, schema, logprobs, others };

struct ladder_question {
  culprit whose = culprit::provider;
  reattachment again = reattachment::impossible;
  prefix_support prefix = prefix_support::none;
  std::size_t text_bytes = 0;        ///< of the partial answer that counts
  text_form form = text_form::plain; ///< mixed: a tool call, a refusal or reasoning was seen
  extras asked = extras::none;       ///< what the request asks for that a seam would break
  inference::on_interrupt wish = inference::on_interrupt::restart;
  int continuations = 0; ///< after failures of a provider
  int continuations_max = 0;
  int fruitless = 0; ///< continuations in a row without new text
  int restarts = 0;  ///< after failures of a provider
  int restarts_max = 0;
};

struct ladder_decision {
  rung what = rung::fault;
  rung_reason why = rung_reason::restarts_used_up; ///< restart: why it could not be continued
};

ladder_decision next_rung(const ladder_question& asked);

/// Whether a continuation is none: it begins with the answer's own beginning.
enum class seam_verdict : std::uint8_t {
  undecided, ///< what came so far agrees with the head, and is too short to tell
  continues,
  repeats,
};
/// `partial`: the text before the seam. `fresh`: what came after it so far.
seam_verdict judge_seam(std::string_view partial, std::string_view fresh);

} // namespace pawl::actors::policy
