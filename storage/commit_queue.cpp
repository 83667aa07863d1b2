#include "storage/commit_queue.hpp"

#include <algorithm>
#include <utility>

namespace pawl::storage {

commit_queue::commit_queue(store& target, durability strongest)
    : store_(target), strongest_(strongest) {}

commit_queue::~commit_queue() {
  for (item& left : waiting_)
    left.then(verdict::failed);
}

void commit_queue::submit(batch what, durability how, answer then) {
  {
    const std::lock_guard lock(mutex_);
    if (mode_ == mode::open) {
      waiting_.push_back(item{std::move(what), how, std::move(then)});
      ready_.notify_one();
      return;
    }
  }
  then(verdict::failed);
}

commit_queue::group commit_queue::next_group(std::size_t batches_max) {
  const std::lock_guard lock(mutex_);
  group next;
  next.give_up = mode_ == mode::fenced || failed_;
  if (next.give_up || waiting_.size() <= batches_max) {
    next.items.swap(waiting_);
  } else {
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(batches_max);
    next.items.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
  }
  return next;
}

bool commit_queue::pump(std::size_t batches_max) {
  group next = next_group(batches_max);
  if (next.items.empty())
    return false;
  if (next.give_up) {
    for (item& i : next.items)
      i.then(verdict::failed);
    return true;
  }
  std::vector<batch> batches;
  batches.reserve(next.items.size());
  durability how = durability::written;
  for (item& i : next.items) {
    batches.push_back(std::move(i.what));
    how = std::max(how, i.how);
  }
  how = std::min(how, strongest_);
  const std::vector<verdict> verdicts = store_.commit(batches, how);
  note(verdicts, how);
  for (std::size_t i = 0; i < next.items.size(); ++i)
    next.items[i].then(verdicts[i]);
  return true;
}

void commit_queue::note(const std::vector<verdict>& verdicts, durability how) {
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(verdicts, verdict::failed) != verdicts.end())
    failed_ = true;
  if (failed_ || how == durability::synced)
    unsynced_ = false;
  else if (std::ranges::find(verdicts, verdict::committed) != verdicts.end())
    unsynced_ = true;
}

bool commit_queue::wait(std::chrono::nanoseconds wait_max) {
  std::unique_lock lock(mutex_);
  ready_.wait_for(lock, wait_max, [this] { return !waiting_.empty() || mode_ != mode::open; });
  return !waiting_.empty() || mode_ == mode::open;
}

std::size_t commit_queue::backlog() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

bool commit_queue::has_unsynced() const {
  const std::lock_guard lock(mutex_);
  return unsynced_;
}

bool commit_queue::sync() {
  {
    const std::lock_guard lock(mutex_);
    if (failed_ || mode_ == mode::fenced)
      return false;
    if (!unsynced_)
      return true;
  }
  const bool done = store_.sync();
  const std::lock_guard lock(mutex_);
  unsynced_ = false;
  failed_ = failed_ || !done;
  return done;
}

void commit_queue::drain() {
  const std::lock_guard lock(mutex_);
  if (mode_ == mode::open)
    mode_ = mode::draining;
  ready_.notify_all();
}

void commit_queue::fence() {
  const std::lock_guard lock(mutex_);
  mode_ = mode::fenced;
  unsynced_ = false;
  ready_.notify_all();
}

} // namespace pawl::storage
