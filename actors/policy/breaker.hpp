// The breaker and the cooldown of one deployment: values and pure transitions.
//
//   closed    --(failures_max failures in a row)--> open
//   closed    --(success)-->                        closed, failures forgotten
//   open      --(its time is over, somebody asks)--> half open: that one is the probe
//   half open --(success)-->                        closed
//   half open --(failure)-->                        open, for twice as long
//   half open --(no word of the probe)-->           the next probe after the same time (a probe may
//   be cancelled) any       --(told to wait)-->                   the same, cooling until then
#pragma once

#include <pawl/time.hpp>

#include <cstdint>
#include <optional>

namespace pawl::actors::policy {

struct breaker {
  std::uint32_t failures = 0;             ///< in a row
  std::uint32_t opened = 0;               ///< times in a row that it opened without a success
  std::optional<time_point> closed_until; ///< open or half open: nothing passes before
  time_point cooling_until;               ///< the provider asked for patience until then
};

enum class passage : std::uint8_t {
  open_road, ///< go
  probe,     ///< go: this is the one that finds out
  broken,    ///< not before `from`: it failed too often
  cooling,   ///< not before `from`: the provider asked for patience
};

struct passage_decision {
  passage what = passage::open_road;
  time_point from; ///< broken, cooling: when to ask again
  [[nodiscard]] constexpr bool may_pass() const noexcept {
    return what == passage::open_road || what == passage::probe;
  }
};

/// What somebody who asks now is told. Changes nothing.
passage_decision may_pass(const breaker& state, time_point now);
/// Somebody was told that they may pass, and does.
breaker passed(const breaker& state, time_point now);
/// The deployment gave a good answer.
breaker succeeded(const breaker& state);
/// The deployment was not reached, was silent, or said that it is broken (5xx).
breaker failed(const breaker& state, time_point now);
/// The provider asked for patience (429, Retry-After).
breaker told_to_wait(const breaker& state, time_point until);

} // namespace pawl::actors::policy
