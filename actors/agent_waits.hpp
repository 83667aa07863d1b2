// Where the coroutines of one agent wait: for a commit, an answer, a time, or leave to begin
// something.
//
// The tables hold awaiters by id; an awaiter lives in its coroutine's frame and forgets itself when
// it is destroyed. So an answer to a loser of a race finds nobody, and no message handler holds a
// coroutine handle across a resumption.
#pragma once

#include <pawl/id.hpp>
#include <pawl/outcome.hpp>
#include <pawl/time.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace pawl::actors {

class commit_wait;
class answer_wait;
class timer_wait;
class gate_wait;

/// Used on the agent's thread only; outlives every coroutine that waits here.
class agent_waits {
public:
  agent_waits() = default;
  agent_waits(const agent_waits&) = delete;
  agent_waits& operator=(const agent_waits&) = delete;

  /// Resumes all that wait for this batch, in the order in which they began to wait.
  void resume_commits(std::uint64_t batch);
  /// Resumes the one that waits for this call; nothing when there is none.
  void resume_answer(const call_id& call, outcome what);
  /// Resumes the earliest timer that is due later than `after` (unset: the earliest of all) and not
  /// after `now`. False: there is none.
  bool resume_timer(std::optional<time_point> after, time_point now);
  /// Resumes all that wait at the gate now.
  void resume_gates();

  [[nodiscard]] bool waits_for_batch(std::uint64_t batch) const;
  [[nodiscard]] bool waits_for_commits() const noexcept { return !commits_.empty(); }
  [[nodiscard]] bool waits_for_answers() const noexcept { return !answers_.empty(); }
  [[nodiscard]] bool waits_at_gate() const noexcept { return !gates_.empty(); }
  [[nodiscard]] bool waits_for_timers() const noexcept { return !timers_.empty(); }
  /// The earliest due time later than `after` (unset: of all).
  [[nodiscard]] std::optional<time_point> next_due(std::optional<time_point> after) const;

private:
  friend class commit_wait;
  friend class answer_wait;
  friend class timer_wait;
  friend class gate_wait;
  using batch_key = std::pair<std::uint64_t, std::uint64_t>; // batch, operation
  using timer_key = std::pair<time_point, std::uint64_t>;    // due, operation
  [[nodiscard]] std::map<timer_key, timer_wait*>::const_iterator
  first_timer(std::optional<time_point> after) const;

  std::uint64_t next_operation_ = 0;
  std::map<batch_key, commit_wait*> commits_;
  std::unordered_map<call_id, answer_wait*> answers_;
  std::map<timer_key, timer_wait*> timers_;
  std::map<std::uint64_t, gate_wait*> gates_;
};

/// Waits until a batch is committed.
class commit_wait {
public:
  commit_wait(agent_waits& in, std::uint64_t batch) : in_(in), key_(batch, in.next_operation_++) {}
  ~commit_wait() { in_.commits_.erase(key_); }
  commit_wait(const commit_wait&) = delete;
  commit_wait& operator=(const commit_wait&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    in_.commits_.emplace(key_, this);
  }
  void await_resume() const noexcept {}

private:
  friend class agent_waits;
  agent_waits& in_;
  agent_waits::batch_key key_;
  std::coroutine_handle<> waiting_;
};

/// Waits for the end of a call. One at a time for a call.
class answer_wait {
public:
  answer_wait(agent_waits& in, call_id call) : in_(in), call_(std::move(call)) {}
  ~answer_wait() {
    if (waiting_)
      in_.answers_.erase(call_);
  }
  answer_wait(const answer_wait&) = delete;
  answer_wait& operator=(const answer_wait&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    if (!in_.answers_.emplace(call_, this).second)
      throw std::logic_error("call " + call_.str() + ": two steps with the same path run at once");
    waiting_ = waiting;
  }
  outcome await_resume() { return std::move(*what_); }

private:
  friend class agent_waits;
  agent_waits& in_;
  call_id call_;
  std::optional<outcome> what_;
  std::coroutine_handle<> waiting_; // set while registered
};

/// Waits for a time.
class timer_wait {
public:
  timer_wait(agent_waits& in, time_point due) : in_(in), key_(due, in.next_operation_++) {}
  ~timer_wait() { in_.timers_.erase(key_); }
  timer_wait(const timer_wait&) = delete;
  timer_wait& operator=(const timer_wait&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    in_.timers_.emplace(key_, this);
  }
  void await_resume() const noexcept {}

private:
  friend class agent_waits;
  agent_waits& in_;
  agent_waits::timer_key key_;
  std::coroutine_handle<> waiting_;
};

/// Waits until something new may be begun.
class gate_wait {
public:
  explicit gate_wait(agent_waits& in) : in_(in), operation_(in.next_operation_++) {}
  ~gate_wait() { in_.gates_.erase(operation_); }
  gate_wait(const gate_wait&) = delete;
  gate_wait& operator=(const gate_wait&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    in_.gates_.emplace(operation_, this);
  }
  void await_resume() const noexcept {}

private:
  friend class agent_waits;
  agent_waits& in_;
  std::uint64_t operation_;
  std::coroutine_handle<> waiting_;
};

} // namespace pawl::actors
