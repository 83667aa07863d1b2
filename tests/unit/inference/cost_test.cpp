#include <limits>

#include <gtest/gtest.h>

#include "inference/catalog.hpp"

namespace pawl::inference {
namespace {

token_price price(std::string_view usd_per_million) {
  const auto parsed = token_price::from_usd_per_million(usd_per_million);
  EXPECT_TRUE(parsed) << usd_per_million;
  return *parsed;
}

price_list prices(std::string_view input, std::string_view cached, std::string_view write,
                  std::string_view output) {
  return price_list{price(input), price(cached), price(write), price(output)};
}

usage tokens(std::int64_t input, std::int64_t cached, std::int64_t write, std::int64_t output) {
  usage u;
  u.input = input;
  u.cached_input = cached;
  u.cache_write = write;
  u.output = output;
  return u;
}

// A dollar per million tokens is 1000 nano-dollars per token.
TEST(cost, exact_and_rounded_up_once) {
  const auto usual = prices("0.15", "0.075", "0.1875", "0.60");
  struct row {
    usage used;
    std::int64_t nano;
  };
  const row rows[] = {
      {tokens(0, 0, 0, 0), 0},
      {tokens(1, 0, 0, 0), 150},
      {tokens(0, 0, 0, 1), 600},
      {tokens(1, 1, 0, 0), 75},
      {tokens(2, 0, 1, 0), 338},             // 150 + 187.5
      {tokens(2, 0, 2, 0), 375},             // 187.5 twice: rounded once, not twice
      {tokens(1000, 400, 100, 50), 153'750}, // 500*150 + 400*75 + 100*187.5 + 50*600
      {tokens(1, 5, 0, 0), 375},             // more cached than input: no negative rest
      {tokens(-7, 0, 0, -7), 0},
  };
  for (const auto& r : rows)
    EXPECT_EQ(cost_of(r.used, usual).count(), r.nano);
}

TEST(cost, fractions_of_a_nano_dollar) {
  const auto tiny = prices("0.000000000001", "0", "0", "0.0001"); // 1e-18 and 1e-10 dollars a token
  EXPECT_EQ(cost_of(tokens(1, 0, 0, 0), tiny).count(), 1);
  EXPECT_EQ(cost_of(tokens(1'000'000'000, 0, 0, 0), tiny).count(), 1);
  EXPECT_EQ(cost_of(tokens(1'000'000'001, 0, 0, 0), tiny).count(), 2);
  EXPECT_EQ(cost_of(tokens(0, 0, 0, 10), tiny).count(), 1);
  EXPECT_EQ(cost_of(tokens(0, 0, 0, 11), tiny).count(), 2);
  EXPECT_EQ(cost_of(tokens(5, 5, 0, 0), tiny).count(), 0); // free is free
}

TEST(cost, saturates) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const auto dear = prices("999999.999999999999", "999999.999999999999", "999999.999999999999",
                           "999999.999999999999");
  EXPECT_EQ(cost_of(tokens(most, most, most, most), dear).count(), most);
  bounds_input known;
  known.input_tokens_max = most;
  known.output_deltas = most;
  known.output_tokens_max = most;
  known.choices = most;
  const auto bounds = bounds_of(known, dear);
  EXPECT_EQ(bounds.lower.count(), most);
  EXPECT_EQ(bounds.upper, nano_usd(most));
}

TEST(cost, bounds) {
  const auto usual = prices("0.15", "0.075", "0.1875", "0.60");
  bounds_input known;
  known.input_tokens_max = 100;
  known.output_deltas = 3;
  known.output_tokens_max = 10;
  EXPECT_EQ(bounds_of(known, usual), (cost_bounds{nano_usd(1800), nano_usd(18'750 + 6000)}));
  known.choices = 2;
  EXPECT_EQ(bounds_of(known, usual), (cost_bounds{nano_usd(1800), nano_usd(18'750 + 12'000)}));
  known.output_tokens_max.reset();
  EXPECT_EQ(bounds_of(known, usual), (cost_bounds{nano_usd(1800), std::nullopt}));
  known.output_tokens_max = 10;
  EXPECT_EQ(bounds_of(known, std::nullopt), (cost_bounds{nano_usd(0), std::nullopt}));
}

TEST(cost, upper_is_never_below_lower) {
  bounds_input known;
  known.output_deltas = 100;
  known.output_tokens_max = 10; // the provider did not keep to it
  const auto bounds = bounds_of(known, prices("1", "1", "1", "1"));
  EXPECT_EQ(bounds.lower.count(), 100'000);
  EXPECT_EQ(bounds.upper, nano_usd(100'000));
}

TEST(cost, prices_that_are_refused) {
  for (const auto* text : {"1e-6", "-1", "+1", "", ".", "1.", ".5", "1,5", " 1", "0x1", "1000000",
                           "0.0000000000001", "NaN"})
    EXPECT_FALSE(token_price::from_usd_per_million(text)) << text;
  EXPECT_EQ(price("0.075").atto_usd(), 75'000'000'000U);
}

} // namespace
} // namespace pawl::inference
