// Durations as definitions write them: ISO 8601 text or the DSL's object (DSL 1.0, "Duration").
#pragma once

#include <pawl/outcome.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

namespace pawl {

/// An ISO 8601 duration ("PT1.5S", "P1DT2H", "P2W"), or the object {days, hours, minutes, seconds,
/// milliseconds} with at least one of these keys, each a non-negative integer (30.0 is one: of
/// computed values).
///
/// Weeks, days (of 24 hours), hours, minutes and seconds may be combined; the last number may have
/// a fraction, which is cut to nanoseconds. Refused with errc::invalid_argument: years and months
/// (their length depends on the calendar), signs, an empty text or object, unknown keys, and what
/// exceeds about 292 years.
result<duration> parse_duration(const json& literal);

} // namespace pawl
