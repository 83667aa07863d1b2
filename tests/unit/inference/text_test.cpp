// The small helpers: UTF-8 boundaries, bounded JSON, stop strings across a seam.
#include <pawl/limits.hpp>

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "inference/json_text.hpp"
#include "inference/stop_matcher.hpp"
#include "inference/utf8.hpp"

namespace pawl::inference {
namespace {

TEST(utf8, boundary_at_every_cut) {
  // One character each of 1, 2, 3 and 4 bytes.
  const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xbe";
  const std::size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
  ASSERT_EQ(text.size(), 10U);
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_EQ(utf8_boundary(std::string_view(text).substr(0, cut)), expected[cut]) << cut;
}

TEST(utf8, what_is_no_utf8_is_left_alone) {
  EXPECT_EQ(utf8_boundary("\x80\x80\x80\x80"), 4U);
  EXPECT_EQ(utf8_boundary("a\xff"), 2U);
  EXPECT_EQ(utf8_boundary("a\xc0"), 2U); // never a lead byte
  EXPECT_EQ(utf8_boundary("a\xf5\x80"), 3U);
  EXPECT_EQ(utf8_boundary("\xc3\xa9\xa9"), 3U); // a trail too many
}

TEST(utf8, prefix) {
  EXPECT_EQ(utf8_prefix("abc", 5), "abc");
  EXPECT_EQ(utf8_prefix("abc", 2), "ab");
  EXPECT_EQ(utf8_prefix("a\xe2\x82\xac", 3), "a");
  EXPECT_EQ(utf8_prefix("a\xe2\x82\xac", 4), "a\xe2\x82\xac");
}

TEST(json_text, depth_is_bounded) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(limits::json_depth_max)));
  EXPECT_FALSE(parse_json(nested(limits::json_depth_max + 1)));
  EXPECT_FALSE(parse_json(std::string(4'000'000, '[')));
  EXPECT_TRUE(parse_json("\"" + std::string(500, '[') + "\\\"[[\""));
  EXPECT_TRUE(depth_is_bounded(json::parse(nested(limits::json_depth_max))));
  EXPECT_FALSE(depth_is_bounded(json::parse(nested(limits::json_depth_max + 1))));
}

TEST(json_text, what_is_no_json) {
  for (const std::string text : {"", "{", "{}{}", "nul", "\"\xff\"", "{\"a\":1,}", "]"})
    EXPECT_FALSE(parse_json(text)) << text;
}

TEST(json_text, integers) {
  EXPECT_EQ(to_integer(json(5)), 5);
  EXPECT_EQ(to_integer(json(-5)), -5);
  EXPECT_EQ(to_integer(json(200.0)), 200);
  EXPECT_EQ(to_integer(json(0.5)), std::nullopt);
  EXPECT_EQ(to_integer(json(1e300)), std::nullopt);
  EXPECT_EQ(to_integer(json(std::uint64_t{1} << 63)), std::nullopt);
  EXPECT_EQ(to_integer(json("5")), std::nullopt);
}

struct seam_case {
  std::vector<std::string> stops;
  std::string before, after;
  std::optional<std::size_t> cut;
};

std::vector<seam_case> seams() {
  return {
      {{"END"}, "text E", "ND more", 5},
      {{"END"}, "text EN", "D", 5},
      {{"END"}, "text ", "END", std::nullopt}, // wholly after the seam: the provider's
      {{"END"}, "END", "text", std::nullopt},  // wholly before
      {{"END"}, "text E", "xND", std::nullopt},
      {{"END"}, "", "END", std::nullopt},
      {{"END"}, "text E", "", std::nullopt},
      {{"\n\n"}, "a\n", "\nb", 1},
      {{"aba"}, "xab", "ab", 1},        // ends first, though another begins in it
      {{"abcd", "bc"}, "xab", "cd", 2}, // "bc" ends first
      {{"bc", "abc"}, "xab", "c", 1},   // both end at once: the longest
      {{"x", ""}, "x", "x", std::nullopt},
      {{}, "a", "b", std::nullopt},
      {{"\xc3\xa9!"}, "caf\xc3\xa9", "!", 3},
      {{"a long stop string"}, "a", " long stop string", 0},
  };
}

TEST(stop_matcher, at_every_division) {
  for (const auto& s : seams())
    for (std::size_t i = 0; i <= s.after.size(); ++i) {
      stop_matcher matcher(s.stops, s.before);
      auto cut = matcher.add(std::string_view(s.after).substr(0, i));
      if (!cut)
        cut = matcher.add(std::string_view(s.after).substr(i));
      EXPECT_EQ(cut, s.cut) << s.before << "|" << s.after << " at " << i;
    }
}

TEST(stop_matcher, settles) {
  stop_matcher matcher({"END"}, "text E");
  EXPECT_FALSE(matcher.settled());
  EXPECT_EQ(matcher.add("N"), std::nullopt);
  EXPECT_FALSE(matcher.settled());
  EXPECT_EQ(matcher.add("x"), std::nullopt);
  EXPECT_TRUE(matcher.settled()); // three bytes cannot reach back over two
  EXPECT_TRUE(stop_matcher({}, "text").settled());
  EXPECT_TRUE(stop_matcher({"x"}, "text").settled());
  EXPECT_TRUE(stop_matcher({"END"}, "").settled());
}

} // namespace
} // namespace pawl::inference
