// The sweep can be trusted only if it sees what it is there to see: each fault that the wiring can
// switch on must be found by it.
#include <functional>
#include <iostream>

#include <gtest/gtest.h>

#include "tests/simulation/checks.hpp"

namespace pawl::simulation {
namespace {

struct canary {
  std::string name;
  std::function<void(simulation_options&)> switch_on;
};

const std::vector<canary>& canaries() {
  static const std::vector<canary> all = {
      {"host: submits before the intent is durable",
       [](auto& o) { o.host_canaries.skip_intent = true; }},
      {"host: batches expect no epoch", [](auto& o) { o.host_canaries.forget_epoch = true; }},
      {"host: outbox entries are dropped", [](auto& o) { o.host_canaries.drop_outbox = true; }},
      {"host: goes to sleep without reading the inbox",
       [](auto& o) { o.host_canaries.lose_wakeup = true; }},
      {"gateway: shows events before they are written",
       [](auto& o) { o.gateway_canaries.publish_before_write = true; }},
      {"gateway: sends before the attempt is durable",
       [](auto& o) { o.gateway_canaries.skip_intent = true; }},
      {"gateway: settles twice", [](auto& o) { o.gateway_canaries.settle_twice = true; }},
      {"gateway: logs late", [](auto& o) { o.gateway_canaries.log_late = true; }},
  };
  return all;
}

class canary_test : public ::testing::TestWithParam<std::size_t> {};

// All that the sweep does to a scenario, at one point.
std::vector<simulation_options> disturbances(const simulation_options& base, std::uint64_t point) {
  std::vector<simulation_options> all;
  for (const auto who : all_victims)
    for (const auto how : all_manners) {
      all.push_back(base);
      all.back().crashes = {{point, who, how}};
    }
  all.push_back(base);
  all.back().crashes = {{point, victim::host, manner::process_kill, crash::old_host::haunts}};
  all.push_back(base);
  all.back().cancel_at = point;
  return all;
}

TEST_P(canary_test, is_found_by_the_sweep) {
  workflows::expressions compiler;
  const auto& bird = canaries()[GetParam()];
  std::uint64_t runs = 0;
  for (const auto& what : load_scenarios(PAWL_SCENARIOS, PAWL_EXAMPLES)) {
    simulation_options base;
    base.seed = 7;
    const auto undisturbed = simulation(what, compiler, base).run();
    bird.switch_on(base);
    for (std::uint64_t point = 0; point < undisturbed.points; ++point)
      for (const auto& disturbed : disturbances(base, point)) {
        const auto after = simulation(what, compiler, disturbed).run();
        ++runs;
        const auto wrongs = disturbed.cancel_at
                                ? find_wrongs_of_cancel(what, after, undisturbed)
                                : find_wrongs(what, disturbed.crashes, after, undisturbed);
        if (!wrongs.empty()) {
          std::cout << bird.name << ": found in " << what.name << " after " << runs
                    << " runs: " << wrongs.front() << "\n";
          return;
        }
      }
  }
  ADD_FAILURE() << bird.name << ": the sweep did not see it in " << runs << " runs";
}

INSTANTIATE_TEST_SUITE_P(all, canary_test, ::testing::Range(std::size_t{0}, canaries().size()));

} // namespace
} // namespace pawl::simulation
