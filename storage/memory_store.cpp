#include "storage/memory_store.hpp"

#include <utility>

namespace pawl::storage {

memory_store::memory_store() = default;
memory_store::~memory_store() = default;

namespace {

template <class Table>
bool holds(const Table& in, const std::vector<expectation>& expects) {
  for (const expectation& e : expects) {
    const auto it = in.find(e.key);
    if (e.value ? it == in.end() || it->second != *e.value : it != in.end())
      return false;
  }
  return true;
}

template <class Table>
void apply(Table& to, const mutation& m) {
  if (m.value)
    to.insert_or_assign(m.key, *m.value);
  else
    to.erase(m.key);
}

} // namespace

result<std::optional<std::string>> memory_store::get(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto it = current_.find(key);
  if (it == current_.end())
    return std::optional<std::string>();
  return std::optional<std::string>(it->second);
}

result<void>
memory_store::scan(std::string_view from, std::string_view to,
                   const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (auto it = current_.lower_bound(from); it != current_.end(); ++it) {
    if (!to.empty() && std::string_view(it->first) >= to)
      break;
    if (!visit(it->first, it->second))
      break;
  }
  return {};
}

std::vector<verdict> memory_store::commit(std::span<const batch> group, durability how) {
  const std::lock_guard lock(mutex_);
  std::vector<verdict> verdicts(group.size(), verdict::failed);
  if (failure_)
    return verdicts;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (!holds(current_, group[i].expects)) {
      verdicts[i] = verdict::refused;
      continue;
    }
    for (const mutation& m : group[i].writes) {
      apply(current_, m);
      unsynced_.push_back(m);
    }
    verdicts[i] = verdict::committed;
  }
  if (how == durability::synced)
    bring_up();
  return verdicts;
}

bool memory_store::sync() {
  const std::lock_guard lock(mutex_);
  if (failure_)
    return false;
  bring_up();
  return true;
}

void memory_store::bring_up() {
  for (const mutation& m : unsynced_)
    apply(synced_, m);
  unsynced_.clear();
}

std::optional<error> memory_store::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::unique_ptr<memory_store> memory_store::after_process_kill() const {
  auto next = std::make_unique<memory_store>();
  const std::lock_guard lock(mutex_);
  next->current_ = current_;
  next->synced_ = synced_;
  next->unsynced_ = unsynced_;
  return next;
}

std::unique_ptr<memory_store> memory_store::after_power_loss() const {
  auto next = std::make_unique<memory_store>();
  const std::lock_guard lock(mutex_);
  next->current_ = synced_;
  next->synced_ = synced_;
  return next;
}

void memory_store::fail(error why) {
  const std::lock_guard lock(mutex_);
  if (!failure_)
    failure_ = std::move(why);
}

} // namespace pawl::storage
