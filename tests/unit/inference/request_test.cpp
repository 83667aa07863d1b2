#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/request.hpp"

namespace pawl::inference {
namespace {

using testing::HasSubstr;

TEST(request, least) {
  const auto parsed = parse_request(json::parse(R"({"model": "sim/small", "prompt": "Hi"})"));
  ASSERT_TRUE(parsed.value);
  EXPECT_FALSE(parsed.problem);
  const request& r = *parsed.value;
  EXPECT_THAT(r.models, testing::ElementsAre("sim/small"));
  EXPECT_EQ(r.messages, json::parse(R"([{"role": "user", "content": "Hi"}])"));
  EXPECT_EQ(r.tools, json::array());
  EXPECT_TRUE(r.tool_choice.is_null());
  EXPECT_TRUE(r.response_schema.is_null());
  EXPECT_EQ(r.temperature, std::nullopt);
  EXPECT_EQ(r.max_tokens, std::nullopt);
  EXPECT_TRUE(r.stop.empty());
  EXPECT_EQ(r.interrupted, on_interrupt::restart);
  EXPECT_EQ(r.total_timeout, std::nullopt);
  EXPECT_EQ(r.options, json::object());
  EXPECT_EQ(r.metadata, json::object());
}

TEST(request, everything) {
  const auto parsed = parse_request(json::parse(R"({
    "model": ["a/b", "c/d"],
    "system": "Be brief.",
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                 {"role": "assistant", "content": null, "tool_calls": []},
                 {"role": "tool", "content": "5", "tool_call_id": "x"}],
    "tools": [{"type": "function", "function": {"name": "f"}}],
    "toolChoice": {"type": "function", "function": {"name": "f"}},
    "responseSchema": {"type": "object"},
    "temperature": 2, "maxTokens": 200.0, "stop": "END", "seed": -3,
    "options": {"top_p": 0.5, "n": 2}, "onInterrupt": "fault", "stream": true,
    "timeout": {"firstEvent": "PT10S", "betweenEvents": {"seconds": 5}, "total": "PT2M"},
    "metadata": {"team": "a"}})"));
  ASSERT_TRUE(parsed.value) << parsed.problem->detail;
  const request& r = *parsed.value;
  EXPECT_THAT(r.models, testing::ElementsAre("a/b", "c/d"));
  ASSERT_EQ(r.messages.size(), 4U);
  EXPECT_EQ(r.messages[0], json::parse(R"({"role": "system", "content": "Be brief."})"));
  EXPECT_EQ(r.messages[3]["tool_call_id"], "x");
  EXPECT_EQ(r.tools.size(), 1U);
  EXPECT_EQ(r.tool_choice["type"], "function");
  EXPECT_EQ(r.response_schema["type"], "object");
  EXPECT_EQ(r.temperature, 2.0);
  EXPECT_EQ(r.max_tokens, 200);
  EXPECT_THAT(r.stop, testing::ElementsAre("END"));
  EXPECT_EQ(r.seed, -3);
  EXPECT_EQ(r.options["top_p"], 0.5);
  EXPECT_EQ(r.interrupted, on_interrupt::fault);
  EXPECT_EQ(r.first_event_timeout, std::chrono::seconds(10));
  EXPECT_EQ(r.between_events_timeout, std::chrono::seconds(5));
  EXPECT_EQ(r.total_timeout, std::chrono::minutes(2));
  EXPECT_EQ(r.metadata["team"], "a");
  EXPECT_EQ(choices_of(r), 2);
}

struct mistake_case {
  std::string with, detail;
};

// `with` goes on from a request that is right otherwise.
TEST(request, one_mistake_each) {
  const std::vector<mistake_case> cases{
      {R"("maxTokns": 5)", "maxTokns: unknown key, did you mean \"maxTokens\"?"},
      {R"("max_tokens": 5)", "max_tokens: unknown key, did you mean \"maxTokens\"?"},
      {R"("tool_choice": "auto")", "tool_choice: unknown key, did you mean \"toolChoice\"?"},
      {R"("zebra": 5)", "zebra: unknown key, allowed are model, messages"},
      {R"("messages": [{"role": "user", "content": "x"}])", "not both"},
      {R"("system": 5)", "system: expected a string, found a number"},
      {R"("tools": {})", "tools: expected a list of tools, found an object"},
      {R"("tools": [{"function": {}}])", "tools[0].type: expected a type"},
      {R"("tools": [{"type": "function"}])", "tools[0].function.name: is missing"},
      {R"("toolChoice": "atuo")", "toolChoice: \"atuo\" is unknown, did you mean \"auto\"?"},
      {R"("toolChoice": null)", "toolChoice: expected"},
      {R"("responseSchema": "object")",
       "responseSchema: is a string, expected a JSON Schema object"},
      {R"("responseSchema": {"$ref": "#"})", "responseSchema: has references"},
      {R"("temperature": "hot")", "temperature: expected a number from 0 to 2, found a string"},
      {R"("temperature": 2.1)", "temperature: expected a number from 0 to 2"},
      {R"("temperature": -0.1)", "temperature: expected a number from 0 to 2"},
      {R"("maxTokens": 0)", "maxTokens: expected an integer of at least 1"},
      {R"("maxTokens": 1.5)", "maxTokens: expected an integer of at least 1"},
      {R"("maxTokens": "5")", "maxTokens: expected an integer of at least 1, found a string"},
      {R"("maxTokens": null)", "maxTokens: expected an integer of at least 1, found null"},
      {R"("stop": [5])", "stop: expected a string or a list of strings, found a number"},
      {R"("stop": "")", "stop: expected a string that is not empty"},
      {R"("seed": 0.5)", "seed: expected an integer"},
      {R"("options": [])", "options: expected an object"},
      {R"("options": {"model": "x"})", "options.model: is set by the key \"model\""},
      {R"("options": {"messages": []})", "options.messages: is set by the key \"messages\""},
      {R"("options": {"stream": false})", "options.stream: is set by the engine"},
      {R"("options": {"max_tokens": 5})", "options.max_tokens: is set by the key \"maxTokens\""},
      {R"("options": {"max_completion_tokens": "x"})",
       "options.max_completion_tokens: expected an integer"},
      {R"("maxTokens": 5, "options": {"max_completion_tokens": 6})", "differs from maxTokens"},
      {R"("options": {"n": 0})", "options.n: expected an integer from 1 to 128"},
      {R"("responseSchema": {}, "options": {"response_format": {}})",
       "options.response_format: is set by"},
      {R"("metadata": "x")", "metadata: expected an object, found a string"},
      {R"("onInterrupt": "resart")",
       "onInterrupt: \"resart\" is unknown, did you mean \"restart\"?"},
      {R"("onInterrupt": 1)", "onInterrupt: expected \"restart\" or \"fault\", found a number"},
      {R"("timeout": "PT5S")", "timeout: expected an object"},
      {R"("timeout": {"first": "PT5S"})", "timeout.first: unknown key"},
      {R"("timeout": {"firstEvnt": "PT5S"})",
       "timeout.firstEvnt: unknown key, did you mean \"firstEvent\"?"},
      {R"("timeout": {"total": "5s"})",
       "timeout.total: duration \"5s\" does not start with 'P'; write an ISO 8601 duration like"},
      {R"("timeout": {"total": 5})", "timeout.total: duration of type number is neither"},
      {R"("timeout": {"total": {"second": 1}})",
       "timeout.total: duration key \"second\" is unknown, did you mean \"seconds\"?"},
      {R"("timeout": {"total": "PT0S"})", "timeout.total: duration is zero"},
      {R"("timeout": {"total": {"seconds": 0}})", "timeout.total: duration is zero"},
      {R"("timeout": {"total": "P3653DT0.000000001S"})", "duration is longer than ten years"},
      {R"("timeout": {"total": "P99999D"})", "duration is longer than ten years"},
      {R"("stream": "yes")", "stream: expected a boolean, found a string"},
  };
  for (const auto& c : cases) {
    const auto parsed =
        parse_request(json::parse(R"({"model": "m", "prompt": "Hi", )" + c.with + "}"));
    ASSERT_TRUE(parsed.problem) << c.with;
    EXPECT_FALSE(parsed.value) << c.with;
    EXPECT_EQ(parsed.problem->type, std::string(fault_type::base) + "validation");
    EXPECT_EQ(parsed.problem->status, 400);
    EXPECT_EQ(parsed.problem->title, "the inference request has a mistake")
        << c.with << parsed.problem->detail;
    EXPECT_THAT(parsed.problem->detail, HasSubstr(c.detail)) << c.with;
  }
}

TEST(request, model_and_messages) {
  const std::vector<mistake_case> cases{
      {R"({"prompt": "Hi"})", "model: is missing"},
      {R"({"model": 5, "prompt": "Hi"})",
       "model: expected a string or a list of strings, found a number"},
      {R"({"model": [], "prompt": "Hi"})", "model: expected at least one name"},
      {R"({"model": "", "prompt": "Hi"})", "model: expected a string that is not empty"},
      {R"({"model": "m"})", "messages: is missing: expected either messages or prompt"},
      {R"({"model": "m", "system": "x"})", "messages: is missing"},
      {R"({"model": "m", "prompt": null})", "prompt: expected a string, found null"},
      {R"({"model": "m", "messages": "Hi"})",
       "messages: expected a list of messages, found a string"},
      {R"({"model": "m", "messages": []})", "messages: expected at least one message"},
      {R"({"model": "m", "messages": ["Hi"]})", "messages[0]: expected an object"},
      {R"({"model": "m", "messages": [{"content": "x"}]})", "messages[0].role: expected a role"},
      {R"({"model": "m", "messages": [{"role": "usr", "content": "x"}]})",
       "messages[0].role: \"usr\" is no role, did you mean \"user\"?"},
      {R"({"model": "m", "messages": [{"role": "user"}]})", "messages[0].content: is missing"},
      {R"({"model": "m", "messages": [{"role": "user", "content": 5}]})",
       "messages[0].content: expected a string or an array"},
      {R"({"model": "m", "messages": [{"role": "user", "content": ["x"]}]})",
       "messages[0].content[0]: expected a content part"},
      {R"({"model": "m", "messages": [{"role": "tool", "content": "x"}]})",
       "messages[0].tool_call_id: is missing"},
  };
  for (const auto& c : cases) {
    const auto parsed = parse_request(json::parse(c.with));
    ASSERT_TRUE(parsed.problem) << c.with;
    EXPECT_THAT(parsed.problem->detail, HasSubstr(c.detail)) << c.with;
  }
}

TEST(request, all_mistakes_at_once) {
  const auto parsed =
      parse_request(json::parse(R"({"modell": "m", "temperature": "x", "stop": 1})"));
  ASSERT_TRUE(parsed.problem);
  EXPECT_EQ(parsed.problem->title, "the inference request has 5 mistakes");
  for (const auto* part : {"modell: ", "model: ", "messages: ", "temperature: ", "stop: "})
    EXPECT_THAT(parsed.problem->detail, HasSubstr(part));
}

TEST(request, what_is_no_object) {
  for (const std::string text : {"null", "[]", "\"x\"", "5", "true"}) {
    const auto parsed = parse_request(json::parse(text));
    ASSERT_TRUE(parsed.problem) << text;
    EXPECT_THAT(parsed.problem->detail, HasSubstr("expected an object")) << text;
  }
  json deep = json::parse(std::string(200, '[') + std::string(200, ']'));
  const auto parsed =
      parse_request(json{{"model", "m"}, {"prompt", "x"}, {"options", {{"x", deep}}}});
  ASSERT_TRUE(parsed.problem);
  EXPECT_THAT(parsed.problem->detail, HasSubstr("nests too deeply"));
}

TEST(request, many_mistakes_stay_readable) {
  json with = json::parse(R"({"model": "m", "messages": []})");
  for (int i = 0; i < 1000; ++i)
    with["messages"].push_back(i);
  const auto parsed = parse_request(with);
  ASSERT_TRUE(parsed.problem);
  EXPECT_THAT(parsed.problem->detail, HasSubstr("and 988 more"));
  EXPECT_LT(parsed.problem->detail.size(), 2000U);
}

TEST(request, timeouts_are_rounded_up_to_milliseconds) {
  const std::pair<std::string, std::int64_t> cases[] = {
      {R"("PT1.5S")", 1500},
      {R"("PT0.0001S")", 1},
      {R"("PT0.1234S")", 124},
      {R"("PT0.5H")", 1'800'000},
      {R"("P2W")", 1'209'600'000},
      {R"({"seconds": 30.0})", 30'000},
      {R"("P3653D")", 315'619'200'000}, // ten years, leap days included
  };
  for (const auto& [text, ms] : cases) {
    const auto parsed = parse_request(
        json::parse(R"({"model": "m", "prompt": "x", "timeout": {"total": )" + text + "}}"));
    ASSERT_TRUE(parsed.value) << text << parsed.problem->detail;
    EXPECT_EQ(parsed.value->total_timeout, std::chrono::milliseconds(ms)) << text;
  }
}

TEST(request, limit_by_its_new_name) {
  const auto parsed = parse_request(
      json::parse(R"({"model": "m", "prompt": "x", "options": {"max_completion_tokens": 9}})"));
  ASSERT_TRUE(parsed.value);
  EXPECT_EQ(parsed.value->max_tokens, 9);
}

TEST(request, which_may_be_continued) {
  const auto allows = [](const std::string& more) {
    const auto parsed =
        parse_request(json::parse(R"({"model": "m", "prompt": "x", )" + more + "}"));
    EXPECT_TRUE(parsed.value) << more;
    return allows_continuation(*parsed.value);
  };
  EXPECT_TRUE(allows(R"("options": {})"));
  EXPECT_TRUE(allows(R"("tools": [{"type": "function", "function": {"name": "f"}}])"));
  EXPECT_TRUE(allows(R"("options": {"n": 1, "logprobs": false, "reasoning_effort": "none"})"));
  EXPECT_FALSE(allows(R"("options": {"n": 2})"));
  EXPECT_FALSE(allows(R"("options": {"logprobs": true})"));
  EXPECT_FALSE(allows(R"("options": {"reasoning_effort": "high"})"));
  EXPECT_FALSE(allows(R"("options": {"response_format": {"type": "json_object"}})"));
  EXPECT_FALSE(allows(R"("responseSchema": {})"));
}

TEST(request, keys_are_those_of_the_design) {
  EXPECT_THAT(request_keys(), testing::UnorderedElementsAre(
                                  "model", "messages", "prompt", "system", "tools", "toolChoice",
                                  "responseSchema", "temperature", "maxTokens", "stop", "seed",
                                  "options", "onInterrupt", "timeout", "metadata", "stream"));
}

} // namespace
} // namespace pawl::inference
