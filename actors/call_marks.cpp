#include "actors/call_marks.hpp"

#include <algorithm>

namespace pawl::actors {

void call_marks::open(const call_id& id, std::uint64_t mark) {
  std::lock_guard lock(mutex_);
  auto& e = entries_[id];
  e.open = true;
  e.mark = std::max(e.mark, mark);
}

call_marks::wake call_marks::raise(const call_id& id, std::uint64_t mark) {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(id);
  if (found == entries_.end())
    return wake::needless;
  auto& e = found->second;
  if (mark <= e.mark)
    return wake::needless;
  e.mark = mark;
  if (!e.watched || e.told)
    return wake::needless;
  e.told = true;
  return wake::needed;
}

void call_marks::close(const call_id& id) {
  std::lock_guard lock(mutex_);
  if (auto found = entries_.find(id); found != entries_.end()) {
    found->second.open = false;
    drop_if_unused(id);
  }
}

void call_marks::watch(const call_id& id) {
  std::lock_guard lock(mutex_);
  entries_[id].watched = true;
}

void call_marks::unwatch(const call_id& id) {
  std::lock_guard lock(mutex_);
  if (auto found = entries_.find(id); found != entries_.end()) {
    found->second.watched = false;
    drop_if_unused(id);
  }
}

std::optional<std::uint64_t> call_marks::look(const call_id& id) {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(id);
  if (found == entries_.end())
    return std::nullopt;
  found->second.told = false;
  if (!found->second.open)
    return std::nullopt;
  return found->second.mark;
}

void call_marks::drop_if_unused(const call_id& id) {
  auto found = entries_.find(id);
  if (!found->second.open && !found->second.watched)
    entries_.erase(found);
}

} // namespace pawl::actors
