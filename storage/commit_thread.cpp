#include <pawl/limits.hpp>

#include <algorithm>
#include <optional>

#include "storage/commit_queue.hpp"

namespace pawl::storage {

namespace {
// Only for a thread with nothing to do and nothing to sync: it is woken by work and by the end.
constexpr std::chrono::seconds idle_wait_max{3600};
} // namespace

commit_thread::commit_thread(commit_queue& queue) : queue_(queue), thread_([this] { run(); }) {}

commit_thread::~commit_thread() {
  queue_.drain();
  thread_.join();
}

void commit_thread::run() {
  // The time since something became unsynced is this thread's own business and decides nothing
  // else, so it reads the steady clock itself.
  using steady = std::chrono::steady_clock;
  std::optional<steady::time_point> sync_due;
  while (true) {
    std::chrono::nanoseconds wait_max = idle_wait_max;
    if (sync_due)
      wait_max = std::max<std::chrono::nanoseconds>(*sync_due - steady::now(), {});
    const bool open = queue_.wait(wait_max);
    queue_.pump(limits::commit_group_batches_max);
    if (!queue_.has_unsynced()) {
      sync_due.reset();
    } else if (!sync_due) {
      sync_due = steady::now() + limits::sync_interval_max;
    }
    if (sync_due && (!open || steady::now() >= *sync_due)) {
      queue_.sync();
      sync_due.reset();
    }
    if (!open)
      return;
  }
}

} // namespace pawl::storage
