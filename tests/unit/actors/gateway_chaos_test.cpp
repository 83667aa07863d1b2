// Everything at once, from a seed: actors run in any order, groups are committed in any size, the
// provider breaks off or refuses, time passes, somebody asks again, the process dies, the machine
// loses power. In the end the call is asked for until it is answered.
#include <algorithm>
#include <random>

#include "tests/unit/actors/gateway_story.hpp"

namespace pawl::testing {
namespace {

class chaos : public story_test, public ::testing::WithParamInterface<const char*> {
protected:
  std::mt19937_64 dice;
  int crashes = 0;
  int crashes_ever = 0, answered = 0, broken = 0; ///< over all seeds

  std::size_t roll(std::size_t sides) { return static_cast<std::size_t>(dice() % sides); }

  void ask_again() {
    actors::call_submission what;
    what.id = call;
    what.request = ask(GetParam());
    gateway->submit(std::move(what));
    gateway->attach(call, told->events[call].empty() ? 0 : told->events[call].back().number + 1);
  }
  bool run_any_actor() {
    if (scheduler.jobs.empty())
      return false;
    auto& jobs = scheduler.jobs;
    std::rotate(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(roll(jobs.size())),
                jobs.end());
    return scheduler.try_run_once();
  }
  void trouble(scripted_exchange& e) {
    switch (roll(5)) {
    case 0: e.fail(net::failure_kind::reset); break;
    case 1: e.end(); break;
    case 2: e.fail(net::failure_kind::timeout); break;
    case 3: e.say("data: {nonsense\n\n"); break;
    default: e.refuse(503, "busy"); break;
    }
  }
  void die() {
    ++crashes;
    ++crashes_ever;
    crash(roll(4) == 0 ? death::power_loss : death::kill);
    start();
    ask_again();
  }
  void anything() {
    const auto what = roll(100);
    if (what < 50) {
      run_any_actor();
    } else if (what < 70) {
      queue->pump(1 + roll(3));
    } else if (what < 90) {
      if (!wire.exchanges.empty())
        speak(wire.exchanges.size() - 1);
    } else if (what < 92) {
      if (!wire.exchanges.empty())
        trouble(wire.last());
    } else if (what < 96) {
      advance(std::chrono::milliseconds(roll(2000)));
    } else if (what < 97) {
      ask_again();
    } else if (what < 98 && crashes < 4) {
      die();
    }
  }
  void finish_in_peace() {
    ask_again();
    for (int i = 0; i < 4000; ++i) {
      settle();
      if (!told->answers[call].empty())
        return;
      bool spoke = false;
      for (std::size_t e = 0; e < wire.exchanges.size(); ++e)
        spoke = speak(e) || spoke;
      if (!spoke)
        advance(std::chrono::seconds(1));
    }
  }
  void check() {
    settle();
    auto& answers = told->answers[call];
    ASSERT_FALSE(answers.empty()) << "it is never answered";
    for (auto& a : answers)
      EXPECT_EQ(a, answers.back()) << "an answer that was given stands";
    if (answers.back().is_value()) {
      EXPECT_EQ(answers.back().value()["text"], all_words());
    } else {
      EXPECT_THAT(answers.back().fault().status, ::testing::AnyOf(502, 503, 504));
    }
    auto all = rows();
    EXPECT_GE(all.size(), wire.exchanges.size()) << "no request without its row";
    int complete = 0;
    for (auto& row : all) {
      EXPECT_NE(row.state, attempt_state::reserved);
      complete += row.ending == attempt_ending::complete ? 1 : 0;
      if (row.state == attempt_state::unknown) {
        EXPECT_TRUE(row.bounds.upper && *row.bounds.upper >= row.bounds.lower);
      }
    }
    answered += answers.back().is_value() ? 1 : 0;
    broken += all.size() > 1 ? 1 : 0;
    EXPECT_EQ(complete, answers.back().is_value() ? 1 : 0);
    std::map<std::uint64_t, std::string> seen;
    for (auto& e : told->events[call]) {
      auto [at, fresh] = seen.try_emplace(e.number, e.text);
      EXPECT_TRUE(fresh || at->second == e.text) << "number " << e.number << " is used twice";
    }
    EXPECT_TRUE(store_failures.empty());
  }
};

TEST_P(chaos, is_survived) {
  for (unsigned seed = 1; seed <= 300 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    dice.seed(seed);
    crashes = 0;
    store = std::make_unique<storage::memory_store>();
    queue = std::make_unique<storage::commit_queue>(*store);
    wire.exchanges.clear();
    bill.clear();
    told = std::make_shared<recording_listener>();
    start();
    ask_again();
    for (int i = 0; i < 400; ++i)
      anything();
    finish_in_peace();
    check();
    gateway->stop();
    run_actors();
    gateway.reset();
    queue.reset();
  }
  // Not a quiet evening: it was what it says.
  EXPECT_GT(crashes_ever, 300);
  EXPECT_GT(answered, 200);
  EXPECT_GT(broken, 150);
}

INSTANTIATE_TEST_SUITE_P(seeds, chaos, ::testing::Values("m/prefix", "m/plain"),
                         [](auto& info) { return std::string(info.param).substr(2); });

} // namespace
} // namespace pawl::testing
