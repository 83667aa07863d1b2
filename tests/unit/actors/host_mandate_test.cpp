// What an agent was started for outlives a defect of its program: the next activation has the same
// mandate.
#include <memory>
#include <stdexcept>
#include <utility>

#include "tests/unit/actors/host_fixture.hpp"
#include "tests/unit/actors/host_programs.hpp"

namespace pawl::testing {
namespace {

using host_mandate_test = host_test;

TEST_F(host_mandate_test, a_resumption_outlives_an_agent_that_throws_before_it_is_durable) {
  gateway->answers = fake_gateway::mode::holding;
  auto throws = std::make_shared<int>(0);
  program = [throws](context ctx, json in) {
    if (std::exchange(*throws, 0) > 0)
      throw std::runtime_error("the sky fell");
    return chain(ctx, std::move(in));
  };
  boot();
  create("r1");
  wake("r1");
  settle();
  gateway->finish("/a", outcome(fault(fault_type::communication, 503, "down")));
  settle();
  ASSERT_EQ(info("r1").status, run_status::faulted);

  gateway->answers = fake_gateway::mode::answering;
  *throws = 1;
  auto seen = std::make_shared<watcher>();
  now().host->resume(run_id("r1"), seen);
  settle();
  pass(std::chrono::milliseconds(200));
  EXPECT_EQ(info("r1").status, run_status::completed);
  ASSERT_FALSE(seen->statuses.empty());
  EXPECT_EQ(seen->statuses.back(), run_status::completed);
}

} // namespace
} // namespace pawl::testing
