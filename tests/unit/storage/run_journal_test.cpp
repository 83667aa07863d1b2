// The run's journal: what a look-up finds, in memory and after a crash, and what the store is told.
#include "storage/run_journal.hpp"
#include "tests/unit/storage/journal_support.hpp"

namespace pawl::storage {
namespace {

struct run_journal_test : journal_fixture {};

// --- the three ways of a look-up -----------------------------------------------------------------

TEST_F(run_journal_test, finds_nothing_an_intent_or_an_outcome) {
  EXPECT_EQ(step("/do/0/a"), "none /do/0/a");
  journal.stage_intent(path("/do/0/a"), call_id("c1"));
  EXPECT_EQ(step("/do/0/a"), "intent /do/0/a");
  commit_and_crash();
  EXPECT_EQ(step("/do/0/a"), "intent /do/0/a");
  EXPECT_EQ(intents(), "/do/0/a c1, ");
  journal.stage_outcome(path("/do/0/a"), outcome(json("text")));
  EXPECT_EQ(step("/do/0/a"), "outcome /do/0/a");
  commit_and_crash();
  EXPECT_EQ(step("/do/0/a"), "outcome /do/0/a");
  EXPECT_EQ(journal.step(path("/do/0/a")).result->value(), "text");
  EXPECT_EQ(intents(), "");
  EXPECT_EQ(outbox(), "1 acknowledge c1, ");
}

TEST_F(run_journal_test, what_is_staged_and_not_committed_is_lost_with_the_process) {
  journal.stage_intent(path("/a"), call_id("c1"));
  journal.save_scope(path("/do"), 1);
  crash();
  EXPECT_EQ(step("/a"), "none /a");
  EXPECT_EQ(scope("/do"), "lap 0");
}

TEST_F(run_journal_test, what_was_taken_is_ahead_of_the_store_and_still_right) {
  journal.save_scope(path("/do"), 1);
  batch first = journal.take();
  journal.save_scope(path("/do"), 2);
  journal.stage_intent(path("/do/a"), call_id("c1"));
  batch second = journal.take();
  EXPECT_EQ(commit_one(memory, first), verdict::committed);
  EXPECT_EQ(commit_one(memory, second), verdict::committed);
  crash();
  EXPECT_EQ(scope("/do"), "lap 0 saved 2");
  EXPECT_EQ(step("/do/a"), "intent /do/a");
}

TEST_F(run_journal_test, a_step_has_one_outcome) {
  journal.stage_intent(path("/a"), call_id("c1"));
  journal.stage_outcome(path("/a"), outcome(json(1)));
  journal.stage_outcome(path("/a"), outcome(json(2)));
  commit_and_crash();
  journal.stage_outcome(path("/a"), outcome(json(3)));
  EXPECT_FALSE(journal.has_staged());
  EXPECT_EQ(journal.step(path("/a")).result->value(), 1);
  EXPECT_EQ(outbox(), "1 acknowledge c1, ");
}

TEST_F(run_journal_test, the_first_due_time_of_a_timer_counts) {
  journal.stage_timer(path("/w"), at_s(10));
  journal.stage_timer(path("/w"), at_s(20));
  commit_and_crash();
  journal.stage_timer(path("/w"), at_s(30));
  EXPECT_EQ(step("/w"), "timer /w");
  EXPECT_EQ(journal.step(path("/w")).due, at_s(10));
  journal.stage_outcome(path("/w"), outcome(json(nullptr)));
  commit_and_crash();
  EXPECT_EQ(step("/w"), "outcome /w");
  EXPECT_EQ(outbox(), "");
}

TEST_F(run_journal_test, an_own_lap_in_the_path_makes_no_difference) {
  journal.save_scope(path("/do~5"), 1);
  EXPECT_EQ(scope("/do"), "lap 0 saved 1");
  EXPECT_EQ(scope("/do~7"), "lap 0 saved 1");
}

// --- laps ----------------------------------------------------------------------------------------

TEST_F(run_journal_test, the_next_lap_drops_what_is_below_and_nothing_else) {
  journal.save_scope(path("/for"), json("saved"));
  journal.stage_intent(path("/for/a"), call_id("c1"));
  journal.stage_outcome(path("/for/a"), outcome(json(1)));
  journal.save_scope(path("/for/do"), 7);
  journal.stage_outcome(path("/fork"), outcome(json(2)));
  journal.stage_outcome(path("/for-each"), outcome(json(3)));
  commit();
  EXPECT_EQ(journal.next_lap(path("/for")), 1u);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(scope("/for"), "lap 1");
    EXPECT_EQ(step("/for~1/a"), "none /for~1/a");
    EXPECT_EQ(step("/for/a"), "none /for/a");
    EXPECT_EQ(scope("/for~1/do"), "lap 0");
    EXPECT_EQ(step("/fork"), "outcome /fork");
    EXPECT_EQ(step("/for-each"), "outcome /for-each");
    if (round == 0)
      commit_and_crash();
  }
}

TEST_F(run_journal_test, a_loop_uses_its_keys_again_and_erases_nothing) {
  for (int lap = 0; lap < 5; ++lap) {
    const path body = path("/for").with_lap(static_cast<std::uint32_t>(lap));
    journal.save_scope(path("/for"), lap);
    journal.stage_intent(body.child("a"), call_id("c" + std::to_string(lap)));
    commit();
    journal.stage_outcome(body.child("a"), outcome(json(lap)));
    EXPECT_EQ(journal.next_lap(path("/for")), static_cast<std::uint32_t>(lap + 1));
    const batch b = journal.take();
    for (const mutation& m : b.writes)
      EXPECT_TRUE(m.value) << keys::printable(m.key);
    ASSERT_EQ(commit_one(memory, b), verdict::committed);
    EXPECT_EQ(stored(), "/for /for/a ");
  }
}

TEST_F(run_journal_test, a_step_that_was_never_stored_leaves_no_trace_of_its_lap) {
  journal.stage_outcome(path("/for/a"), outcome(json(1)));
  journal.next_lap(path("/for"));
  commit();
  EXPECT_EQ(stored(), "/for ");
}

TEST_F(run_journal_test, the_next_lap_cancels_the_calls_in_flight_below_it) {
  journal.stage_intent(path("/for/a"), call_id("c1"));
  journal.stage_intent(path("/for/do/b"), call_id("c2"));
  journal.stage_intent(path("/else"), call_id("c3"));
  commit();
  journal.next_lap(path("/for"));
  EXPECT_TRUE(journal.has_staged_outbox());
  commit_and_crash();
  EXPECT_EQ(outbox(), "1 cancel c1, 2 cancel c2, ");
  EXPECT_EQ(intents(), "/else c3, ");
  // Once: they are stale now.
  journal.next_lap(path("/for"));
  journal.close_scope(path("/for"), outcome());
  commit();
  EXPECT_EQ(outbox(), "1 cancel c1, 2 cancel c2, ");
}

TEST_F(run_journal_test, records_of_an_earlier_lap_are_absent_after_recovery_too) {
  journal.next_lap(path("/outer"));
  journal.next_lap(path("/outer~1/inner"));
  journal.stage_intent(path("/outer~1/inner~1/a"), call_id("c1"));
  commit();
  journal.next_lap(path("/outer"));
  commit_and_crash();
  EXPECT_EQ(stored(), "/outer /outer/inner /outer/inner/a ");
  EXPECT_EQ(intents(), "");
  EXPECT_EQ(scope("/outer~2/inner"), "lap 0");
  EXPECT_EQ(step("/outer~2/inner/a"), "none /outer~2/inner/a");
  // The inner scope begins anew; its own lap does not make the old step look current.
  journal.next_lap(path("/outer~2/inner"));
  commit_and_crash();
  EXPECT_EQ(scope("/outer~2/inner"), "lap 1");
  EXPECT_EQ(step("/outer~2/inner~1/a"), "none /outer~2/inner~1/a");
  EXPECT_EQ(intents(), "");
  EXPECT_EQ(outbox(), "1 cancel c1, ");
}

TEST_F(run_journal_test, a_new_record_takes_the_place_of_a_stale_one) {
  journal.stage_outcome(path("/for/a"), outcome(json("old")));
  commit();
  journal.next_lap(path("/for"));
  commit_and_crash();
  journal.stage_intent(path("/for~1/a"), call_id("c2"));
  commit_and_crash();
  EXPECT_EQ(step("/for~1/a"), "intent /for~1/a");
  EXPECT_EQ(intents(), "/for~1/a c2, ");
  EXPECT_EQ(stored(), "/for /for/a ");
}

TEST_F(run_journal_test, the_root_is_a_scope_too_and_its_lap_is_in_every_id) {
  journal.save_scope(path(), 5);
  journal.stage_intent(path("/a"), call_id("c1"));
  commit_and_crash();
  EXPECT_EQ(scope(""), "lap 0 saved 5");
  EXPECT_EQ(step("/a"), "intent /a");
  EXPECT_EQ(journal.next_lap(path()), 1u);
  EXPECT_EQ(step("/a"), "none ~1/a");
  commit_and_crash();
  EXPECT_EQ(scope(""), "lap 1");
  EXPECT_EQ(step("/a"), "none ~1/a");
  journal.stage_intent(path("/a"), call_id("c2"));
  commit_and_crash();
  EXPECT_EQ(step("/a"), "intent ~1/a");
  EXPECT_EQ(intents(), "/a c2, ");
  EXPECT_EQ(outbox(), "1 cancel c1, ");
}

// --- closing -------------------------------------------------------------------------------------

TEST_F(run_journal_test, closing_replaces_everything_below_by_one_outcome) {
  journal.save_scope(path("/do"), 1);
  journal.stage_outcome(path("/do/0/a"), outcome(json(1)));
  journal.stage_intent(path("/do/1/b"), call_id("c1"));
  journal.stage_outcome(path("/do-not"), outcome(json(2)));
  commit();
  journal.stage_intent(path("/do/2/c"), call_id("c2"));
  journal.close_scope(path("/do"), outcome(json("sum")));
  EXPECT_EQ(scope("/do"), "lap 0 closed \"sum\"");
  commit_and_crash();
  EXPECT_EQ(scope("/do"), "lap 0 closed \"sum\"");
  EXPECT_EQ(stored(), "/do /do-not ");
  EXPECT_EQ(outbox(), "1 cancel c1, 2 cancel c2, ");
}

TEST_F(run_journal_test, closing_erases_stale_records_of_earlier_activations) {
  journal.stage_outcome(path("/for/do/a"), outcome(json(1)));
  commit();
  journal.next_lap(path("/for"));
  commit_and_crash();
  EXPECT_EQ(stored(), "/for /for/do/a ");
  journal.close_scope(path("/for"), outcome(json(nullptr)));
  commit();
  EXPECT_EQ(stored(), "/for ");
}

TEST_F(run_journal_test, a_key_that_is_erased_and_used_again_in_one_batch_is_kept) {
  journal.stage_outcome(path("/for/do/a"), outcome(json(1)));
  commit();
  journal.close_scope(path("/for/do"), outcome(json(2))); // erases /for/do/a
  journal.next_lap(path("/for"));
  journal.stage_intent(path("/for~1/do/a"), call_id("c1"));
  commit_and_crash();
  EXPECT_EQ(step("/for~1/do/a"), "intent /for~1/do/a");
  journal.close_scope(path("/for"), outcome(json(3)));
  commit();
  EXPECT_EQ(stored(), "/for ");
}

// --- the end, and going on after a fault ---------------------------------------------------------

TEST_F(run_journal_test, a_finished_run_keeps_no_scope_and_no_step) {
  journal.save_scope(path(), 1);
  journal.stage_intent(path("/do/a"), call_id("c1"));
  set_status(run_status::waiting, at_s(50));
  commit();
  journal.finish(run_status::completed, outcome(json("end")), at_s(9));
  commit();
  EXPECT_EQ(stored(), "");
  EXPECT_EQ(outbox(), "1 cancel c1, ");
  EXPECT_EQ(count(memory, table::wake), 0u);
  EXPECT_EQ(count(memory, table::run_awake), 0u);
  const auto info = read_run(memory, id);
  EXPECT_EQ((*info)->status, run_status::completed);
  EXPECT_EQ((*info)->result->value(), "end");
  EXPECT_EQ((*info)->updated_at, at_s(9));
}

TEST_F(run_journal_test, a_faulted_run_stands_where_it_is_and_goes_on_under_new_ids) {
  journal.save_scope(path("/do"), 1);
  journal.stage_outcome(path("/do/0/good"), outcome(json(1)));
  journal.stage_intent(path("/do/1/bad"), call_id("c1"));
  journal.stage_outcome(path("/do/1/bad"), outcome(some_fault()));
  journal.stage_intent(path("/do/1/beside"), call_id("c2"));
  journal.stage_timer(path("/do/1/wait"), at_s(7));
  journal.close_scope(path("/do/2/closed"), outcome(some_fault()));
  journal.close_scope(path("/do/3/closed"), outcome(json(2)));
  commit();
  journal.finish(run_status::faulted, outcome(some_fault()), at_s(9));
  commit_and_crash();
  EXPECT_EQ(outbox(), "1 acknowledge c1, 2 cancel c2, ");
  EXPECT_EQ(intents(), "");

  journal.resume_faulted(at_s(10));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(journal.state().status, run_status::running);
    EXPECT_FALSE(journal.state().result);
    EXPECT_EQ(scope("/do"), "lap 0 saved 1");
    EXPECT_EQ(step("/do/0/good"), "outcome /do/0/good");
    EXPECT_EQ(step("/do/1/bad"), "none /do/1/bad~1");
    EXPECT_EQ(step("/do/1/beside"), "none /do/1/beside~1");
    EXPECT_EQ(step("/do/1/wait"), "timer /do/1/wait");
    EXPECT_EQ(scope("/do/2/closed"), "lap 1");
    EXPECT_EQ(scope("/do/3/closed"), "lap 0 closed 2");
    if (round == 0)
      commit_and_crash();
  }
  EXPECT_EQ(count(memory, table::run_awake), 1u);

  journal.stage_intent(path("/do/1/bad"), call_id("c3"));
  commit_and_crash();
  EXPECT_EQ(step("/do/1/bad"), "intent /do/1/bad~1");
  journal.stage_outcome(path("/do/1/bad"), outcome(some_fault()));
  journal.resume_faulted(at_s(11));
  EXPECT_EQ(step("/do/1/bad"), "none /do/1/bad~2");
}

TEST_F(run_journal_test, a_root_that_closed_with_a_fault_is_reopened_and_its_steps_get_new_ids) {
  journal.stage_intent(path("/a"), call_id("c1"));
  journal.close_scope(path(), outcome(some_fault()));
  journal.finish(run_status::faulted, outcome(some_fault()), at_s(9));
  commit_and_crash();
  journal.resume_faulted(at_s(10));
  commit_and_crash();
  EXPECT_EQ(scope(""), "lap 1");
  EXPECT_EQ(step("/a"), "none ~1/a");
}

TEST_F(run_journal_test, stale_faults_are_not_resumed) {
  journal.stage_outcome(path("/for/a"), outcome(some_fault()));
  commit();
  journal.next_lap(path("/for"));
  commit_and_crash();
  journal.resume_faulted(at_s(10));
  EXPECT_EQ(step("/for~1/a"), "none /for~1/a");
}

// --- numbers and indexes -------------------------------------------------------------------------

TEST_F(run_journal_test, outbox_numbers_never_come_back) {
  journal.stage_intent(path("/a"), call_id("c1"));
  journal.stage_outcome(path("/a"), outcome());
  commit();
  EXPECT_EQ(outbox(), "1 acknowledge c1, ");
  EXPECT_EQ(commit_one(memory, remove_delivered(id, 1)), verdict::committed);
  crash();
  journal.stage_intent(path("/b"), call_id("c2"));
  journal.stage_outcome(path("/b"), outcome());
  commit();
  EXPECT_EQ(outbox(), "2 acknowledge c2, ");
}

TEST_F(run_journal_test, history_goes_on_after_a_crash) {
  journal.stage_history({{"n", 1}});
  journal.stage_history({{"n", 2}});
  commit_and_crash();
  journal.stage_history({{"n", 3}});
  crash(); // lost
  journal.stage_history({{"n", 4}});
  commit();
  const auto all = read_history(memory, id, 10);
  ASSERT_TRUE(all);
  EXPECT_EQ(json(*all), json::parse(R"([{"n":1},{"n":2},{"n":4}])"));
  EXPECT_EQ(read_history(memory, id, 2)->size(), 2u);
}

TEST_F(run_journal_test, there_is_one_wake_entry_while_a_wake_time_is_set) {
  const auto wakes = [&] {
    std::string all;
    const auto due = due_wakes(memory, time_point::max(), 10);
    for (const wake_entry& w : *due)
      all += w.run.str() + "@" + std::to_string(to_epoch_ms(w.due) / 1000) + " ";
    return all;
  };
  EXPECT_EQ(wakes(), "");
  set_status(run_status::waiting, at_s(100));
  commit_and_crash();
  EXPECT_EQ(wakes(), "r1@100 ");
  set_status(run_status::waiting, at_s(50));
  set_status(run_status::waiting, at_s(70)); // only the last before a batch counts
  commit_and_crash();
  EXPECT_EQ(wakes(), "r1@70 ");
  set_status(run_status::running, at_s(70));
  commit();
  EXPECT_EQ(wakes(), "r1@70 ");
  set_status(run_status::running);
  commit();
  EXPECT_EQ(wakes(), "");
}

TEST_F(run_journal_test, says_whether_something_is_staged) {
  EXPECT_FALSE(journal.has_staged());
  journal.stage_history({});
  EXPECT_TRUE(journal.has_staged());
  EXPECT_FALSE(journal.has_staged_outbox());
  commit();
  EXPECT_FALSE(journal.has_staged());
  set_status(run_status::running);
  EXPECT_TRUE(journal.has_staged());
  commit();
  journal.stage_intent(path("/a"), call_id("c1"));
  journal.stage_outcome(path("/a"), outcome());
  EXPECT_TRUE(journal.has_staged_outbox());
  commit();
  EXPECT_FALSE(journal.has_staged_outbox());
  EXPECT_FALSE(journal.has_staged());
}

// --- what cannot be read -------------------------------------------------------------------------

TEST_F(run_journal_test, an_unknown_run_is_not_found) {
  const auto none = run_journal::load(memory, run_id("nobody"), 1);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, errc::not_found);
}

TEST_F(run_journal_test, a_damaged_or_newer_record_is_said_with_its_key) {
  commit_one(memory, put(keys::run_journal(id, "/a"), "garbage"));
  auto loaded = run_journal::load(memory, id, 1);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, errc::corrupt);
  EXPECT_EQ(loaded.error().where, "key rjr1\\x00/a");
  std::string newer;
  json::to_cbor(json{{"v", 2}}, newer);
  commit_one(memory, put(keys::run_journal(id, "/a"), newer));
  loaded = run_journal::load(memory, id, 1);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, errc::format_too_new);
}

TEST_F(run_journal_test, loading_reads_this_run_only) {
  commit_one(memory, create_run(start_of("r10"), json::object()));
  commit_one(memory, put(keys::run_journal(run_id("r10"), "/a"), "garbage"));
  commit_one(memory, put(keys::run_journal(run_id("r"), "/a"), "garbage"));
  EXPECT_TRUE(run_journal::load(memory, id, 1));
}

} // namespace
} // namespace pawl::storage
