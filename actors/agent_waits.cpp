#include "actors/agent_waits.hpp"

namespace pawl::actors {

// Each function takes the awaiter out of its table before it resumes: afterwards the awaiter may be
// gone.

void agent_waits::resume_commits(std::uint64_t batch) {
  for (;;) {
    auto first = commits_.lower_bound(batch_key(batch, 0));
    if (first == commits_.end() || first->first.first != batch)
      return;
    const std::coroutine_handle<> waiting = first->second->waiting_;
    commits_.erase(first);
    waiting.resume();
  }
}

void agent_waits::resume_answer(const call_id& call, outcome what) {
  auto found = answers_.find(call);
  if (found == answers_.end())
    return;
  answer_wait* waiter = found->second;
  answers_.erase(found);
  waiter->what_ = std::move(what);
  std::exchange(waiter->waiting_, {}).resume();
}

bool agent_waits::resume_timer(std::optional<time_point> after, time_point now) {
  auto first = first_timer(after);
  if (first == timers_.end() || first->first.first > now)
    return false;
  const std::coroutine_handle<> waiting = first->second->waiting_;
  timers_.erase(first);
  waiting.resume();
  return true;
}

void agent_waits::resume_gates() {
  const std::uint64_t end = next_operation_;
  for (;;) {
    auto first = gates_.begin();
    if (first == gates_.end() || first->first >= end)
      return;
    const std::coroutine_handle<> waiting = first->second->waiting_;
    gates_.erase(first);
    waiting.resume();
  }
}

bool agent_waits::waits_for_batch(std::uint64_t batch) const {
  auto first = commits_.lower_bound(batch_key(batch, 0));
  return first != commits_.end() && first->first.first == batch;
}

std::optional<time_point> agent_waits::next_due(std::optional<time_point> after) const {
  auto first = first_timer(after);
  if (first == timers_.end())
    return std::nullopt;
  return first->first.first;
}

std::map<agent_waits::timer_key, timer_wait*>::const_iterator
agent_waits::first_timer(std::optional<time_point> after) const {
  return after ? timers_.upper_bound(timer_key(*after, UINT64_MAX)) : timers_.begin();
}

} // namespace pawl::actors
