// A provider that tells the same story to everybody, a word at a time, and goes on from a prefix of
// it.
#pragma once

#include "tests/unit/actors/gateway_fixture.hpp"

namespace pawl::testing {

inline const std::vector<std::string> words = {"Once ",  "upon ", "a ", "time ",
                                               "there ", "was ",  "a ", "wheel."};

inline std::string all_words() {
  std::string text;
  for (auto& w : words)
    text += w;
  return text;
}

/// A provider that says its text a word at a time, and counts what it said: the bill.
class story_test : public gateway_test {
protected:
  std::vector<std::string> bill; ///< of each request, what it generated

  static bool starts_with(const std::string& text, const std::string& head) {
    return text.rfind(head, 0) == 0;
  }

  /// Says the next thing on the exchange. False: it is over.
  bool speak(std::size_t index) {
    auto& e = *wire.exchanges[index];
    bill.resize(wire.exchanges.size());
    if (!e.open())
      return false;
    std::string prefix;
    auto& last = e.body["messages"].back();
    if (last["role"] == "assistant")
      prefix = last["content"];
    EXPECT_TRUE(starts_with(all_words(), prefix)) << prefix;
    const auto said = prefix + bill[index];
    if (bill[index].empty())
      e.head(200);
    if (said.size() < all_words().size()) {
      std::string text;
      for (auto& w : words) {
        text += w;
        if (text.size() > said.size())
          break;
      }
      auto piece = text.substr(said.size());
      bill[index] += piece;
      e.text(piece);
      return true;
    }
    e.finish_reason("stop");
    e.usage(10, 8);
    e.done();
    e.end();
    return true;
  }
};

} // namespace pawl::testing
