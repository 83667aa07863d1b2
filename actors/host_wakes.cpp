#include "actors/host_wakes.hpp"

#include <algorithm>

namespace pawl::actors {

void host_wakes::put(const run_id& run, time_point due) {
  erase(run);
  order_.emplace(due, run);
  due_.emplace(run, due);
}

void host_wakes::put_stored(const run_id& run, time_point due) {
  if (!horizon_ || due < *horizon_)
    put(run, due);
}

void host_wakes::erase(const run_id& run) {
  const auto found = due_.find(run);
  if (found == due_.end())
    return;
  order_.erase({found->second, run});
  due_.erase(found);
}

std::optional<time_point> host_wakes::next() const {
  if (order_.empty())
    return horizon_;
  const time_point first = order_.begin()->first;
  return horizon_ ? std::min(first, *horizon_) : first;
}

std::optional<run_id> host_wakes::take_due(time_point now) {
  if (order_.empty() || order_.begin()->first > now)
    return std::nullopt;
  const run_id run = order_.begin()->second;
  erase(run);
  return run;
}

} // namespace pawl::actors
