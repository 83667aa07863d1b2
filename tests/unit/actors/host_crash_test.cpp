// The host's process ends at every commit, before and after, as a killed process and as a machine
// that lost power.
//
// The gateway survives, as it does in a process of its own. Whatever happens: the output is legal,
// each step has one call id, no call was submitted without a durable intent, and the gateway hears
// the end of every call.
#include "host_fixture.hpp"
#include "host_programs.hpp"

namespace pawl::testing {

class host_crash_test : public host_test {
protected:
  enum class moment { before_commit, after_commit };
  struct scenario {
    actors::agent_program program;
    std::vector<json> legal;
    std::size_t calls; ///< ids that the gateway may know
  };

  void start_over() {
    gateway = std::make_shared<fake_gateway>();
    check_intents();
    boot();
    create("r1");
    wake("r1");
  }
  /// Runs until one batch waits for the queue, or the run has ended. False: ended.
  bool run_to_commit() {
    for (int i = 0; i < 1000; ++i) {
      run_actors();
      if (now().queue->backlog() > 0)
        return true;
      if (is_ended(info("r1").status))
        return false;
      advance(std::chrono::hours(1));
    }
    ADD_FAILURE() << "the run does not come to an end";
    return false;
  }
  /// True: the scenario has a commit number `n`, and a crash there was survived.
  bool crash_at(int n, moment when, survival how, const scenario& what) {
    start_over();
    for (int i = 0; i < n; ++i) {
      if (!run_to_commit())
        return false;
      now().queue->pump(1);
    }
    if (!run_to_commit())
      return false;
    if (when == moment::after_commit)
      now().queue->pump(1);
    crash(how);
    while (run_to_commit())
      now().queue->pump(1);
    settle();
    check(what);
    return true;
  }
  void check(const scenario& what) {
    const run_info end = info("r1");
    ASSERT_EQ(end.status, run_status::completed);
    EXPECT_THAT(what.legal, ::testing::Contains(end.result->value()));
    EXPECT_EQ(gateway->calls.size(), what.calls);
    EXPECT_EQ(intentless, 0);
    EXPECT_EQ(outbox_size("r1"), 0u);
    for (const auto& [id, call] : gateway->calls)
      EXPECT_TRUE(call.acknowledged || call.cancelled) << call.step;
    EXPECT_TRUE(store_failures.empty());
  }
  void sweep(scenario what) {
    options.hosts = hosting::all;
    program = what.program;
    int points = 0;
    for (const survival how : {survival::killed, survival::power_lost}) {
      for (const moment when : {moment::before_commit, moment::after_commit}) {
        for (int n = 0; n < 100; ++n) {
          SCOPED_TRACE("commit " + std::to_string(n) +
                       (when == moment::before_commit ? " before" : " after") +
                       (how == survival::killed ? " killed" : " power lost"));
          if (!crash_at(n, when, how, what))
            break;
          ++points;
        }
      }
    }
    EXPECT_GE(points, 16); // at least four commits
  }
};

TEST_F(host_crash_test, a_chain_survives_a_crash_at_every_commit) {
  sweep({chain, {"[[[in]]]"}, 3});
}

TEST_F(host_crash_test, a_fork_survives_a_crash_at_every_commit) {
  sweep({fork, {"[x][y][z]"}, 3});
}

TEST_F(host_crash_test, a_long_wait_survives_a_crash_at_every_commit) {
  sweep({patient, {"[one][two]"}, 2});
}

TEST_F(host_crash_test, a_race_survives_a_crash_at_every_commit) {
  sweep({compete, {json::object({{"text", "[[l]]"}}), json::object({{"text", "[[r]]"}})}, 3});
}

TEST_F(host_crash_test, answers_that_came_while_nobody_was_awake_are_read_before_due_timers) {
  options.hosts = hosting::all;
  program = deadline;
  gateway->answers = fake_gateway::mode::holding;
  boot();
  create("r1");
  wake("r1");
  settle();
  ASSERT_EQ(gateway->count("submit /slow"), 1u);
  crash(survival::power_lost);
  advance(std::chrono::hours(1)); // the deadline is over, the answer is there
  gateway->calls.at(gateway->at("/slow")).answer = outcome(json("in time"));
  settle();
  EXPECT_EQ(info("r1").result->value(), json("in time"));
}

TEST_F(host_crash_test, a_timer_that_was_due_fires_after_the_first_reply_of_an_open_call) {
  options.hosts = hosting::all;
  program = deadline;
  gateway->answers = fake_gateway::mode::holding;
  boot();
  create("r1");
  wake("r1");
  settle();
  crash(survival::killed);
  gateway->listener->on_link(actors::link_state::down);
  advance(std::chrono::hours(1));
  settle();
  EXPECT_EQ(info("r1").status,
            run_status::running); // held: nobody knows yet whether the call was answered
  gateway->listener->on_link(actors::link_state::up);
  settle();
  EXPECT_EQ(info("r1").result->value(), json("late"));
  EXPECT_EQ(gateway->count("cancel /slow"), 1u);
}

TEST_F(host_crash_test, the_outbox_of_an_ended_run_is_delivered_by_the_next_process) {
  options.hosts = hosting::all;
  program = deadline;
  gateway->answers = fake_gateway::mode::holding;
  gateway->confirms = false;
  boot();
  create("r1");
  wake("r1");
  settle();
  pass(std::chrono::seconds(11), std::chrono::seconds(1));
  ASSERT_EQ(info("r1").status, run_status::completed);
  ASSERT_EQ(outbox_size("r1"), 1u);
  gateway->confirms = true;
  crash(survival::power_lost);
  settle();
  EXPECT_EQ(gateway->count("cancel /slow"), 2u);
  EXPECT_EQ(outbox_size("r1"), 0u);
}

// Several crashes in one life, with actors in any order, commits in groups of any size and a link
// that comes and goes.
TEST_F(host_crash_test, random_lives_end_well) {
  options.hosts = hosting::all;
  const std::vector<scenario> scenarios = {
      {chain, {"[[[in]]]"}, 3},
      {fork, {"[x][y][z]"}, 3},
      {patient, {"[one][two]"}, 2},
      {compete, {json::object({{"text", "[[l]]"}}), json::object({{"text", "[[r]]"}})}, 3},
  };
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    for (const scenario& what : scenarios) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      seeded_random draw(seed);
      program = what.program;
      start_over();
      int crashes_left = 4;
      while (!is_ended(info("r1").status)) {
        const std::uint64_t choice = draw_below(draw, 40);
        if (choice == 0 && crashes_left-- > 0) {
          crash(draw_below(draw, 2) == 0 ? survival::killed : survival::power_lost);
        } else if (choice == 1) {
          gateway->listener->on_link(actors::link_state::down);
          gateway->listener->on_link(actors::link_state::up);
        } else if (choice < 10) {
          now().queue->pump(1 + draw_below(draw, 3));
        } else if (!run_one(draw) && now().queue->backlog() == 0) {
          advance(std::chrono::hours(1));
        }
      }
      settle();
      check(what);
    }
  }
}

// --- canaries: each must be seen

TEST_F(host_crash_test, a_skipped_intent_is_seen) {
  options.canaries.skip_intent = true;
  program = chain;
  start_over();
  settle();
  EXPECT_GT(intentless, 0);
}

TEST_F(host_crash_test, a_dropped_outbox_is_seen) {
  options.canaries.drop_outbox = true;
  program = chain;
  start_over();
  settle();
  EXPECT_EQ(outbox_size("r1"), 0u);
  EXPECT_EQ(gateway->count("acknowledge /a"), 0u);
}

} // namespace pawl::testing
