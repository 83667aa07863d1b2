// The faults that the wiring can switch on are real: each breaks the promise that it is named
// after. (That the crash sweep notices is the sweep's own test.)
#include "tests/unit/actors/gateway_fixture.hpp"

namespace pawl::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

class canary_test : public gateway_test {
protected:
  void begin() {
    start();
    gateway->attach(call, 0);
    submit(ask("m/plain"));
    wire.last().head(200);
    wire.last().text("Once ");
    settle();
  }
};

TEST_F(canary_test, publish_before_write_shows_what_is_not_logged) {
  options.canaries.publish_before_write = true;
  start();
  gateway->attach(call, 0);
  submit(ask("m/plain"));
  wire.last().head(200);
  wire.last().text("Once ");
  run_actors();
  EXPECT_THAT(told->broken_promises, Not(IsEmpty()));
  told->broken_promises.clear();
}

TEST_F(canary_test, skip_intent_sends_without_a_row) {
  options.canaries.skip_intent = true;
  begin();
  EXPECT_EQ(wire.exchanges.size(), 1u);
  EXPECT_THAT(rows(), IsEmpty());
}

TEST_F(canary_test, settle_twice_counts_an_attempt_twice) {
  options.canaries.settle_twice = true;
  begin();
  wire.last().complete("upon", 10, 5);
  settle();
  EXPECT_EQ(rows().size(), 2u);
}

TEST_F(canary_test, log_late_loses_what_was_shown) {
  options.canaries.log_late = true;
  begin();
  EXPECT_EQ(screen(), "Once ");
  told->broken_promises.clear();
  crash();
  EXPECT_EQ(storage::events_end(*store, call).value(), 0u);
}

TEST_F(canary_test, without_them_the_promises_hold) {
  begin();
  EXPECT_EQ(rows().size(), 1u);
  EXPECT_EQ(storage::events_end(*store, call).value(), 1u);
  wire.last().complete("upon", 10, 5);
  settle();
  EXPECT_EQ(rows().size(), 1u);
}

} // namespace
} // namespace pawl::testing
