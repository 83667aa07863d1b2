// The gateway's process dies at every commit and every delivery; a new one goes on. What must hold:
// one row for each request that went out, an answer of one piece, and nothing that was shown is
// bought again where the deployment takes a prefix.
#include "tests/unit/actors/gateway_story.hpp"

namespace pawl::testing {
namespace {

using ::testing::IsEmpty;

struct crash_case {
  const char* model;
  bool power_loss;
};

void PrintTo(const crash_case& c, std::ostream* out) {
  *out << c.model << (c.power_loss ? ", power loss" : ", kill");
}

class crash_at : public story_test, public ::testing::WithParamInterface<crash_case> {
protected:
  std::size_t steps_taken = 0;

  /// One thing happens: a message, a commit, or a delivery by the provider. False: nothing is left
  /// to happen.
  bool step() {
    if (scheduler.try_run_once() || queue->pump(1)) {
      ++steps_taken;
      return true;
    }
    for (std::size_t i = 0; i < wire.exchanges.size(); ++i)
      if (speak(i)) {
        ++steps_taken;
        return true;
      }
    return false;
  }
  void ask_again() {
    actors::call_submission what;
    what.id = call;
    what.request = ask(GetParam().model);
    what.run = "run-1";
    gateway->submit(std::move(what));
    gateway->attach(call, 0);
  }
  /// A whole call with a crash after so many steps. False: it ended before.
  bool survive(std::size_t crash_after) {
    start();
    ask_again();
    steps_taken = 0;
    while (steps_taken < crash_after && step()) {
    }
    const bool reached = steps_taken == crash_after;
    const auto shown = screen();
    crash(GetParam().power_loss ? death::power_loss : death::kill);
    const auto shown_before = std::exchange(told->events[call], {});
    const auto answers_before = std::exchange(told->answers[call], {});
    const auto requests_before = wire.exchanges.size();
    start();
    settle();
    EXPECT_EQ(wire.exchanges.size(), requests_before) << "it spends for nobody";
    for (auto& row : rows())
      EXPECT_NE(row.state, attempt_state::reserved) << "all is accounted for at the start";
    ask_again();
    while (step()) {
    }

    check_answer(answers_before);
    check_rows();
    if (!GetParam().power_loss)
      check_nothing_bought_twice(shown);
    check_numbers(shown_before);
    return reached;
  }
  void check_answer(const std::vector<outcome>& before) {
    EXPECT_EQ(value()["text"], all_words());
    for (auto& a : before)
      EXPECT_EQ(a, told->answers[call].back()) << "an answer that was given stands";
    EXPECT_EQ(screen(), all_words());
  }
  void check_rows() {
    auto all = rows();
    std::size_t dispatched = 0;
    for (auto& row : all) {
      EXPECT_EQ(row.attempt, static_cast<std::uint32_t>(&row - all.data()));
      EXPECT_NE(row.state, attempt_state::reserved);
      if (row.state == attempt_state::settled && row.ending == attempt_ending::complete) {
        EXPECT_EQ(row.tokens.output, 8);
        ++dispatched;
      }
    }
    EXPECT_EQ(dispatched, 1u) << "one attempt came to its end";
    EXPECT_LE(all.size(), 2u);
    EXPECT_GE(all.size(), wire.exchanges.size()) << "no request without its row";
    EXPECT_LE(all.size() - wire.exchanges.size(), 1u) << "an intent that was not acted on, at most";
  }
  void check_nothing_bought_twice(const std::string& shown) {
    if (wire.exchanges.size() < 2 || std::string(GetParam().model) != "m/prefix")
      return;
    EXPECT_LE(bill.back().size(), all_words().size() - shown.size())
        << "what was shown is not generated again";
  }
  void check_numbers(const std::vector<stream_event>& before) {
    std::map<std::uint64_t, std::string> seen;
    for (auto& e : before)
      seen[e.number] = e.text;
    for (auto& e : told->events[call]) {
      auto found = seen.find(e.number);
      if (found != seen.end()) {
        EXPECT_EQ(found->second, e.text) << "number " << e.number << " is used twice";
      }
    }
  }
};

TEST_P(crash_at, every_step) {
  // The fixture makes one world; a crash leaves its store behind, so each round begins with a fresh
  // one.
  std::size_t crash_after = 0;
  bool reached = true;
  for (; reached && crash_after < 500 && !HasFailure(); ++crash_after) {
    SCOPED_TRACE("crash after step " + std::to_string(crash_after));
    store = std::make_unique<storage::memory_store>();
    queue = std::make_unique<storage::commit_queue>(*store);
    wire.exchanges.clear();
    bill.clear();
    told = std::make_shared<recording_listener>();
    reached = survive(crash_after);
    gateway->stop();
    run_actors();
    gateway.reset();
    queue.reset();
  }
  EXPECT_GT(crash_after, 40u) << "the sweep covered the call";
  EXPECT_LT(crash_after, 500u);
}

INSTANTIATE_TEST_SUITE_P(
    sweep, crash_at,
    ::testing::Values(crash_case{"m/prefix", false}, crash_case{"m/plain", false},
                      crash_case{"m/prefix", true}, crash_case{"m/plain", true}),
    [](auto& info) {
      return std::string(info.param.model).substr(2) + (info.param.power_loss ? "_power" : "_kill");
    });

TEST_F(story_test, an_end_that_was_logged_is_an_end) {
  start();
  submit(ask("m/plain"));
  wire.last().head(200);
  wire.last().complete("All is well.", 10, 5);
  queue->pump(64); // the events are in the log; the owner never hears of it
  crash();
  start();
  EXPECT_EQ(record()->state, storage::call_state::finished);
  EXPECT_EQ(rows().at(0).state, attempt_state::settled);
  submit(ask("m/plain"));
  EXPECT_EQ(value()["text"], "All is well.");
  EXPECT_EQ(value()["cost"]["exact"], true);
  EXPECT_EQ(wire.exchanges.size(), 1u);
}

TEST_F(story_test, our_own_crashes_do_not_count_against_restarts) {
  start();
  for (int i = 0; i < 5; ++i) {
    submit(ask("m/plain"));
    wire.last().head(200);
    wire.last().text("Once ");
    settle();
    crash();
    start();
  }
  submit(ask("m/plain"));
  answer_normally("Once.");
  EXPECT_EQ(value()["text"], "Once.");
  EXPECT_EQ(record()->restarts, 0u);
  EXPECT_EQ(rows().size(), 6u);
}

TEST_F(story_test, the_stored_request_wins) {
  start();
  submit(ask("m/plain"));
  wire.last().head(200);
  wire.last().text("Once ");
  settle();
  crash();
  start();
  submit(ask("m/prefix", {{"prompt", "something else"}}));
  EXPECT_EQ(wire.last().body["model"], "n-1");
  EXPECT_EQ(wire.last().body["messages"], wire.exchanges[0]->body["messages"]);
}

TEST_F(story_test, a_call_that_was_cancelled_stays_so) {
  start();
  submit(ask("m/plain"));
  gateway->cancel(call);
  settle();
  crash();
  start();
  submit(ask("m/plain"));
  EXPECT_EQ(wire.exchanges.size(), 1u);
  EXPECT_EQ(problem().type, fault_type::interrupted);
}

TEST_F(story_test, an_interrupted_call_may_be_cancelled) {
  start();
  submit(ask("m/plain"));
  crash();
  start();
  gateway->cancel(call);
  settle();
  EXPECT_EQ(record()->state, storage::call_state::cancelled);
  EXPECT_EQ(told->done.size(), 1u);
  EXPECT_EQ(rows().at(0).state, attempt_state::unknown);
  EXPECT_EQ(rows().at(0).ending, attempt_ending::interrupted);
}

TEST_F(story_test, nothing_was_logged_so_it_is_a_retry) {
  start();
  submit(ask("m/plain", {{"onInterrupt", "fault"}}));
  wire.last().head(200);
  settle();
  crash();
  start();
  submit(ask("m/plain"));
  answer_normally();
  ASSERT_EQ(rows().size(), 2u);
  EXPECT_EQ(rows()[0].state, attempt_state::unknown);
  EXPECT_EQ(rows()[1].kind, attempt_kind::retry);
}

TEST_F(story_test, a_restart_in_disguise_is_still_one_after_a_crash) {
  start();
  gateway->attach(call, 0);
  submit(ask("m/prefix"));
  const std::string head = "Once upon a time there was a wheel.";
  wire.last().head(200);
  wire.last().text(head);
  wire.last().fail(net::failure_kind::reset);
  settle();
  wire.last().head(200);
  wire.last().text(head);
  wire.last().text(" It turned.");
  settle();
  crash();
  start();
  EXPECT_EQ(rows().at(1).kind, attempt_kind::restart);
  EXPECT_EQ(rows().at(1).tokens.output, 2) << "of this attempt alone";
  gateway->attach(call, 0);
  submit(ask("m/prefix"));
  EXPECT_EQ(wire.last().body["messages"].back()["content"], head + " It turned.");
  answer_normally(" And turned.");
  EXPECT_EQ(value()["text"], head + " It turned. And turned.");
}

TEST_F(story_test, what_a_continuation_cost_is_told_apart_after_a_crash) {
  start();
  submit(ask("m/prefix"));
  wire.last().head(200);
  wire.last().text("Once ");
  wire.last().text("upon ");
  wire.last().text("a ");
  wire.last().fail(net::failure_kind::reset);
  settle();
  wire.last().head(200);
  wire.last().text("time ");
  settle();
  crash();
  start();
  EXPECT_EQ(rows().at(0).tokens.output, 3);
  EXPECT_EQ(rows().at(1).tokens.output, 1);
}

TEST_F(story_test, whenever_somebody_asks_a_call_has_one_owner) {
  for (int moment = 0; moment < 30; ++moment) {
    SCOPED_TRACE("asked after " + std::to_string(moment) + " steps");
    store = std::make_unique<storage::memory_store>();
    queue = std::make_unique<storage::commit_queue>(*store);
    wire.exchanges.clear();
    start();
    submit(ask("m/prefix"));
    wire.last().head(200);
    wire.last().text("Once ");
    settle();
    crash();
    start_only();
    for (int i = 0; i < moment; ++i)
      if (!scheduler.try_run_once())
        queue->pump(1);
    submit(ask("m/prefix"));
    submit(ask("m/prefix"));
    EXPECT_EQ(wire.exchanges.size(), 2u);
    EXPECT_EQ(rows().size(), 2u);
    gateway->stop();
    run_actors();
    gateway.reset();
    queue.reset();
  }
}

TEST_F(story_test, from_the_moment_of_its_death_it_says_nothing) {
  for (int moment = 0; moment < 6; ++moment) {
    SCOPED_TRACE("killed after " + std::to_string(moment) + " steps");
    start();
    actors::call_submission what;
    what.id = call;
    what.request = ask("nobody/has-it");
    gateway->submit(std::move(what));
    for (int i = 0; i < moment; ++i)
      scheduler.try_run_once();
    const auto said = told->answers[call].size();
    gateway->kill();
    run_actors();
    EXPECT_EQ(told->answers[call].size(), said);
  }
}

TEST_F(story_test, a_killed_gateway_is_silent) {
  start();
  submit(ask("m/plain"));
  wire.last().head(200);
  wire.last().text("Once ");
  queue->fence();
  gateway->kill();
  wire.last().text("upon ");
  queue->pump(64);
  run_actors();
  EXPECT_THAT(store_failures, IsEmpty());
  EXPECT_TRUE(told->answers[call].empty());
}

} // namespace
} // namespace pawl::testing
