#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/protocol.hpp"

namespace pawl::inference {
namespace {

const protocol& chat() {
  return *find_protocol("openai-chat");
}

request asked(const std::string& with) {
  auto parsed = parse_request(json::parse(with));
  EXPECT_FALSE(parsed.problem) << parsed.problem->detail;
  return *parsed.value;
}

deployment at(prefix_mode prefix = prefix_mode::none) {
  deployment d;
  d.provider = "local";
  d.protocol = "openai-chat";
  d.model = "small-1";
  d.prefix = prefix;
  return d;
}

json body_of(const request& what, const deployment& where,
             const std::optional<continuation>& from = {}) {
  return json::parse(chat().encode(what, where, from).body);
}

TEST(openai_chat_encode, least) {
  const auto wire = chat().encode(asked(R"({"model": "m", "prompt": "Hi"})"), at(), std::nullopt);
  EXPECT_EQ(wire.path, "/chat/completions");
  EXPECT_THAT(wire.headers,
              testing::UnorderedElementsAre(testing::Pair("Content-Type", "application/json"),
                                            testing::Pair("Accept", "text/event-stream")));
  EXPECT_EQ(json::parse(wire.body), json::parse(R"({"model": "small-1",
    "messages": [{"role": "user", "content": "Hi"}], "stream": true,
      "stream_options": {"include_usage": true}})"));
}

TEST(openai_chat_encode, everything) {
  const auto what = asked(
      R"({"model": "m", "system": "Be brief.", "prompt": "Hi", "temperature": 0.5, "maxTokens": 100,
    "stop": ["END"], "seed": 7, "tools": [{"type": "function", "function": {"name": "f"}}],
      "toolChoice": "auto",
    "responseSchema": {"type": "object"}, "options": {"top_p": 0.9, "user": "u"},
      "metadata": {"team": "a"}})");
  EXPECT_EQ(body_of(what, at()), json::parse(R"({"model": "small-1",
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
    "stream": true, "stream_options": {"include_usage": true}, "temperature": 0.5,
      "max_tokens": 100, "stop": ["END"],
    "seed": 7, "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto",
    "response_format": {"type": "json_schema", "json_schema": {"name": "response",
      "schema": {"type": "object"}}},
    "top_p": 0.9, "user": "u"})"));
}

TEST(openai_chat_encode, options_never_replace_what_the_engine_sets) {
  request what = asked(R"({"model": "m", "prompt": "Hi", "temperature": 0})");
  what.options = json::parse(
      R"({"model": "x", "messages": [], "stream": false, "stream_options": {}, "temperature": 2})");
  const json body = body_of(what, at());
  EXPECT_EQ(body["model"], "small-1");
  EXPECT_EQ(body["messages"].size(), 1U);
  EXPECT_EQ(body["stream"], true);
  EXPECT_EQ(body["stream_options"], json::parse(R"({"include_usage": true})"));
  EXPECT_EQ(body["temperature"], 0.0);
}

TEST(openai_chat_encode, limit_under_its_new_name) {
  const json body = body_of(
      asked(R"({"model": "m", "prompt": "Hi", "options": {"max_completion_tokens": 50}})"), at());
  EXPECT_EQ(body["max_completion_tokens"], 50);
  EXPECT_FALSE(body.contains("max_tokens"));
}

TEST(openai_chat_encode, without_stream) {
  deployment where = at();
  where.stream = false;
  const auto wire = chat().encode(asked(R"({"model": "m", "prompt": "Hi"})"), where, std::nullopt);
  EXPECT_THAT(wire.headers, testing::Contains(testing::Pair("Accept", "application/json")));
  EXPECT_EQ(json::parse(wire.body)["stream"], false);
  EXPECT_FALSE(json::parse(wire.body).contains("stream_options"));
}

TEST(openai_chat_encode, continuations) {
  const auto what = asked(R"({"model": "m", "prompt": "Hi"})");
  const json user = json::parse(R"({"role": "user", "content": "Hi"})");
  const continuation from{"Hello, wor"};
  struct mode_case {
    prefix_mode mode;
    std::string last;
  };
  const mode_case cases[] = {
      {prefix_mode::assistant, R"({"role": "assistant", "content": "Hello, wor"})"},
      {prefix_mode::prefix_true,
       R"({"role": "assistant", "content": "Hello, wor", "prefix": true})"},
      {prefix_mode::partial_true,
       R"({"role": "assistant", "content": "Hello, wor", "partial": true})"},
      {prefix_mode::continue_final_message, R"({"role": "assistant", "content": "Hello, wor"})"},
  };
  for (const auto& c : cases) {
    const json body = body_of(what, at(c.mode), from);
    EXPECT_EQ(body["messages"], json::array({user, json::parse(c.last)})) << to_string(c.mode);
    const bool vllm = c.mode == prefix_mode::continue_final_message;
    EXPECT_EQ(body.contains("continue_final_message"), vllm) << to_string(c.mode);
    EXPECT_EQ(body.contains("add_generation_prompt"), vllm) << to_string(c.mode);
    if (vllm) {
      EXPECT_EQ(body["continue_final_message"], true);
      EXPECT_EQ(body["add_generation_prompt"], false);
    }
  }
}

TEST(openai_chat_encode, quoted_continuation) {
  const json messages = body_of(asked(R"({"model": "m", "prompt": "Hi"})"), at(prefix_mode::quoted),
                                continuation{"Hello, wor"})["messages"];
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[1]["role"], "user");
  EXPECT_THAT(messages[1]["content"].get<std::string>(), testing::HasSubstr("\nHello, wor\n"));
}

TEST(openai_chat_encode, continuation_extends_the_authors_own_beginning) {
  const auto what = asked(R"({"model": "m", "messages": [{"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Once"}]})");
  const json messages =
      body_of(what, at(prefix_mode::prefix_true), continuation{" upon"})["messages"];
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[1],
            json::parse(R"({"role": "assistant", "content": "Once upon", "prefix": true})"));
}

TEST(openai_chat_encode, continuation_reduces_the_limit) {
  const auto what = asked(R"({"model": "m", "prompt": "Hi", "maxTokens": 10})");
  const auto limit_after = [&](std::int64_t tokens_min) {
    return body_of(what, at(prefix_mode::assistant),
                   continuation{std::string(4000, 'x'), tokens_min})["max_tokens"]
        .get<int>();
  };
  EXPECT_EQ(limit_after(0), 10);
  EXPECT_EQ(limit_after(1), 9);
  EXPECT_EQ(limit_after(9), 1);
  EXPECT_EQ(limit_after(10), 1); // a provider refuses 0
  EXPECT_EQ(limit_after(4000), 1);
  EXPECT_FALSE(body_of(asked(R"({"model": "m", "prompt": "Hi"})"), at(prefix_mode::assistant),
                       continuation{"x"})
                   .contains("max_tokens"));
}

TEST(openai_chat_encode, text_that_is_no_utf8) {
  request what = asked(R"({"model": "m", "prompt": "Hi"})");
  what.messages[0]["content"] = "a\xff";
  EXPECT_EQ(body_of(what, at())["messages"][0]["content"], "a\xef\xbf\xbd"); // U+FFFD
}

TEST(openai_chat_encode, input_bound) {
  const auto bound = [](const std::string& body) {
    wire_request wire;
    wire.body = body;
    return chat().input_tokens_max(wire) - static_cast<std::int64_t>(body.size());
  };
  EXPECT_EQ(bound("{}"), 512);
  EXPECT_EQ(bound(json::parse(R"([{"role": "user"}, {"role": "user"}])").dump()), 512 + 2 * 16);
  // Within a text the key's quotes are escaped: it is no message.
  EXPECT_EQ(bound(json::parse(R"([{"role": "user", "content": "\"role\":\"file\":"}])").dump()),
            512 + 16);
  EXPECT_EQ(bound(json::parse(R"([{"type": "image_url", "image_url": {"url": "x"}}])").dump()),
            512 + 16'384);
  EXPECT_EQ(bound(json::parse(R"([{"type": "file", "file": {"file_id": "x"}}])").dump()),
            512 + 1'000'000);
}

} // namespace
} // namespace pawl::inference
