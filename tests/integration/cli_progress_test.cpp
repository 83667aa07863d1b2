// Streaming text on a terminal: whole lines, whole words, 80 columns, whoever speaks.
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "cli/stream_lines.hpp"
#include "cli/text_layout.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;

struct shown {
  std::map<std::string, std::vector<std::string>> words; // by name
  std::vector<std::string> lines;
};

shown read(const std::string& text) {
  shown out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    out.lines.push_back(line);
    const auto bar = line.find(" | ");
    EXPECT_TRUE(line.starts_with("  ") && bar != std::string::npos) << line;
    EXPECT_LE(columns_of(line), 80u) << line;
    std::istringstream words(line.substr(bar + 3));
    for (std::string word; words >> word;)
      out.words[line.substr(2, bar - 2)].push_back(word);
  }
  return out;
}

std::string word(int stream, int i) {
  return "w" + std::to_string(stream) + "." + std::to_string(i);
}

TEST(stream_lines, three_streams_at_once_come_in_whole_lines_and_nothing_is_lost) {
  std::ostringstream out;
  stream_lines lines(out);
  constexpr int count = 200;
  for (int i = 0; i < count; ++i)
    for (int stream = 0; stream < 3; ++stream) {
      const auto w = word(stream, i) + " ";
      lines.add("/" + std::to_string(stream), "s" + std::to_string(stream), w.substr(0, 2));
      lines.add("/" + std::to_string(stream), "", w.substr(2)); // a word may come in pieces
    }
  lines.finish_all();
  const auto seen = read(out.str());
  ASSERT_EQ(seen.words.size(), 3u);
  for (int stream = 0; stream < 3; ++stream) {
    const auto& words = seen.words.at("s" + std::to_string(stream));
    ASSERT_EQ(words.size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
      EXPECT_EQ(words[i], word(stream, i));
  }
  // 600 words of 5 columns and a space fill at least 45 lines; broken lines would be many more.
  EXPECT_LE(seen.lines.size(), 70u);
}

TEST(stream_lines, a_stream_alone_is_shown_word_by_word_without_the_unfinished_one) {
  std::ostringstream out;
  stream_lines lines(out);
  lines.add("/a", "ask", "one tw");
  EXPECT_EQ(out.str(), "  ask | one");
  lines.add("/a", "", "o three");
  EXPECT_EQ(out.str(), "  ask | one two");
  lines.finish("/a");
  EXPECT_EQ(out.str(), "  ask | one two three\n");
}

TEST(stream_lines, who_waits_for_two_lines_takes_the_line_over) {
  std::ostringstream out;
  stream_lines lines(out);
  lines.add("/a", "silent", "begins and ");
  for (int i = 0; i < 40; ++i)
    lines.add("/b", "talks", "word ");
  EXPECT_NE(out.str().find("talks | word"), std::string::npos);
  lines.add("/a", "", "ends ");
  lines.finish_all();
  const auto seen = read(out.str());
  EXPECT_EQ(seen.words.at("silent"), (std::vector<std::string>{"begins", "and", "ends"}));
  EXPECT_EQ(seen.words.at("talks").size(), 40u);
}

TEST(stream_lines, line_feeds_break_lines_and_long_words_stay_whole) {
  std::ostringstream out;
  stream_lines lines(out);
  const std::string url(120, 'u');
  lines.add("/a", "ask", "one\n\ntwo " + url + " end");
  lines.finish_all();
  EXPECT_EQ(out.str(), "  ask | one\n  ask | two\n  ask | " + url + "\n  ask | end\n");
}

TEST(stream_lines, finishing_a_task_finishes_what_is_below_it_only) {
  std::ostringstream out;
  stream_lines lines(out);
  lines.add("/do/1/a", "a", "held");
  lines.add("/do/1/ab", "ab", "other");
  lines.finish("/do/1/a");
  EXPECT_EQ(out.str(), "  a | held\n");
  EXPECT_TRUE(lines.has("/do/1/ab"));
  EXPECT_FALSE(lines.has("/do/1/a"));
}

TEST(text_layout, a_models_text_cannot_steer_the_terminal) {
  EXPECT_EQ(printable("a\x1b[31mred\x07\tb\x7f\r\n\xc2\x9b"
                      "2J"),
            "a[31mred b \n2J");
  EXPECT_EQ(printable("måne 山川 🌿"), "måne 山川 🌿");
}

TEST(text_layout, paths_are_shown_by_the_names_of_their_tasks) {
  EXPECT_EQ(short_path("/do/2/draft/fork/branches/1/friendly"), "draft/friendly");
  EXPECT_EQ(short_path("/do/1/rounds~2/do/0/round/try/0/improve"), "rounds~2/round/improve");
  EXPECT_EQ(short_path("/do/0/7"), "7");
  EXPECT_EQ(short_path("/plan"), "plan");
}

TEST(text_layout, widths_and_durations) {
  EXPECT_EQ(columns_of("måne"), 4u);
  EXPECT_EQ(columns_of("山川"), 4u);
  EXPECT_EQ(short_duration(4ms), "0.00s");
  EXPECT_EQ(short_duration(630ms), "0.63s");
  EXPECT_EQ(short_duration(12340ms), "12.3s");
  EXPECT_EQ(short_duration(192s), "3m12s");
  EXPECT_EQ(short_duration(2h + 5min + 9s), "2h05m");
}

} // namespace
} // namespace pawl::cli
