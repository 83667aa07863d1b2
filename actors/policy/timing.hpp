// The waits and bounds of an inference call, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pawl::actors::policy {

/// From dispatch to the first event. Reasoning models stay silent for tens of seconds before they
/// speak.
inline constexpr std::chrono::milliseconds first_event_timeout_default{60'000};
/// Between two events: a stream that is silent for this long has broken without saying so.
inline constexpr std::chrono::milliseconds between_events_timeout_default{60'000};
/// Backoff before the first repetition; doubled for each further one.
inline constexpr std::chrono::milliseconds backoff_base{500};
/// No backoff is longer: beyond this the answer's caller is better served by a fault.
inline constexpr std::chrono::milliseconds backoff_max{8'000};
/// A provider that asks for more patience than this gets a fault instead: the run's own `try` may
/// wait longer.
inline constexpr std::chrono::milliseconds retry_after_max{120'000};
/// Failures in a row that open a deployment's breaker.
inline constexpr std::uint32_t breaker_failures_max = 5;
/// How long an open breaker lets nothing through; doubled for each probe that fails, up to the
/// maximum.
inline constexpr std::chrono::milliseconds breaker_open_base{2'000};
inline constexpr std::chrono::milliseconds breaker_open_max{60'000};
/// Continuations in a row that brought no new text: the prefix leads nowhere.
inline constexpr int fruitless_continuations_max = 2;
/// Bytes of a continuation that are compared with the head of the answer. Two generations that
/// agree for this long are one.
inline constexpr std::size_t head_bytes_compared = 64;
/// An agreement on fewer bytes than this says nothing: short words repeat in every text.
inline constexpr std::size_t head_bytes_min = 4;

static_assert(backoff_base <= backoff_max && breaker_open_base <= breaker_open_max);
static_assert(head_bytes_min <= head_bytes_compared);

} // namespace pawl::actors::policy
