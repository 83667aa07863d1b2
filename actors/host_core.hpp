// What the host and its agents share: the parts, the end of all activity, and small helpers of
// both.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "actors/agent_host.hpp"

namespace pawl::actors {

/// Shared by the actors of one host; constant after construction but for the flag.
struct host_core {
  explicit host_core(host_parts p) : parts(std::move(p)) {}

  [[nodiscard]] time_point now() const { return parts.time.now(); }
  [[nodiscard]] const host_options& options() const noexcept { return parts.options; }

  const host_parts parts;
  /// Set by local_host::stop: every handler looks at it first and does nothing more.
  std::atomic<bool> stopped{false};
};

/// A log line of the host's room. Does nothing without a logger.
void log_info(const host_core& core, const std::string& line);
void log_warning(const host_core& core, const std::string& line);
void log_error(const host_core& core, const std::string& line);

/// Keeps one delayed message under way for the earliest of many due times. A message with an older
/// generation is void.
class alarm {
public:
  struct setting {
    duration delay;
    std::uint64_t generation = 0;
  };

  /// What to send, if anything has to be sent: nothing when the alarm is set for `due` already or
  /// there is no due time.
  std::optional<setting> set(std::optional<time_point> due, time_point now, duration stretch_max) {
    if (due == armed_)
      return std::nullopt;
    armed_ = due;
    ++generation_;
    if (!due)
      return std::nullopt;
    return setting{std::clamp(*due - now, duration::zero(), stretch_max), generation_};
  }
  /// Whether the message is the one under way; it is not under way any more then.
  bool rings(std::uint64_t generation) {
    if (generation != generation_ || !armed_)
      return false;
    armed_.reset();
    return true;
  }

private:
  std::optional<time_point> armed_;
  std::uint64_t generation_ = 0;
};

} // namespace pawl::actors
