#include <pawl/duration.hpp>

#include <string>

#include <gtest/gtest.h>

namespace pawl {
namespace {

using namespace std::chrono_literals;

TEST(duration, reads_iso_8601) {
  const std::pair<const char*, duration> table[] = {
      {"PT1S", 1s},
      {"PT0S", 0s},
      {"PT1.5S", 1500ms},
      {"PT0,25S", 250ms},
      {"PT0.000000001S", 1ns},
      {"PT0.0000000019S", 1ns},
      {"PT1M", 1min},
      {"PT1H30M", 90min},
      {"PT0.5H", 30min},
      {"P1D", 24h},
      {"P0.5D", 12h},
      {"P2W", 336h},
      {"P1W2DT3H4M5.006S", 168h + 48h + 3h + 4min + 5s + 6ms},
      {"PT90S", 90s},
      {"PT0.1W", -1ns}, // weeks are no unit of time
      {"PT0.333333333333333333H", 1199999999999ns},
      {"PT9223372036S", 9223372036s},
  };
  for (const auto& [text, expected] : table) {
    const auto read = parse_duration(text);
    if (expected < 0ns) {
      EXPECT_FALSE(read.has_value()) << text;
      continue;
    }
    ASSERT_TRUE(read.has_value()) << text << ": " << read.error().render();
    EXPECT_EQ(*read, expected) << text;
  }
}

TEST(duration, refuses_what_is_not_iso_8601) {
  const std::pair<const char*, const char*> table[] = {
      {"", "is empty"},
      {"P", "has no number"},
      {"PT", "nothing after 'T'"},
      {"P1DT", "nothing after 'T'"},
      {"10s", "does not start with 'P'"},
      {"1", "does not start with 'P'"},
      {"-PT1S", "sign"},
      {"P1Y", "depends on the calendar"},
      {"P1M", "depends on the calendar"},
      {"P1M1D", "depends on the calendar"},
      {"PT1", "no unit"},
      {"PTS", "without a number"},
      {"PT-1S", "without a number"},
      {"PT1.S", "no digits after its decimal sign"},
      {"PT1.5H1S", "fraction before its last number"},
      {"P1.5DT1S", "fraction before its last number"},
      {"PT1S1M", "out of order"},
      {"PT1S1S", "repeated"},
      {"P1H", "unit that is unknown"},
      {"PT1D", "unit that is unknown"},
      {"pt1s", "does not start with 'P'"},
      {"PT1S ", "without a number"},
      {"PT1ST1S", "out of place"},
      {"PT9223372037S", "292 years"},
      {"P99999999999999999999999W", "292 years"},
      {"P106752D", "292 years"},
  };
  for (const auto& [text, words] : table) {
    const auto read = parse_duration(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, errc::invalid_argument) << text;
    EXPECT_NE(read.error().message.find(words), std::string::npos) << read.error().render();
    EXPECT_FALSE(read.error().hint.empty());
  }
}

TEST(duration, reads_objects) {
  EXPECT_EQ(*parse_duration({{"days", 1}, {"hours", 2}, {"minutes", 3}, {"seconds", 4}}),
            24h + 2h + 3min + 4s);
  EXPECT_EQ(*parse_duration({{"milliseconds", 250}}), 250ms);
  EXPECT_EQ(*parse_duration({{"seconds", 0}}), 0s);
  EXPECT_EQ(*parse_duration(json::parse(R"({"seconds": 30.0})")), 30s); // computed by jq
  EXPECT_EQ(*parse_duration(
                {{"days", 1}, {"hours", 2}, {"minutes", 3}, {"seconds", 4}, {"milliseconds", 5}}),
            93'784'005ms);
}

TEST(duration, refuses_objects_that_are_none) {
  const std::pair<const char*, const char*> table[] = {
      {"{}", "is empty"},
      {R"({"second": 1})", "key \"second\" is unknown, did you mean \"seconds\"?"},
      {R"({"weeks": 1})", "is unknown"},
      {R"({"seconds": -1})", "non-negative integer"},
      {R"({"seconds": 1.5})", "non-negative integer"},
      {R"({"seconds": 1e300})", "non-negative integer"},
      {R"({"seconds": -1.0})", "non-negative integer"},
      {R"({"seconds": "1"})", "non-negative integer"},
      {R"({"seconds": null})", "non-negative integer"},
      {R"({"days": 106752})", "292 years"},
      {R"({"milliseconds": 18446744073709551615})", "292 years"},
      {R"({"days": 106751, "hours": 24})", "292 years"},
      {"5", "neither a text nor an object"},
      {"null", "neither a text nor an object"},
      {"[]", "neither a text nor an object"},
  };
  for (const auto& [text, words] : table) {
    const auto read = parse_duration(json::parse(text));
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_NE(read.error().message.find(words), std::string::npos) << read.error().render();
  }
}

TEST(duration, refuses_with_a_text_that_is_fit_to_print) {
  // 79 bytes of ASCII, then a character of two bytes: it is not cut in half.
  const auto read = parse_duration("P" + std::string(78, '\n') + "\xc3\xa9 and more");
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().message.find("\"P" + std::string(78, '?') + "...\""), std::string::npos)
      << read.error().message;
}

} // namespace
} // namespace pawl
