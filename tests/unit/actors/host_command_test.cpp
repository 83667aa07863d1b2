// What people and other hosts do to runs: cancel, suspend, resume, Ctrl-C, take over; and what
// becomes of agents that throw.
#include "host_fixture.hpp"
#include "host_programs.hpp"

namespace pawl::testing {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class host_command_test : public host_test {
protected:
  /// Somebody else's entry in the inbox, written past the queue.
  void drop_into_inbox(const std::string& id, storage::inbox_kind kind) {
    auto word = storage::append_inbox(*now().store, run_id(id), kind, json::object());
    ASSERT_TRUE(word.has_value());
    const std::vector<storage::batch> group = {*word};
    ASSERT_EQ(now().store->commit(group, storage::durability::synced)[0],
              storage::verdict::committed);
  }
  /// A run whose last batch before its sleep is under way; nothing else is.
  void bring_to_the_edge_of_sleep() {
    program = patient;
    gateway->confirms = false;
    boot();
    create("r1");
    wake("r1");
    settle();
    gateway->finish("/before");
    run_actors();
    ASSERT_TRUE(now().queue->pump(1)); // the outcome
    run_actors();                      // nothing is left but to wait
    ASSERT_EQ(now().queue->backlog(), 1u);
  }
  void SetUp() override { gateway->answers = fake_gateway::mode::holding; }
  std::optional<errc> cancel(const std::string& id) {
    std::optional<result<void>> answer;
    now().host->cancel(run_id(id), [&](result<void> what) { answer = what; });
    settle();
    EXPECT_TRUE(answer.has_value());
    return *answer ? std::nullopt : std::optional<errc>(answer->error().code);
  }
};

// --- cancel

TEST_F(host_command_test, a_cancelled_run_cancels_its_calls) {
  program = fork;
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  EXPECT_EQ(cancel("r1"), std::nullopt);
  EXPECT_EQ(info("r1").status, run_status::cancelled);
  EXPECT_EQ(seen->statuses.back(), run_status::cancelled);
  for (const char* step : {"/x", "/y", "/z"})
    EXPECT_EQ(gateway->count(std::string("cancel ") + step), 1u);
  EXPECT_EQ(outbox_size("r1"), 0u);
  gateway->finish("/x"); // late
  settle();
  EXPECT_EQ(info("r1").status, run_status::cancelled);
}

TEST_F(host_command_test, a_sleeping_run_is_cancelled_without_being_run) {
  program = patient;
  gateway->answers = fake_gateway::mode::answering;
  boot();
  create("r1");
  wake("r1");
  settle();
  ASSERT_EQ(info("r1").status, run_status::waiting);
  EXPECT_EQ(cancel("r1"), std::nullopt);
  EXPECT_EQ(info("r1").status, run_status::cancelled);
  EXPECT_FALSE(info("r1").wake_at.has_value());
}

TEST_F(host_command_test, a_run_that_has_completed_cannot_be_cancelled) {
  program = chain;
  gateway->answers = fake_gateway::mode::answering;
  boot();
  create("r1");
  wake("r1");
  settle();
  EXPECT_EQ(cancel("r1"), errc::conflict);
  EXPECT_EQ(cancel("nobody"), errc::not_found);
}

TEST_F(host_command_test, a_cancellation_while_the_agent_goes_to_sleep_is_not_lost) {
  bring_to_the_edge_of_sleep();
  drop_into_inbox("r1", storage::inbox_kind::cancel);
  settle();
  EXPECT_EQ(info("r1").status, run_status::cancelled);
  auto wakes = storage::due_wakes(*now().store, time_point::max(), 10);
  ASSERT_TRUE(wakes.has_value());
  EXPECT_TRUE(wakes->empty());
}

TEST_F(host_command_test, what_was_refused_with_the_sleep_is_written_afterwards) {
  bring_to_the_edge_of_sleep();
  drop_into_inbox("r1", storage::inbox_kind::resume); // nothing to do about it
  settle();
  ASSERT_EQ(info("r1").status, run_status::waiting);
  const time_point due = *info("r1").wake_at;
  auto journal = storage::run_journal::load(*now().store, run_id("r1"), 0);
  ASSERT_TRUE(journal.has_value());
  EXPECT_EQ(journal->step(path("/wait")).state, storage::step_state::timer);
  EXPECT_EQ(journal->step(path("/wait")).due, due);
  auto wakes = storage::due_wakes(*now().store, time_point::max(), 10);
  ASSERT_EQ(wakes->size(), 1u);
  EXPECT_EQ(wakes->front().due, due);
}

TEST_F(host_command_test, a_cancellation_that_comes_while_the_agent_leaves_wakes_it_again) {
  bring_to_the_edge_of_sleep();
  ASSERT_TRUE(now().queue->pump(1)); // it waits, durably; nobody has been told
  drop_into_inbox("r1", storage::inbox_kind::cancel);
  settle();
  EXPECT_EQ(info("r1").status, run_status::cancelled);
}

TEST_F(host_command_test, a_lost_wakeup_is_seen) {
  options.canaries.lose_wakeup = true;
  bring_to_the_edge_of_sleep();
  drop_into_inbox("r1", storage::inbox_kind::cancel);
  settle();
  EXPECT_EQ(info("r1").status, run_status::waiting);
}

TEST_F(host_command_test, an_inbox_entry_that_a_crash_left_unread_is_read_by_the_next_process) {
  options.hosts = hosting::all;
  program = patient;
  gateway->answers = fake_gateway::mode::answering;
  boot();
  create("r1");
  wake("r1");
  settle();
  ASSERT_EQ(info("r1").status, run_status::waiting);
  now().host->cancel(run_id("r1"));
  run_actors();
  ASSERT_TRUE(now().queue->pump(1)); // the entry is durable, and that is all
  crash(survival::power_lost);
  settle();
  EXPECT_EQ(info("r1").status, run_status::cancelled);
}

// --- suspend, resume, Ctrl-C

TEST_F(host_command_test, a_suspended_run_ends_its_calls_in_flight_and_starts_nothing) {
  program = chain;
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  now().host->suspend(run_id("r1"));
  settle();
  EXPECT_EQ(info("r1").status, run_status::running); // /a is in flight
  gateway->finish("/a");
  settle();
  EXPECT_EQ(info("r1").status, run_status::suspended);
  EXPECT_EQ(seen->statuses.back(), run_status::suspended);
  EXPECT_EQ(gateway->count("submit /b"), 0u);
  EXPECT_EQ(gateway->count("acknowledge /a"), 1u);

  gateway->answers = fake_gateway::mode::answering;
  wake("r1");
  settle();
  EXPECT_EQ(info("r1").result->value(), json("[[[in]]]"));
  EXPECT_EQ(gateway->count("submit /a"), 1u);
}

TEST_F(host_command_test, a_run_that_is_suspending_itself_can_be_resumed) {
  program = chain;
  boot();
  create("r1");
  wake("r1");
  settle();
  now().host->suspend(run_id("r1"));
  settle();
  now().host->resume(run_id("r1"));
  settle();
  gateway->answers = fake_gateway::mode::answering;
  gateway->finish("/a");
  settle();
  EXPECT_EQ(info("r1").result->value(), json("[[[in]]]"));
}

TEST_F(host_command_test, draining_ends_calls_in_flight_then_suspends) {
  program = chain;
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  int drained = 0;
  now().host->drain([&] { ++drained; });
  settle();
  EXPECT_EQ(drained, 0);
  gateway->finish("/a");
  settle();
  EXPECT_EQ(drained, 1);
  EXPECT_EQ(info("r1").status, run_status::suspended);
  EXPECT_EQ(info("r1").cause, "interrupted");
  EXPECT_EQ(seen->statuses.back(), run_status::suspended);
  EXPECT_EQ(gateway->count("submit /b"), 0u);
  auto late = wake("r1");
  settle();
  ASSERT_EQ(late->refusals.size(), 1u);
}

TEST_F(host_command_test, draining_tells_those_who_wait_for_a_sleeping_run) {
  program = patient;
  gateway->answers = fake_gateway::mode::answering;
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  int drained = 0;
  now().host->drain([&] { ++drained; });
  settle();
  EXPECT_EQ(drained, 1);
  EXPECT_EQ(seen->refusals.size(), 1u);
  EXPECT_EQ(info("r1").status, run_status::waiting);
}

TEST_F(host_command_test, an_intent_that_became_durable_while_draining_is_not_submitted) {
  program = chain;
  boot();
  create("r1");
  wake("r1");
  run_actors();
  now().queue->pump(1); // the epoch
  run_actors();         // the intent of /a is under way
  now().host->drain({});
  run_actors();
  settle();
  EXPECT_TRUE(gateway->log.empty());
  EXPECT_EQ(info("r1").status, run_status::suspended);
  crash(survival::killed);
  gateway->answers = fake_gateway::mode::answering;
  wake("r1");
  settle();
  EXPECT_EQ(info("r1").result->value(), json("[[[in]]]"));
}

// --- faults

TEST_F(host_command_test, a_faulted_run_goes_on_with_a_new_call_when_resumed) {
  program = chain;
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  gateway->finish("/a");
  settle();
  const call_id first = gateway->at("/b");
  fault down(fault_type::communication, 503, "down");
  gateway->finish("/b", outcome(down));
  settle();
  EXPECT_EQ(info("r1").status, run_status::faulted);
  EXPECT_EQ(seen->result->fault().status, 503);

  auto asked = wake("r1"); // a wake does not touch it
  settle();
  EXPECT_THAT(asked->statuses, ElementsAre(run_status::faulted));

  gateway->answers = fake_gateway::mode::answering;
  gateway->log.clear();
  now().host->resume(run_id("r1"));
  settle();
  EXPECT_EQ(info("r1").status, run_status::completed);
  EXPECT_EQ(info("r1").result->value(), json("[[[in]]]"));
  EXPECT_EQ(gateway->count("submit /a"), 0u); // what stands is not done again
  EXPECT_EQ(gateway->count("submit /b"), 1u);
  EXPECT_EQ(gateway->calls.at(first).submissions, 1);
  EXPECT_EQ(gateway->calls.size(), 4u); // /a, /b, /b again, /c
}

TEST_F(host_command_test, a_completed_run_cannot_be_resumed) {
  program = chain;
  gateway->answers = fake_gateway::mode::answering;
  boot();
  create("r1");
  wake("r1");
  settle();
  std::optional<result<void>> answer;
  auto seen = std::make_shared<watcher>();
  now().host->resume(run_id("r1"), seen, [&](result<void> what) { answer = what; });
  settle();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error().code, errc::conflict);
  EXPECT_THAT(seen->statuses, ElementsAre(run_status::completed));
}

// --- agents that throw

async<outcome> throws_after_a_call(context ctx, json, std::shared_ptr<int> times) {
  outcome first = co_await ask(ctx, "a", "one");
  if ((*times)-- > 0)
    throw std::runtime_error("the sky fell");
  co_return first;
}

TEST_F(host_command_test, an_agent_that_throws_starts_again_with_backoff) {
  auto times = std::make_shared<int>(2);
  program = [times](context ctx, json in) {
    return throws_after_a_call(ctx, std::move(in), times);
  };
  gateway->answers = fake_gateway::mode::answering;
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  EXPECT_EQ(info("r1").status, run_status::running);
  pass(std::chrono::milliseconds(49), std::chrono::milliseconds(1));
  EXPECT_EQ(*times, 1); // the first restart comes after 50 to 100 ms
  pass(std::chrono::milliseconds(52), std::chrono::milliseconds(1));
  EXPECT_EQ(*times, 0);
  pass(std::chrono::milliseconds(201), std::chrono::milliseconds(1)); // 100 to 200 ms
  EXPECT_EQ(info("r1").status, run_status::completed);
  EXPECT_EQ(gateway->count("submit /a"), 1u);
}

TEST_F(host_command_test, an_agent_that_keeps_throwing_is_suspended_with_the_cause) {
  auto times = std::make_shared<int>(6);
  program = [times](context ctx, json in) {
    return throws_after_a_call(ctx, std::move(in), times);
  };
  gateway->answers = fake_gateway::mode::answering;
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  pass(std::chrono::seconds(10), std::chrono::milliseconds(50));
  EXPECT_EQ(*times, 0); // once, and five restarts
  EXPECT_EQ(info("r1").status, run_status::suspended);
  EXPECT_THAT(info("r1").cause, HasSubstr("the sky fell"));
  EXPECT_EQ(seen->statuses.back(), run_status::suspended);
  wake("r1"); // mended by now
  settle();
  EXPECT_EQ(info("r1").status, run_status::completed);
  EXPECT_EQ(gateway->count("submit /a"), 1u);
}

struct never {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const noexcept {}
};

async<outcome> waits_for_nothing(context, json) {
  never forever;
  co_await forever;
  co_return outcome();
}

TEST_F(host_command_test, a_program_that_waits_for_nothing_is_a_bug) {
  options.restarts_max = 0;
  program = waits_for_nothing;
  boot();
  create("r1");
  wake("r1");
  settle();
  EXPECT_EQ(info("r1").status, run_status::suspended);
}

TEST_F(host_command_test, a_run_without_a_program_is_suspended_with_the_cause) {
  boot();
  create("r1");
  wake("r1");
  settle();
  EXPECT_EQ(info("r1").status, run_status::suspended);
  EXPECT_THAT(info("r1").cause, HasSubstr("has no program"));
}

// --- two hosts, failing stores

TEST_F(host_command_test, a_stale_activation_is_refused) {
  program = chain;
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  // Another host on the same store wakes the run.
  auto taken = storage::activate(*now().store, run_id("r1"));
  ASSERT_TRUE(taken.has_value());
  const std::vector<storage::batch> group = {taken->raise};
  ASSERT_EQ(now().store->commit(group, storage::durability::synced)[0],
            storage::verdict::committed);
  gateway->finish("/a");
  settle();
  EXPECT_EQ(gateway->count("submit /b"), 0u);
  EXPECT_EQ(gateway->count("acknowledge /a"), 0u);
  ASSERT_EQ(seen->refusals.size(), 1u);
  EXPECT_EQ(seen->refusals[0].code, errc::in_use);
}

TEST_F(host_command_test, a_forgotten_epoch_is_seen) {
  options.canaries.forget_epoch = true;
  program = chain;
  boot();
  create("r1");
  wake("r1");
  settle();
  auto taken = storage::activate(*now().store, run_id("r1"));
  const std::vector<storage::batch> group = {taken->raise};
  now().store->commit(group, storage::durability::synced);
  gateway->finish("/a");
  settle();
  EXPECT_EQ(gateway->count("submit /b"), 1u);
}

TEST_F(host_command_test, a_store_that_fails_stops_the_host) {
  program = chain;
  boot();
  create("r1");
  wake("r1");
  settle();
  error full(errc::store_failed, "disk is full");
  now().store->fail(full);
  gateway->finish("/a");
  settle();
  ASSERT_EQ(store_failures.size(), 1u);
  EXPECT_EQ(gateway->count("submit /b"), 0u);
  EXPECT_EQ(gateway->count("acknowledge /a"), 0u);
  EXPECT_EQ(system.registry().running(), 0u); // the host and its agents have gone
}

TEST_F(host_command_test, a_stopped_host_does_nothing_more) {
  program = chain;
  boot();
  create("r1");
  auto seen = wake("r1");
  settle();
  gateway->answers = fake_gateway::mode::answering;
  gateway->finish("/a"); // under way
  now().host->stop();
  settle();
  EXPECT_EQ(gateway->log.size(), 1u);
  EXPECT_THAT(seen->statuses, ElementsAre(run_status::running));
  EXPECT_EQ(system.registry().running(), 0u);
}

} // namespace pawl::testing
