// What the simulated provider answers: determinism, continuation, limits, directives, tools,
// schemas, usage.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "sim/reply.hpp"
#include "sim/text.hpp"
#include "virtual_reader.hpp"

namespace pawl::sim::test {
namespace {

std::vector<std::string> heads_of(const std::string& text) {
  std::vector<std::string> heads;
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    if (cut == text.size() || (static_cast<unsigned char>(text[cut]) & 0xC0) != 0x80)
      heads.push_back(text.substr(0, cut));
  return heads;
}

TEST(answer, same_seed_and_prompt_give_the_same_bytes) {
  world one(paced()), other(paced());
  const auto first = one.ask_and_read(ask("hello"));
  EXPECT_EQ(first.body, other.ask_and_read(ask("hello")).body);
  EXPECT_TRUE(first.done);
  EXPECT_TRUE(first.ended);
  EXPECT_EQ(first.status, 200);
}

TEST(answer, seed_prompt_and_model_decide_the_text) {
  world one(instant());
  auto seeded = instant();
  seeded.seed = 2;
  world other(seeded);
  const auto text = one.ask_and_read(ask("hello")).text();
  EXPECT_EQ(one.ask_and_read(ask("hello")).text(), text);
  EXPECT_EQ(one.ask_and_read(ask("hello", "sim/small")).text(), text);
  EXPECT_NE(one.ask_and_read(ask("hello!")).text(), text);
  EXPECT_NE(one.ask_and_read(ask("hello", "large")).text(), text);
  EXPECT_NE(other.ask_and_read(ask("hello")).text(), text);
}

TEST(answer, expected_text_is_what_comes) {
  world plain(instant());
  EXPECT_EQ(plain.ask_and_read(ask("hello")).text(),
            expected_text(instant(), "small", json::array({user("hello")})));
  auto tagged = instant();
  tagged.mode = text_mode::nonce;
  world nonces(tagged);
  const auto text = nonces.ask_and_read(ask("hello")).text();
  EXPECT_TRUE(coherent(text));
  EXPECT_EQ(strip_nonces(text), expected_text(tagged, ask("hello").dump()));
}

TEST(answer, its_length_lies_in_the_range_of_the_options) {
  world w(instant());
  std::set<std::int64_t> lengths;
  for (int i = 0; i < 300; ++i)
    lengths.insert(w.ask_and_read(ask("prompt " + std::to_string(i)))
                       .usage()["completion_tokens"]
                       .get<std::int64_t>());
  EXPECT_EQ(*lengths.begin(), 20);
  EXPECT_EQ(*lengths.rbegin(), 60);
}

TEST(answer, a_prefix_cut_at_any_character_yields_exactly_the_rest) {
  world w(instant());
  const auto text = w.ask_and_read(ask("hello")).text();
  for (const auto& head : heads_of(text))
    ASSERT_EQ(head + w.ask_and_read(with_prefix(ask("hello"), head)).text(), text)
        << "after \"" << head << '"';
}

TEST(answer, a_continuation_goes_on_with_the_nonce_of_its_prefix) {
  auto options = instant();
  options.mode = text_mode::nonce;
  options.answer_tokens_max = 20;
  world w(options);
  const auto text = w.ask_and_read(ask("hello")).text();
  const auto nonce = w.last_row().nonce;
  const auto plain = expected_text(options, ask("hello").dump());
  const auto first_tag_ends = text.find(nonce) + nonce.size();
  for (const auto& head : heads_of(text)) {
    const auto joined = head + w.ask_and_read(with_prefix(ask("hello"), head)).text();
    ASSERT_TRUE(coherent(joined)) << joined;
    ASSERT_EQ(strip_nonces(joined), plain);
    if (head.size() >= first_tag_ends) {
      ASSERT_EQ(w.last_row().nonce, nonce);
    }
  }
}

TEST(answer, text_spliced_from_two_generations_is_incoherent) {
  auto options = instant();
  options.mode = text_mode::nonce;
  world w(options);
  const auto one = w.ask_and_read(ask("hello")).text();
  const auto other = w.ask_and_read(ask("hello")).text();
  ASSERT_EQ(one.size(), other.size());
  EXPECT_EQ(strip_nonces(one), strip_nonces(other));
  const auto space = one.find(' ', one.size() / 2);
  EXPECT_FALSE(coherent(one.substr(0, space) + other.substr(space)));
}

TEST(answer, an_authors_own_beginning_can_be_cut_and_continued_too) {
  world w(instant());
  auto body = with_prefix(ask("hello"), "Certainly:");
  const auto text = w.ask_and_read(body).text();
  EXPECT_EQ(text, " " + expected_text(instant(), ask("hello").dump()));
  for (const auto& head : heads_of(text)) {
    ASSERT_EQ(head + w.ask_and_read(with_prefix(body, head)).text(), text); // as one more message
    ASSERT_EQ(head + w.ask_and_read(with_prefix(ask("hello"), "Certainly:" + head)).text(),
              text); // as one
  }
}

TEST(answer, a_complete_prefix_leaves_nothing_to_say) {
  world w(instant());
  const auto text = expected_text(instant(), ask("hello").dump());
  const auto r = w.ask_and_read(with_prefix(ask("hello"), text));
  EXPECT_EQ(r.text(), "");
  EXPECT_EQ(r.finish_reason(), "stop");
  EXPECT_EQ(r.usage()["completion_tokens"], 0);
  EXPECT_TRUE(r.done);
}

TEST(answer, an_ignored_prefix_gets_the_head_again) {
  auto options = instant();
  options.prefix = prefix_behaviour::ignored;
  world w(options);
  const auto text = w.ask_and_read(ask("hello")).text();
  EXPECT_EQ(w.ask_and_read(with_prefix(ask("hello"), text.substr(0, 10))).text(), text);
  EXPECT_EQ(w.last_row().prefix_tokens, 0);
}

TEST(answer, max_tokens_is_honoured) {
  world w(instant());
  for (const char* key : {"max_tokens", "max_completion_tokens"}) {
    auto body = ask("[[tokens: 30]]");
    body[key] = 7;
    const auto r = w.ask_and_read(body);
    EXPECT_EQ(r.finish_reason(), "length");
    EXPECT_EQ(r.usage()["completion_tokens"], 7);
    const auto text = r.text();
    EXPECT_EQ(std::count(text.begin(), text.end(), ' '), 6); // seven words
    body[key] = 30;
    EXPECT_EQ(w.ask_and_read(body).finish_reason(), "stop");
  }
}

TEST(answer, a_stop_string_ends_it_and_is_not_sent) {
  world w(instant());
  auto body = ask("[[say: one two three four five]]");
  body["stop"] = "three";
  auto r = w.ask_and_read(body);
  EXPECT_EQ(r.text(), "one two ");
  EXPECT_EQ(r.finish_reason(), "stop");
  EXPECT_EQ(r.usage()["completion_tokens"], 3); // the third word was generated
  body["stop"] = json::array({"five", "wo th"});
  r = w.ask_and_read(body);
  EXPECT_EQ(r.text(), "one t");
  EXPECT_EQ(r.usage()["completion_tokens"], 3);
  body["stop"] = "six";
  EXPECT_EQ(w.ask_and_read(body).text(), "one two three four five");
}

TEST(answer, directives_of_the_last_user_message_steer_it) {
  world w(instant());
  EXPECT_EQ(w.ask_and_read(ask("Classify. [[say: billing]]")).text(), "billing");
  EXPECT_EQ(w.ask_and_read(ask(R"(x [[json: {"a": [[1, 2]], "b": "]]"}]] y)")).text(),
            R"({"a": [[1, 2]], "b": "]]"})");
  EXPECT_EQ(w.ask_and_read(ask("[[tokens: 3]]")).usage()["completion_tokens"], 3);
  EXPECT_EQ(w.ask_and_read(ask("[[say: a]] [[say: b]]")).text(), "a");
  auto body = ask("[[say: old]]");
  body["messages"].push_back(assistant("old"));
  body["messages"].push_back(user("[[say: new]]"));
  EXPECT_EQ(w.ask_and_read(body).text(), "new");
  EXPECT_EQ(w.ask_and_read(with_prefix(ask("[[say: one two]]"), "one t")).text(), "wo");
}

TEST(answer, a_call_directive_streams_a_tool_call_in_fragments) {
  world w(paced());
  auto body = ask(R"(Look it up. [[call: find_user {"name": "Ada Lovelace", "limit": 3}]])");
  const auto r = w.ask_and_read(body);
  std::string arguments;
  int fragments = 0, named = 0;
  for (const auto& e : r.events)
    for (const auto& c : e["choices"])
      if (c["delta"].contains("tool_calls")) {
        const auto& call = c["delta"]["tool_calls"][0];
        EXPECT_EQ(call["index"], 0);
        arguments += call["function"]["arguments"].get<std::string>();
        named += call["function"].value("name", "") == "find_user" && !call.value("id", "").empty();
        ++fragments;
      }
  EXPECT_EQ(named, 1);
  EXPECT_GT(fragments, 1);
  EXPECT_EQ(json::parse(arguments), json::parse(R"({"name": "Ada Lovelace", "limit": 3})"));
  EXPECT_EQ(r.finish_reason(), "tool_calls");
  EXPECT_EQ(r.text(), "");

  // With the tool's answer in the conversation the model goes on in words.
  body["messages"].push_back(
      {{"role", "assistant"}, {"content", nullptr}, {"tool_calls", json::array({json::object()})}});
  body["messages"].push_back({{"role", "tool"}, {"tool_call_id", "call_1"}, {"content", "{}"}});
  EXPECT_EQ(w.ask_and_read(body).finish_reason(), "stop");
}

TEST(answer, a_forced_tool_is_called_with_arguments_that_fit_its_schema) {
  world w(instant());
  auto body = ask("hello");
  body["tools"] = json::parse(R"([{"type": "function", "function": {"name": "act", "parameters": {
    "type": "object", "properties": {"kind": {"enum": ["x", "y"]},
      "count": {"type": "integer", "minimum": 5, "maximum": 6}},
    "required": ["kind", "count"]}}}])");
  body["tool_choice"] = "required";
  body["stream"] = false;
  body.erase("stream_options");
  const auto call =
      json::parse(w.ask_and_read(body).body)["choices"][0]["message"]["tool_calls"][0];
  EXPECT_EQ(call["function"]["name"], "act");
  const auto arguments = json::parse(call["function"]["arguments"].get<std::string>());
  EXPECT_TRUE(arguments["kind"] == "x" || arguments["kind"] == "y");
  EXPECT_TRUE(arguments["count"] == 5 || arguments["count"] == 6);
  body["tool_choice"] = {{"type", "function"}, {"function", {{"name", "other"}}}};
  EXPECT_EQ(w.ask_and_read(body).status, 400);
}

TEST(answer, a_schema_gets_a_value_that_fits_over_several_events) {
  world w(paced());
  auto body = ask("hello");
  body["response_format"] =
      json::parse(R"({"type": "json_schema", "json_schema": {"name": "n", "schema": {
    "type": "object", "required": ["category", "score", "urgent", "count", "tags", "who"],
    "properties": {
      "category": {"type": "string", "enum": ["billing", "bug"]},
      "score": {"type": "number", "minimum": 0, "maximum": 1},
      "urgent": {"type": "boolean"},
      "count": {"type": "integer", "exclusiveMinimum": 2, "maximum": 4},
      "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}, "minItems": 2},
      "who": {"$ref": "#/$defs/person"}},
    "$defs": {"person": {"type": "object",
      "properties": {"name": {"type": "string", "minLength": 12}}}}}}})");
  const auto r = w.ask_and_read(body);
  EXPECT_GT(r.token_events(), 2);
  const auto value = json::parse(r.text());
  EXPECT_TRUE(value["category"] == "billing" || value["category"] == "bug");
  EXPECT_GE(value["score"].get<double>(), 0);
  EXPECT_LE(value["score"].get<double>(), 1);
  EXPECT_TRUE(value["urgent"].is_boolean());
  EXPECT_TRUE(value["count"].is_number_integer());
  EXPECT_GE(value["count"], 3);
  EXPECT_LE(value["count"], 4);
  ASSERT_EQ(value["tags"].size(), 2u);
  EXPECT_LE(value["tags"][0].get<std::string>().size(), 3u);
  EXPECT_GE(value["who"]["name"].get<std::string>().size(), 12u);
}

TEST(answer, usage_is_the_last_chunk_before_the_end_marker_and_only_when_asked_for) {
  world w(instant());
  auto r = w.ask_and_read(ask("abcd efgh"));
  EXPECT_TRUE(r.events.back()["choices"].empty());
  const auto usage = r.events.back()["usage"];
  EXPECT_EQ(usage["prompt_tokens"], 2);
  EXPECT_EQ(usage["prompt_tokens_details"]["cached_tokens"], 0);
  EXPECT_EQ(usage["total_tokens"].get<int>(), 2 + usage["completion_tokens"].get<int>());
  ASSERT_TRUE(r.events.front().contains("usage"));
  EXPECT_TRUE(r.events.front()["usage"].is_null());
  EXPECT_TRUE(r.body.ends_with("data: [DONE]\n\n"));
  auto body = ask("abcd efgh");
  body.erase("stream_options");
  r = w.ask_and_read(body);
  EXPECT_TRUE(r.usage().is_null());
  EXPECT_FALSE(r.events.front().contains("usage"));
  EXPECT_TRUE(r.done);
}

TEST(answer, several_tokens_share_an_event_and_events_wait_for_their_tokens) {
  world w(paced());
  const auto id = w.open(ask("[[tokens: 10]]"));
  auto r = w.read(id, start_of_time + std::chrono::milliseconds(109));
  EXPECT_EQ(r.token_events(), 0); // one token so far, an event takes two
  r = w.read(id, start_of_time + std::chrono::milliseconds(110));
  EXPECT_EQ(r.token_events(), 1);
  r = w.read(id);
  EXPECT_EQ(r.token_events(), 4);
  EXPECT_EQ(r.last_at, start_of_time + std::chrono::milliseconds(190));
}

TEST(answer, an_answer_that_is_not_streamed_is_one_body) {
  world w(paced());
  auto body = ask("[[say: one two three]]");
  body.erase("stream_options");
  body["stream"] = false;
  const auto r = w.ask_and_read(body);
  EXPECT_EQ(net::find_header(r.headers, "Content-Type"), "application/json");
  const auto answer = json::parse(r.body);
  EXPECT_EQ(answer["object"], "chat.completion");
  EXPECT_EQ(answer["choices"][0]["message"]["content"], "one two three");
  EXPECT_EQ(answer["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(answer["usage"]["completion_tokens"], 3);
  EXPECT_EQ(r.last_at, start_of_time + std::chrono::milliseconds(120));
  EXPECT_EQ(w.last_row().delivered_tokens, 3);
}

} // namespace
} // namespace pawl::sim::test
