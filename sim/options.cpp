#include "sim/options.hpp"

#include <cmath>

#include "sim/chat_request.hpp"

namespace pawl::sim {

std::optional<error> find_problem(const provider_options& options) {
  const auto bad = [](std::string message) {
    return error(errc::invalid_argument, "simulated provider: " + std::move(message));
  };
  if (options.time_to_head < duration::zero() || options.time_to_first_token < duration::zero())
    return bad("times must not be negative");
  const double speed = options.tokens_per_second;
  if (!std::isfinite(speed) || speed < 0 || (speed > 0 && speed < 0.01))
    return bad("tokens per second must be 0 (all at once) or at least 0.01");
  if (options.tokens_per_event < 1)
    return bad("tokens per event must be 1 or more");
  if (options.generate_ahead_tokens < 0)
    return bad("tokens generated ahead must be 0 or more");
  if (options.answer_tokens_min < 1 || options.answer_tokens_max < options.answer_tokens_min ||
      options.answer_tokens_max > answer_tokens_max)
    return bad("an answer's length must lie between 1 and " + std::to_string(answer_tokens_max) +
               " tokens");
  return std::nullopt;
}

} // namespace pawl::sim
