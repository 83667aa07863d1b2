// Stops jq programs that run too long.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

struct jq_state;

namespace pawl::workflows {

/// One thread, started by the first watch, that halts programs whose time is over. Thread-safe.
///
/// It measures real time and not `pawl::clock`: the budget protects the machine from a loop that
/// virtual time would never end, and what stays within the budget has a result that doesn't depend
/// on it.
class jq_watchdog {
  using deadline = std::chrono::steady_clock::time_point;
  struct entry {
    jq_state* program;
    deadline at;
    bool halted;
  };

public:
  /// All watches last equally long, so that the oldest is always the next to end.
  explicit jq_watchdog(std::chrono::milliseconds time_max) : time_max_(time_max) {}
  /// Precondition: no watch is left.
  ~jq_watchdog();
  jq_watchdog(const jq_watchdog&) = delete;
  jq_watchdog& operator=(const jq_watchdog&) = delete;

  /// Watches one program from its construction to `end` or its destruction.
  class watch {
  public:
    watch(jq_watchdog& owner, jq_state* program);
    ~watch();
    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;

    enum class verdict { in_time, halted };
    /// The program is left alone from here on. Once.
    verdict end();

  private:
    jq_watchdog& owner_;
    std::list<entry>::iterator entry_;
    bool ended_ = false;
  };

private:
  void run();

  const std::chrono::milliseconds time_max_;
  // The rest is protected by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<entry> entries_; ///< by deadline
  bool idle_ = false;        ///< the thread waits without a deadline
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace pawl::workflows
