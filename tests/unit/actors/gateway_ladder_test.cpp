// Streams that break: what is continued, restarted or given up, and what each costs.
#include "tests/unit/actors/gateway_fixture.hpp"

namespace pawl::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string story =
    "Once upon a time there was a pawl, and the wheel turned forward and never slipped back. ";

std::vector<stream_event_kind> seams(const std::vector<stream_event>& events) {
  std::vector<stream_event_kind> out;
  for (auto& e : events)
    if (e.kind == stream_event_kind::continued || e.kind == stream_event_kind::restarted)
      out.push_back(e.kind);
  return out;
}

class ladder_test : public gateway_test {
protected:
  /// A stream that says the beginning of a text and then breaks.
  void begin(const std::string& model, std::string_view text, json more = json::object()) {
    start();
    gateway->attach(call, 0);
    submit(ask(model, std::move(more)));
    say(text);
  }
  void say(std::string_view text) {
    wire.last().head(200);
    wire.last().text(text);
    settle();
  }
  void break_off() {
    wire.last().fail(net::failure_kind::reset);
    settle();
  }
};

TEST_F(ladder_test, a_broken_stream_goes_on_from_its_prefix) {
  begin("m/prefix", "Once upon ");
  break_off();
  ASSERT_EQ(wire.exchanges.size(), 2u) << "at once: somebody waits";
  EXPECT_EQ(wire.last().body["messages"].back(),
            json({{"role", "assistant"}, {"content", "Once upon "}}));
  EXPECT_LT(wire.last().body["max_tokens"], 100);
  answer_normally("a time.", 12, 2);
  EXPECT_EQ(value()["text"], "Once upon a time.");
  EXPECT_EQ(screen(), "Once upon a time.");
  EXPECT_THAT(seams(told->events[call]), ElementsAre(stream_event_kind::continued));
  auto r = rows();
  ASSERT_EQ(r.size(), 2u);
  EXPECT_EQ(r[0].state, attempt_state::unknown);
  EXPECT_EQ(r[0].ending, attempt_ending::interrupted);
  EXPECT_EQ(r[0].tokens.output, 1);
  EXPECT_EQ(r[1].kind, attempt_kind::continued);
  EXPECT_EQ(r[1].state, attempt_state::settled);
  // Known is what the second attempt cost: 12 at 1 $ and 2 at 2 $ per million.
  EXPECT_EQ(value()["cost"], json({{"nanoUsd", 16'000}, {"usd", "0.000016"}, {"exact", false}}));
  EXPECT_EQ(value()["usage"]["output"], 2);
}

TEST_F(ladder_test, event_numbers_rise_and_are_never_used_twice) {
  begin("m/prefix", "Once upon ");
  break_off();
  say("a time ");
  break_off();
  answer_normally("there was.");
  std::uint64_t last = 0;
  bool first = true;
  for (auto& e : told->events[call]) {
    EXPECT_TRUE(first || e.number > last);
    last = e.number;
    first = false;
  }
  EXPECT_EQ(screen(), "Once upon a time there was.");
  EXPECT_EQ(value()["text"], screen());
}

TEST_F(ladder_test, without_a_prefix_everything_is_bought_again) {
  begin("m/plain", "Once upon ");
  break_off();
  ASSERT_EQ(wire.exchanges.size(), 2u);
  EXPECT_EQ(wire.last().body["messages"], wire.exchanges[0]->body["messages"]);
  answer_normally("Twice below.");
  EXPECT_EQ(value()["text"], "Twice below.");
  EXPECT_EQ(screen(), "Twice below.");
  auto seen = told->events[call];
  EXPECT_THAT(seams(seen), ElementsAre(stream_event_kind::restarted));
  for (std::size_t i = 0; i + 1 < seen.size(); ++i)
    if (seen[i].kind == stream_event_kind::restarted) {
      EXPECT_EQ(json::parse(seen[i].text)["from"], seen[i + 1].number);
    }
  EXPECT_EQ(rows()[1].kind, attempt_kind::restart);
  EXPECT_EQ(record()->restarts, 1u);
}

TEST_F(ladder_test, restarts_are_bounded) {
  begin("m/plain", "Once upon ");
  break_off();
  say("again ");
  break_off();
  say("and again ");
  break_off();
  EXPECT_EQ(wire.exchanges.size(), 3u) << "one and two restarts";
  EXPECT_EQ(problem().type, type_of("communication"));
  EXPECT_EQ(problem().status, 502);
}

TEST_F(ladder_test, a_request_may_ask_for_a_fault) {
  begin("m/plain", "Once upon ", {{"onInterrupt", "fault"}});
  break_off();
  EXPECT_EQ(wire.exchanges.size(), 1u);
  EXPECT_EQ(problem().type, fault_type::interrupted);
  EXPECT_EQ(problem().status, 503);
  EXPECT_EQ(rows()[0].state, attempt_state::unknown);
}

TEST_F(ladder_test, also_then_it_goes_on_where_that_is_possible) {
  begin("m/prefix", "Once upon ", {{"onInterrupt", "fault"}});
  break_off();
  answer_normally("a time.");
  EXPECT_EQ(value()["text"], "Once upon a time.");
}

TEST_F(ladder_test, a_clean_end_without_the_end_marker_is_an_interruption) {
  begin("m/prefix", "Once upon ");
  wire.last().end();
  settle();
  ASSERT_EQ(wire.exchanges.size(), 2u);
  answer_normally("a time.");
  EXPECT_EQ(value()["text"], "Once upon a time.");
}

TEST_F(ladder_test, a_stall_is_an_interruption) {
  begin("m/prefix", "Once upon ", {{"timeout", {{"betweenEvents", "PT10S"}}}});
  pass(9s);
  EXPECT_FALSE(wire.last().cancelled);
  pass(1s);
  EXPECT_TRUE(wire.exchanges[0]->cancelled);
  ASSERT_EQ(wire.exchanges.size(), 2u);
  answer_normally("a time.");
  EXPECT_EQ(value()["text"], "Once upon a time.");
  EXPECT_EQ(rows()[0].state, attempt_state::unknown);
}

TEST_F(ladder_test, stalls_end_with_a_timeout) {
  begin("m/plain", "Once ", {{"timeout", {{"betweenEvents", "PT10S"}}}});
  for (int i = 0; i < 3; ++i) {
    say("more ");
    pass(10s);
  }
  EXPECT_EQ(problem().type, type_of("timeout"));
  EXPECT_EQ(problem().status, 408);
}

TEST_F(ladder_test, a_malformed_event_is_an_interruption) {
  begin("m/prefix", "Once upon ");
  wire.last().say("data: {\"choices\": [{\"del\n\n");
  settle();
  EXPECT_TRUE(wire.exchanges[0]->cancelled);
  answer_normally("a time.");
  EXPECT_EQ(value()["text"], "Once upon a time.");
}

TEST_F(ladder_test, an_error_event_is_an_interruption) {
  begin("m/plain", "Once upon ");
  for (int i = 0; i < 3; ++i) {
    wire.last().head(200);
    wire.last().say("data: {\"error\": {\"message\": \"overloaded\", \"code\": 529}}\n\n");
    settle();
  }
  EXPECT_EQ(problem().type, type_of("communication"));
  EXPECT_EQ(problem().status, 529);
}

TEST_F(ladder_test, a_refused_prefix_is_a_restart) {
  begin("m/prefix", "Once upon ");
  break_off();
  wire.last().refuse(400, "this model does not support assistant message prefill");
  settle();
  ASSERT_EQ(wire.exchanges.size(), 3u);
  EXPECT_EQ(wire.last().body["messages"], wire.exchanges[0]->body["messages"]);
  answer_normally("Twice below.");
  EXPECT_EQ(value()["text"], "Twice below.");
  auto r = rows();
  EXPECT_EQ(r[1].kind, attempt_kind::continued);
  EXPECT_EQ(r[1].cost, nano_usd(0));
  EXPECT_EQ(r[2].kind, attempt_kind::restart);
}

TEST_F(ladder_test, a_continuation_that_meets_a_busy_provider_is_tried_again) {
  begin("m/prefix", "Once upon ");
  break_off();
  wire.last().refuse(503, "busy");
  settle();
  pass(1s);
  ASSERT_EQ(wire.exchanges.size(), 3u);
  EXPECT_EQ(wire.last().body["messages"].back()["content"], "Once upon ");
  answer_normally("a time.");
  EXPECT_EQ(value()["text"], "Once upon a time.");
  EXPECT_EQ(rows()[2].kind, attempt_kind::retry);
}

TEST_F(ladder_test, a_continuation_that_repeats_the_head_becomes_a_restart) {
  begin("m/prefix", story);
  break_off();
  say(story.substr(0, 30));
  EXPECT_EQ(screen(), story) << "nothing is shown before it is decided what it is";
  gateway->attach(call, 0); // also not to somebody who comes just now
  told->events.clear();
  settle();
  EXPECT_EQ(screen(), story);
  wire.last().text(story.substr(30));
  wire.last().complete("The end.", 10, 30);
  settle();
  EXPECT_EQ(value()["text"], story + "The end.");
  EXPECT_EQ(screen(), story + "The end.");
  EXPECT_THAT(seams(told->events[call]),
              ElementsAre(stream_event_kind::continued, stream_event_kind::restarted));
  EXPECT_EQ(rows()[1].kind, attempt_kind::restart);
  EXPECT_EQ(record()->restarts, 1u);
}

TEST_F(ladder_test, or_a_fault_where_that_is_asked) {
  begin("m/prefix", story, {{"onInterrupt", "fault"}});
  break_off();
  say(story);
  EXPECT_EQ(problem().type, fault_type::interrupted);
  EXPECT_TRUE(wire.last().cancelled);
}

TEST_F(ladder_test, a_continuation_that_only_begins_alike_is_one) {
  begin("m/prefix", story);
  break_off();
  say("Once ");
  wire.last().complete("more.", 10, 2);
  settle();
  EXPECT_EQ(value()["text"], story + "Once more.");
  EXPECT_EQ(screen(), story + "Once more.");
}

TEST_F(ladder_test, a_short_continuation_is_decided_by_its_end) {
  begin("m/prefix", story);
  break_off();
  answer_normally("Once", 10, 1);
  EXPECT_EQ(value()["text"], story + "Once");
  EXPECT_EQ(screen(), story + "Once");
}

TEST_F(ladder_test, a_stop_string_across_the_seam_ends_the_answer) {
  begin("m/prefix", "One. STO", {{"stop", {"STOP"}}});
  break_off();
  say("P and on and on");
  EXPECT_EQ(value()["text"], "One. ");
  EXPECT_EQ(value()["message"]["content"], "One. ");
  EXPECT_EQ(value()["finishReason"], "stop");
  EXPECT_EQ(rows()[1].state, attempt_state::unknown) << "its usage never came";
}

TEST_F(ladder_test, a_schema_cannot_be_continued) {
  begin("m/prefix", "{\"a\": ", {{"responseSchema", {{"type", "object"}, {"required", {"a"}}}}});
  break_off();
  ASSERT_EQ(wire.exchanges.size(), 2u);
  answer_normally(R"({"a": 1})");
  EXPECT_EQ(value()["json"], json({{"a", 1}}));
  EXPECT_EQ(rows()[1].kind, attempt_kind::restart);
}

TEST_F(ladder_test, an_answer_that_breaks_its_schema_is_paid_and_a_fault) {
  start();
  submit(ask("m/plain", {{"responseSchema", {{"type", "object"}, {"required", {"a"}}}}}));
  answer_normally(R"({"b": 1})");
  EXPECT_EQ(problem().type, type_of("validation"));
  EXPECT_EQ(rows()[0].state, attempt_state::settled);
}

TEST_F(ladder_test, a_tool_call_cannot_be_continued) {
  begin("m/prefix", "Let me see. ");
  wire.last().event({{"choices",
                      {{{"index", 0},
                        {"delta",
                         {{"tool_calls",
                           {{{"index", 0},
                             {"id", "t1"},
                             {"function", {{"name", "look"}, {"arguments", "{\"x\":"}}}}}}}}}}}});
  settle();
  break_off();
  answer_normally("Seen.");
  EXPECT_EQ(value()["text"], "Seen.");
  EXPECT_EQ(rows()[1].kind, attempt_kind::restart);
}

TEST_F(ladder_test, continuations_without_new_text_lead_to_a_restart) {
  begin("m/prefix", "Once upon ");
  break_off();
  for (int i = 0; i < 2; ++i) {
    wire.last().head(200);
    wire.last().event({{"choices", {{{"index", 0}, {"delta", {{"role", "assistant"}}}}}}});
    settle();
    break_off();
  }
  ASSERT_EQ(rows().size(), 4u);
  EXPECT_EQ(rows()[3].kind, attempt_kind::restart);
}

TEST_F(ladder_test, joining_while_it_breaks_changes_nothing) {
  begin("m/prefix", "Once upon ");
  wire.last().fail(net::failure_kind::reset);
  submit(ask("m/prefix"));
  answer_normally("a time.");
  EXPECT_EQ(value()["text"], "Once upon a time.");
  EXPECT_EQ(rows().size(), 2u);
}

} // namespace
} // namespace pawl::testing
