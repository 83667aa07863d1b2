#include "workflows/jq_watchdog.hpp"

#include "workflows/jq_library.hpp"

namespace pawl::workflows {

jq_watchdog::~jq_watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

jq_watchdog::watch::watch(jq_watchdog& owner, jq_state* program) : owner_(owner) {
  const std::lock_guard lock(owner_.mutex_);
  const auto at = std::chrono::steady_clock::now() + owner_.time_max_;
  entry_ = owner_.entries_.insert(owner_.entries_.end(), entry{program, at, false});
  if (!owner_.thread_.joinable())
    owner_.thread_ = std::thread([&o = owner_] { o.run(); });
  else if (owner_.idle_)
    owner_.changed_.notify_all();
}

jq_watchdog::watch::~watch() {
  if (!ended_)
    end();
}

jq_watchdog::watch::verdict jq_watchdog::watch::end() {
  const std::lock_guard lock(owner_.mutex_);
  ended_ = true;
  const auto what = entry_->halted ? verdict::halted : verdict::in_time;
  owner_.entries_.erase(entry_);
  return what;
}

void jq_watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = std::chrono::steady_clock::now();
    auto next = entries_.begin();
    for (; next != entries_.end() && (next->halted || next->at <= now); ++next) {
      // jq asserts that nothing is halted twice.
      if (!next->halted)
        jq_halt(next->program, jv_invalid(), jv_invalid());
      next->halted = true;
    }
    if (next == entries_.end()) {
      idle_ = true;
      changed_.wait(lock);
      idle_ = false;
    } else {
      // Evaluations that end in time don't wake this thread: it looks again when the oldest one
      // would be late.
      const auto at = next->at;
      changed_.wait_until(lock, at);
    }
  }
}

} // namespace pawl::workflows
