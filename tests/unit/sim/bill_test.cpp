// The bill: what is generated is charged, whoever read it.
#include <gtest/gtest.h>

#include "sim/bill.hpp"
#include "sim/reply.hpp"
#include "virtual_reader.hpp"

namespace pawl::sim::test {
namespace {

using std::chrono::milliseconds;

// Ten tokens, finished at 100, 110, ... 190 ms.
const json ten = ask("[[tokens: 10]]");

TEST(bill, a_complete_answer_costs_what_its_usage_said) {
  world w(paced());
  const auto r = w.ask_and_read(ten);
  const auto row = w.last_row();
  EXPECT_EQ(row.ending, bill_ending::complete);
  EXPECT_EQ(row.generated_tokens, 10);
  EXPECT_EQ(row.delivered_tokens, 10);
  EXPECT_EQ(row.delivered_events, 5);
  EXPECT_EQ(r.usage()["completion_tokens"], row.generated_tokens);
  EXPECT_EQ(r.usage()["prompt_tokens"], row.prompt_tokens);
  EXPECT_EQ(row.received_at, start_of_time);
  EXPECT_EQ(row.ended_at, start_of_time + milliseconds(190));
  EXPECT_TRUE(row.stream);
  for (const auto& event : r.events)
    EXPECT_EQ(event["id"], row.request_id);
  EXPECT_EQ(net::find_header(r.headers, "x-request-id"), row.request_id);
  EXPECT_TRUE(row.request_id.starts_with("sim-"));
}

TEST(bill, a_disconnection_stops_the_bill_but_what_was_generated_ahead_is_charged) {
  auto options = paced();
  options.generate_ahead_tokens = 3;
  world w(options);
  const auto id = w.open(ten);
  const auto r =
      w.read(id, start_of_time + milliseconds(140)); // five tokens: two sent, three ahead
  EXPECT_EQ(r.token_events(), 1);
  w.model.disconnected(id, w.now);
  w.now += std::chrono::hours(1);
  EXPECT_TRUE(w.model.poll(id, w.now).empty());
  EXPECT_EQ(w.model.next_due(id), std::nullopt);
  EXPECT_EQ(w.last_row().generated_tokens, 5);
  EXPECT_EQ(w.last_row().delivered_tokens, 2);
  EXPECT_EQ(w.last_row().ending, bill_ending::disconnected);
  EXPECT_EQ(w.last_row().ended_at, start_of_time + milliseconds(140));
}

TEST(bill, some_providers_charge_to_the_end_whoever_has_gone) {
  auto options = paced();
  options.disconnect = disconnect_behaviour::continues;
  world w(options);
  const auto id = w.open(ten);
  w.read(id, start_of_time + milliseconds(110));
  w.model.disconnected(id, w.now);
  EXPECT_EQ(w.last_row().generated_tokens, 2);
  w.now += std::chrono::hours(1);
  EXPECT_EQ(w.last_row().generated_tokens, 10);
  EXPECT_EQ(w.last_row().delivered_tokens, 2);
}

TEST(bill, disconnected_before_the_first_token_costs_the_prompt) {
  world w(paced());
  const auto id = w.open(ten);
  w.now += milliseconds(99);
  w.model.disconnected(id, w.now);
  EXPECT_EQ(w.last_row().generated_tokens, 0);
  EXPECT_EQ(w.last_row().prompt_tokens, 4); // "[[tokens:" has 9 bytes, "10]]" has 4: 3 + 1
}

TEST(bill, only_events_whose_bytes_were_handed_over_count_as_delivered) {
  world w(paced());
  const auto id = w.open(ten);
  w.now += std::chrono::seconds(1);
  const auto pieces = w.model.poll(id, w.now);
  ASSERT_EQ(pieces[0].kind, piece_kind::head);
  ASSERT_NE(pieces[2].bytes.find("content"), std::string::npos);
  w.model.delivered(id, pieces[1].bytes.size() + pieces[2].bytes.size() - 1);
  EXPECT_EQ(w.last_row().delivered_events, 0);
  w.model.delivered(id, 1);
  EXPECT_EQ(w.last_row().delivered_events, 1);
  EXPECT_EQ(w.last_row().delivered_tokens, 2);
  EXPECT_EQ(w.last_row().generated_tokens, 10);
  EXPECT_EQ(w.last_row().ending, bill_ending::complete);
  w.model.disconnected(id, w.now); // it never took the rest
  EXPECT_EQ(w.last_row().ending, bill_ending::disconnected);
}

TEST(bill, a_disconnection_after_everything_was_handed_over_is_nothing) {
  world w(paced());
  const auto id = w.open(ten);
  w.read(id);
  w.model.disconnected(id, w.now);
  EXPECT_EQ(w.last_row().ending, bill_ending::complete);
}

TEST(bill, no_token_is_bought_twice_by_continuing) {
  const auto text = expected_text(paced(), ten.dump());
  for (int events = 0; events <= 5; ++events) {
    auto options = paced();
    options.faults = {*parse_fault_rule("drop:" + std::to_string(events) + "#1")};
    world w(options);
    const auto head = w.ask_and_read(ten).text();
    const auto rest = w.ask_and_read(with_prefix(ten, head)).text();
    EXPECT_EQ(head + rest, text);
    EXPECT_EQ(w.last_row().prefix_tokens, 2 * events);
    EXPECT_EQ(w.last_row().generated_tokens, 10 - 2 * events);
  }
}

TEST(bill, a_prompt_that_was_served_before_is_cached_without_its_prefix) {
  auto options = instant();
  options.cache = cache_behaviour::same_prompt;
  world w(options);
  const auto text = w.ask_and_read(ask("abcd efgh")).text();
  EXPECT_EQ(w.last_row().cached_tokens, 0);
  const auto r = w.ask_and_read(with_prefix(ask("abcd efgh"), text.substr(0, 4)));
  EXPECT_EQ(w.last_row().prompt_tokens, 3);
  EXPECT_EQ(w.last_row().cached_tokens, 2);
  EXPECT_EQ(r.usage()["prompt_tokens_details"]["cached_tokens"], 2);
  w.ask_and_read(ask("other"));
  EXPECT_EQ(w.last_row().cached_tokens, 0);
}

TEST(bill, an_idempotency_key_is_not_honoured) {
  world w(instant());
  const net::header_list key = {{"Idempotency-Key", "one"}};
  for (int i = 0; i < 2; ++i)
    w.read(w.model.open("POST /v1/chat/completions", key, ten.dump(), w.now));
  const auto rows = w.model.rows(w.now);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_NE(rows[0].request_id, rows[1].request_id);
  EXPECT_EQ(rows[0].generated_tokens + rows[1].generated_tokens, 20);
}

TEST(bill, prompt_tokens_never_exceed_the_bytes_of_the_request) {
  world w(instant());
  for (const auto& body : {ask("a"), ask(""), ask("a b c d e f"), with_prefix(ask("x"), "ä ö ü"),
                           ask(std::string(999, 'x'))}) {
    w.ask_and_read(body);
    EXPECT_LE(w.last_row().prompt_tokens, static_cast<std::int64_t>(body.dump().size()));
  }
}

TEST(bill, its_json_has_rows_and_their_sums) {
  auto options = paced();
  options.mode = text_mode::nonce;
  options.request_id_tag = "t7-";
  options.faults = {*parse_fault_rule("refuse#2")};
  world w(options);
  w.ask_and_read(ten);
  w.ask_and_read(ten);
  w.ask_and_read(ten);
  const auto bill = w.model.bill(w.now);
  ASSERT_EQ(bill["rows"].size(), 3u);
  EXPECT_EQ(bill["totals"]["requests"], 3);
  EXPECT_EQ(bill["totals"]["generatedTokens"], 20);
  EXPECT_EQ(bill["totals"]["deliveredTokens"], 20);
  const auto& row = bill["rows"][0];
  EXPECT_EQ(row["requestId"], "sim-t7-000001");
  EXPECT_EQ(row["model"], "small");
  EXPECT_EQ(row["status"], 200);
  EXPECT_EQ(row["ending"], "complete");
  EXPECT_EQ(row["stream"], true);
  EXPECT_EQ(row["nonce"].get<std::string>().size(), 4u);
  EXPECT_EQ(row["receivedAt"], "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(bill["rows"][1]["ending"], "refused");
  EXPECT_NE(bill["rows"][2]["nonce"], row["nonce"]);
}

TEST(options, nonsense_is_refused) {
  EXPECT_EQ(find_problem(provider_options()), std::nullopt);
  const auto refused = [](auto change) {
    provider_options o;
    change(o);
    return find_problem(o).has_value();
  };
  EXPECT_TRUE(refused([](auto& o) { o.tokens_per_event = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.tokens_per_second = -1; }));
  EXPECT_TRUE(refused([](auto& o) { o.tokens_per_second = 1e-9; }));
  EXPECT_TRUE(refused([](auto& o) { o.generate_ahead_tokens = -1; }));
  EXPECT_TRUE(refused([](auto& o) { o.answer_tokens_min = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.answer_tokens_max = 5; }));
  EXPECT_TRUE(refused([](auto& o) { o.time_to_head = -milliseconds(1); }));
}

} // namespace
} // namespace pawl::sim::test
