// Actors on one thread in virtual time, repeatable: CAF's testing scheduler under GoogleTest.
#pragma once

#include <pawl/random.hpp>
#include <pawl/time.hpp>

#include <algorithm>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <gtest/gtest.h>

namespace pawl::testing {

/// The engine's clock beside the scheduler's: both move together, the wall clock from a date of its
/// own.
class virtual_clock final : public pawl::clock {
public:
  explicit virtual_clock(caf::scheduler::test_coordinator& by)
      : by_(by), began_(by.clock().now()) {}
  [[nodiscard]] time_point now() const override {
    // 2026-01-01T00:00:00Z
    const auto base = time_point(std::chrono::seconds(1'767'225'600));
    return base + std::chrono::duration_cast<duration>(by_.clock().now() - began_);
  }

private:
  caf::scheduler::test_coordinator& by_;
  caf::actor_clock::time_point began_;
};

class actor_test : public ::testing::Test {
protected:
  static caf::actor_system_config& deterministic(caf::actor_system_config& config) {
    config.set("scheduler.policy", caf::atom("testing"));
    return config;
  }

  /// Delivers all messages that can be delivered now. True: there was one.
  bool run_actors() {
    bool ran = false;
    while (scheduler.try_run_once())
      ran = true;
    return ran;
  }
  /// Runs one actor, chosen by `draw` from those that have something to do. False: none has.
  bool run_one(random_source& draw) {
    auto& jobs = scheduler.jobs;
    if (jobs.empty())
      return false;
    const auto chosen = static_cast<std::ptrdiff_t>(draw_below(draw, jobs.size()));
    std::rotate(jobs.begin(), jobs.begin() + chosen, jobs.begin() + chosen + 1);
    return scheduler.try_run_once();
  }
  /// Moves time on and lets what became due send its messages (not delivered yet).
  void advance(duration by) { scheduler.advance_time(by); }

  /// Actors must have been told to end before.
  void TearDown() override {
    run_actors();
    scheduler.clock().cancel_all();
    run_actors();
  }

  caf::actor_system_config config;
  caf::actor_system system{deterministic(config)};
  caf::scheduler::test_coordinator& scheduler =
      dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  virtual_clock clock{scheduler};
};

} // namespace pawl::testing
