// The thread on which everything of net happens: sockets, timers and the callbacks of both.
//
// An io_thread owns it. Clients, servers and whoever needs a timer share it through handles, which
// may outlive it: what is asked of a thread that has ended is refused, never lost in silence.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

namespace pawl::net {

class io_core; // what io_thread and its handles share; known to io_thread.cpp

/// A timer that was set. Copyable; a default-made token stands for no timer. Dropping a token does
/// not cancel.
class timer_token {
public:
  timer_token() = default;
  /// The callback is not called any more, unless it has begun. On the io thread this is exact:
  /// after cancel() it does not run. Thread-safe, idempotent.
  void cancel();

private:
  friend class io_core;
  friend class io_handle;
  struct shared;
  explicit timer_token(std::shared_ptr<shared> s) : shared_(std::move(s)) {}
  std::shared_ptr<shared> shared_;
};

/// A way to an io_thread. Copyable, thread-safe, may outlive the thread.
class io_handle {
public:
  /// Runs `work` on the thread, in the order of posting. False: the thread is stopping, `work` was
  /// dropped.
  bool post(std::function<void()> work) const;
  /// Calls `callback` on the thread once `delay` has passed (a negative delay counts as 0), never
  /// from within this call. When the thread stops first, it is not called.
  timer_token after(std::chrono::nanoseconds delay, std::function<void()> callback) const;
  /// Whether the caller runs on the thread.
  [[nodiscard]] bool is_current() const noexcept;

  /// Registers what must be let go before the thread can end; called on the thread once, the latest
  /// first. Must leave no work behind. Returns a number for forget_stop(), or 0 when the thread is
  /// stopping already.
  std::uint64_t on_stop(std::function<void()> hook) const;
  void forget_stop(std::uint64_t number) const;

  /// The boost::asio::io_context, for net's own sources. Valid on the thread, else null or soon
  /// dangling.
  [[nodiscard]] void* native_handle() const noexcept;

private:
  friend class io_thread;
  explicit io_handle(std::weak_ptr<io_core> core) : core_(std::move(core)) {}
  std::weak_ptr<io_core> core_;
};

/// Owns the thread. Callbacks that run on it must not block and must not throw.
class io_thread {
public:
  io_thread();
  /// Stops. Precondition: not on the thread itself.
  ~io_thread();
  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;

  [[nodiscard]] io_handle handle() const { return io_handle(core_); }
  bool post(std::function<void()> work) const { return handle().post(std::move(work)); }
  timer_token after(std::chrono::nanoseconds delay, std::function<void()> callback) const {
    return handle().after(delay, std::move(callback));
  }

  /// Ends in order: nothing new is taken, the stop hooks run (exchanges fail as cancelled, servers
  /// close), timers are dropped, what was posted before runs, the thread ends. Returns when it has
  /// ended; a name that is being resolved is waited for. Idempotent. Precondition: not on the
  /// thread itself.
  void stop();

private:
  std::shared_ptr<io_core> core_;
  std::thread thread_;
};

} // namespace pawl::net
