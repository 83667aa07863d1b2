#include <CLI/CLI.hpp>

#include <iostream>

#include <pawl/version.hpp>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"

int main(int argc, char** argv) {
  using namespace pawl::cli;
  CLI::App app{"Runs AI agents that survive crashes without paying twice for tokens.\n"
               "An agent is a workflow definition (Serverless Workflow DSL 1.0, JSON); what it did lies in a data\n"
               "directory (./.pawl). stdout carries results and nothing else; progress goes to stderr."};
  app.set_version_flag("--version", std::string("pawl ") + pawl::version);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 completed, 1 faulted, 2 usage, 3 invalid definition or configuration, 4 suspended (it needs\n"
             "somebody), 5 cancelled, 6 data directory in use or store failed, 130 interrupted by you (and resumable).\n"
             "Try: pawl run examples/support-triage.json --input '{\"ticket\": \"My parcel is late\"}'");
  action chosen;
  add_run(app, chosen);
  add_resume(app, chosen);
  add_runs(app, chosen);
  add_cancel(app, chosen);
  add_validate(app, chosen);
  add_spend(app, chosen);
  add_ledger(app, chosen);
  add_sim(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e, std::cout, std::cerr) == 0 ? exit_completed : exit_usage;
  }
  return chosen();
}
