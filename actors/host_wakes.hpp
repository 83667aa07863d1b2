// When the host has to wake which run: the nearest part of the wake-up index, and restarts that
// wait for their delay.
#pragma once

#include <pawl/id.hpp>
#include <pawl/time.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "storage/run_index.hpp"

namespace pawl::actors {

/// Used by the host actor only. One entry for a run.
class host_wakes {
public:
  /// Entries of the store's index that are kept at a time.
  static constexpr std::size_t window = 10'000;

  /// A wake-up that the store does not know: kept whenever it is due.
  void put(const run_id& run, time_point due);
  /// A wake-up that is in the store's index: one beyond what was loaded is found there later.
  void put_stored(const run_id& run, time_point due);
  void erase(const run_id& run);
  /// When there is something to do: a run is due, or more has to be loaded.
  [[nodiscard]] std::optional<time_point> next() const;
  /// Takes out a run that is due, the earliest first.
  [[nodiscard]] std::optional<run_id> take_due(time_point now);

  /// Takes in the nearest part of the store's index, but for runs that `skip` names.
  template <class Skip>
  [[nodiscard]] result<void> load(const storage::store& from, Skip skip);
  [[nodiscard]] bool wants_load(time_point now) const noexcept {
    return horizon_ && *horizon_ <= now;
  }

private:
  std::set<std::pair<time_point, run_id>> order_;
  std::map<run_id, time_point> due_;
  std::optional<time_point> horizon_; ///< the index holds more, all of it due then or later
};

template <class Skip>
result<void> host_wakes::load(const storage::store& from, Skip skip) {
  const auto entries = storage::due_wakes(from, time_point::max(), window);
  if (!entries)
    return entries.error();
  horizon_.reset();
  if (entries->size() == window)
    horizon_ = entries->back().due;
  for (const storage::wake_entry& entry : *entries)
    if (!skip(entry.run))
      put(entry.run, entry.due);
  return {};
}

} // namespace pawl::actors
