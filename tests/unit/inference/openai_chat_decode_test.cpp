// Every shape of a chunk that the published description and the dialects named in facts know, and
// what is none.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/protocol.hpp"

namespace pawl::inference {
namespace {

const protocol& chat() {
  return *find_protocol("openai-chat");
}

std::string name_of(delta_kind k) {
  switch (k) {
  case delta_kind::text: return "text";
  case delta_kind::reasoning: return "reasoning";
  case delta_kind::refusal: return "refusal";
  case delta_kind::tool_call: return "tool_call";
  case delta_kind::finish: return "finish";
  case delta_kind::usage: return "usage";
  case delta_kind::response_id: return "response_id";
  case delta_kind::end: return "end";
  case delta_kind::error: return "error";
  case delta_kind::unknown: return "unknown";
  }
  return "?";
}

// "text:Hello finish:stop": a delta in a word.
std::string render(const std::vector<delta>& deltas) {
  std::string out;
  for (const auto& d : deltas) {
    out += (out.empty() ? "" : " | ") + name_of(d.kind);
    if (d.kind == delta_kind::tool_call)
      out += "[" + std::to_string(d.index) + "," + d.id + "," + d.name + "]";
    if (d.kind == delta_kind::usage)
      for (const auto n : {d.tokens.input, d.tokens.cached_input, d.tokens.cache_write,
                           d.tokens.output, d.tokens.reasoning})
        out += " " + std::to_string(n);
    if (d.kind == delta_kind::error)
      out += "[" + std::to_string(d.status) + "]";
    if (!d.text.empty())
      out += ":" + d.text;
  }
  return out;
}

struct chunk_case {
  std::string data, expected;
};

TEST(openai_chat_decode, chunks) {
  const std::vector<chunk_case> cases{
      // The first chunk names the role.
      {R"({"id":"c1","object":"chat.completion.chunk","created":1,"model":"m",
      "choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},
      "logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"xx"})",
       "response_id:c1"},
      {R"({"id":"c1","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}],
      "usage":null,"unknown":{"a":1}})",
       "response_id:c1 | text:Hello"},
      {R"({"choices":[{"index":0,"delta":{"content":"\ud83d\udc3e"}}]})", "text:\xf0\x9f\x90\xbe"},
      {R"({"choices":[{"index":0,"delta":{"refusal":"No"}}]})", "refusal:No"},
      {R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})", "finish:stop"},
      {R"({"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"length"}]})",
       "text:x | finish:length"},
      {R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1",
      "type":"function","function":{"name":"f","arguments":""}}]}}]})",
       "tool_call[0,call_1,f]"},
      {R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,
      "function":{"arguments":"{\"a\""}}]}}]})",
       "tool_call[1,,]:{\"a\""},
      {R"({"choices":[{"index":0,"delta":{"tool_calls":[{"id":"x","function":{"name":"f",
      "arguments":"{}"}}]}}]})",
       "tool_call[-1,x,f]:{}"},
      // The usage chunk has no choices.
      {R"({"id":"c1","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":9,
      "total_tokens":29,"prompt_tokens_details":{"cached_tokens":8,"cache_write_tokens":3,
      "audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":4}}})",
       "response_id:c1 | usage 20 8 3 9 4"},
      {R"({"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":9}})", "usage 20 0 0 9 0"},
      {R"({"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],
      "usage":{"prompt_tokens":2,"completion_tokens":1}})",
       "text:x | finish:stop | usage 2 0 0 1 0"},
      {R"({"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":9,
      "prompt_cache_hit_tokens":12,"prompt_cache_miss_tokens":8}})",
       "usage 20 12 0 9 0"},
      {R"({"choices":[],"usage":null})", "unknown"},
      {R"({"choices":[],"usage":{"prompt_tokens":-1,"completion_tokens":9}})",
       "unknown"}, // no counts: settles nothing
      {R"({"choices":[],"usage":{"prompt_tokens":"20"}})", "unknown"},
      // Dialects.
      {R"({"choices":[{"index":0,"delta":{"content":null,"reasoning_content":"hm"}}]})",
       "reasoning:hm"},
      {R"({"choices":[{"index":0,"delta":{"reasoning":"hm"}}]})", "reasoning:hm"},
      {R"({"choices":[{"index":0,"delta":{"reasoning":"hm","reasoning_content":"hm"}}]})",
       "reasoning:hm"},
      {R"({"choices":[{"index":0,"delta":{"content":[{"type":"thinking",
      "thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"ok"}]}}]})",
       "reasoning:hm | text:ok"},
      {R"({"choices":[{"index":0,"delta":null,"finish_reason":"stop"}]})", "finish:stop"},
      {R"({"choices":[{"delta":{"content":"x"}}]})", "text:x"},
      {R"({"choices":[{"index":1,"delta":{"content":"x"},"finish_reason":"stop"}]})", "unknown"},
      {R"({"id":"","object":"","choices":[],"prompt_filter_results":[]})", "unknown"},
      {R"({"anything":true})", "unknown"},
      {"[DONE]", "end"},
      {" [DONE] ", "end"},
      {"", "unknown"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(render(chat().decode(c.data)), c.expected) << c.data;
}

TEST(openai_chat_decode, errors_in_the_stream) {
  const std::vector<chunk_case> cases{
      {R"({"error":{"message":"The server had an error","type":"server_error","param":null,
      "code":null}})",
       "error[502]:The server had an error (server_error)"},
      {R"({"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}})",
       "error[429]:slow down (requests, rate_limit_exceeded)"},
      {R"({"id":"x","error":{"code":503,"message":"busy"},"choices":[{"delta":{"content":""},
      "finish_reason":"error"}]})",
       "error[503]:busy (503)"},
      {R"({"error":{"message":"busy","type":"overloaded_error"}})",
       "error[503]:busy (overloaded_error)"},
      {R"({"error":{"code":200,"message":"odd"}})", "error[502]:odd (200)"},
      {R"({"error":"all is lost"})", "error[502]:all is lost"},
      {R"({"error":{}})", "error[502]:no reason given"},
      {R"({"error":null,"choices":[{"delta":{"content":"x"}}]})", "text:x"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(render(chat().decode(c.data)), c.expected) << c.data;
}

TEST(openai_chat_decode, malformed_gives_one_error) {
  const std::vector<std::string> cases{
      "{",
      "hello",
      "[]",
      "\"x\"",
      "12",
      "null",
      "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]",
      "\xff\xfe",
      "{\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}",
      R"({"choices":{}})",
      R"({"choices":[1]})",
      R"({"choices":[{"delta":"x"}]})",
      R"({"choices":[{"index":"0"}]})",
      R"({"choices":[{"delta":{"content":5}}]})",
      R"({"choices":[{"delta":{"content":{}}}]})",
      R"({"choices":[{"delta":{"refusal":[]}}]})",
      R"({"choices":[{"delta":{"tool_calls":{}}}]})",
      R"({"choices":[{"delta":{"tool_calls":["x"]}}]})",
      R"({"choices":[{"delta":{"tool_calls":[{"index":-1}]}}]})",
      R"({"choices":[{"delta":{"tool_calls":[{"index":99999999999}]}}]})",
      R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":5}}]}}]})",
      R"({"choices":[{"delta":{"content":"kept?"},"finish_reason":7}]})",
      std::string(100'000, '['),
      R"({"a":)" + std::string(100'000, '[')};
  for (const auto& data : cases) {
    const auto deltas = chat().decode(data);
    ASSERT_EQ(deltas.size(), 1U) << data.substr(0, 100);
    EXPECT_EQ(deltas[0].kind, delta_kind::error) << data.substr(0, 100);
    EXPECT_EQ(deltas[0].status, 502) << data.substr(0, 100);
    EXPECT_THAT(deltas[0].text, testing::StartsWith("the provider's answer is malformed"));
  }
}

TEST(openai_chat_decode, bodies) {
  const std::vector<chunk_case> cases{
      {R"({"id":"c1","object":"chat.completion","choices":[{"index":0,
      "message":{"role":"assistant","content":"Hi","refusal":null,"annotations":[]},
      "logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}})",
       "response_id:c1 | text:Hi | finish:stop | usage 3 0 0 1 0 | end"},
      {R"({"choices":[{"index":0,"message":{"content":null,"tool_calls":[{"id":"a",
      "type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function",
      "function":{"name":"g","arguments":"{}"}}]},"finish_reason":"tool_calls"}]})",
       "tool_call[-1,a,f]:{} | tool_call[-1,b,g]:{} | finish:tool_calls | end"},
      {R"({"error":{"message":"no","type":"server_error"}})", "error[502]:no (server_error)"},
      {"<html>", "error[502]:the provider's answer is malformed: the body is not JSON"},
      {"{}", "error[502]:the provider's answer is malformed: the body has no choices"},
      {R"({"choices":[]})",
       "error[502]:the provider's answer is malformed: the body has no choices"},
      {"", "error[502]:the provider's answer is malformed: the body is not JSON"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(render(chat().decode_body(c.data)), c.expected) << c.data;
}

TEST(openai_chat_decode, error_bodies) {
  struct error_case {
    int status;
    std::string body, detail;
    int expected_status;
  };
  const std::vector<error_case> cases{
      {429,
       R"({"error":{"message":"Rate limit","type":"requests","param":null,
      "code":"rate_limit_exceeded"}})",
       "Rate limit (requests, rate_limit_exceeded)", 429},
      {401,
       R"({"error":{"message":"bad key","type":"invalid_request_error","code":"invalid_api_key"}})",
       "bad key (invalid_request_error, invalid_api_key)", 401},
      {400, R"({"object":"error","message":"too long","type":"BadRequestError","code":400})",
       "too long (BadRequestError, 400)", 400},
      {422, R"({"detail":"unprocessable"})", "unprocessable", 422},
      {400, R"([{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}])", "bad (400)",
       400},
      {500, R"({"error":"boom"})", "boom", 500},
      {503, "upstream connect error\r\n", "upstream connect error", 503},
      {502, "<html>\n<b>Bad Gateway</b></html>", "<html> <b>Bad Gateway</b></html>", 502},
      {500, "", "no reason given", 500},
      {500, "{}", "no reason given", 500},
      {500, "[]", "no reason given", 500},
      {302, "moved", "moved", 502},
      {500, R"({"error":{"message":42}})", "no reason given", 500},
      {500, std::string(10'000, 'x'), std::string(400, 'x'), 500},
  };
  for (const auto& c : cases) {
    const fault f = chat().decode_error(c.status, c.body);
    EXPECT_EQ(f.type, std::string(fault_type::base) + "communication");
    EXPECT_EQ(f.status, c.expected_status) << c.body;
    EXPECT_EQ(f.detail, c.detail) << c.body;
    EXPECT_THAT(f.title, testing::HasSubstr(std::to_string(c.status)));
  }
}

TEST(openai_chat_decode, protocols_known) {
  EXPECT_NE(find_protocol("openai-chat"), nullptr);
  EXPECT_EQ(find_protocol("anthropic"), nullptr);
  EXPECT_EQ(find_protocol(""), nullptr);
}

} // namespace
} // namespace pawl::inference
