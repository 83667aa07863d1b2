#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "net/io_thread.hpp"
#include "support.hpp"

namespace pawl::net {
namespace {

using namespace std::chrono_literals;
using testing::signal_flag;

TEST(io_thread, runs_work_in_order_on_its_own_thread) {
  io_thread io;
  std::vector<int> order;
  std::promise<std::thread::id> where;
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(io.post([&order, i] { order.push_back(i); }));
  io.post([&] { where.set_value(std::this_thread::get_id()); });
  EXPECT_NE(where.get_future().get(), std::this_thread::get_id());
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  EXPECT_FALSE(io.handle().is_current());
}

TEST(io_thread, calls_timers_in_the_order_of_their_times) {
  io_thread io;
  std::vector<int> order;
  signal_flag last;
  // Set on the thread, so that all are set before any can go off.
  io.post([&] {
    io.after(30ms, [&] {
      order.push_back(3);
      last.raise();
    });
    io.after(-5s, [&] { order.push_back(1); });
    io.after(10ms, [&] { order.push_back(2); });
  });
  ASSERT_TRUE(last.wait());
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(io_thread, does_not_call_a_cancelled_timer) {
  io_thread io;
  std::atomic<int> calls{0};
  signal_flag later;
  auto from_outside = io.after(1ms, [&] { ++calls; });
  from_outside.cancel();
  from_outside.cancel();
  io.post([&] {
    auto token = std::make_shared<timer_token>();
    // Both are due when the thread looks next; the first cancels the second.
    io.after(1ms, [token] { token->cancel(); });
    *token = io.after(2ms, [&] { calls += 10; });
    io.after(20ms, [&] { later.raise(); });
  });
  ASSERT_TRUE(later.wait());
  // from_outside may have been called before its cancel; the other one may not.
  EXPECT_LT(calls, 10);
  timer_token none;
  none.cancel();
}

TEST(io_thread, stops_in_order) {
  auto io = std::make_unique<io_thread>();
  const auto handle = io->handle();
  std::vector<std::string> order;
  handle.on_stop([&] { order.push_back("first hook"); });
  handle.on_stop([&] {
    order.push_back("second hook");
    EXPECT_FALSE(handle.post([] {}));
  });
  const auto forgotten = handle.on_stop([&] { order.push_back("forgotten"); });
  handle.forget_stop(forgotten);
  auto token = handle.after(1h, [&] { order.push_back("timer"); });
  handle.post([&] { order.push_back("work"); });
  io->stop();
  io->stop();
  EXPECT_EQ(order, (std::vector<std::string>{"work", "second hook", "first hook"}));
  EXPECT_FALSE(io->post([] {}));
  EXPECT_EQ(handle.on_stop([] {}), 0u);
  io.reset();
  EXPECT_FALSE(handle.post([] {}));
  EXPECT_EQ(handle.native_handle(), nullptr);
  handle.after(1ms, [] {}).cancel();
  token.cancel();
}

TEST(io_thread, takes_work_from_many_threads_until_it_stops) {
  io_thread io;
  std::atomic<int> taken{0};
  int run = 0; // on the io thread only
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 5000 && io.post([&run] { ++run; }); ++i)
        ++taken;
    });
  io.stop();
  for (auto& t : threads)
    t.join();
  EXPECT_EQ(run, taken);
}

} // namespace
} // namespace pawl::net
