#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/answer.hpp"

namespace pawl::inference {
namespace {

delta of(delta_kind kind, std::string text = {}) {
  delta d;
  d.kind = kind;
  d.text = std::move(text);
  return d;
}

delta call_part(int index, std::string id, std::string name, std::string arguments) {
  delta d = of(delta_kind::tool_call, std::move(arguments));
  d.index = index;
  d.id = std::move(id);
  d.name = std::move(name);
  return d;
}

TEST(answer, plain_text) {
  answer a;
  a.apply(of(delta_kind::response_id, "chatcmpl-1"));
  a.apply(of(delta_kind::text, "Hello"));
  a.apply(of(delta_kind::text, ", world"));
  a.apply(of(delta_kind::finish, "stop"));
  delta counted = of(delta_kind::usage);
  counted.tokens.output = 3;
  a.apply(counted);
  EXPECT_FALSE(a.ended());
  a.apply(of(delta_kind::end));
  EXPECT_TRUE(a.ended());
  EXPECT_TRUE(a.plain_text());
  EXPECT_EQ(a.output_deltas(), 2);
  EXPECT_EQ(a.response_id(), "chatcmpl-1");
  ASSERT_TRUE(a.tokens());
  EXPECT_EQ(a.tokens()->output, 3);
  const auto result = a.finish();
  ASSERT_TRUE(result.is_value());
  EXPECT_EQ(result.value(), json::parse(R"({
    "text": "Hello, world",
    "message": {"role": "assistant", "content": "Hello, world"},
    "toolCalls": [],
    "finishReason": "stop"})"));
}

TEST(answer, usage_overwrites) {
  answer a;
  delta counted = of(delta_kind::usage);
  for (const int n : {1, 2, 7}) {
    counted.tokens.output = n;
    a.apply(counted);
  }
  EXPECT_EQ(a.tokens()->output, 7);
}

TEST(answer, tool_calls_interleaved) {
  answer a;
  a.apply(call_part(1, "call_b", "time", ""));
  a.apply(call_part(0, "call_a", "weather", "{\"city\""));
  a.apply(call_part(0, "", "", ":\"Oslo\"}"));
  a.apply(of(delta_kind::finish, "tool_calls"));
  EXPECT_FALSE(a.plain_text());
  const auto result = a.finish();
  ASSERT_TRUE(result.is_value());
  EXPECT_EQ(result.value(), json::parse(R"({
    "text": "",
    "message": {"role": "assistant", "content": null, "tool_calls": [
      {"id": "call_a", "type": "function", "function": {"name": "weather",
      "arguments": "{\"city\":\"Oslo\"}"}},
      {"id": "call_b", "type": "function", "function": {"name": "time", "arguments": "{}"}}]},
    "toolCalls": [{"id": "call_a", "name": "weather", "arguments": {"city": "Oslo"}},
                  {"id": "call_b", "name": "time", "arguments": {}}],
    "finishReason": "tool_calls"})"));
}

TEST(answer, tool_calls_without_an_index) {
  answer a;
  a.apply(call_part(-1, "a", "one", "{\"x\":"));
  a.apply(call_part(-1, "", "", "1}"));
  a.apply(call_part(-1, "b", "two", "{}"));
  const auto calls = a.finish().value()["toolCalls"];
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0]["arguments"], json::parse("{\"x\":1}"));
  EXPECT_EQ(calls[1]["name"], "two");
}

TEST(answer, broken_tool_arguments_are_a_fault) {
  answer a;
  a.apply(call_part(0, "call_a", "weather", "{\"city\":"));
  a.apply(of(delta_kind::finish, "length"));
  const auto result = a.finish();
  ASSERT_TRUE(result.is_fault());
  EXPECT_EQ(result.fault().type, std::string(fault_type::base) + "communication");
  EXPECT_EQ(result.fault().status, 502);
  EXPECT_THAT(result.fault().detail,
              testing::AllOf(testing::HasSubstr("\"weather\""), testing::HasSubstr("maxTokens")));
}

TEST(answer, refusal_and_reasoning_are_no_plain_text) {
  answer refused;
  refused.apply(of(delta_kind::refusal, "I can't."));
  EXPECT_FALSE(refused.plain_text());
  EXPECT_EQ(refused.output_deltas(), 1);
  EXPECT_EQ(refused.finish().value()["message"],
            json::parse(R"({"role": "assistant", "content": null, "refusal": "I can't."})"));
  EXPECT_EQ(refused.finish().value()["finishReason"], nullptr);
  answer thought;
  thought.apply(of(delta_kind::reasoning, "hm"));
  EXPECT_FALSE(thought.plain_text());
  EXPECT_EQ(thought.output_deltas(), 1);
}

TEST(answer, error_in_the_stream) {
  answer a;
  a.apply(of(delta_kind::text, "Hel"));
  delta broken = of(delta_kind::error, "overloaded");
  broken.status = 503;
  a.apply(broken);
  broken.status = 500; // the first one counts
  a.apply(broken);
  ASSERT_TRUE(a.failure());
  EXPECT_EQ(a.failure()->status, 503);
  EXPECT_EQ(a.failure()->type, std::string(fault_type::base) + "communication");
  EXPECT_EQ(a.failure()->detail, "overloaded");
  EXPECT_TRUE(a.finish().is_fault());
}

TEST(answer, continuation_keeps_the_text_only) {
  answer a;
  a.apply(of(delta_kind::response_id, "first"));
  a.apply(of(delta_kind::text, "Hel"));
  a.apply(of(delta_kind::finish, "length"));
  a.apply(of(delta_kind::usage));
  a.apply(of(delta_kind::error, "x"));
  a.apply(of(delta_kind::end));
  a.begin_continuation();
  EXPECT_EQ(a.text(), "Hel");
  EXPECT_EQ(a.finish_reason(), "");
  EXPECT_EQ(a.response_id(), "");
  EXPECT_FALSE(a.tokens());
  EXPECT_FALSE(a.failure());
  EXPECT_FALSE(a.ended());
  EXPECT_EQ(a.output_deltas(), 0);
  a.apply(of(delta_kind::response_id, "second"));
  a.apply(of(delta_kind::text, "lo"));
  a.apply(of(delta_kind::finish, "stop"));
  EXPECT_EQ(a.response_id(), "second");
  EXPECT_EQ(a.finish().value()["message"]["content"], "Hello");
  EXPECT_EQ(a.output_deltas(), 1);
}

} // namespace
} // namespace pawl::inference
