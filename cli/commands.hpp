// The commands of `pawl`. Each adds itself to the application and stores what to do when it was
// chosen.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace pawl::cli {

/// What the chosen command does; returns the exit code.
using action = std::function<int()>;

void add_run(CLI::App& app, action& chosen);
void add_resume(CLI::App& app, action& chosen);
void add_runs(CLI::App& app, action& chosen);
void add_cancel(CLI::App& app, action& chosen);
void add_validate(CLI::App& app, action& chosen);
void add_spend(CLI::App& app, action& chosen);
void add_ledger(CLI::App& app, action& chosen);
void add_sim(CLI::App& app, action& chosen);

} // namespace pawl::cli
