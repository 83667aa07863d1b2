#include "actors/policy/breaker.hpp"

#include <algorithm>

#include "actors/policy/timing.hpp"

namespace pawl::actors::policy {

namespace {
duration open_span(std::uint32_t opened) {
  auto span = breaker_open_base;
  for (std::uint32_t i = 1; i < opened && span < breaker_open_max; ++i)
    span *= 2;
  return std::min(span, breaker_open_max);
}
} // namespace

passage_decision may_pass(const breaker& state, time_point now) {
  if (now < state.cooling_until)
    return {passage::cooling, state.cooling_until};
  if (!state.closed_until)
    return {passage::open_road, now};
  if (now < *state.closed_until)
    return {passage::broken, *state.closed_until};
  return {passage::probe, now};
}

breaker passed(const breaker& state, time_point now) {
  auto next = state;
  if (next.closed_until)
    next.closed_until = now + open_span(next.opened);
  return next;
}

breaker succeeded(const breaker& state) {
  breaker next;
  next.cooling_until = state.cooling_until;
  return next;
}

breaker failed(const breaker& state, time_point now) {
  auto next = state;
  ++next.failures;
  if (next.closed_until || next.failures >= breaker_failures_max) {
    ++next.opened;
    next.closed_until = now + open_span(next.opened);
  }
  return next;
}

breaker told_to_wait(const breaker& state, time_point until) {
  auto next = state;
  next.cooling_until = std::max(next.cooling_until, until);
  return next;
}

} // namespace pawl::actors::policy
