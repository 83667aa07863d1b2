// The commit queue: gathers batches, writes one group, syncs once if any of them asked for it,
// answers every waiter.
//
// Passive: whoever calls pump() does the work, a thread of its own in production (see
// commit_thread), the harness in the simulation. submit() may be called from any thread; answers
// are given on the pumping thread, in the order of submission.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/store.hpp"

namespace pawl::storage {

class commit_queue {
public:
  /// Called once per batch on the pumping thread. Must not block and must not call pump().
  using answer = std::function<void(verdict)>;

  /// The store must outlive the queue. No batch is committed more strongly than `strongest` (an
  /// operator may choose `written` for everything; sync() is not affected).
  explicit commit_queue(store& target, durability strongest = durability::synced);
  /// What still waits is answered `failed`. Nobody may be pumping.
  ~commit_queue();
  commit_queue(const commit_queue&) = delete;
  commit_queue& operator=(const commit_queue&) = delete;

  /// Queues a batch. After drain() or fence() it is answered `failed` at once, on the caller's
  /// thread.
  void submit(batch what, durability how, answer then);

  /// Commits one group of what has gathered, at most `batches_max`. False: there was nothing to do.
  /// Once a batch has failed, the store is not touched again: everything that waits or comes is
  /// answered `failed`.
  bool pump(std::size_t batches_max);
  /// Blocks until there is something to pump, `wait_max` has passed, or the queue is closed. False:
  /// closed and empty.
  bool wait(std::chrono::nanoseconds wait_max);

  /// Batches that wait.
  [[nodiscard]] std::size_t backlog() const;
  /// Whether something was committed as `written` and not yet synced.
  [[nodiscard]] bool has_unsynced() const;
  /// Syncs what is unsynced. False: the store has failed, or the queue is fenced. On the pumping
  /// thread only.
  bool sync();

  /// Nothing more is taken. What waits is still pumped (`drain`) or answered `failed` by the next
  /// pump
  /// (`fence`: a crash). After fence() has returned, the store is not touched again, but for a
  /// commit or sync that is under way on the pumping thread. Thread-safe.
  void drain();
  void fence();

  [[nodiscard]] const store& target() const noexcept { return store_; }

private:
  struct item {
    batch what;
    durability how;
    answer then;
  };
  enum class mode : std::uint8_t { open, draining, fenced };
  struct group {
    std::vector<item> items;
    bool give_up = false; // answer `failed`, leave the store alone
  };
  group next_group(std::size_t batches_max);
  void note(const std::vector<verdict>& verdicts, durability how);

  store& store_;
  durability strongest_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<item> waiting_; // guarded by mutex_
  mode mode_ = mode::open;    // guarded by mutex_
  bool unsynced_ = false;     // guarded by mutex_
  bool failed_ = false;       // guarded by mutex_
};

/// Pumps a queue from a thread of its own until destroyed; syncs `written` batches within
/// limits::sync_interval_max.
class commit_thread {
public:
  explicit commit_thread(commit_queue& queue);
  /// Drains the queue, then joins.
  ~commit_thread();

private:
  void run();
  commit_queue& queue_;
  std::thread thread_;
};

} // namespace pawl::storage
