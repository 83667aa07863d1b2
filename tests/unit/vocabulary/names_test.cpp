#include <pawl/names.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pawl {
namespace {

TEST(names, nearest) {
  const std::vector<std::string> names{"model", "messages", "maxTokens", "stop", "seed"};
  EXPECT_EQ(nearest_name("maxTokns", names), "maxTokens");
  EXPECT_EQ(nearest_name("max_tokens", names), "maxTokens");
  EXPECT_EQ(nearest_name("Model", names), "model");
  EXPECT_EQ(nearest_name("modle", names), "model");
  EXPECT_EQ(nearest_name("message", names), "messages");
  EXPECT_EQ(nearest_name("sede", names), "seed");
  EXPECT_EQ(nearest_name("temperature", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name("x", {"y"}), ""); // everything would have to change
  EXPECT_EQ(nearest_name(std::string(1'000'000, 'm'), names), "");
  EXPECT_EQ(nearest_name("Modell", {"model", "mode"}), "model");
  EXPECT_EQ(nearest_name("xyz", {"model"}), "");
  EXPECT_EQ(suggest_name("stp", names), "did you mean \"stop\"?");
  EXPECT_EQ(suggest_name("zebra", {"a", "b"}), "allowed are a, b");
  EXPECT_EQ(suggest_name("zebra", {}), "none is allowed here");
}

TEST(names, of_very_short_words_only_the_case_may_differ) {
  EXPECT_EQ(nearest_name("id", {"if", "do", "in"}), "");
  EXPECT_EQ(nearest_name("IF", {"in", "if", "do"}), "if");
  EXPECT_EQ(nearest_name("iff", {"in", "if", "do"}), "if");
}

TEST(names, join) {
  EXPECT_EQ(join_names({}), "");
  EXPECT_EQ(join_names({"a"}), "a");
  EXPECT_EQ(join_names({"a", "b", "c"}), "a, b, c");
}

TEST(names, quote) {
  EXPECT_EQ(quote("a\nb"), "\"a?b\"");
  EXPECT_EQ(quote(std::string(100, 'x')), "\"" + std::string(80, 'x') + "...\"");
  EXPECT_EQ(quote(std::string(80, 'x')), "\"" + std::string(80, 'x') + "\"");
  // Never within a character: one of four bytes that begins at byte 77, 78, 79 or 80.
  for (std::size_t before = 77; before <= 80; ++before)
    EXPECT_EQ(quote(std::string(before, 'x') + "\xf0\x9f\x90\xbe"),
              "\"" + std::string(before, 'x') + "...\"");
  EXPECT_EQ(quote(std::string(76, 'x') + "\xf0\x9f\x90\xbe!"),
            "\"" + std::string(76, 'x') + "\xf0\x9f\x90\xbe...\"");
  EXPECT_LE(quote(std::string(1000, '\x80')).size(), 85U);
}

} // namespace
} // namespace pawl
