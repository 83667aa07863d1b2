// One suite for every implementation of the store: what may be relied upon does not depend on which
// one it is.
#include <memory>

#include <gtest/gtest.h>

#include "storage/memory_store.hpp"
#include "storage/rocksdb_store.hpp"
#include "tests/support/fault_store.hpp"
#include "tests/unit/storage/store_support.hpp"

namespace pawl::storage {
namespace {

struct in_memory {
  std::unique_ptr<store> open() { return std::make_unique<memory_store>(); }
};

struct on_rocksdb {
  temp_folder folder;
  std::unique_ptr<store> open() {
    auto opened = open_rocksdb(folder.path());
    EXPECT_TRUE(opened) << opened.error().render();
    return opened ? *std::move(opened) : nullptr;
  }
};

// RocksDB's store has a record of its own, the format: these tests look at keys from "k" on.
template <class Maker>
class any_store : public ::testing::Test {
protected:
  Maker maker;
  std::unique_ptr<store> it = maker.open();

  std::optional<std::string> get(const std::string& key) {
    auto value = it->get(key);
    EXPECT_TRUE(value) << value.error().render();
    return *value;
  }
};

using makers = ::testing::Types<in_memory, on_rocksdb>;
TYPED_TEST_SUITE(any_store, makers);

TYPED_TEST(any_store, answers_what_was_put_and_nothing_after_an_erase) {
  EXPECT_EQ(this->get("k1"), std::nullopt);
  EXPECT_EQ(commit_one(*this->it, put("k1", "one")), verdict::committed);
  EXPECT_EQ(this->get("k1"), "one");
  EXPECT_EQ(commit_one(*this->it, put("k1", "")), verdict::committed);
  EXPECT_EQ(this->get("k1"), "");
  batch erase;
  erase.erase("k1");
  erase.erase("k-never-there");
  EXPECT_EQ(commit_one(*this->it, erase), verdict::committed);
  EXPECT_EQ(this->get("k1"), std::nullopt);
}

TYPED_TEST(any_store, takes_any_bytes) {
  const std::string key("k\0\xff\x80", 4);
  const std::string value("\0\xff\0", 3);
  EXPECT_EQ(commit_one(*this->it, put(key, value)), verdict::committed);
  EXPECT_EQ(this->get(key), value);
}

TYPED_TEST(any_store, later_mutations_of_a_batch_win) {
  batch b = put("k1", "first");
  b.put("k1", "second");
  b.put("k2", "there");
  b.erase("k2");
  b.erase("k3");
  b.put("k3", "back");
  EXPECT_EQ(commit_one(*this->it, b), verdict::committed);
  EXPECT_EQ(this->get("k1"), "second");
  EXPECT_EQ(this->get("k2"), std::nullopt);
  EXPECT_EQ(this->get("k3"), "back");
}

TYPED_TEST(any_store, a_refused_batch_writes_nothing) {
  commit_one(*this->it, put("k1", "one"));
  batch b;
  b.expect("k1", "one");
  b.expect("k2", "two");
  b.put("k1", "changed");
  b.put("k3", "new");
  EXPECT_EQ(commit_one(*this->it, b), verdict::refused);
  EXPECT_EQ(this->get("k1"), "one");
  EXPECT_EQ(this->get("k3"), std::nullopt);
}

TYPED_TEST(any_store, expectations_are_about_exact_bytes_or_absence) {
  commit_one(*this->it, put("k1", "one"));
  const auto answer = [&](std::string key, std::optional<std::string> value) {
    batch b;
    b.expect(std::move(key), std::move(value));
    return commit_one(*this->it, b);
  };
  EXPECT_EQ(answer("k1", "one"), verdict::committed);
  EXPECT_EQ(answer("k1", "on"), verdict::refused);
  EXPECT_EQ(answer("k1", "one "), verdict::refused);
  EXPECT_EQ(answer("k1", std::nullopt), verdict::refused);
  EXPECT_EQ(answer("k2", std::nullopt), verdict::committed);
  EXPECT_EQ(answer("k2", ""), verdict::refused);
}

TYPED_TEST(any_store, batches_of_a_group_see_the_ones_before_and_are_judged_alone) {
  std::vector<batch> group(5);
  group[0].put("k1", "a");
  group[1].expect("k1", "a"); // sees the one before
  group[1].put("k1", "b");
  group[2].expect("k1", "a"); // too late
  group[2].put("k2", "never");
  group[3].expect("k2", std::nullopt); // what was refused was not written
  group[3].erase("k1");
  group[4].expect("k1", std::nullopt); // sees the erase
  group[4].put("k3", "c");
  const auto verdicts = this->it->commit(group, durability::synced);
  const std::vector<verdict> expected{verdict::committed, verdict::committed, verdict::refused,
                                      verdict::committed, verdict::committed};
  EXPECT_EQ(verdicts, expected);
  EXPECT_EQ(dump(*this->it, "k"), (entries{{"k3", "c"}}));
}

TYPED_TEST(any_store, empty_groups_and_empty_batches_are_fine) {
  EXPECT_TRUE(this->it->commit({}, durability::synced).empty());
  EXPECT_EQ(commit_one(*this->it, batch()), verdict::committed);
  EXPECT_TRUE(this->it->sync());
  EXPECT_FALSE(this->it->failure());
}

TYPED_TEST(any_store, scans_half_open_ranges_in_the_order_of_unsigned_bytes) {
  batch b;
  for (const char* key : {"kb", "ka", "k\xff", "k", "kab", "l"})
    b.put(key, key);
  commit_one(*this->it, b);
  const auto keys = [&](std::string_view from, std::string_view to) {
    std::string all;
    for (const auto& [key, value] : dump(*this->it, from, to)) {
      EXPECT_EQ(key, value);
      all += key + " ";
    }
    return all;
  };
  EXPECT_EQ(keys("k", ""), "k ka kab kb k\xff l ");
  EXPECT_EQ(keys("ka", "kb"), "ka kab ");
  EXPECT_EQ(keys("kaa", "kb"), "kab ");
  EXPECT_EQ(keys("k", prefix_end("k")), "k ka kab kb k\xff ");
  EXPECT_EQ(keys("ka", "ka"), "");
  EXPECT_EQ(keys("kb", "ka"), "");
  EXPECT_EQ(keys("m", ""), "");
}

TYPED_TEST(any_store, a_scan_ends_when_its_visitor_says_so) {
  batch b;
  for (int i = 0; i < 10; ++i)
    b.put("k" + std::to_string(i), "");
  commit_one(*this->it, b);
  int visits = 0;
  ASSERT_TRUE(
      this->it->scan("k", "", [&](std::string_view, std::string_view) { return ++visits < 3; }));
  EXPECT_EQ(visits, 3);
}

TYPED_TEST(any_store, a_failing_store_below_is_fail_stop) {
  using test::fault_leaves;
  test::fault_store faulty(*this->it);
  EXPECT_EQ(commit_one(faulty, put("k1", "")), verdict::committed);
  faulty.fail_commit(2);
  EXPECT_EQ(commit_one(faulty, put("k2", "")), verdict::committed);
  EXPECT_EQ(commit_one(faulty, put("k3", "")), verdict::failed);
  EXPECT_EQ(commit_one(faulty, put("k4", "")), verdict::failed);
  EXPECT_FALSE(faulty.sync());
  ASSERT_TRUE(faulty.failure());
  EXPECT_EQ(faulty.failure()->code, errc::store_failed);
  EXPECT_EQ(dump(*this->it, "k"), (entries{{"k1", ""}, {"k2", ""}}));
}

TEST(prefix_end, is_the_least_key_above_all_that_begin_with_the_prefix) {
  EXPECT_EQ(prefix_end("ab"), "ac");
  EXPECT_EQ(prefix_end("a\xff\xff"), "b");
  EXPECT_EQ(prefix_end(std::string("a\0", 2)), "a\x01");
  EXPECT_EQ(prefix_end("\xff\xff"), "");
  EXPECT_EQ(prefix_end(""), "");
}

TEST(fault_store, a_failed_commit_may_have_left_everything) {
  memory_store inner;
  test::fault_store faulty(inner);
  faulty.fail_commit(1, test::fault_leaves::everything);
  EXPECT_EQ(commit_one(faulty, put("k", "v")), verdict::failed);
  EXPECT_EQ(dump(inner), (entries{{"k", "v"}}));
}

TEST(fault_store, a_failed_sync_stops_commits_too) {
  memory_store inner;
  test::fault_store faulty(inner);
  faulty.fail_sync(2);
  EXPECT_TRUE(faulty.sync());
  EXPECT_FALSE(faulty.sync());
  EXPECT_FALSE(faulty.sync());
  EXPECT_EQ(commit_one(faulty, put("k", "v")), verdict::failed);
  EXPECT_TRUE(dump(inner).empty());
}

TEST(memory_store, keeps_what_was_written_over_a_kill_and_what_was_synced_over_power_loss) {
  memory_store before;
  commit_one(before, put("a", "synced"), durability::synced);
  commit_one(before, put("b", "written"), durability::written);
  batch erase;
  erase.erase("a");
  commit_one(before, erase, durability::written);
  EXPECT_EQ(dump(*before.after_process_kill()), (entries{{"b", "written"}}));
  EXPECT_EQ(dump(*before.after_power_loss()), (entries{{"a", "synced"}}));
  EXPECT_EQ(dump(*before.after_process_kill()->after_power_loss()), (entries{{"a", "synced"}}));

  EXPECT_TRUE(before.sync());
  EXPECT_EQ(dump(*before.after_power_loss()), (entries{{"b", "written"}}));

  // A synced commit brings up what was written before it.
  commit_one(before, put("c", "written"), durability::written);
  commit_one(before, put("d", "synced"), durability::synced);
  EXPECT_EQ(dump(*before.after_power_loss()),
            (entries{{"b", "written"}, {"c", "written"}, {"d", "synced"}}));
}

TEST(memory_store, copies_are_independent) {
  memory_store before;
  commit_one(before, put("a", "1"));
  const auto after = before.after_process_kill();
  commit_one(before, put("b", "2"));
  commit_one(*after, put("c", "3"));
  EXPECT_EQ(dump(before), (entries{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(dump(*after), (entries{{"a", "1"}, {"c", "3"}}));
}

TEST(memory_store, fails_when_told_to_and_can_still_be_read) {
  memory_store s;
  commit_one(s, put("a", "1"));
  s.fail(error(errc::store_failed, "disk is gone"));
  EXPECT_EQ(commit_one(s, put("b", "2")), verdict::failed);
  EXPECT_FALSE(s.sync());
  EXPECT_EQ(s.failure()->message, "disk is gone");
  EXPECT_EQ(dump(s), (entries{{"a", "1"}}));
}

} // namespace
} // namespace pawl::storage
