// Runs as others see them.
#pragma once

#include <pawl/id.hpp>
#include <pawl/outcome.hpp>
#include <pawl/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

/// The DSL's status phases. Values are stored: never renumber.
enum class run_status : std::uint8_t {
  pending = 1,   ///< created, never woken
  running = 2,   ///< an agent has it, or had it when its process ended
  waiting = 3,   ///< asleep until its wake time or its inbox
  suspended = 4, ///< needs somebody: `cause` says why
  cancelled = 5,
  faulted = 6, ///< ended with an error; can be resumed
  completed = 7,
};

std::string_view to_string(run_status s) noexcept;
/// completed, cancelled and faulted: no agent works on it.
constexpr bool is_ended(run_status s) noexcept {
  return s == run_status::cancelled || s == run_status::faulted || s == run_status::completed;
}

/// What is known of a run without its journal.
struct run_info {
  run_id id;
  run_status status = run_status::pending;
  std::string definition; ///< "namespace/name/version", or "native/NAME"
  digest definition_digest;
  time_point created_at;
  time_point updated_at;
  std::optional<time_point> wake_at; ///< waiting: the next timer
  std::optional<outcome> result;     ///< completed: the output; faulted: the fault
  std::string cause;                 ///< suspended: why, and what to do
  json metadata = json::object();
  json input;
};

} // namespace pawl
