#include "sim/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace pawl::sim {

namespace {

using place = fault_position::place;

// The steps of a stream that nothing disturbs.
std::vector<step> stream_steps(const provider_options& options, const chat_request& request,
                               const reply& what, const pace& model, time_point received_at) {
  std::vector<step> steps;
  const auto per_event = static_cast<std::size_t>(options.tokens_per_event);
  const auto ahead = static_cast<std::size_t>(options.generate_ahead_tokens);
  const auto sendable_at = [&](std::size_t last) {
    return model.finished_at(std::min(last + ahead, what.generated_tokens));
  };
  steps.push_back({step_kind::head, received_at + options.time_to_head});
  steps.push_back({step_kind::role, sendable_at(std::min(per_event, what.tokens.size()))});
  for (std::size_t first = 0; first < what.tokens.size(); first += per_event) {
    const auto last = std::min(first + per_event, what.tokens.size());
    steps.push_back({step_kind::tokens, sendable_at(last), first, last});
  }
  const auto finished = model.finished_at(what.generated_tokens);
  steps.push_back({step_kind::finish, finished});
  if (request.usage == usage_report::last_event)
    steps.push_back({step_kind::usage, finished});
  steps.push_back({step_kind::done, finished});
  steps.push_back({step_kind::end, finished});
  return steps;
}

// The index of the step before which `events` events with tokens have been sent, and no more.
std::size_t index_after(const std::vector<step>& steps, std::size_t events) {
  std::size_t seen = 0;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const bool with_tokens = steps[i].kind == step_kind::tokens;
    if (seen == events && (with_tokens || events == 0))
      return i;
    if (steps[i].kind == step_kind::finish)
      return i;
    seen += with_tokens ? 1 : 0;
  }
  return steps.size() - 1;
}

std::size_t index_of(const std::vector<step>& steps, step_kind kind) {
  const auto found =
      std::find_if(steps.begin(), steps.end(), [&](const step& s) { return s.kind == kind; });
  return static_cast<std::size_t>(found - steps.begin());
}

// From `at` on: what the fault puts in the place of the rest.
void break_at(std::vector<step>& steps, std::size_t at, fault_kind kind, time_point due) {
  steps.resize(at);
  if (kind == fault_kind::drop) {
    steps.push_back({step_kind::reset, due});
  } else if (kind == fault_kind::cut) {
    steps.push_back({step_kind::end_early, due});
  } else if (kind == fault_kind::stall) {
    steps.push_back({step_kind::stall, due});
  } else {
    steps.push_back({step_kind::failure, due});
    steps.push_back({step_kind::end_of_failed, due});
  }
}

bool breaks(fault_kind kind) {
  return kind == fault_kind::drop || kind == fault_kind::cut || kind == fault_kind::stall ||
         kind == fault_kind::error_event;
}

void spoil_stream(std::vector<step>& steps, const fault_rule& fault) {
  if (fault.kind == fault_kind::malformed) {
    const auto events = index_after(steps, fault.position.events);
    steps[steps[events].kind == step_kind::role ? events + 1 : events].kind = step_kind::garbled;
  } else if (breaks(fault.kind)) {
    std::size_t at = 0;
    if (fault.position.where == place::event)
      at = index_after(steps, fault.position.events);
    else if (fault.position.where == place::end)
      at = index_of(steps, step_kind::done);
    // Before the head, it breaks when the first event would have come: the model has begun by then.
    const auto due = at == 0 ? steps[1].due : steps[at].due;
    break_at(steps, at, fault.kind, due);
  }
}

std::vector<step> whole_steps(const std::optional<fault_rule>& fault, std::size_t tokens,
                              time_point finished) {
  std::vector<step> steps = {{step_kind::head, finished},
                             {step_kind::whole, finished, 0, tokens},
                             {step_kind::end, finished}};
  if (!fault)
    return steps;
  if (fault->kind == fault_kind::malformed) {
    steps[1].kind = step_kind::half;
  } else if (breaks(fault->kind)) {
    if (fault->kind == fault_kind::drop || fault->kind == fault_kind::cut)
      steps[1].kind = step_kind::half;
    const bool with_half = steps[1].kind == step_kind::half;
    break_at(steps,
             fault->position.where == place::head ? 0
             : with_half                          ? 2
                                                  : 1,
             fault->kind, finished);
  }
  return steps;
}

} // namespace

pace::pace(const provider_options& options, time_point received_at)
    : first_token_at(received_at + options.time_to_first_token) {
  if (options.tokens_per_second > 0)
    token_interval =
        duration(static_cast<std::int64_t>(std::llround(1e9 / options.tokens_per_second)));
}

time_point pace::finished_at(std::size_t count) const {
  return first_token_at + token_interval * static_cast<std::int64_t>(count == 0 ? 0 : count - 1);
}

std::size_t pace::finished_by(time_point now, std::size_t total) const {
  if (now < first_token_at)
    return 0;
  if (token_interval <= duration::zero())
    return total;
  return std::min(total, static_cast<std::size_t>((now - first_token_at) / token_interval) + 1);
}

std::vector<step> make_schedule(const provider_options& options, const chat_request& request,
                                const reply& what, const std::optional<fault_rule>& fault,
                                time_point received_at) {
  const pace model(options, received_at);
  if (request.delivery == answer_delivery::whole)
    return whole_steps(fault, what.tokens.size(), model.finished_at(what.generated_tokens));
  auto steps = stream_steps(options, request, what, model, received_at);
  if (fault)
    spoil_stream(steps, *fault);
  for (std::size_t i = 1; i < steps.size(); ++i)
    steps[i].due = std::max(steps[i].due, steps[i - 1].due);
  return steps;
}

} // namespace pawl::sim
