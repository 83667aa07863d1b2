#include "actors/policy/retry.hpp"

#include <algorithm>
#include <charconv>

#include "actors/policy/timing.hpp"

namespace pawl::actors::policy {

namespace {

std::optional<std::int64_t> parse_count(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  std::int64_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || text.empty() || value < 0)
    return std::nullopt;
  return value;
}

retry_reason classify(const retry_question& asked) {
  if (asked.what != early_failure::status)
    return retry_reason::retry;
  switch (asked.status) {
  case 408:
  case 409:
  case 425:
  case 429: return retry_reason::retry;
  case 401:
  case 403:
  case 404: return retry_reason::retry_elsewhere;
  case 501: return retry_reason::not_retryable;
  default: return asked.status >= 500 ? retry_reason::retry : retry_reason::not_retryable;
  }
}

} // namespace

std::string_view to_string(retry_reason r) noexcept {
  switch (r) {
  case retry_reason::retry: return "retry";
  case retry_reason::retry_elsewhere: return "retry elsewhere";
  case retry_reason::retries_used_up: return "retries used up";
  case retry_reason::not_retryable: return "not retryable";
  case retry_reason::retry_after_too_long: return "the provider asks for too long a wait";
  }
  return "unknown";
}

std::chrono::milliseconds backoff(int tries, random_source& random) {
  auto span = backoff_base;
  for (int i = 0; i < tries && span < backoff_max; ++i)
    span *= 2;
  span = std::min(span, backoff_max);
  return std::chrono::milliseconds(draw_below(random, static_cast<std::uint64_t>(span.count())));
}

retry_decision decide_retry(const retry_question& asked, random_source& random) {
  retry_decision decision;
  decision.reason = classify(asked);
  if (!decision.again())
    return decision;
  if (asked.retries_done >= asked.retries_max) {
    decision.reason = retry_reason::retries_used_up;
    return decision;
  }
  if (decision.reason == retry_reason::retry_elsewhere)
    return decision;
  decision.delay = backoff(asked.retries_done, random);
  if (asked.retry_after) {
    if (*asked.retry_after > retry_after_max) {
      decision.reason = retry_reason::retry_after_too_long;
      decision.delay = std::chrono::milliseconds(0);
      return decision;
    }
    // At least what was asked, and spread out: everybody who was refused was told the same time.
    decision.delay = *asked.retry_after + decision.delay / 8;
  }
  return decision;
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view seconds,
                                                           std::string_view milliseconds) {
  // A year is as good as for ever, and keeps the arithmetic far from overflow.
  constexpr std::int64_t seconds_max = 366LL * 24 * 3600;
  if (auto ms = parse_count(milliseconds))
    return std::chrono::milliseconds(std::min(*ms, seconds_max * 1000));
  if (auto s = parse_count(seconds))
    return std::chrono::milliseconds(std::min(*s, seconds_max) * 1000);
  return std::nullopt;
}

} // namespace pawl::actors::policy
