// What must be true after every simulation, whatever crashed.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/simulation.hpp"

namespace pawl::simulation {

/// Everything that is wrong, one line each; empty: all is well. `undisturbed`: the same scenario
/// and seed without crashes.
std::vector<std::string> find_wrongs(const scenario& what, const crash_plan& crashes,
                                     const aftermath& after, const aftermath& undisturbed);

/// The same for a run that somebody cancelled (simulation_options::cancel_at).
std::vector<std::string> find_wrongs_of_cancel(const scenario& what, const aftermath& after,
                                               const aftermath& undisturbed);

} // namespace pawl::simulation
