// The commit queue, pumped by hand and by threads.
#include <algorithm>
#include <atomic>
#include <future>
#include <numeric>
#include <thread>

#include <gtest/gtest.h>

#include "storage/commit_queue.hpp"
#include "storage/memory_store.hpp"
#include "tests/support/fault_store.hpp"
#include "tests/unit/storage/store_support.hpp"

namespace pawl::storage {
namespace {

struct commit_queue_test : ::testing::Test {
  memory_store memory;
  test::fault_store target{memory};
  std::string answers; // one letter per answer, in order

  commit_queue::answer note(std::string name) {
    return [this, name](verdict v) {
      answers += name + (v == verdict::committed ? "+" : v == verdict::refused ? "-" : "!");
    };
  }
};

TEST_F(commit_queue_test, does_nothing_until_it_is_pumped) {
  commit_queue queue(target);
  queue.submit(put("a", ""), durability::synced, note("a"));
  EXPECT_EQ(queue.backlog(), 1u);
  EXPECT_EQ(answers, "");
  EXPECT_TRUE(dump(memory).empty());
  EXPECT_TRUE(queue.pump(10));
  EXPECT_EQ(answers, "a+");
  EXPECT_EQ(queue.backlog(), 0u);
  EXPECT_FALSE(queue.pump(10));
}

TEST_F(commit_queue_test, commits_a_group_once_and_answers_in_order) {
  commit_queue queue(target);
  batch refused;
  refused.expect("x", "never");
  queue.submit(put("a", ""), durability::written, note("a"));
  queue.submit(refused, durability::written, note("b"));
  queue.submit(put("c", ""), durability::synced, note("c"));
  queue.submit(put("d", ""), durability::written, note("d"));
  EXPECT_TRUE(queue.pump(3));
  EXPECT_EQ(answers, "a+b-c+");
  EXPECT_FALSE(queue.has_unsynced());
  EXPECT_TRUE(queue.pump(3));
  EXPECT_EQ(answers, "a+b-c+d+");
  EXPECT_TRUE(queue.has_unsynced());
  const std::vector<durability> asked{durability::synced, durability::written};
  EXPECT_EQ(target.asked(), asked);
  EXPECT_TRUE(queue.sync());
  EXPECT_FALSE(queue.has_unsynced());
  EXPECT_EQ(dump(*memory.after_power_loss()).size(), 3u);
}

TEST_F(commit_queue_test, sync_asks_the_store_only_when_something_is_unsynced) {
  commit_queue queue(target);
  EXPECT_TRUE(queue.sync());
  EXPECT_EQ(target.syncs(), 0u);
}

TEST_F(commit_queue_test, commits_no_more_strongly_than_the_operator_chose) {
  commit_queue queue(target, durability::written);
  queue.submit(put("a", ""), durability::synced, note("a"));
  queue.pump(1);
  EXPECT_EQ(answers, "a+");
  EXPECT_EQ(target.asked(), std::vector<durability>{durability::written});
  EXPECT_TRUE(queue.has_unsynced());
}

TEST_F(commit_queue_test, answers_may_submit) {
  commit_queue queue(target);
  queue.submit(put("a", ""), durability::synced, [&](verdict) {
    answers += "a";
    queue.submit(put("b", ""), durability::synced, note("b"));
  });
  EXPECT_TRUE(queue.pump(10));
  EXPECT_EQ(answers, "a");
  EXPECT_TRUE(queue.pump(10));
  EXPECT_EQ(answers, "ab+");
}

TEST_F(commit_queue_test, after_a_failure_the_store_is_left_alone) {
  commit_queue queue(target);
  target.fail_commit(2);
  for (const char* key : {"a", "b", "c"})
    queue.submit(put(key, ""), durability::synced, note(key));
  queue.pump(1);
  queue.pump(1);
  queue.pump(1);
  queue.submit(put("d", ""), durability::synced, note("d"));
  queue.pump(1);
  EXPECT_EQ(answers, "a+b!c!d!");
  EXPECT_EQ(target.commits(), 2u);
  EXPECT_FALSE(queue.sync());
  EXPECT_EQ(target.syncs(), 0u);
}

TEST_F(commit_queue_test, a_failed_sync_fails_everything_later) {
  commit_queue queue(target);
  target.fail_sync(1);
  queue.submit(put("a", ""), durability::written, note("a"));
  queue.pump(1);
  EXPECT_FALSE(queue.sync());
  queue.submit(put("b", ""), durability::written, note("b"));
  queue.pump(1);
  EXPECT_EQ(answers, "a+b!");
  EXPECT_EQ(target.commits(), 1u);
}

TEST_F(commit_queue_test, draining_takes_nothing_more_and_still_commits_what_waits) {
  commit_queue queue(target);
  queue.submit(put("a", ""), durability::synced, note("a"));
  queue.drain();
  queue.submit(put("b", ""), durability::synced, note("b"));
  EXPECT_EQ(answers, "b!");
  EXPECT_TRUE(queue.wait(std::chrono::nanoseconds(0)));
  queue.pump(10);
  EXPECT_EQ(answers, "b!a+");
  EXPECT_FALSE(queue.wait(std::chrono::nanoseconds(0)));
}

TEST_F(commit_queue_test, a_fence_keeps_everything_from_the_store) {
  commit_queue queue(target);
  queue.submit(put("a", ""), durability::written, note("a"));
  queue.pump(1);
  queue.submit(put("b", ""), durability::synced, note("b"));
  queue.fence();
  queue.submit(put("c", ""), durability::synced, note("c"));
  EXPECT_EQ(answers, "a+c!");
  EXPECT_TRUE(queue.pump(10));
  EXPECT_EQ(answers, "a+c!b!");
  EXPECT_FALSE(queue.sync());
  EXPECT_EQ(target.commits(), 1u);
  EXPECT_EQ(target.syncs(), 0u);
  queue.drain(); // a fence is final
  queue.submit(put("d", ""), durability::synced, note("d"));
  EXPECT_FALSE(queue.pump(10));
  EXPECT_EQ(target.commits(), 1u);
}

TEST_F(commit_queue_test, what_waits_at_the_end_is_answered) {
  {
    commit_queue queue(target);
    queue.submit(put("a", ""), durability::synced, note("a"));
  }
  EXPECT_EQ(answers, "a!");
  EXPECT_EQ(target.commits(), 0u);
}

TEST_F(commit_queue_test, threads_get_one_answer_each_and_every_batch_is_applied_once) {
  constexpr int threads = 4;
  constexpr int batches = 500;
  std::atomic<int> committed = 0;
  {
    commit_queue queue(target);
    const commit_thread pump(queue);
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
      all.emplace_back([&, t] {
        for (int i = 0; i < batches; ++i)
          queue.submit(put(std::to_string(t) + "/" + std::to_string(i), ""),
                       i % 2 ? durability::synced : durability::written,
                       [&](verdict v) { committed += v == verdict::committed; });
      });
    for (std::thread& t : all)
      t.join();
  }
  EXPECT_EQ(committed, threads * batches);
  EXPECT_EQ(dump(*memory.after_power_loss()).size(), std::size_t{threads * batches});
  EXPECT_LE(target.commits(), std::uint64_t{threads * batches});
}

TEST_F(commit_queue_test, the_thread_serializes_a_contended_counter) {
  constexpr int threads = 4;
  constexpr int rounds = 100;
  commit_queue queue(target);
  const commit_thread pump(queue);
  const auto add_one = [&] {
    while (true) {
      const auto old = memory.get("n");
      batch next;
      next.expect("n", *old);
      next.put("n", std::to_string(*old ? std::stoi(**old) + 1 : 1));
      const auto answered = std::make_shared<std::promise<verdict>>();
      queue.submit(next, durability::written, [answered](verdict v) { answered->set_value(v); });
      if (answered->get_future().get() == verdict::committed)
        return;
    }
  };
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&] {
      for (int i = 0; i < rounds; ++i)
        add_one();
    });
  for (std::thread& t : all)
    t.join();
  EXPECT_EQ(*memory.get("n"), std::to_string(threads * rounds));
}

TEST_F(commit_queue_test, the_thread_syncs_what_was_only_written) {
  std::promise<void> written;
  commit_queue queue(target);
  const commit_thread pump(queue);
  queue.submit(put("a", ""), durability::written, [&](verdict) { written.set_value(); });
  written.get_future().wait();
  while (target.syncs() == 0) // the thread owes it within limits::sync_interval_max
    std::this_thread::yield();
  EXPECT_EQ(dump(*memory.after_power_loss()).size(), 1u);
}

TEST_F(commit_queue_test, after_a_fence_returned_no_thread_begins_a_commit) {
  commit_queue queue(target);
  std::atomic<int> answered = 0;
  std::thread submitter([&] {
    for (int i = 0; i < 2000; ++i)
      queue.submit(put(std::to_string(i), ""), durability::written, [&](verdict) { ++answered; });
  });
  std::atomic<bool> done = false;
  std::thread pump([&] {
    while (!done)
      queue.pump(3);
    while (queue.pump(3)) {
    }
  });
  while (target.commits() < 10)
    std::this_thread::yield();
  queue.fence();
  const std::uint64_t at_fence = target.commits();
  submitter.join();
  done = true;
  pump.join();
  EXPECT_EQ(answered, 2000);
  EXPECT_LE(target.commits(), at_fence + 1); // the one under way
}

} // namespace
} // namespace pawl::storage
