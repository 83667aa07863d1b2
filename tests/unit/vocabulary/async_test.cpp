// async<T>, all() and race(): order, ownership, exceptions, and the stack. A gate stands for an
// operation that an actor answers later: it keeps the waiting handle by id, and forgets it when the
// waiter is destroyed.
#include <pawl/async.hpp>

#include <map>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace {

using pawl::async;

class gate {
public:
  struct awaiter {
    gate* owner;
    int id;
    int answer = 0;
    awaiter(gate* o, int i) : owner(o), id(i) {}
    awaiter(const awaiter&) = delete;
    ~awaiter() { owner->waiting_.erase(id); }
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) { owner->waiting_[id] = {this, h}; }
    int await_resume() const noexcept { return answer; }
  };

  async<int> wait(int id) {
    awaiter a(this, id);
    co_return co_await a;
  }
  bool open(int id, int answer) {
    const auto found = waiting_.find(id);
    if (found == waiting_.end())
      return false;
    const auto [who, handle] = found->second;
    waiting_.erase(found);
    who->answer = answer;
    handle.resume();
    return true;
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

private:
  std::map<int, std::pair<awaiter*, std::coroutine_handle<>>> waiting_;
};

async<int> ready(int value) {
  co_return value;
}

async<int> failing() {
  throw std::runtime_error("bug");
  co_return 0;
}

async<long> sum_of_ready(int count) {
  long sum = 0;
  for (int i = 0; i < count; ++i)
    sum += co_await ready(1);
  co_return sum;
}

async<long> sum_of_gated(gate& g, int count) {
  long sum = 0;
  for (int i = 0; i < count; ++i)
    sum += co_await g.wait(0);
  co_return sum;
}

TEST(async, runs_when_started_and_gives_its_value) {
  auto a = ready(7);
  EXPECT_FALSE(a.done());
  a.start();
  ASSERT_TRUE(a.done());
  EXPECT_EQ(a.take(), 7);
}

TEST(async, a_million_finished_steps_use_one_frame_of_stack) {
  auto a = sum_of_ready(1'000'000);
  a.start();
  ASSERT_TRUE(a.done());
  EXPECT_EQ(a.take(), 1'000'000);
}

TEST(async, a_hundred_thousand_answers_do_not_nest) {
  gate g;
  auto a = sum_of_gated(g, 100'000);
  a.start();
  while (g.open(0, 2)) {
  }
  ASSERT_TRUE(a.done());
  EXPECT_EQ(a.take(), 200'000);
}

async<int> rethrows() {
  co_return co_await failing();
}

TEST(async, an_exception_travels_to_the_owner) {
  auto a = rethrows();
  a.start();
  ASSERT_TRUE(a.done());
  EXPECT_THROW(a.take(), std::runtime_error);
}

TEST(async, destroying_it_destroys_what_it_awaits) {
  gate g;
  {
    auto a = sum_of_gated(g, 1);
    a.start();
    EXPECT_EQ(g.waiting(), 1u);
  }
  EXPECT_EQ(g.waiting(), 0u);
  EXPECT_FALSE(g.open(0, 1)) << "a late answer finds nobody";
}

TEST(all, gives_results_in_order_whatever_the_order_of_ends) {
  gate g;
  std::vector<async<int>> branches;
  for (int i = 0; i < 3; ++i)
    branches.push_back(g.wait(i));
  auto a = pawl::all(std::move(branches));
  a.start();
  EXPECT_TRUE(g.open(2, 12));
  EXPECT_TRUE(g.open(0, 10));
  EXPECT_FALSE(a.done());
  EXPECT_TRUE(g.open(1, 11));
  ASSERT_TRUE(a.done());
  EXPECT_EQ(a.take(), (std::vector<int>{10, 11, 12}));
}

TEST(all, of_nothing_and_of_finished_branches_ends_at_once) {
  auto none = pawl::all(std::vector<async<int>>());
  none.start();
  ASSERT_TRUE(none.done());
  EXPECT_TRUE(none.take().empty());
  std::vector<async<int>> branches;
  branches.push_back(ready(1));
  branches.push_back(ready(2));
  auto two = pawl::all(std::move(branches));
  two.start();
  ASSERT_TRUE(two.done());
  EXPECT_EQ(two.take(), (std::vector<int>{1, 2}));
}

TEST(all, waits_for_every_branch_before_it_rethrows) {
  gate g;
  std::vector<async<int>> branches;
  branches.push_back(failing());
  branches.push_back(g.wait(1));
  auto a = pawl::all(std::move(branches));
  a.start();
  EXPECT_FALSE(a.done());
  g.open(1, 1);
  ASSERT_TRUE(a.done());
  EXPECT_THROW(a.take(), std::runtime_error);
}

bool positive(const int& value) {
  return value > 0;
}

TEST(race, the_first_that_wins_destroys_the_others) {
  gate g;
  std::vector<async<int>> branches;
  for (int i = 0; i < 3; ++i)
    branches.push_back(g.wait(i));
  auto a = pawl::race(std::move(branches), positive);
  a.start();
  EXPECT_EQ(g.waiting(), 3u);
  g.open(1, 5);
  ASSERT_TRUE(a.done());
  EXPECT_EQ(g.waiting(), 0u);
  const auto winner = a.take();
  EXPECT_EQ(winner.index, 1u);
  EXPECT_EQ(winner.value, 5);
}

TEST(race, a_branch_that_does_not_win_leaves_and_the_last_one_counts) {
  gate g;
  std::vector<async<int>> branches;
  for (int i = 0; i < 3; ++i)
    branches.push_back(g.wait(i));
  auto a = pawl::race(std::move(branches), positive);
  a.start();
  g.open(2, -2);
  g.open(0, -1);
  EXPECT_FALSE(a.done());
  g.open(1, -3);
  ASSERT_TRUE(a.done());
  const auto last = a.take();
  EXPECT_EQ(last.index, 1u);
  EXPECT_EQ(last.value, -3);
}

TEST(race, a_branch_that_wins_at_once_keeps_later_ones_from_starting) {
  gate g;
  std::vector<async<int>> branches;
  branches.push_back(ready(1));
  branches.push_back(g.wait(1));
  auto a = pawl::race(std::move(branches), positive);
  a.start();
  ASSERT_TRUE(a.done());
  EXPECT_EQ(g.waiting(), 0u);
  EXPECT_EQ(a.take().index, 0u);
}

async<int> race_in_loop(gate& g, int rounds) {
  int sum = 0;
  for (int i = 0; i < rounds; ++i) {
    std::vector<async<int>> branches;
    branches.push_back(g.wait(0));
    branches.push_back(g.wait(1));
    auto contest = pawl::race(std::move(branches), positive);
    const auto winner = co_await contest;
    sum += winner.value;
  }
  co_return sum;
}

TEST(race, winner_may_destroy_its_own_branch_many_times) {
  gate g;
  auto a = race_in_loop(g, 1000);
  a.start();
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(g.open(i % 2, 1));
  ASSERT_TRUE(a.done());
  EXPECT_EQ(a.take(), 1000);
}

// Documents the defect of g++ 12 that CONTRIBUTING warns of: types that go through co_await have
// constructors.
struct probe {
  static inline int alive = 0;
  explicit probe(int v) : value(v) { ++alive; }
  probe(const probe& o) : value(o.value) { ++alive; }
  ~probe() { --alive; }
  int value;
};

async<int> use(probe p) {
  co_return p.value;
}

async<int> passes_probe() {
  probe named(3);
  co_return co_await use(named);
}

TEST(co_await_defect, a_type_with_a_constructor_is_destroyed_once) {
  {
    auto a = passes_probe();
    a.start();
    EXPECT_EQ(a.take(), 3);
  }
  EXPECT_EQ(probe::alive, 0);
}

} // namespace
