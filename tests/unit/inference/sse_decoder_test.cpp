// Each stream is decoded undivided, then divided at every byte and at every pair of bytes: the
// events must be the same.
#include <ostream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/sse_decoder.hpp"

namespace pawl::inference {

bool operator==(const sse_event& a, const sse_event& b) {
  return a.event == b.event && a.data == b.data && a.id == b.id;
}
void PrintTo(const sse_event& e, std::ostream* out) {
  *out << "{event " << e.event << ", data " << e.data << ", id " << e.id << "}";
}

namespace {

using events = std::vector<sse_event>;

struct decoding {
  events seen;
  bool failed = false;
  std::uint64_t counted = 0;
};

decoding decode(const std::vector<std::string_view>& parts, std::size_t event_bytes_max = 1024) {
  decoding out;
  sse_decoder decoder(event_bytes_max);
  const sse_decoder::visitor visit = [&](sse_event&& e) { out.seen.push_back(std::move(e)); };
  for (const auto part : parts)
    if (!decoder.feed(part, visit))
      out.failed = true;
  out.counted = decoder.events();
  return out;
}

struct stream_case {
  std::string name;
  std::string bytes;
  events expected;
};

// Expected values follow from WHATWG HTML, section 9.2.6, "Interpreting an event stream".
std::vector<stream_case> streams() {
  return {
      {"lf", "data: a\n\ndata: b\n\n", {{"", "a", ""}, {"", "b", ""}}},
      {"crlf", "data: a\r\n\r\ndata: b\r\n\r\n", {{"", "a", ""}, {"", "b", ""}}},
      {"cr", "data: a\r\rdata: b\r\r", {{"", "a", ""}, {"", "b", ""}}},
      {"mixed line ends", "data: a\r\ndata: b\n\rdata: c\r\n\r", {{"", "a\nb", ""}, {"", "c", ""}}},
      {"byte order mark",
       "\xef\xbb\xbf"
       "data: a\n\n",
       {{"", "a", ""}}},
      {"only one mark",
       "\xef\xbb\xbf\xef\xbb\xbf"
       "data: a\n\n",
       {}},
      {"half a mark",
       "\xef\xbb"
       "data: a\n\ndata: b\n\n",
       {{"", "b", ""}}},
      {"mark in the middle", "data: \xef\xbb\xbf\n\n", {{"", "\xef\xbb\xbf", ""}}},
      {"comments", ": hello\n\n:\ndata: a\n: in between\ndata: b\n\n:\n", {{"", "a\nb", ""}}},
      {"several lines", "data: a\ndata:\ndata: c\n\n", {{"", "a\n\nc", ""}}},
      {"empty data", "data\n\ndata:\n\ndata: \n\n", {{"", "", ""}, {"", "", ""}, {"", "", ""}}},
      {"two empty lines of data", "data\ndata\n\n", {{"", "\n", ""}}},
      {"one space only", "data:  a\n\ndata:b\n\n", {{"", " a", ""}, {"", "b", ""}}},
      {"tab is no space", "data:\ta\n\n", {{"", "\ta", ""}}},
      {"colon in the value", "data: a:b: c\n\n", {{"", "a:b: c", ""}}},
      {"event names", "event: x\ndata: a\n\ndata: b\n\n", {{"x", "a", ""}, {"", "b", ""}}},
      {"an event without data", "event: x\n\ndata: b\n\n", {{"", "b", ""}}},
      {"ids last",
       "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
       {{"", "a", "1"}, {"", "b", "1"}, {"", "c", ""}}},
      {"id without data", "id: 7\n\ndata: b\n\n", {{"", "b", "7"}}},
      {"id with NUL", std::string("id: 1\0\ndata: a\n\n", 16), {{"", "a", ""}}},
      {"unknown fields", "foo: 1\nDATA: x\n data: y\ndata: a\n\n", {{"", "a", ""}}},
      {"unfinished event", "data: a\n\ndata: b\n", {{"", "a", ""}}},
      {"unfinished line", "data: a\n\ndata: b", {{"", "a", ""}}},
      {"ends in CR of a blank line", "data: a\r\n\r", {{"", "a", ""}}},
      {"blank lines", "\n\r\n\r\rdata: a\n\n\n\n", {{"", "a", ""}}},
      {"characters of 4 bytes",
       "data: \xf0\x9f\x90\xbe\xc3\xa9\n\n",
       {{"", "\xf0\x9f\x90\xbe\xc3\xa9", ""}}},
      {"nothing", "", {}},
  };
}

TEST(sse_decoder, undivided) {
  for (const auto& s : streams()) {
    const auto got = decode({s.bytes});
    EXPECT_EQ(got.seen, s.expected) << s.name;
    EXPECT_EQ(got.counted, s.expected.size()) << s.name;
    EXPECT_FALSE(got.failed) << s.name;
  }
}

TEST(sse_decoder, byte_by_byte) {
  for (const auto& s : streams()) {
    std::vector<std::string_view> parts;
    for (std::size_t i = 0; i < s.bytes.size(); ++i)
      parts.push_back(std::string_view(s.bytes).substr(i, 1));
    EXPECT_EQ(decode(parts).seen, s.expected) << s.name;
  }
}

TEST(sse_decoder, at_every_pair_of_positions) {
  for (const auto& s : streams()) {
    const std::string_view all = s.bytes;
    for (std::size_t i = 0; i <= all.size(); ++i)
      for (std::size_t j = i; j <= all.size(); ++j)
        ASSERT_EQ(decode({all.substr(0, i), all.substr(i, j - i), all.substr(j)}).seen, s.expected)
            << s.name << " at " << i << " and " << j;
  }
}

TEST(sse_decoder, events_come_as_soon_as_their_blank_line) {
  sse_decoder decoder;
  int seen = 0;
  const sse_decoder::visitor visit = [&](sse_event&&) { ++seen; };
  ASSERT_TRUE(decoder.feed("data: a\r\n\r", visit));
  EXPECT_EQ(seen, 1); // the CR ends the line; nobody waits for an LF
  ASSERT_TRUE(decoder.feed("\ndata: b\r", visit));
  EXPECT_EQ(seen, 1); // the LF belonged to it
  ASSERT_TRUE(decoder.feed("\n", visit));
  EXPECT_EQ(seen, 1); // and this one to the line end before
  ASSERT_TRUE(decoder.feed("\n", visit));
  EXPECT_EQ(seen, 2);
}

TEST(sse_decoder, retry_takes_digits_only) {
  const auto retry_of = [](std::string_view bytes) {
    sse_decoder decoder;
    EXPECT_TRUE(decoder.feed(bytes, [](sse_event&&) {}));
    return decoder.retry();
  };
  EXPECT_EQ(retry_of("retry: 1500\n"), std::chrono::milliseconds(1500));
  EXPECT_EQ(retry_of("retry: 15s\n"), std::nullopt);
  EXPECT_EQ(retry_of("retry: -1\n"), std::nullopt);
  EXPECT_EQ(retry_of("retry\n"), std::nullopt);
  EXPECT_EQ(retry_of("retry: 99999999999999999999\n"), std::nullopt);
  EXPECT_EQ(retry_of("retry: 1500"), std::nullopt); // the line has not ended
}

// 20 bytes: "data: " and its text count while the line is read, the text alone afterwards.
TEST(sse_decoder, bound_is_the_same_at_every_division) {
  struct bound_case {
    std::string name, bytes;
    std::size_t events;
    bool failed;
  };
  const std::vector<bound_case> cases{
      {"at the bound", "data: 12345678901234\n\n", 1, false},
      {"over the bound", "data: 123456789012345\n\n", 0, true},
      {"over the bound after an event", "data: a\n\ndata: 123456789012345\n\n", 1, true},
      {"over the bound in several lines", "data: 1234567890\ndata: 12345\n\n", 0, true},
      {"over the bound without an end", "data: 123456789012345", 0, true},
      {"a long comment", ": 1234567890123456789012\n", 0, true},
      {"many comments", ": 1234567890\n: 1234567890\n: 1234567890\ndata: a\n\n", 1, false},
  };
  for (const auto& c : cases) {
    const std::string_view all = c.bytes;
    for (std::size_t i = 0; i <= all.size(); ++i) {
      const auto got = decode({all.substr(0, i), all.substr(i)}, 20);
      EXPECT_EQ(got.failed, c.failed) << c.name << " at " << i;
      EXPECT_EQ(got.seen.size(), c.events) << c.name << " at " << i;
    }
  }
}

TEST(sse_decoder, failure_lasts) {
  sse_decoder decoder(4);
  const sse_decoder::visitor none = [](sse_event&&) { FAIL(); };
  const auto first = decoder.feed("data: a\n\n", none);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, errc::refused);
  EXPECT_THAT(first.error().message, testing::HasSubstr("4 bytes"));
  EXPECT_FALSE(decoder.feed("\n\n", none));
  EXPECT_EQ(decoder.events(), 0U);
}

} // namespace
} // namespace pawl::inference
