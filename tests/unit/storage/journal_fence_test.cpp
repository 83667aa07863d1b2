// The run's two fences: a stale activation's batches are refused, and so are the batches of an
// agent that goes to sleep, or ends its run, without having read its inbox.
#include "storage/run_journal.hpp"
#include "tests/unit/storage/journal_support.hpp"

namespace pawl::storage {
namespace {

struct journal_fence_test : journal_fixture {
  batch to_inbox(inbox_kind kind) const {
    auto entry = append_inbox(memory, id, kind, nullptr);
    EXPECT_TRUE(entry) << entry.error().render();
    return *std::move(entry);
  }
  /// Consumes what is in the inbox, as the agent does before it ends its run.
  void read_to(std::uint64_t number) {
    run_state next = journal.state();
    next.inbox_read = number;
    journal.set_state(next);
  }
  run_status stored_status() const { return (*read_run(memory, id))->status; }
};

TEST_F(journal_fence_test, a_stale_activation_writes_nothing) {
  run_journal stale = std::move(journal);
  journal = wake_run(memory, id);
  EXPECT_EQ(journal.epoch(), stale.epoch() + 1);
  const auto before = dump(memory);
  stale.stage_intent(path("/a"), call_id("c1"));
  stale.stage_history({{"x", 1}});
  EXPECT_EQ(commit_one(memory, stale.take()), verdict::refused);
  EXPECT_EQ(commit_one(memory, stale.take()), verdict::refused); // even with nothing staged
  EXPECT_EQ(dump(memory), before);
  journal.stage_intent(path("/a"), call_id("c1"));
  commit();
}

TEST_F(journal_fence_test, to_wait_is_to_have_read_the_inbox) {
  set_status(run_status::waiting, at_s(100));
  EXPECT_EQ(commit_one(memory, journal.take(0)), verdict::committed);
  crash();
  set_status(run_status::waiting, at_s(200));
  batch wait = journal.take(0);
  ASSERT_EQ(commit_one(memory, *append_inbox(memory, id, inbox_kind::cancel, nullptr)),
            verdict::committed);
  EXPECT_EQ(commit_one(memory, wait), verdict::refused);
  EXPECT_EQ((*read_run(memory, id))->wake_at, at_s(100));

  crash();
  run_state next = journal.state();
  next.inbox_read = *inbox_tail(memory, id);
  EXPECT_EQ(next.inbox_read, 1u);
  journal.set_state(next);
  EXPECT_EQ(commit_one(memory, journal.take(1)), verdict::committed);
  EXPECT_TRUE(read_inbox(memory, id, 0)->empty()); // consumed entries are gone
  EXPECT_EQ(*inbox_tail(memory, id), 1u);          // their numbers are not
}

TEST_F(journal_fence_test, a_refused_wait_may_go_in_front_of_what_is_taken_next) {
  journal.stage_timer(path("/w"), at_s(100));
  set_status(run_status::waiting, at_s(100));
  batch wait = journal.take(0);
  commit_one(memory, *append_inbox(memory, id, inbox_kind::suspend, nullptr));
  EXPECT_EQ(commit_one(memory, wait), verdict::refused);
  run_state next = journal.state();
  next.status = run_status::running;
  next.wake_at.reset();
  next.inbox_read = 1;
  journal.set_state(next);
  batch both = journal.take();
  both.writes.insert(both.writes.begin(), wait.writes.begin(), wait.writes.end());
  EXPECT_EQ(commit_one(memory, both), verdict::committed);
  crash();
  EXPECT_EQ(step("/w"), "timer /w");
  EXPECT_EQ(count(memory, table::wake), 0u);
  EXPECT_EQ(count(memory, table::run_awake), 1u);
}

// --- the end of a run ----------------------------------------------------------------------------

TEST_F(journal_fence_test, an_end_is_refused_when_a_cancel_came_before_it) {
  journal.stage_intent(path("/a"), call_id("c1"));
  commit();
  journal.finish(run_status::completed, outcome(json(1)), at_s(9));
  const batch end = journal.take(0);
  ASSERT_EQ(commit_one(memory, to_inbox(inbox_kind::cancel)), verdict::committed);
  const auto before = dump(memory);
  EXPECT_EQ(commit_one(memory, end), verdict::refused);
  EXPECT_EQ(dump(memory), before);

  // The next activation reads it and decides again.
  crash();
  EXPECT_EQ(journal.state().status, run_status::pending);
  EXPECT_EQ(step("/a"), "intent /a");
  ASSERT_EQ(read_inbox(memory, id, journal.state().inbox_read)->size(), 1u);
  read_to(1);
  journal.finish(run_status::cancelled, outcome(some_fault()), at_s(10));
  EXPECT_EQ(commit_one(memory, journal.take(1)), verdict::committed);
  EXPECT_EQ(stored_status(), run_status::cancelled);
  EXPECT_TRUE(read_inbox(memory, id, 0)->empty());
}

TEST_F(journal_fence_test, an_end_expects_the_inbox_also_when_its_taker_does_not_say_so) {
  journal.finish(run_status::completed, outcome(json(1)), at_s(9));
  const batch end = journal.take();
  ASSERT_EQ(commit_one(memory, to_inbox(inbox_kind::cancel)), verdict::committed);
  EXPECT_EQ(commit_one(memory, end), verdict::refused);
  EXPECT_EQ(read_inbox(memory, id, 0)->size(), 1u);
}

TEST_F(journal_fence_test, a_cancel_that_was_meant_for_a_living_run_is_refused_after_its_end) {
  // With nothing in the inbox before, and with an entry that was read.
  for (std::uint64_t read = 0; read < 2; ++read) {
    const batch late = to_inbox(inbox_kind::cancel);
    journal.finish(run_status::faulted, outcome(some_fault()), at_s(9));
    ASSERT_EQ(commit_one(memory, journal.take(*inbox_tail(memory, id))), verdict::committed);
    EXPECT_EQ(commit_one(memory, late), verdict::refused);
    EXPECT_TRUE(read_inbox(memory, id, 0)->empty());
    EXPECT_EQ(stored_status(), run_status::faulted);

    ASSERT_EQ(commit_one(memory, to_inbox(inbox_kind::resume)), verdict::committed);
    crash();
    journal.resume_faulted(at_s(10));
    read_to(*inbox_tail(memory, id));
    commit();
  }
}

TEST_F(journal_fence_test, entry_numbers_go_on_after_a_resume) {
  ASSERT_EQ(commit_one(memory, to_inbox(inbox_kind::suspend)), verdict::committed); // 1
  read_to(1);
  journal.finish(run_status::faulted, outcome(some_fault()), at_s(9)); // 2, without an entry
  ASSERT_EQ(commit_one(memory, journal.take(1)), verdict::committed);
  EXPECT_EQ(*inbox_tail(memory, id), 2u);

  ASSERT_EQ(commit_one(memory, to_inbox(inbox_kind::resume)), verdict::committed);
  crash();
  EXPECT_EQ(journal.state().inbox_read, 2u);
  auto unread = read_inbox(memory, id, journal.state().inbox_read);
  ASSERT_EQ(unread->size(), 1u);
  EXPECT_EQ(unread->front().number, 3u);
  EXPECT_EQ(unread->front().kind, inbox_kind::resume);

  journal.resume_faulted(at_s(10));
  read_to(3);
  commit_and_crash();
  EXPECT_EQ(journal.state().status, run_status::running);
  EXPECT_TRUE(read_inbox(memory, id, 0)->empty());
  // A batch that ends nothing leaves the tail where it is.
  EXPECT_EQ(*inbox_tail(memory, id), 3u);
  ASSERT_EQ(commit_one(memory, to_inbox(inbox_kind::cancel)), verdict::committed);
  EXPECT_EQ(read_inbox(memory, id, 3)->front().number, 4u);

  read_to(4);
  journal.finish(run_status::cancelled, outcome(some_fault()), at_s(11));
  ASSERT_EQ(commit_one(memory, journal.take(4)), verdict::committed);
  EXPECT_EQ(*inbox_tail(memory, id), 5u);
}

} // namespace
} // namespace pawl::storage
