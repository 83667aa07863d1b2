// The call log on the memory store.
#include <gtest/gtest.h>

#include "storage/call_log.hpp"
#include "storage/keys.hpp"
#include "storage/memory_store.hpp"
#include "tests/unit/storage/store_support.hpp"

namespace pawl::storage {
namespace {

struct call_log_test : ::testing::Test {
  memory_store memory;

  static call_record call(const std::string& id, call_state state = call_state::admitted) {
    call_record c;
    c.id = call_id(id);
    c.state = state;
    c.request = R"({"model":"m"})";
    c.attempts = 1;
    return c;
  }
  static ledger_row row(const std::string& id, std::uint32_t attempt) {
    ledger_row r;
    r.call = call_id(id);
    r.attempt = attempt;
    return r;
  }
  static std::vector<call_event> events(std::initializer_list<std::uint64_t> numbers) {
    std::vector<call_event> out;
    for (std::uint64_t n : numbers) {
      call_event e;
      e.number = n;
      e.data = "event " + std::to_string(n);
      out.push_back(e);
    }
    return out;
  }
  void must(batch b) { ASSERT_EQ(commit_one(memory, std::move(b)), verdict::committed); }
  std::string open() {
    std::string out;
    const auto calls = open_calls(memory);
    EXPECT_TRUE(calls);
    for (const call_record& c : *calls)
      out += c.id.str() + " ";
    return out;
  }
  std::uint64_t end(const std::string& id) { return *events_end(memory, call_id(id)); }
};

TEST_F(call_log_test, a_call_is_admitted_once) {
  EXPECT_FALSE(*read_call(memory, call_id("c1")));
  must(admit(call("c1"), row("c1", 0)));
  EXPECT_EQ(commit_one(memory, admit(call("c1"), row("c1", 0))), verdict::refused);
  const auto known = read_call(memory, call_id("c1"));
  ASSERT_TRUE(known && *known);
  EXPECT_EQ((*known)->id, call_id("c1"));
  EXPECT_EQ((*known)->request, R"({"model":"m"})");
  EXPECT_EQ(read_rows(memory, call_id("c1"))->size(), 1u);
}

TEST_F(call_log_test, a_buried_call_is_never_admitted) {
  must(bury_unknown(call_id("c1"), from_epoch_ms(5)));
  EXPECT_EQ(commit_one(memory, admit(call("c1"), row("c1", 0))), verdict::refused);
  EXPECT_TRUE(read_rows(memory, call_id("c1"))->empty());
  EXPECT_EQ((**read_call(memory, call_id("c1"))).state, call_state::cancelled);
  must(admit(call("c2"), row("c2", 0)));
  EXPECT_EQ(commit_one(memory, bury_unknown(call_id("c2"), from_epoch_ms(5))), verdict::refused);
}

TEST_F(call_log_test, open_calls_are_those_that_are_not_at_their_end) {
  for (const char* id : {"c1", "c2", "c3", "c4", "c5", "c6"})
    must(admit(call(id), row(id, 0)));
  must(put_call(call("c2", call_state::streaming)));
  must(put_call(call("c3", call_state::interrupted)));
  must(put_call(call("c4", call_state::finished)));
  must(put_call(call("c5", call_state::cancelled)));
  must(put_call(call("c6", call_state::released)));
  EXPECT_EQ(open(), "c1 c2 c3 ");
  must(put_call(call("c4", call_state::streaming)));
  EXPECT_EQ(open(), "c1 c2 c3 c4 ");
  EXPECT_EQ(count(memory, table::call_open), 4u);
}

TEST_F(call_log_test, events_are_read_from_a_cursor) {
  must(append_events(call_id("c1"), events({0, 1, 2})));
  must(append_events(call_id("c1"), events({3, 300})));
  must(append_events(call_id("c10"), events({0})));
  const auto some = read_events(memory, call_id("c1"), 2, 2);
  ASSERT_TRUE(some);
  ASSERT_EQ(some->size(), 2u);
  EXPECT_EQ((*some)[0].number, 2u);
  EXPECT_EQ((*some)[1].data, "event 3");
  EXPECT_EQ(read_events(memory, call_id("c1"), 4, 10)->size(), 1u);
  EXPECT_TRUE(read_events(memory, call_id("c1"), 301, 10)->empty());
  EXPECT_TRUE(read_events(memory, call_id("c1"), 0, 0)->empty());
}

TEST_F(call_log_test, the_end_is_one_after_the_last_event_whatever_the_gaps) {
  EXPECT_EQ(end("c1"), 0u);
  must(append_events(call_id("c1"), events({0})));
  EXPECT_EQ(end("c1"), 1u);
  must(append_events(call_id("c1"), events({1, 2, 3, 4, 5, 6})));
  EXPECT_EQ(end("c1"), 7u);
  must(append_events(call_id("c1"), events({1000})));
  EXPECT_EQ(end("c1"), 1001u);
  must(append_events(call_id("c1"), events({std::uint64_t{1} << 62})));
  EXPECT_EQ(end("c1"), (std::uint64_t{1} << 62) + 1);
  EXPECT_EQ(end("c0"), 0u);
  for (std::uint64_t last = 0; last < 70; ++last) {
    must(append_events(call_id("without-gaps"), events({last})));
    EXPECT_EQ(end("without-gaps"), last + 1);
    must(append_events(call_id("odd"), events({2 * last + 1})));
    EXPECT_EQ(end("odd"), 2 * last + 2);
  }
}

TEST_F(call_log_test, releasing_keeps_the_rows_and_a_tombstone) {
  must(admit(call("c1"), row("c1", 0)));
  must(put_row(row("c1", 1)));
  must(append_events(call_id("c1"), events({0, 1, 2})));
  must(append_events(call_id("c2"), events({0})));
  call_record finished = call("c1", call_state::finished);
  finished.answer = outcome(json("long text"));
  must(put_call(finished));
  auto release = release_call(memory, finished);
  ASSERT_TRUE(release);
  must(*std::move(release));
  const auto rest = read_call(memory, call_id("c1"));
  EXPECT_EQ((*rest)->state, call_state::released);
  EXPECT_FALSE((*rest)->answer);
  EXPECT_EQ((*rest)->request, "");
  EXPECT_EQ(end("c1"), 0u);
  EXPECT_EQ(end("c2"), 1u);
  EXPECT_EQ(read_rows(memory, call_id("c1"))->size(), 2u);
  EXPECT_EQ(commit_one(memory, admit(call("c1"), row("c1", 0))), verdict::refused);
}

TEST_F(call_log_test, a_cancelled_call_stays_cancelled_when_it_is_released) {
  const call_record cancelled = call("c1", call_state::cancelled);
  must(*release_call(memory, cancelled));
  EXPECT_EQ((**read_call(memory, call_id("c1"))).state, call_state::cancelled);
}

TEST_F(call_log_test, rows_are_read_by_call_and_attempt) {
  must(put_row(row("c2", 0)));
  must(put_row(row("c1", 10)));
  must(put_row(row("c1", 2)));
  const auto rows = read_rows(memory, call_id("c1"));
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].attempt, 2u);
  EXPECT_EQ((*rows)[1].attempt, 10u);
  std::string seen;
  ASSERT_TRUE(scan_rows(memory, [&](const ledger_row& r) {
    seen += r.call.str() + "/" + std::to_string(r.attempt) + " ";
    return seen.size() < 8;
  }));
  EXPECT_EQ(seen, "c1/2 c1/10 ");
}

TEST_F(call_log_test, joined_batches_keep_expectations_and_order) {
  batch all = put("k", "1");
  batch more = put("k", "2");
  more.expect("x", std::nullopt);
  append(all, std::move(more));
  EXPECT_EQ(all.expects.size(), 1u);
  must(std::move(all));
  EXPECT_EQ(*memory.get("k"), "2");
}

TEST_F(call_log_test, a_damaged_record_is_an_error_and_not_a_call) {
  must(put(keys::call(call_id("c1")), "garbage"));
  must(put(keys::call_open(call_id("c1")), "anything"));
  const auto one = read_call(memory, call_id("c1"));
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().code, errc::corrupt);
  EXPECT_FALSE(open_calls(memory));
}

} // namespace
} // namespace pawl::storage
