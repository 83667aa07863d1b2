// What the host does with runs that are asleep.
#include "storage/run_index.hpp"
#include "tests/unit/storage/journal_support.hpp"

namespace pawl::storage {
namespace {

struct run_index_test : ::testing::Test {
  memory_store memory;

  void must(batch b) { ASSERT_EQ(commit_one(memory, std::move(b)), verdict::committed); }
  void create(const std::string& id) { must(create_run(start_of(id), {{"document", id}})); }
  /// Lets an agent set the run's status and wake time.
  void set(const std::string& id, run_status status, std::optional<time_point> wake = {}) {
    run_journal journal = wake_run(memory, run_id(id));
    run_state next = journal.state();
    next.status = status;
    next.wake_at = wake;
    journal.set_state(next);
    must(journal.take());
  }
  static std::string names(const result<std::vector<run_id>>& ids) {
    EXPECT_TRUE(ids);
    std::string all;
    for (const run_id& id : *ids)
      all += id.str() + " ";
    return all;
  }
};

TEST_F(run_index_test, a_run_is_created_once) {
  create("r1");
  EXPECT_EQ(commit_one(memory, create_run(start_of("r1"), nullptr)), verdict::refused);
  const auto start = read_start(memory, run_id("r1"));
  ASSERT_TRUE(start && *start);
  EXPECT_EQ((*start)->input, start_of("r1").input);
  const auto info = read_run(memory, run_id("r1"));
  ASSERT_TRUE(info && *info);
  EXPECT_EQ((*info)->status, run_status::pending);
  EXPECT_EQ((*info)->definition, "default/chain/1.0.0");
  EXPECT_EQ((*info)->created_at, at_s(1));
  EXPECT_EQ((*info)->updated_at, at_s(1));
  EXPECT_EQ(**read_definition(memory, digest("d1")), json::parse(R"({"document":"r1"})"));
}

TEST_F(run_index_test, what_is_not_there_is_absent_and_no_error) {
  EXPECT_FALSE(*read_start(memory, run_id("x")));
  EXPECT_FALSE(*read_run(memory, run_id("x")));
  EXPECT_FALSE(*read_definition(memory, digest("x")));
  EXPECT_EQ(*inbox_tail(memory, run_id("x")), 0u);
  EXPECT_TRUE(read_inbox(memory, run_id("x"), 0)->empty());
  EXPECT_FALSE(*next_wake(memory));
  const auto epoch = activate(memory, run_id("x"));
  ASSERT_FALSE(epoch);
  EXPECT_EQ(epoch.error().code, errc::not_found);
  const auto post = append_inbox(memory, run_id("x"), inbox_kind::cancel, nullptr);
  ASSERT_FALSE(post);
  EXPECT_EQ(post.error().code, errc::not_found);
}

TEST_F(run_index_test, of_two_activations_the_faster_wins) {
  create("r1");
  const auto one = activate(memory, run_id("r1"));
  const auto two = activate(memory, run_id("r1"));
  EXPECT_EQ(one->epoch, 1u);
  must(two->raise);
  EXPECT_EQ(commit_one(memory, one->raise), verdict::refused);
  EXPECT_EQ(activate(memory, run_id("r1"))->epoch, 2u);
}

TEST_F(run_index_test, runs_are_listed_in_pages_in_the_order_of_their_ids) {
  for (const char* id : {"b", "a", "c", "a-1", "a.0"})
    create(id);
  std::string all;
  run_id after;
  while (true) {
    const auto page = list_runs(memory, 2, after);
    ASSERT_TRUE(page);
    if (page->empty())
      break;
    for (const run_info& info : *page)
      all += info.id.str() + " ";
    after = page->back().id;
  }
  EXPECT_EQ(all, "a a-1 a.0 b c ");
}

TEST_F(run_index_test, orphans_are_pending_or_running) {
  for (const char* id : {"pending", "running", "waiting", "suspended", "done", "again"})
    create(id);
  set("running", run_status::running);
  set("waiting", run_status::waiting, at_s(5));
  set("suspended", run_status::suspended);
  set("done", run_status::completed);
  set("again", run_status::waiting);
  set("again", run_status::running);
  EXPECT_EQ(names(list_orphans(memory)), "again pending running ");
  EXPECT_EQ(count(memory, table::run_awake), 3u); // the index holds nothing else
}

TEST_F(run_index_test, wakes_are_found_earliest_first_up_to_a_time) {
  for (const char* id : {"a", "b", "c"})
    create(id);
  set("a", run_status::waiting, at_s(30));
  set("b", run_status::waiting, at_s(10));
  set("c", run_status::waiting, at_s(20));
  const auto due = [&](time_point until, std::size_t count_max) {
    std::string all;
    const auto found = due_wakes(memory, until, count_max);
    for (const wake_entry& w : *found)
      all += w.run.str();
    return all;
  };
  EXPECT_EQ(due(at_s(30), 10), "bca");
  EXPECT_EQ(due(at_s(20), 10), "bc");
  EXPECT_EQ(due(at_s(20) - duration(1), 10), "b");
  EXPECT_EQ(due(at_s(9), 10), "");
  EXPECT_EQ(due(time_point::max(), 2), "bc");
  EXPECT_EQ((**next_wake(memory)).run, run_id("b"));
  EXPECT_EQ((**next_wake(memory)).due, at_s(10));
}

TEST_F(run_index_test, the_inbox_takes_one_entry_after_the_other) {
  create("r1");
  const auto one = append_inbox(memory, run_id("r1"), inbox_kind::suspend, {{"why", "lunch"}});
  const auto two = append_inbox(memory, run_id("r1"), inbox_kind::cancel, nullptr);
  must(*one);
  EXPECT_EQ(commit_one(memory, *two), verdict::refused);
  must(*append_inbox(memory, run_id("r1"), inbox_kind::cancel, nullptr));
  EXPECT_EQ(*inbox_tail(memory, run_id("r1")), 2u);
  const auto all = read_inbox(memory, run_id("r1"), 0);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].number, 1u);
  EXPECT_EQ((*all)[0].kind, inbox_kind::suspend);
  EXPECT_EQ((*all)[0].data.at("why"), "lunch");
  EXPECT_EQ((*all)[1].number, 2u);
  EXPECT_EQ((*all)[1].kind, inbox_kind::cancel);
  EXPECT_EQ(read_inbox(memory, run_id("r1"), 1)->size(), 1u);
  EXPECT_TRUE(read_inbox(memory, run_id("r1"), UINT64_MAX)->empty());
}

TEST_F(run_index_test, outboxes_are_read_one_by_one_or_all_together) {
  for (const char* id : {"a", "b"}) {
    create(id);
    run_journal journal = wake_run(memory, run_id(id));
    for (const char* name : {"/x", "/y"}) {
      journal.stage_intent(path(name), call_id(std::string("c") + name));
      journal.stage_outcome(path(name), outcome());
    }
    must(journal.take());
  }
  EXPECT_EQ(read_outbox(memory, run_id("a"))->size(), 2u);
  must(remove_delivered(run_id("a"), 1));
  must(remove_delivered(run_id("a"), 1)); // delivering twice is harmless
  const auto all = read_all_outboxes(memory, 10);
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[0].run, run_id("a"));
  EXPECT_EQ((*all)[0].entry.number, 2u);
  EXPECT_EQ((*all)[0].entry.call, call_id("c/y"));
  EXPECT_EQ((*all)[2].run, run_id("b"));
  EXPECT_EQ(read_all_outboxes(memory, 1)->size(), 1u);
}

TEST_F(run_index_test, a_run_without_its_state_is_corrupt) {
  create("r1");
  batch b;
  b.erase(keys::run_state(run_id("r1")));
  must(b);
  const auto info = read_run(memory, run_id("r1"));
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, errc::corrupt);
}

} // namespace
} // namespace pawl::storage
