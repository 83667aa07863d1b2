// The host and its agents when nothing goes wrong but the weather: chains, forks, races, sleep,
// links.
#include "host_fixture.hpp"
#include "host_programs.hpp"

namespace pawl::testing {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

TEST_F(host_test, runs_a_chain_to_its_end) {
  program = chain;
  check_intents();
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  EXPECT_THAT(seen->statuses, ElementsAre(run_status::running, run_status::completed));
  ASSERT_TRUE(seen->result.has_value());
  EXPECT_EQ(seen->result->value(), json("[[[in]]]"));
  EXPECT_EQ(info("r1").status, run_status::completed);
  EXPECT_EQ(info("r1").result->value(), json("[[[in]]]"));
  EXPECT_EQ(gateway->calls.size(), 3u);
  EXPECT_EQ(intentless, 0);
  for (const auto& [id, call] : gateway->calls) {
    EXPECT_EQ(call.submissions, 1);
    EXPECT_TRUE(call.acknowledged);
    EXPECT_FALSE(call.cancelled);
  }
  EXPECT_EQ(outbox_size("r1"), 0u);
}

TEST_F(host_test, call_ids_follow_from_incarnation_and_path) {
  program = chain;
  boot();
  create("r1");
  wake("r1");
  settle();
  EXPECT_EQ(gateway->at("/a"), make_call_id("r1" + std::string(30, 'a'), "/a"));
}

TEST_F(host_test, intents_of_one_turn_share_a_commit) {
  program = fork;
  boot();
  create("r1");
  wake("r1");
  run_actors();
  ASSERT_TRUE(now().queue->pump(1)); // the epoch
  run_actors();
  EXPECT_EQ(now().queue->backlog(), 1u);
  EXPECT_TRUE(gateway->log.empty()); // nothing goes out before its intent is durable
  ASSERT_TRUE(now().queue->pump(1));
  run_actors();
  EXPECT_THAT(gateway->log, ElementsAre("submit /x", "submit /y", "submit /z"));
  settle();
  EXPECT_EQ(info("r1").result->value(), json("[x][y][z]"));
}

TEST_F(host_test, an_outcome_is_durable_before_the_program_sees_it) {
  program = chain;
  gateway->answers = fake_gateway::mode::holding;
  boot();
  create("r1");
  wake("r1");
  settle();
  gateway->finish("/a");
  run_actors();
  EXPECT_EQ(now().queue->backlog(), 1u);
  EXPECT_EQ(gateway->count("submit /b"), 0u);
  EXPECT_EQ(gateway->count("acknowledge /a"), 0u);
  settle();
  EXPECT_EQ(gateway->count("submit /b"), 1u);
  EXPECT_EQ(gateway->count("acknowledge /a"), 1u);
}

TEST_F(host_test, a_long_wait_costs_nothing_and_ends_on_time) {
  program = patient;
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  EXPECT_THAT(seen->statuses, ElementsAre(run_status::running, run_status::waiting));
  EXPECT_EQ(info("r1").status, run_status::waiting);
  ASSERT_TRUE(info("r1").wake_at.has_value());
  EXPECT_EQ(*info("r1").wake_at, clock.now() + std::chrono::hours(48));
  EXPECT_EQ(system.registry().running(), 1u); // the host alone
  pass(std::chrono::hours(48) - std::chrono::seconds(1), std::chrono::minutes(30));
  EXPECT_EQ(gateway->count("submit /after"), 0u);
  pass(std::chrono::seconds(2));
  EXPECT_EQ(info("r1").status, run_status::completed);
  EXPECT_EQ(info("r1").result->value(), json("[one][two]"));
  EXPECT_EQ(gateway->count("submit /before"), 1u);
}

TEST_F(host_test, a_host_of_all_wakes_what_an_earlier_process_left_waiting) {
  program = patient;
  options.hosts = hosting::all;
  boot();
  create("r1");
  wake("r1");
  settle();
  crash(survival::power_lost);
  settle();
  EXPECT_EQ(info("r1").status, run_status::waiting);
  pass(std::chrono::hours(49), std::chrono::minutes(30));
  EXPECT_EQ(info("r1").result->value(), json("[one][two]"));
}

async<outcome> short_nap(context ctx, json) {
  const time_point due = ctx.now() + std::chrono::milliseconds(200);
  co_return co_await ctx.sleep_until("nap", due);
}

TEST_F(host_test, a_short_wait_needs_no_commit_of_its_own) {
  program = short_nap;
  boot();
  create("r1");
  wake("r1");
  run_actors();
  ASSERT_TRUE(now().queue->pump(1)); // the epoch
  run_actors();
  EXPECT_EQ(now().queue->backlog(), 0u);
  advance(std::chrono::milliseconds(200));
  settle();
  EXPECT_EQ(info("r1").status, run_status::completed);
}

TEST_F(host_test, the_loser_of_a_race_is_cancelled_once) {
  program = compete;
  gateway->answers = fake_gateway::mode::holding;
  boot();
  create("r1");
  wake("r1");
  settle();
  gateway->finish("/race/right");
  settle();
  EXPECT_EQ(gateway->count("cancel /race/left"), 1u);
  EXPECT_EQ(gateway->count("acknowledge /race/right"), 1u);
  EXPECT_EQ(outbox_size("r1"), 0u);
  gateway->finish("/race/left"); // a late answer finds nobody
  settle();
  gateway->finish("/last");
  settle();
  EXPECT_EQ(info("r1").result->value().at("text"), "[[r]]");
}

TEST_F(host_test, outbox_entries_wait_for_the_link_and_are_delivered_until_confirmed) {
  program = compete;
  gateway->answers = fake_gateway::mode::holding;
  gateway->confirms = false;
  boot();
  create("r1");
  wake("r1");
  settle();
  gateway->finish("/race/right");
  settle();
  EXPECT_EQ(gateway->count("cancel /race/left"), 1u);
  EXPECT_EQ(outbox_size("r1"), 2u);
  gateway->listener->on_link(actors::link_state::down);
  gateway->confirms = true;
  gateway->listener->on_link(actors::link_state::up);
  settle();
  EXPECT_EQ(gateway->count("cancel /race/left"), 2u);
  EXPECT_EQ(outbox_size("r1"), 0u);
}

TEST_F(host_test, a_link_that_comes_up_brings_open_submissions_again) {
  program = fork;
  gateway->answers = fake_gateway::mode::holding;
  boot();
  gateway->listener->on_link(actors::link_state::down);
  create("r1");
  wake("r1");
  settle();
  EXPECT_TRUE(gateway->log.empty());
  gateway->listener->on_link(actors::link_state::up);
  settle();
  EXPECT_THAT(gateway->log, UnorderedElementsAre("submit /x", "submit /y", "submit /z"));
  gateway->finish("/x");
  settle();
  gateway->log.clear();
  gateway->listener->on_link(actors::link_state::down);
  gateway->listener->on_link(actors::link_state::up);
  settle();
  EXPECT_THAT(gateway->log, UnorderedElementsAre("submit /y", "submit /z"));
}

TEST_F(host_test, observers_see_each_stream_event_once) {
  program = chain;
  gateway->answers = fake_gateway::mode::holding;
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  const call_id call = gateway->at("/a");
  EXPECT_THAT(gateway->calls[call].cursors, ElementsAre(0u));
  const std::vector<stream_event> first = {{0, stream_event_kind::text, "he"},
                                           {1, stream_event_kind::text, "ll"}};
  gateway->listener->on_events(call, first);
  settle();
  gateway->listener->on_link(actors::link_state::down);
  gateway->listener->on_link(actors::link_state::up);
  settle();
  EXPECT_THAT(gateway->calls[call].cursors, ElementsAre(0u, 2u));
  const std::vector<stream_event> again = {{1, stream_event_kind::text, "ll"},
                                           {2, stream_event_kind::text, "o"}};
  gateway->listener->on_events(call, again);
  settle();
  EXPECT_EQ(seen->text, "hello");
}

async<outcome> noting(context ctx, json) {
  task_note note(task_phase::started, ctx.where().child("t"), "call");
  ctx.note(note);
  co_return outcome(json(1));
}

TEST_F(host_test, notes_go_to_observers_and_into_history) {
  program = noting;
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  EXPECT_THAT(seen->notes, ElementsAre("/t"));
  auto history = storage::read_history(*now().store, run_id("r1"), 100);
  ASSERT_TRUE(history.has_value());
  const bool found = std::any_of(history->begin(), history->end(), [](const json& line) {
    return line.value("task", "") == "/t" && line.value("phase", "") == "started" &&
           line.value("kind", "") == "call" && line.contains("at");
  });
  EXPECT_TRUE(found);
}

TEST_F(host_test, more_runs_than_may_be_awake_take_turns) {
  program = chain;
  options.awake_max = 2;
  gateway->answers = fake_gateway::mode::holding;
  boot();
  for (const char* id : {"r1", "r2", "r3"})
    create(id);
  for (const char* id : {"r1", "r2", "r3"})
    wake(id);
  settle();
  EXPECT_EQ(gateway->log.size(), 2u);
  gateway->answers = fake_gateway::mode::answering;
  gateway->listener->on_link(actors::link_state::up); // the held ones are asked again and answered
  settle();
  for (const char* id : {"r1", "r2", "r3"})
    EXPECT_EQ(info(id).status, run_status::completed) << id;
}

TEST_F(host_test, the_same_id_with_other_input_is_a_conflict_that_says_what_differs) {
  program = chain;
  boot();
  create("r1", "one");
  std::optional<result<actors::creation>> same;
  std::optional<result<actors::creation>> other;
  now().host->create(start_of("r1", "one"), json::object(), [&](auto what) { same = what; });
  now().host->create(start_of("r1", "two"), json::object(), [&](auto what) { other = what; });
  settle();
  ASSERT_TRUE(same && other);
  ASSERT_TRUE(same->has_value());
  EXPECT_EQ(same->value(), actors::creation::existed);
  ASSERT_FALSE(other->has_value());
  EXPECT_EQ(other->error().code, errc::conflict);
  EXPECT_NE(other->error().message.find("input"), std::string::npos);
}

TEST_F(host_test, an_unknown_run_is_refused) {
  boot();
  auto seen = wake("nobody");
  settle();
  ASSERT_EQ(seen->refusals.size(), 1u);
  EXPECT_EQ(seen->refusals[0].code, errc::not_found);
}

} // namespace pawl::testing
