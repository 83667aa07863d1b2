#include "net/io_thread.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace pawl::net {

namespace asio = boost::asio;

struct timer_token::shared {
  std::weak_ptr<io_core> core;
  std::uint64_t number = 0;
  std::atomic<bool> cancelled{false};
};

class io_core : public std::enable_shared_from_this<io_core> {
public:
  io_core() : guard_(asio::make_work_guard(context_)) {}

  asio::io_context& context() noexcept { return context_; }

  bool is_current() noexcept { return context_.get_executor().running_in_this_thread(); }

  // Posting and stopping exclude each other: whatever is taken is run before the thread ends.
  bool post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (stopping_)
      return false;
    asio::post(context_, std::move(work));
    return true;
  }

  std::uint64_t add_hook(std::function<void()> hook) {
    const std::lock_guard lock(mutex_);
    if (stopping_)
      return 0;
    hooks_.emplace(++last_number_, std::move(hook));
    return last_number_;
  }

  void remove_hook(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    hooks_.erase(number);
  }

  std::uint64_t next_number() {
    const std::lock_guard lock(mutex_);
    return ++last_number_;
  }

  // Begins the stop; the thread ends when its last work is done.
  void stop() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true))
      return;
    asio::post(context_, [self = shared_from_this()] { self->let_go(); });
  }

  // --- on the thread only
  // --------------------------------------------------------------------------------------------
  void arm(std::uint64_t number, std::chrono::steady_clock::time_point due,
           std::shared_ptr<timer_token::shared> token, std::function<void()> callback);

  void disarm(std::uint64_t number) { timers_.erase(number); }

private:
  void let_go() {
    std::map<std::uint64_t, std::function<void()>> hooks;
    {
      const std::lock_guard lock(mutex_);
      hooks.swap(hooks_);
    }
    for (auto it = hooks.rbegin(); it != hooks.rend(); ++it)
      it->second();
    timers_.clear();
    guard_.reset();
  }

  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_;
  // On the thread only. Erasing a timer cancels its wait.
  std::unordered_map<std::uint64_t, std::unique_ptr<asio::steady_timer>> timers_;

  std::mutex mutex_; // guards the rest
  bool stopping_ = false;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, std::function<void()>> hooks_;
};

void io_core::arm(std::uint64_t number, std::chrono::steady_clock::time_point due,
                  std::shared_ptr<timer_token::shared> token, std::function<void()> callback) {
  if (token->cancelled.load())
    return;
  auto timer = std::make_unique<asio::steady_timer>(context_, due);
  auto& waiting = *timer;
  timers_.emplace(number, std::move(timer));
  waiting.async_wait([this, number, token = std::move(token),
                      callback = std::move(callback)](const boost::system::error_code& ec) {
    if (ec || token->cancelled.load())
      return;
    timers_.erase(number);
    callback();
  });
}

void timer_token::cancel() {
  if (!shared_ || shared_->cancelled.exchange(true))
    return;
  const auto core = shared_->core.lock();
  if (!core)
    return;
  const auto number = shared_->number;
  if (core->is_current())
    core->disarm(number);
  else
    core->post([raw = core.get(), number] { raw->disarm(number); });
}

bool io_handle::post(std::function<void()> work) const {
  const auto core = core_.lock();
  return core && core->post(std::move(work));
}

timer_token io_handle::after(std::chrono::nanoseconds delay, std::function<void()> callback) const {
  const auto core = core_.lock();
  if (!core)
    return {};
  // A year is for ever here, and keeps the sum below from overflowing.
  const std::chrono::nanoseconds year = std::chrono::hours(24 * 365);
  const auto due =
      std::chrono::steady_clock::now() + std::clamp(delay, std::chrono::nanoseconds(0), year);
  auto token = std::make_shared<timer_token::shared>();
  token->core = core;
  token->number = core->next_number();
  const bool taken =
      core->post([raw = core.get(), due, token, callback = std::move(callback)]() mutable {
        raw->arm(token->number, due, token, std::move(callback));
      });
  return taken ? timer_token(std::move(token)) : timer_token();
}

bool io_handle::is_current() const noexcept {
  const auto core = core_.lock();
  return core && core->is_current();
}

std::uint64_t io_handle::on_stop(std::function<void()> hook) const {
  const auto core = core_.lock();
  return core ? core->add_hook(std::move(hook)) : 0;
}

void io_handle::forget_stop(std::uint64_t number) const {
  if (const auto core = core_.lock())
    core->remove_hook(number);
}

void* io_handle::native_handle() const noexcept {
  const auto core = core_.lock();
  return core ? &core->context() : nullptr;
}

io_thread::io_thread() : core_(std::make_shared<io_core>()) {
  thread_ = std::thread([core = core_] { core->context().run(); });
}

io_thread::~io_thread() {
  stop();
}

void io_thread::stop() {
  assert(!core_->is_current());
  core_->stop();
  if (thread_.joinable())
    thread_.join();
}

} // namespace pawl::net
