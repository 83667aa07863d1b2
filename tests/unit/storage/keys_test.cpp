// Keys: fixed bytes, order, and what they say when they are read back.
#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "storage/keys.hpp"
#include "storage/store.hpp"

namespace pawl::storage {
namespace {

using namespace std::string_literals;

const run_id r1("r1");
const call_id c1("0123456789abcdef0123456789abcdef");

time_point at_ns(std::int64_t ns) {
  return time_point(duration(ns));
}

// Once assigned, never changed: this table is the promise to every store that was ever written.
TEST(keys, have_the_bytes_that_were_assigned_to_them) {
  const std::string call = "0123456789abcdef0123456789abcdef";
  const std::vector<std::pair<std::string, std::string>> table{
      {keys::format(), "fv"},
      {keys::run_start(r1), "rsr1"},
      {keys::run_state(r1), "rtr1"},
      {keys::run_epoch(r1), "rer1"},
      {keys::run_counters(r1), "rcr1"},
      {keys::run_awake(r1), "rar1"},
      {keys::run_journal(r1, "/do/0/a"), "rjr1\0/do/0/a"s},
      {keys::run_journal(r1, ""), "rjr1\0"s},
      {keys::run_history(r1, 1), "rhr1\0\0\0\0\0\0\0\0\1"s},
      {keys::inbox(r1, 258), "rir1\0\0\0\0\0\0\0\1\2"s},
      {keys::inbox_tail(r1), "rqr1"},
      {keys::outbox(r1, 3), "ror1\0\0\0\0\0\0\0\0\3"s},
      {keys::wake(at_ns(5), r1), "rw\x80\0\0\0\0\0\0\5r1"s},
      {keys::wake(at_ns(-1), r1), "rw\x7f\xff\xff\xff\xff\xff\xff\xffr1"s},
      {keys::definition(digest("abc")), "dfabc"},
      {keys::call(c1), "cr" + call},
      {keys::call_open(c1), "co" + call},
      {keys::call_event(c1, 0), "ce" + call + "\0\0\0\0\0\0\0\0\0"s},
      {keys::ledger_row(c1, 2), "lr" + call + "\0\0\0\0\0\0\0\0\2"s},
  };
  for (const auto& [key, bytes] : table)
    EXPECT_EQ(keys::printable(key), keys::printable(bytes));
}

TEST(keys, have_tags_of_their_own) {
  const std::vector<std::string_view> tags{
      table::format,       table::run_start,  table::run_state,   table::run_epoch,
      table::run_counters, table::run_awake,  table::run_journal, table::run_history,
      table::inbox,        table::inbox_tail, table::outbox,      table::wake,
      table::definition,   table::value,      table::call,        table::call_open,
      table::call_event,   table::ledger_row};
  for (std::string_view tag : tags)
    EXPECT_EQ(tag.size(), 2u) << tag;
  EXPECT_EQ(std::set<std::string_view>(tags.begin(), tags.end()).size(), tags.size());
}

TEST(keys, sort_as_their_numbers_and_times_do) {
  const std::vector<std::string> numbers{keys::outbox(r1, 0), keys::outbox(r1, 1),
                                         keys::outbox(r1, 255), keys::outbox(r1, 256),
                                         keys::outbox(r1, UINT64_MAX)};
  EXPECT_TRUE(std::ranges::is_sorted(numbers));
  const std::vector<std::string> times{keys::wake(time_point::min(), r1), keys::wake(at_ns(-1), r1),
                                       keys::wake(at_ns(0), r1), keys::wake(at_ns(1), r1),
                                       keys::wake(time_point::max(), r1)};
  EXPECT_TRUE(std::ranges::is_sorted(times));
}

TEST(keys, of_a_run_are_not_mixed_with_those_of_a_run_whose_id_begins_alike) {
  for (const char* other : {"r10", "r1-", "r1.a", "r1_"}) {
    const std::string prefix = keys::list_prefix(table::run_journal, "r1");
    const std::string stranger = keys::run_journal(run_id(other), "/do");
    EXPECT_FALSE(stranger >= prefix && stranger < prefix_end(prefix)) << other;
  }
}

TEST(keys, say_what_they_were_made_of) {
  const auto entry = keys::numbered_of(table::outbox, keys::outbox(r1, 77));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->id, "r1");
  EXPECT_EQ(entry->number, 77u);
  // The number may have zero bytes, and bytes that look like an id's.
  const auto odd = keys::numbered_of(table::outbox, keys::outbox(r1, 0x6100620063006400));
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->id, "r1");
  EXPECT_EQ(odd->number, 0x6100620063006400u);
  for (std::int64_t ns : {std::int64_t{0}, std::int64_t{-5}, INT64_MAX, INT64_MIN}) {
    const auto wake = keys::wake_of(keys::wake(at_ns(ns), r1));
    ASSERT_TRUE(wake);
    EXPECT_EQ(wake->due, at_ns(ns));
    EXPECT_EQ(wake->run, r1);
  }
  EXPECT_EQ(keys::id_of(table::run_awake, keys::run_awake(r1)), "r1");
}

TEST(keys, of_other_tables_or_cut_short_say_nothing) {
  EXPECT_FALSE(keys::numbered_of(table::inbox, keys::outbox(r1, 1)));
  EXPECT_FALSE(keys::numbered_of(table::outbox, "ro"));
  EXPECT_FALSE(keys::numbered_of(table::outbox, keys::outbox(r1, 1).substr(0, 9)));
  EXPECT_FALSE(keys::wake_of("rw1234567"));
  EXPECT_FALSE(keys::wake_of(keys::wake_bound(at_ns(1))));
  EXPECT_FALSE(keys::id_of(table::run_awake, "ra"));
  EXPECT_FALSE(keys::id_of(table::run_awake, keys::run_start(r1)));
}

TEST(keys, are_printed_readably) {
  EXPECT_EQ(keys::printable("rj\x01\xffz\\"), "rj\\x01\\xffz\\x5c");
}

} // namespace
} // namespace pawl::storage
