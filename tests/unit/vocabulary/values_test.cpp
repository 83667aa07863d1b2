// The small values of the vocabulary: paths, ids, money, time, faults, ledger rows.
#include <pawl/error.hpp>
#include <pawl/id.hpp>
#include <pawl/money.hpp>
#include <pawl/path.hpp>
#include <pawl/random.hpp>
#include <pawl/time.hpp>
#include <pawl/usage.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using namespace pawl;

TEST(path, laps_follow_their_segment_and_leave_the_key) {
  const auto step = path().child("do/2/refine").with_lap(17).child("do/1/act");
  EXPECT_EQ(step.str(), "/do/2/refine~17/do/1/act");
  EXPECT_EQ(step.key(), "/do/2/refine/do/1/act");
  EXPECT_EQ(step.name(), "act");
  EXPECT_EQ(step.with_lap(2).str(), "/do/2/refine~17/do/1/act~2");
  EXPECT_EQ(step.with_lap(2).with_lap(3).str(), "/do/2/refine~17/do/1/act~3");
  EXPECT_EQ(step.with_lap(2).with_lap(0), step);
  EXPECT_EQ(path("/a~1").name(), "a");
  EXPECT_TRUE(path().is_root());
}

TEST(run_id, refuses_what_is_no_name) {
  for (const char* good : {"r", "order-7", "A.b_c-9", "_x"})
    EXPECT_TRUE(parse_run_id(good)) << good;
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("../x"), std::string("-x"), std::string("é"),
        std::string(129, 'a'), std::string("a/b")})
    EXPECT_FALSE(parse_run_id(bad)) << bad;
  EXPECT_TRUE(parse_run_id(std::string(128, 'a')));
}

TEST(sha256, known_answer) {
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(call_id, depends_on_both_parts_and_on_nothing_else) {
  const auto id = make_call_id("00ff", "/do/0/a");
  EXPECT_EQ(id.str().size(), 32u);
  EXPECT_EQ(id, make_call_id("00ff", "/do/0/a"));
  EXPECT_NE(id, make_call_id("00ff", "/do/0/a~1"));
  EXPECT_NE(id, make_call_id("00fe", "/do/0/a"));
}

TEST(money, prices_are_exact_decimals) {
  const auto price = token_price::from_usd_per_million("0.15");
  ASSERT_TRUE(price);
  EXPECT_EQ(price->atto_usd(), 150'000'000'000u); // 0.15e-6 dollars in units of 1e-18
  EXPECT_EQ(token_price::from_usd_per_million("999999.999999999999")->atto_usd(),
            999'999'999'999'999'999u);
  for (const char* bad :
       {"", ".5", "1.", "-1", "1e3", "0.0000000000001", "1000000", "1,5", " 1", "NaN"})
    EXPECT_FALSE(token_price::from_usd_per_million(bad)) << bad;
}

TEST(money, dollars_without_trailing_zeros) {
  EXPECT_EQ(to_usd_text(nano_usd(0)), "0");
  EXPECT_EQ(to_usd_text(nano_usd(123'000)), "0.000123");
  EXPECT_EQ(to_usd_text(nano_usd(12'500'000'000)), "12.5");
  EXPECT_EQ(to_usd_text(nano_usd(-1)), "-0.000000001");
}

TEST(time, iso_text_round_trip) {
  const auto t = from_epoch_ms(1'795'352'400'123);
  EXPECT_EQ(from_iso8601(to_iso8601(t)), t);
  EXPECT_EQ(to_iso8601(from_epoch_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(from_iso8601("2000-02-29T12:34:56Z"), from_epoch_ms(951'827'696'000));
  for (const char* bad : {"", "2001-02-29T12:34:56Z", "2000-02-29 12:34:56Z",
                          "2000-02-29T24:34:56Z", "2000-02-29T12:34:56"})
    EXPECT_FALSE(from_iso8601(bad)) << bad;
}

TEST(fault, short_types_become_full_uris) {
  const fault short_name(fault_type::timeout, 408, "too slow");
  EXPECT_EQ(short_name.type, "https://serverlessworkflow.io/spec/1.0.0/errors/timeout");
  const fault full(fault_type::interrupted, 503, "cut", "why");
  EXPECT_EQ(full.type, "urn:pawl:error:interrupted");
  const nlohmann::json as_json = full;
  EXPECT_EQ(as_json.get<fault>(), full);
  EXPECT_FALSE(as_json.contains("instance"));
}

TEST(ledger_row, json_round_trip) {
  ledger_row row;
  row.call = call_id("c1");
  row.attempt = 2;
  row.kind = attempt_kind::continued;
  row.state = attempt_state::unknown;
  row.ending = attempt_ending::interrupted;
  row.run = "r1";
  row.step = "/do/0/a";
  row.tokens.output = 7;
  row.priced = true;
  row.bounds.lower = nano_usd(3);
  row.bounds.upper = nano_usd(9);
  row.metadata = R"({"team":"x"})";
  row.started_at = from_epoch_ms(1000);
  const nlohmann::json first = row;
  const nlohmann::json second = first.get<ledger_row>();
  EXPECT_EQ(first, second);
  EXPECT_EQ(first["kind"], "continue");
  EXPECT_EQ(first["bounds"]["upper"], 9);
  EXPECT_TRUE(first["endedAt"].is_null());
}

TEST(random, a_seed_repeats_and_draws_stay_below) {
  seeded_random a(5), b(5);
  for (int i = 0; i < 100; ++i) {
    const auto drawn = draw_below(a, 7);
    EXPECT_LT(drawn, 7u);
    EXPECT_EQ(drawn, draw_below(b, 7));
  }
  EXPECT_EQ(draw_hex(a, 2).size(), 32u);
}

} // namespace
