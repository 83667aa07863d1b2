// Whether an attempt that brought no event is tried again, and when. Pure.
//
//   what went wrong                         | tried again?
//   ----------------------------------------+----------------------------------------------------
//   not connected (nothing was sent)        | yes
//   sent, and then silence                  | yes; what it cost is unknown up to the reservation
//   408, 409, 425, 429, 5xx but 501         | yes, not before Retry-After
//   401, 403, 404                           | only at another deployment
//   any other status                        | no: the request itself is at fault
#pragma once

#include <pawl/random.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl::actors::policy {

enum class early_failure : std::uint8_t { not_connected, silence, status };

enum class retry_reason : std::uint8_t {
  retry,           ///< again, after `delay`
  retry_elsewhere, ///< again, but only at another deployment
  retries_used_up,
  not_retryable, ///< the same request would get the same answer
  retry_after_too_long,
};
std::string_view to_string(retry_reason r) noexcept;

struct retry_question {
  early_failure what = early_failure::silence;
  int status = 0; ///< early_failure::status
  int retries_done = 0;
  int retries_max = 0;
  std::optional<std::chrono::milliseconds> retry_after; ///< as the provider asked
};

struct retry_decision {
  retry_reason reason = retry_reason::not_retryable;
  std::chrono::milliseconds delay{0};
  [[nodiscard]] constexpr bool again() const noexcept {
    return reason == retry_reason::retry || reason == retry_reason::retry_elsewhere;
  }
};

retry_decision decide_retry(const retry_question& asked, random_source& random);

/// Full jitter: uniform in [0, min(cap, base * 2^tries)).
std::chrono::milliseconds backoff(int tries, random_source& random);

/// Retry-After in whole seconds (RFC 9110 §10.2.3; the date form is not read: it depends on two
/// clocks), or `retry-after-ms`, which OpenAI's clients read first. Either may be empty. Nullopt:
/// none that can be read.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view seconds,
                                                           std::string_view milliseconds);

} // namespace pawl::actors::policy
