// Durations as the workflow DSL writes them (DSL 1.0 reference, "Duration").
#pragma once

#include <pawl/outcome.hpp>
#include <pawl/result.hpp>

#include <chrono>

namespace pawl::inference {

/// An ISO 8601 duration ("PT1.5S", "P1DT2H") or an object of days, hours, minutes, seconds and
/// milliseconds (integers, at least one). Greater than zero and at most ten years. Years and months
/// have no fixed length and are refused. A fraction is allowed on seconds; what is finer than a
/// millisecond is rounded up.
result<std::chrono::milliseconds> parse_duration(const json& value);

} // namespace pawl::inference
