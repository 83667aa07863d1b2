#include <set>

#include <gtest/gtest.h>

#include "sim/text.hpp"

namespace pawl::sim {
namespace {

bool is_boundary(const std::string& text, std::size_t at) {
  return at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
}

TEST(text, words_are_the_same_for_the_same_key) {
  EXPECT_EQ(draw_words(7, 40), draw_words(7, 40));
  EXPECT_NE(draw_words(7, 40), draw_words(8, 40));
  EXPECT_EQ(draw_words(7, 40).size(), 40u);
}

TEST(text, some_words_have_characters_of_two_three_and_four_bytes) {
  const std::string text = concatenate(draw_words(1, 2000));
  EXPECT_NE(text.find("\xC3"), std::string::npos);         // two bytes
  EXPECT_NE(text.find("\xE5\xB1\xB1"), std::string::npos); // three
  EXPECT_NE(text.find("\xF0\x9F"), std::string::npos);     // four
}

TEST(text, tokenise_loses_nothing_and_cuts_between_characters) {
  for (const std::string& text :
       {std::string("two words"), std::string(" leading and trailing "),
        std::string("αβγδεζηθικλμν"), std::string(R"({"category":"billing","urgent":true})"),
        std::string("\n\n"), std::string()}) {
    const auto tokens = tokenise(text);
    EXPECT_EQ(concatenate(tokens), text);
    std::size_t at = 0;
    for (const auto& token : tokens) {
      EXPECT_FALSE(token.empty());
      at += token.size();
      EXPECT_TRUE(is_boundary(text, at)) << text << " at " << at;
    }
  }
  EXPECT_EQ(tokenise("two words").size(), 2u);
  EXPECT_EQ(tokenise("abcdefghijklmnop").size(), 2u); // 16 bytes: two pieces of 8
}

TEST(text, prompt_tokens_lie_between_one_and_the_bytes) {
  EXPECT_EQ(count_prompt_tokens(""), 0u);
  EXPECT_EQ(count_prompt_tokens(" "), 1u);
  EXPECT_EQ(count_prompt_tokens("a b c"), 3u);
  EXPECT_EQ(count_prompt_tokens("abcde"), 2u); // 4 bytes and 1
  EXPECT_EQ(count_prompt_tokens("abcd efgh"), 2u);
}

TEST(text, nonces_do_not_repeat_within_a_hundred_thousand) {
  std::set<std::string> seen;
  for (std::uint64_t i = 1; i <= 100'000; ++i)
    seen.insert(draw_nonce(5, i));
  EXPECT_EQ(seen.size(), 100'000u);
  EXPECT_EQ(seen.begin()->size(), nonce_size);
}

TEST(text, coherent_text_has_one_nonce_on_every_word) {
  EXPECT_TRUE(coherent("amber·k3f9 river·k3f9 山川·k3f9"));
  EXPECT_TRUE(coherent(""));
  EXPECT_FALSE(coherent("amber·k3f9 river·k3f8"));
  EXPECT_FALSE(coherent("amber·k3f9 river"));
  EXPECT_FALSE(coherent("amber·k3f9 river·k3"));
  EXPECT_FALSE(coherent("amber·k3f9river·k3f9"));
  EXPECT_FALSE(coherent("amber·k3f9 ·k3f9"));
}

TEST(text, strip_nonces_gives_the_plain_words) {
  const auto words = draw_words(3, 30);
  EXPECT_EQ(strip_nonces(concatenate(tag_words(words, "zz09"))), concatenate(words));
  EXPECT_EQ(strip_nonces("amber"), "amber");
  EXPECT_EQ(strip_nonces("a·b c"), "a·b c"); // no nonce of four
}

TEST(text, the_nonce_of_a_prefix_is_its_first_and_a_cut_one_is_completed) {
  EXPECT_EQ(nonce_of_prefix("amber·k3f9 river·zzzz", "0000"), "k3f9");
  EXPECT_EQ(nonce_of_prefix("amber·k3", "0000"), "k300");
  EXPECT_EQ(nonce_of_prefix("amber·", "0000"), "0000");
  EXPECT_EQ(nonce_of_prefix("amb", "0000"), "0000");
  EXPECT_EQ(nonce_of_prefix("", "0000"), "0000");
}

TEST(text, a_prefix_joins_at_its_longest_end_that_is_a_head) {
  EXPECT_EQ(joined_bytes("abc", "abcdef"), 3u);
  EXPECT_EQ(joined_bytes("xxabc", "abcdef"), 3u);
  EXPECT_EQ(joined_bytes("abcdef", "abcdef"), 6u);
  EXPECT_EQ(joined_bytes("abcdefa", "abcdef"), 1u);
  EXPECT_EQ(joined_bytes("aab", "aabaab"), 3u);
  EXPECT_EQ(joined_bytes("aaba", "aabaab"), 4u);
  EXPECT_EQ(joined_bytes("xyz", "abc"), 0u);
  EXPECT_EQ(joined_bytes("", "abc"), 0u);
  EXPECT_EQ(joined_bytes("abc", ""), 0u);
}

TEST(text, a_head_cut_at_any_character_is_followed_by_exactly_the_rest) {
  for (const auto& whole : {draw_words(11, 60), tag_words(draw_words(12, 60), "ab12"),
                            tokenise("{\"a\":[1,2,{\"b\":3}]}")}) {
    const std::string text = concatenate(whole);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      if (!is_boundary(text, cut))
        continue;
      const auto rest = continue_after(text.substr(0, cut), whole);
      ASSERT_EQ(text.substr(0, cut) + concatenate(rest.tokens), text) << "cut at " << cut;
      std::size_t held = 0;
      for (std::size_t end = 0; held < whole.size() && (end += whole[held].size()) <= cut;)
        ++held;
      ASSERT_EQ(rest.prefix_tokens, held) << "cut at " << cut;
      ASSERT_EQ(rest.prefix_tokens + rest.tokens.size(), whole.size()) << "cut at " << cut;
    }
  }
}

TEST(text, an_authors_beginning_is_followed_by_the_whole_and_that_can_be_continued) {
  const auto whole = draw_words(21, 20);
  const std::string begin = "Sure, here it is:";
  const std::string answer = begin + concatenate(continue_after(begin, whole).tokens);
  EXPECT_EQ(answer, begin + " " + concatenate(whole));
  for (std::size_t cut = begin.size(); cut <= answer.size(); ++cut)
    if (is_boundary(answer, cut)) {
      ASSERT_EQ(answer.substr(0, cut) +
                    concatenate(continue_after(answer.substr(0, cut), whole).tokens),
                answer);
    }
}

} // namespace
} // namespace pawl::sim
