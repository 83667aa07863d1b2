// async<T>: the coroutine type of agents.
//
// Lazy: the body runs when it is first awaited (or started by its owner). Single-threaded: it is
// resumed on the thread of its agent only. Owning: destroying an async destroys its frame and,
// through it, everything it awaits.
//
// Awaiting runs the child inside await_suspend and does not suspend when the child finished at
// once, so a loop over a million steps that are stored already uses one frame of stack (g++ 12 does
// not turn symmetric transfer into jumps). Resuming nests by the depth of the coroutines, never by
// the number of their steps.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace pawl {

template <class T>
class async;

namespace detail {

struct async_promise_base {
  std::coroutine_handle<> continuation;
  std::exception_ptr failure;

  struct final_awaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      // The continuation may destroy this frame: nothing of it is touched after resume().
      if (auto next = self.promise().continuation)
        next.resume();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  final_awaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { failure = std::current_exception(); }
};

template <class T>
struct async_promise : async_promise_base {
  std::optional<T> value;
  async<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& u) {
    value.emplace(std::forward<U>(u));
  }
  T take() {
    if (failure)
      std::rethrow_exception(failure);
    return std::move(*value);
  }
};

template <>
struct async_promise<void> : async_promise_base {
  async<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() {
    if (failure)
      std::rethrow_exception(failure);
  }
};

} // namespace detail

template <class T>
class [[nodiscard]] async {
public:
  using promise_type = detail::async_promise<T>;
  using handle_type = std::coroutine_handle<promise_type>;

  async() noexcept = default;
  explicit async(handle_type h) noexcept : handle_(h) {}
  async(async&& o) noexcept : handle_(std::exchange(o.handle_, {})) {}
  async& operator=(async&& o) noexcept {
    if (this != &o) {
      destroy();
      handle_ = std::exchange(o.handle_, {});
    }
    return *this;
  }
  async(const async&) = delete;
  async& operator=(const async&) = delete;
  ~async() { destroy(); }

  [[nodiscard]] bool valid() const noexcept { return static_cast<bool>(handle_); }
  [[nodiscard]] bool done() const noexcept { return handle_ && handle_.done(); }

  /// For owners that are no coroutines (an actor, a test): runs the body up to its first real
  /// suspension. Precondition: valid, not started.
  void start() { handle_.resume(); }
  /// Result of a finished body; rethrows what it threw. Precondition: done().
  T take() { return handle_.promise().take(); }
  /// Called when the body ends. Precondition: not started or suspended.
  void on_done(std::coroutine_handle<> continuation) noexcept {
    handle_.promise().continuation = continuation;
  }

  // Awaitable, once. The awaited coroutine stays owned by this object.
  bool await_ready() const noexcept { return handle_.done(); }
  bool await_suspend(std::coroutine_handle<> awaiting) {
    handle_.resume();
    if (handle_.done())
      return false;
    handle_.promise().continuation = awaiting;
    return true;
  }
  T await_resume() { return handle_.promise().take(); }

private:
  void destroy() noexcept {
    if (handle_)
      std::exchange(handle_, {}).destroy();
  }
  handle_type handle_;
};

namespace detail {
template <class T>
async<T> async_promise<T>::get_return_object() noexcept {
  return async<T>(std::coroutine_handle<async_promise<T>>::from_promise(*this));
}
inline async<void> async_promise<void>::get_return_object() noexcept {
  return async<void>(std::coroutine_handle<async_promise<void>>::from_promise(*this));
}

// Drives the branches of all() and race(): a branch's end decrements `open`, and resumes the waiter
// when it is time.
struct join_state {
  std::size_t open = 0;
  std::size_t resume_at = 0; // resume when `open` falls to this
  bool waiting = false;
  std::coroutine_handle<> waiter;
};

// A frame of its own per branch, so that a branch has a continuation to call. Eager start by
// start().
struct branch_task {
  struct promise_type {
    branch_task get_return_object() noexcept {
      return branch_task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    struct end {
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<promise_type> self) const noexcept {
        join_state* join = self.promise().join;
        --join->open;
        if (join->waiting && join->open <= join->resume_at) {
          join->waiting = false;
          join->waiter.resume(); // may destroy this frame
        }
      }
      void await_resume() const noexcept {}
    };
    end final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { std::terminate(); } // the body catches
    void return_void() noexcept {}
    join_state* join = nullptr;
  };
  explicit branch_task(std::coroutine_handle<promise_type> h) noexcept : handle(h) {}
  branch_task(branch_task&& o) noexcept : handle(std::exchange(o.handle, {})) {}
  branch_task& operator=(branch_task&&) = delete;
  ~branch_task() {
    if (handle)
      handle.destroy();
  }
  std::coroutine_handle<promise_type> handle;
};

template <class T>
struct branch_slot {
  std::optional<T> value;
  std::exception_ptr failure;
};

template <class T>
branch_task run_branch(async<T> body, branch_slot<T>* slot) {
  try {
    slot->value.emplace(co_await body);
  } catch (...) {
    slot->failure = std::current_exception();
  }
}

struct join_awaiter {
  join_state* join;
  explicit join_awaiter(join_state* j) noexcept : join(j) {}
  bool await_ready() const noexcept { return join->open <= join->resume_at; }
  void await_suspend(std::coroutine_handle<> h) const noexcept {
    join->waiter = h;
    join->waiting = true;
  }
  void await_resume() const noexcept {}
};
} // namespace detail

/// Runs the branches at once and returns their results in order when the last has ended.
/// An exception of a branch is rethrown after all have ended (the first in order).
template <class T>
async<std::vector<T>> all(std::vector<async<T>> branches) {
  detail::join_state join;
  std::vector<detail::branch_slot<T>> slots(branches.size());
  std::vector<detail::branch_task> tasks;
  tasks.reserve(branches.size());
  join.open = branches.size();
  for (std::size_t i = 0; i < branches.size(); ++i) {
    tasks.push_back(detail::run_branch(std::move(branches[i]), &slots[i]));
    tasks.back().handle.promise().join = &join;
    tasks.back().handle.resume();
  }
  detail::join_awaiter wait(&join);
  co_await wait;
  std::vector<T> results;
  results.reserve(slots.size());
  for (auto& slot : slots) {
    if (slot.failure)
      std::rethrow_exception(slot.failure);
    results.push_back(std::move(*slot.value));
  }
  co_return results;
}

template <class T>
struct race_result {
  std::size_t index;
  T value;
  race_result(std::size_t i, T v) : index(i), value(std::move(v)) {}
};

/// Runs the branches until one ends with a result that `wins` accepts, destroys the others and
/// returns it. A branch that ends otherwise leaves the race; when all have left, the last one to
/// leave is returned. Branches start in order, and one that wins at once keeps the later ones from
/// starting.
template <class T, class Predicate>
async<race_result<T>> race(std::vector<async<T>> branches, Predicate wins) {
  detail::join_state join;
  std::vector<detail::branch_slot<T>> slots(branches.size());
  std::vector<detail::branch_task> tasks;
  tasks.reserve(branches.size());
  std::vector<bool> seen(branches.size(), false);
  std::size_t last = 0;
  // Looks for branches that ended since the last look; true when one of them wins.
  auto settle = [&]() -> bool {
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (seen[i] || !(slots[i].value || slots[i].failure))
        continue;
      seen[i] = true;
      last = i;
      if (slots[i].failure || wins(*slots[i].value))
        return true;
    }
    return false;
  };
  bool decided = false;
  for (std::size_t i = 0; i < branches.size() && !decided; ++i) {
    ++join.open;
    tasks.push_back(detail::run_branch(std::move(branches[i]), &slots[i]));
    tasks.back().handle.promise().join = &join;
    tasks.back().handle.resume();
    decided = settle();
  }
  while (!decided && join.open > 0) {
    join.resume_at = join.open - 1;
    detail::join_awaiter wait(&join);
    co_await wait;
    decided = settle();
  }
  if (slots[last].failure)
    std::rethrow_exception(slots[last].failure);
  T value = std::move(*slots[last].value);
  tasks.clear(); // the losers end here
  co_return race_result<T>(last, std::move(value));
}

} // namespace pawl
