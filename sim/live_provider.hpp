// A provider in real time, for several threads.
#pragma once

#include <pawl/time.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

#include "sim/provider.hpp"

namespace pawl::sim {

/// Adds a lock and a clock that never goes back to a provider. Thread-safe.
class live_provider {
public:
  /// `time` must outlive it. Precondition: find_problem(options) finds none.
  live_provider(provider_options options, const clock& time)
      : time_(time), provider_(std::move(options)) {}

  /// Calls `use(provider&, time_point now)` and returns what it returns. Must not be nested.
  template <class Use>
  auto with(Use use) {
    const std::lock_guard lock(mutex_);
    latest_ = std::max(latest_, time_.now());
    return use(provider_, latest_);
  }

private:
  const clock& time_;
  std::mutex mutex_;
  provider provider_; // guarded by mutex_
  time_point latest_; // guarded by mutex_
};

/// What a transport does next for one request: the pieces that are due, and the time until more
/// are.
struct turn {
  std::vector<piece> pieces;
  std::optional<duration> wait; ///< absent: nothing more will come

  turn(live_provider& from, generation_id id) {
    from.with([&](provider& p, time_point now) {
      pieces = p.poll(id, now);
      if (const auto due = p.next_due(id))
        wait = std::max(*due - now, duration::zero());
    });
  }
};

} // namespace pawl::sim
