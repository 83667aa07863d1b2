// The crash sweep: every scenario and example is run undisturbed, then once for every point at
// which something could be cut off, with host, gateway or both dying by kill or by power loss, then
// with random pairs of crashes. PAWL_SEED repeats a seed, PAWL_SCENARIO picks scenarios by a part
// of their name, PAWL_POINT one point, PAWL_STRIDE every nth,
// PAWL_SHOW=1 prints bills and ledgers.
#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "tests/simulation/checks.hpp"

namespace pawl::simulation {
namespace {

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

class sweep : public ::testing::Test {
protected:
  static void SetUpTestSuite() {
    compiler_ = new workflows::expressions();
    coverage_ = new coverage_table();
    seed_ = std::stoull(environment("PAWL_SEED", "20261122"));
    std::cout << "seed " << seed_ << " (repeat with PAWL_SEED)\n";
  }
  static void TearDownTestSuite() {
    delete compiler_;
    delete coverage_;
  }

  static std::vector<scenario> scenarios() {
    auto all = load_scenarios(PAWL_SCENARIOS, PAWL_EXAMPLES);
    const auto wanted = environment("PAWL_SCENARIO", "");
    std::erase_if(all, [&](const scenario& s) { return s.name.find(wanted) == std::string::npos; });
    return all;
  }

  static aftermath simulate(const scenario& what, const crash_plan& crashes, std::uint64_t seed) {
    simulation_options options;
    options.seed = seed;
    options.crashes = crashes;
    return simulation(what, *compiler_, options).run();
  }

  // Reports what is wrong with a disturbed run, with the words that repeat it.
  static void expect_well(const scenario& what, const crash_plan& crashes,
                          const aftermath& undisturbed, std::uint64_t seed) {
    const auto after = simulate(what, crashes, seed);
    for (const auto& wrong : find_wrongs(what, crashes, after, undisturbed)) {
      std::string plan;
      for (const auto& c : crashes)
        plan += " [point " + std::to_string(c.point) + ", " + std::string(to_string(c.who)) + ", " +
                std::string(to_string(c.how)) + "]";
      ADD_FAILURE() << what.file << ": " << what.name << ": seed " << seed << plan << ": " << wrong;
    }
    if (!environment("PAWL_SHOW", "").empty()) {
      show("undisturbed", undisturbed);
      show("disturbed", after);
    }
    ++runs_;
  }

  // The points to crash at: all, or those that the environment picks.
  static std::vector<std::uint64_t> points_of(const aftermath& undisturbed) {
    const auto only = environment("PAWL_POINT", "");
    if (!only.empty())
      return {std::stoull(only)};
    std::vector<std::uint64_t> points;
    const auto stride = std::stoull(environment("PAWL_STRIDE", "1"));
    for (std::uint64_t point = runs_ % stride; point < undisturbed.points; point += stride)
      points.push_back(point);
    return points;
  }

  static void count(const aftermath& undisturbed, std::uint64_t point, victim who, manner how) {
    if (point >= undisturbed.moments.size())
      return;
    for (const auto& what : undisturbed.moments[point])
      coverage_->count(what, point % 2 == 0 ? moment_phase::before : moment_phase::after, who, how);
  }

  static void show(const char* title, const aftermath& a) {
    std::cout << title << ": " << to_string(a.run.status) << "\n";
    for (const auto& row : a.bill)
      std::cout << "  bill   " << json(row).dump() << "\n";
    for (const auto& row : a.ledger)
      std::cout << "  ledger " << json(row).dump() << "\n";
    for (const auto& cut : a.interruptions)
      std::cout << "  cut    " << cut.request_id << " after " << cut.handed_tokens << " tokens\n";
  }

  static inline workflows::expressions* compiler_ = nullptr;
  static inline coverage_table* coverage_ = nullptr;
  static inline std::uint64_t seed_ = 0;
  static inline std::uint64_t runs_ = 0;
};

TEST_F(sweep, undisturbed_scenarios_come_to_what_they_say) {
  const auto all = scenarios();
  EXPECT_FALSE(all.empty());
  for (const auto& what : all) {
    const auto after = simulate(what, {}, seed_);
    for (const auto& wrong : find_wrongs(what, {}, after, after))
      ADD_FAILURE() << what.file << ": " << what.name << ": " << wrong;
    const auto name = what.file + ": " + what.name;
    if (!what.tasks.empty()) {
      EXPECT_EQ(after.tasks_completed, what.tasks) << name;
    }
    if (what.calls) {
      EXPECT_EQ(static_cast<int>(after.bill.size()), *what.calls) << name;
    }
    if (what.seconds) {
      EXPECT_GE(after.seconds, *what.seconds) << name;
    }
  }
  std::cout << all.size() << " scenarios\n";
}

// Every point comes twice, before and after: the labels are the undisturbed run's, which is the
// same up to the crash.
TEST_F(sweep, every_single_crash_point) {
  for (const auto& what : scenarios()) {
    const auto undisturbed = simulate(what, {}, seed_);
    for (const auto point : points_of(undisturbed))
      for (const auto who : all_victims)
        for (const auto how : all_manners) {
          expect_well(what, {{point, who, how}}, undisturbed, seed_);
          count(undisturbed, point, who, how);
        }
    if (HasFailure())
      break; // one scenario's failures are enough to read
  }
  std::cout << runs_ << " disturbed runs\n";
}

TEST_F(sweep, cancelled_in_the_middle_and_crashed_at_every_point) {
  for (const auto& what : scenarios()) {
    if (what.file != "spine.json")
      continue;
    simulation_options options;
    options.seed = seed_;
    options.cancel_at = simulate(what, {}, seed_).points / 2;
    const auto cancelled = simulation(what, *compiler_, options).run();
    for (const auto point : points_of(cancelled))
      for (const auto who : all_victims)
        for (const auto how : all_manners) {
          options.crashes = {{point, who, how}};
          const auto after = simulation(what, *compiler_, options).run();
          for (const auto& wrong : find_wrongs_of_cancel(what, after, cancelled))
            ADD_FAILURE() << what.name << ": cancelled at " << *options.cancel_at << ", crashed at "
                          << point << " " << to_string(who) << " " << to_string(how) << ": "
                          << wrong;
          count(cancelled, point, who, how);
        }
  }
}

TEST_F(sweep, no_moment_was_left_out) {
  std::cout << coverage_->render();
  if (environment("PAWL_POINT", "").empty() && environment("PAWL_SCENARIO", "").empty() &&
      environment("PAWL_STRIDE", "1") == "1" && runs_ > 0) {
    EXPECT_EQ(coverage_->empty_cells(), std::vector<std::string>());
  }
}

TEST_F(sweep, random_pairs_of_crashes) {
  seeded_random draw(seed_);
  const auto pairs_per_scenario = 60 / std::stoull(environment("PAWL_STRIDE", "1")) + 1;
  for (const auto& what : scenarios()) {
    for (std::uint64_t i = 0; i < pairs_per_scenario; ++i) {
      const auto seed = draw.next();
      const auto undisturbed = simulate(what, {}, seed);
      crash_plan plan;
      for (int c = 0; c < 2; ++c)
        plan.push_back({draw_below(draw, undisturbed.points + 20), all_victims[draw_below(draw, 3)],
                        all_manners[draw_below(draw, 2)]});
      std::sort(plan.begin(), plan.end(),
                [](const crash& a, const crash& b) { return a.point < b.point; });
      expect_well(what, plan, undisturbed, seed);
    }
    if (HasFailure())
      break;
  }
}

TEST_F(sweep, a_stale_host_is_refused) {
  for (const auto& what : scenarios()) {
    const auto undisturbed = simulate(what, {}, seed_);
    for (const auto point : points_of(undisturbed))
      expect_well(what, {{point, victim::host, manner::process_kill, crash::old_host::haunts}},
                  undisturbed, seed_);
  }
}

TEST_F(sweep, cancelled_at_every_point) {
  for (const auto& what : scenarios()) {
    simulation_options options;
    options.seed = seed_;
    const auto undisturbed = simulation(what, *compiler_, options).run();
    for (const auto point : points_of(undisturbed)) {
      options.cancel_at = point;
      const auto after = simulation(what, *compiler_, options).run();
      for (const auto& wrong : find_wrongs_of_cancel(what, after, undisturbed))
        ADD_FAILURE() << what.file << ": " << what.name << ": cancelled at point " << point
                      << ", seed " << seed_ << ": " << wrong;
    }
  }
}

TEST_F(sweep, a_link_that_goes_down_and_up) {
  seeded_random draw(seed_ + 1);
  for (const auto& what : scenarios())
    for (int i = 0; i < 10; ++i) {
      simulation_options options;
      options.seed = draw.next();
      const auto undisturbed = simulation(what, *compiler_, options).run();
      options.link = simulation_options::link_weather::flaky;
      const auto after = simulation(what, *compiler_, options).run();
      for (const auto& wrong : find_wrongs(what, {}, after, undisturbed))
        ADD_FAILURE() << what.file << ": " << what.name << ": flaky link, seed " << options.seed
                      << ": " << wrong;
    }
}

} // namespace
} // namespace pawl::simulation
