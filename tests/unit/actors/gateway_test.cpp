// One call through the gateway: submission, answers, watchers, commands. The provider is played by
// the test.
#include "tests/unit/actors/gateway_fixture.hpp"

namespace pawl::testing {
namespace {

using actors::call_command;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST_F(gateway_test, a_call_is_answered_in_the_face_shape) {
  start();
  EXPECT_EQ(told->links_up, 1);
  submit(ask("m/plain"));
  EXPECT_EQ(told->accepted[call], 1);
  ASSERT_EQ(wire.exchanges.size(), 1u);
  EXPECT_EQ(wire.last().request.url, "http://provider.test/v1/chat/completions");
  EXPECT_EQ(net::find_header(wire.last().request.headers, "authorization"),
            "Bearer secret-of-the-test");
  EXPECT_EQ(wire.last().body["model"], "n-1");

  wire.last().head(200, {{"Content-Type", "text/event-stream"}, {"X-Request-Id", "req-1"}});
  wire.last().text("All is ");
  settle();
  answer_normally("well.", 10, 5);

  auto v = value();
  EXPECT_EQ(v["text"], "All is well.");
  EXPECT_EQ(v["message"], json({{"role", "assistant"}, {"content", "All is well."}}));
  EXPECT_EQ(v["finishReason"], "stop");
  EXPECT_EQ(v["model"], "m/plain");
  EXPECT_EQ(v["provider"], "good");
  EXPECT_EQ(v["callId"], call.str());
  EXPECT_EQ(v["toolCalls"], json::array());
  EXPECT_EQ(v["usage"]["input"], 10);
  EXPECT_EQ(v["usage"]["output"], 5);
  // 10 tokens at 1 $ and 5 at 2 $ per million: 20 millionths of a dollar
  EXPECT_EQ(v["cost"], json({{"nanoUsd", 20'000}, {"usd", "0.00002"}, {"exact", true}}));
}

TEST_F(gateway_test, the_row_is_reserved_before_anything_goes_out) {
  start();
  actors::call_submission what;
  what.id = call;
  what.request = ask("m/plain");
  gateway->submit(std::move(what));
  run_actors();
  EXPECT_EQ(wire.exchanges.size(), 0u) << "the intent is not durable yet";
  EXPECT_EQ(queue->backlog(), 1u);
  settle();
  EXPECT_EQ(wire.exchanges.size(), 1u);
  auto r = rows();
  ASSERT_EQ(r.size(), 1u);
  EXPECT_EQ(r[0].state, attempt_state::reserved);
  EXPECT_EQ(r[0].kind, attempt_kind::fresh);
  ASSERT_TRUE(r[0].bounds.upper);
  // 100 tokens of output at 2 $ per million alone are 200'000 nano-dollars
  EXPECT_GT(*r[0].bounds.upper, nano_usd(200'000));
  EXPECT_EQ(r[0].bounds.lower, nano_usd(0));
}

TEST_F(gateway_test, a_settled_row_says_who_what_where) {
  start();
  submit(ask("m/plain"));
  answer_normally();
  auto r = rows();
  ASSERT_EQ(r.size(), 1u);
  EXPECT_EQ(r[0].state, attempt_state::settled);
  EXPECT_EQ(r[0].ending, attempt_ending::complete);
  EXPECT_EQ(r[0].run, "run-1");
  EXPECT_EQ(r[0].step, "/do/0/ask");
  EXPECT_EQ(r[0].model, "m/plain");
  EXPECT_EQ(r[0].deployment, "good/n-1");
  EXPECT_EQ(r[0].provider_request_id, "chatcmpl-1");
  EXPECT_EQ(json::parse(r[0].metadata), json({{"team", "blue"}}));
  EXPECT_EQ(r[0].cost, nano_usd(20'000));
  EXPECT_EQ(r[0].bounds, (cost_bounds{nano_usd(20'000), nano_usd(20'000)}));
  EXPECT_EQ(record()->state, storage::call_state::finished);
}

TEST_F(gateway_test, watchers_see_events_from_their_cursor_before_the_answer) {
  start();
  gateway->attach(call, 0); // nobody knows the call yet
  settle();
  submit(ask("m/plain"));
  wire.last().head(200);
  wire.last().text("one ");
  wire.last().text("two ");
  run_actors();
  EXPECT_THAT(told->events[call], ::testing::IsEmpty()) << "not in the log yet";
  settle();
  EXPECT_EQ(screen(), "one two ");
  gateway->detach(call);
  settle();
  wire.last().text("three ");
  settle();
  EXPECT_EQ(screen(), "one two ");
  told->events.clear();
  gateway->attach(call, 1);
  settle();
  EXPECT_EQ(screen(), "two three ");
  EXPECT_EQ(told->events[call].front().number, 1u);
}

TEST_F(gateway_test, whoever_attaches_to_a_finished_call_sees_all_of_it) {
  start();
  submit(ask("m/plain"));
  answer_normally();
  gateway->attach(call, 0);
  settle();
  EXPECT_EQ(screen(), "All is well.");
}

TEST_F(gateway_test, a_body_that_is_not_streamed_is_one_event) {
  start();
  gateway->attach(call, 0);
  submit(ask("m/plain"));
  wire.last().head(200, {{"Content-Type", "application/json"}});
  const std::string body = json{{"id", "c-9"},
                                {"object", "chat.completion"},
                                {"choices",
                                 {{{"index", 0},
                                   {"finish_reason", "stop"},
                                   {"message", {{"role", "assistant"}, {"content", "Hi."}}}}}},
                                {"usage", {{"prompt_tokens", 3}, {"completion_tokens", 2}}}}
                               .dump();
  wire.last().say(body.substr(0, 20));
  wire.last().say(body.substr(20));
  wire.last().end();
  settle();
  EXPECT_EQ(value()["text"], "Hi.");
  EXPECT_EQ(screen(), "Hi.");
  EXPECT_EQ(told->events[call].size(), 1u);
  EXPECT_EQ(rows()[0].state, attempt_state::settled);
}

TEST_F(gateway_test, no_usage_is_no_exact_cost) {
  start();
  submit(ask("m/plain"));
  wire.last().head(200);
  wire.last().text("a");
  wire.last().text("b");
  wire.last().done();
  settle();
  EXPECT_EQ(value()["text"], "ab");
  EXPECT_EQ(value()["cost"]["exact"], false);
  auto row = rows().at(0);
  EXPECT_EQ(row.state, attempt_state::unknown);
  EXPECT_EQ(row.ending, attempt_ending::complete);
  EXPECT_EQ(row.bounds.lower, nano_usd(4'000))
      << "two events with text, a token each, at 2 $ per million";
  EXPECT_GT(row.bounds.upper, nano_usd(200'000));
}

// --- admission

TEST_F(gateway_test, unknown_models_leave_no_trace) {
  start();
  submit(ask("nobody/has-it"));
  EXPECT_EQ(problem().type, type_of("configuration"));
  EXPECT_EQ(problem().status, 400);
  EXPECT_FALSE(record());
  EXPECT_THAT(rows(), ::testing::IsEmpty());
  gateway->acknowledge(call);
  settle();
  EXPECT_THAT(told->done, ElementsAre(Pair(call, call_command::acknowledge)));
}

TEST_F(gateway_test, a_missing_key_is_named_and_leaves_no_trace) {
  start();
  submit(ask("keyless/any"));
  EXPECT_EQ(problem().type, type_of("configuration"));
  EXPECT_THAT(problem().detail, HasSubstr("NO_KEY"));
  EXPECT_FALSE(record());
}

TEST_F(gateway_test, a_request_with_mistakes_is_refused) {
  start();
  submit(json{{"model", "m/plain"}, {"prompt", "x"}, {"maxTokenz", 1}});
  EXPECT_EQ(problem().type, type_of("validation"));
  EXPECT_FALSE(record());
}

TEST_F(gateway_test, there_is_room_for_so_many_calls) {
  options.calls_open_max = 1;
  start();
  submit(ask("m/plain"));
  actors::call_submission second;
  second.id = call_id(std::string(32, 'b'));
  second.request = ask("m/plain");
  gateway->submit(second);
  settle();
  ASSERT_EQ(told->answers[second.id].size(), 1u);
  EXPECT_EQ(told->answers[second.id][0].fault().status, 429);
  answer_normally();
  gateway->submit(second);
  settle();
  EXPECT_EQ(told->accepted[second.id], 1);
}

TEST_F(gateway_test, the_first_model_that_can_be_used_is_used) {
  start();
  submit(ask("m/plain", {{"model", {"keyless/any", "m/plain"}}}));
  answer_normally();
  EXPECT_EQ(value()["model"], "m/plain");
}

// --- joining, acknowledging, cancelling

TEST_F(gateway_test, a_second_submission_joins) {
  start();
  submit(ask("m/plain"));
  submit(ask("m/plain", {{"prompt", "something else"}}));
  EXPECT_EQ(wire.exchanges.size(), 1u);
  EXPECT_EQ(told->accepted[call], 2);
  answer_normally();
  EXPECT_EQ(value()["text"], "All is well.");
  submit(ask("m/plain"));
  EXPECT_EQ(told->answers[call].size(), 2u)
      << "until it is acknowledged, everybody who asks gets it";
  EXPECT_EQ(told->answers[call][0], told->answers[call][1]);
  EXPECT_EQ(wire.exchanges.size(), 1u);
}

TEST_F(gateway_test, an_acknowledged_answer_is_released_and_never_bought_again) {
  start();
  submit(ask("m/plain"));
  answer_normally();
  gateway->acknowledge(call);
  settle();
  EXPECT_THAT(told->done, ElementsAre(Pair(call, call_command::acknowledge)));
  EXPECT_EQ(record()->state, storage::call_state::released);
  EXPECT_EQ(storage::events_end(*store, call).value(), 0u);
  EXPECT_EQ(rows().size(), 1u);
  gateway->acknowledge(call);
  settle();
  EXPECT_EQ(told->done.size(), 2u) << "a repeated command is answered again";
  submit(ask("m/plain"));
  EXPECT_EQ(wire.exchanges.size(), 1u);
  ASSERT_EQ(told->answers[call].size(), 2u);
  EXPECT_EQ(told->answers[call][1].fault().type, fault_type::effect_unknown);
}

TEST_F(gateway_test, a_cancellation_may_overtake_its_call) {
  start();
  gateway->cancel(call);
  settle();
  EXPECT_THAT(told->done, ElementsAre(Pair(call, call_command::cancel)));
  submit(ask("m/plain"));
  EXPECT_EQ(wire.exchanges.size(), 0u);
  EXPECT_EQ(problem().type, fault_type::interrupted);
  gateway->cancel(call);
  settle();
  EXPECT_EQ(told->done.size(), 2u);
}

TEST_F(gateway_test, a_stream_is_cancelled_durably_and_then_closed) {
  start();
  submit(ask("m/plain"));
  wire.last().head(200);
  wire.last().text("one");
  settle();
  gateway->cancel(call);
  run_actors();
  EXPECT_FALSE(wire.last().cancelled) << "not durable yet";
  EXPECT_THAT(told->done, ::testing::IsEmpty());
  settle();
  EXPECT_TRUE(wire.last().cancelled);
  EXPECT_THAT(told->done, ElementsAre(Pair(call, call_command::cancel)));
  EXPECT_EQ(record()->state, storage::call_state::cancelled);
  auto row = rows().at(0);
  EXPECT_EQ(row.state, attempt_state::unknown);
  EXPECT_EQ(row.ending, attempt_ending::cancelled);
  EXPECT_EQ(row.bounds.lower, nano_usd(2'000));
  EXPECT_TRUE(told->answers[call].empty());
}

TEST_F(gateway_test, a_call_that_was_not_dispatched_is_cancelled_for_nothing) {
  start();
  actors::call_submission what;
  what.id = call;
  what.request = ask("m/plain");
  gateway->submit(std::move(what));
  gateway->cancel(call);
  settle();
  EXPECT_EQ(wire.exchanges.size(), 0u);
  EXPECT_THAT(told->done, ElementsAre(Pair(call, call_command::cancel)));
  for (auto& row : rows()) {
    EXPECT_EQ(row.state, attempt_state::settled);
    EXPECT_EQ(row.cost, nano_usd(0));
  }
}

TEST_F(gateway_test, a_finished_call_is_released_by_a_cancellation) {
  start();
  submit(ask("m/plain"));
  answer_normally();
  gateway->cancel(call);
  settle();
  EXPECT_THAT(told->done, ElementsAre(Pair(call, call_command::cancel)));
  EXPECT_EQ(record()->state, storage::call_state::released);
}

// --- the store

TEST_F(gateway_test, a_store_that_fails_stops_everything) {
  start();
  gateway->attach(call, 0);
  submit(ask("m/plain"));
  wire.last().head(200);
  store->fail(error(errc::store_failed, "disk full"));
  wire.last().text("never shown");
  settle();
  ASSERT_EQ(store_failures.size(), 1u);
  EXPECT_THAT(store_failures[0].message, HasSubstr("disk full"));
  EXPECT_EQ(screen(), "");
  wire.last().complete("x", 1, 1);
  settle();
  pass(5min);
  submit(ask("m/plain"));
  EXPECT_TRUE(told->answers[call].empty());
  EXPECT_EQ(store_failures.size(), 1u);
  EXPECT_EQ(wire.exchanges.size(), 1u);
}

TEST_F(gateway_test, an_intent_that_is_not_durable_is_not_dispatched) {
  start();
  store->fail(error(errc::store_failed, "disk full"));
  submit(ask("m/plain"));
  EXPECT_EQ(wire.exchanges.size(), 0u);
  EXPECT_EQ(store_failures.size(), 1u);
}

} // namespace
} // namespace pawl::testing
