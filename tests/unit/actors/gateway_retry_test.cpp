// Refusals, silence and time: what is tried again, when, and what it is said to have cost.
#include "tests/unit/actors/gateway_fixture.hpp"

namespace pawl::testing {
namespace {

using actors::call_command;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST_F(gateway_test, a_server_error_costs_nothing_and_is_tried_again) {
  start();
  submit(ask("m/plain"));
  wire.last().refuse(500, "the server is unwell");
  settle();
  EXPECT_EQ(wire.exchanges.size(), 1u);
  pass(500ms); // full jitter below the first backoff
  ASSERT_EQ(wire.exchanges.size(), 2u);
  answer_normally();
  EXPECT_EQ(value()["cost"]["exact"], true);
  auto r = rows();
  ASSERT_EQ(r.size(), 2u);
  EXPECT_EQ(r[0].state, attempt_state::settled);
  EXPECT_EQ(r[0].ending, attempt_ending::failed);
  EXPECT_EQ(r[0].cost, nano_usd(0));
  EXPECT_EQ(r[1].kind, attempt_kind::retry);
  EXPECT_EQ(r[1].attempt, 1u);
}

TEST_F(gateway_test, retry_after_is_honoured) {
  start();
  submit(ask("m/plain"));
  wire.last().refuse(429, "slow down", {{"Retry-After", "30"}});
  settle();
  pass(29s);
  EXPECT_EQ(wire.exchanges.size(), 1u);
  pass(2s);
  EXPECT_EQ(wire.exchanges.size(), 2u);
}

TEST_F(gateway_test, other_calls_respect_the_patience_that_was_asked_for) {
  start();
  submit(ask("m/plain"));
  wire.last().refuse(429, "slow down", {{"Retry-After", "30"}});
  settle();
  actors::call_submission second;
  second.id = call_id(std::string(32, 'b'));
  second.request = ask("m/plain");
  gateway->submit(second);
  settle();
  EXPECT_EQ(wire.exchanges.size(), 1u);
  pass(32s);
  EXPECT_EQ(wire.exchanges.size(), 3u);
}

TEST_F(gateway_test, retries_end_with_the_providers_status) {
  start();
  submit(ask("m/plain"));
  for (int i = 0; i < 20 && told->answers[call].empty(); ++i) {
    wire.last().refuse(503, "still unwell");
    settle();
    pass(1min);
  }
  EXPECT_EQ(problem().type, type_of("communication"));
  EXPECT_EQ(problem().status, 503);
  EXPECT_EQ(wire.exchanges.size(), 6u) << "one and five retries";
  EXPECT_EQ(rows().size(), 6u);
  EXPECT_EQ(record()->state, storage::call_state::finished);
}

TEST_F(gateway_test, a_bad_request_is_not_repeated_and_keys_are_masked) {
  start();
  submit(ask("m/plain"));
  wire.last().refuse(400, "key secret-of-the-test does not fit");
  settle();
  EXPECT_EQ(problem().status, 400);
  EXPECT_EQ(problem().type, type_of("communication"));
  EXPECT_THAT(json(problem()).dump(), Not(HasSubstr("secret-of-the-test")));
  EXPECT_EQ(wire.exchanges.size(), 1u);
}

TEST_F(gateway_test, another_deployment_takes_over) {
  start();
  submit(ask("m/two"));
  wire.last().refuse(401, "no");
  settle();
  pass(1s);
  ASSERT_EQ(wire.exchanges.size(), 2u);
  EXPECT_EQ(wire.last().request.url, "http://other.test/v1/chat/completions");
  answer_normally();
  EXPECT_EQ(value()["provider"], "other");
}

TEST_F(gateway_test, nobody_else_is_there_to_take_over) {
  start();
  submit(ask("m/plain"));
  wire.last().refuse(401, "no");
  settle();
  EXPECT_EQ(problem().status, 401);
}

TEST_F(gateway_test, a_refused_connection_costs_nothing) {
  start();
  submit(ask("m/plain"));
  wire.last().fail(net::failure_kind::connect, false);
  settle();
  pass(1s);
  answer_normally();
  EXPECT_EQ(rows()[0].state, attempt_state::settled);
  EXPECT_EQ(rows()[0].cost, nano_usd(0));
  EXPECT_EQ(value()["cost"]["exact"], true);
}

TEST_F(gateway_test, silence_after_sending_may_have_cost_the_reservation) {
  start();
  submit(ask("m/plain"));
  const auto reserved = rows()[0].bounds.upper;
  wire.last().fail(net::failure_kind::reset, true);
  settle();
  pass(1s);
  answer_normally();
  auto r = rows();
  ASSERT_EQ(r.size(), 2u);
  EXPECT_EQ(r[0].state, attempt_state::unknown);
  EXPECT_EQ(r[0].ending, attempt_ending::interrupted);
  EXPECT_EQ(r[0].bounds.upper, reserved);
  EXPECT_EQ(r[1].kind, attempt_kind::retry);
  EXPECT_EQ(value()["cost"]["exact"], false);
}

// --- time

TEST_F(gateway_test, no_first_event_is_silence) {
  start();
  submit(ask("m/plain", {{"timeout", {{"firstEvent", "PT5S"}}}}));
  wire.last().head(200);
  settle();
  pass(4s);
  EXPECT_FALSE(wire.last().cancelled);
  pass(1s);
  EXPECT_TRUE(wire.exchanges[0]->cancelled);
  pass(1s);
  ASSERT_EQ(wire.exchanges.size(), 2u);
  EXPECT_EQ(rows()[0].state, attempt_state::unknown);
  EXPECT_EQ(rows()[1].kind, attempt_kind::retry);
}

TEST_F(gateway_test, retries_of_silence_end_with_a_timeout) {
  start();
  submit(ask("m/plain", {{"timeout", {{"firstEvent", "PT5S"}}}}));
  for (int i = 0; i < 40 && told->answers[call].empty(); ++i)
    pass(10s);
  EXPECT_EQ(problem().type, type_of("timeout"));
  EXPECT_EQ(problem().status, 408);
}

TEST_F(gateway_test, a_stream_that_goes_on_does_not_time_out) {
  start();
  submit(ask("m/plain", {{"timeout", {{"firstEvent", "PT5S"}, {"betweenEvents", "PT10S"}}}}));
  wire.last().head(200);
  for (int i = 0; i < 20; ++i) {
    wire.last().text("word ");
    settle();
    pass(9s);
  }
  EXPECT_FALSE(wire.last().cancelled);
  answer_normally("end");
  EXPECT_EQ(rows().size(), 1u);
}

TEST_F(gateway_test, the_total_time_is_up) {
  start();
  submit(ask("m/plain", {{"timeout", {{"total", "PT30S"}}}}));
  wire.last().head(200);
  wire.last().text("word ");
  settle();
  pass(29s);
  wire.last().text("word ");
  settle();
  pass(1s);
  EXPECT_EQ(problem().status, 408);
  EXPECT_TRUE(wire.last().cancelled);
  EXPECT_EQ(rows()[0].state, attempt_state::unknown);
}

TEST_F(gateway_test, a_call_that_waits_for_a_retry_is_cancelled_at_once) {
  start();
  submit(ask("m/plain"));
  wire.last().refuse(500, "oops");
  settle();
  gateway->cancel(call);
  settle();
  EXPECT_THAT(told->done, ElementsAre(Pair(call, call_command::cancel)));
  pass(1min);
  EXPECT_EQ(wire.exchanges.size(), 1u);
}

} // namespace
} // namespace pawl::testing
