#include <pawl/version.hpp>

#include <csignal>
#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"

namespace {

void describe(CLI::App& app) {
  app.set_version_flag("--version", std::string("pawl ") + pawl::version);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 completed, 1 faulted, 2 usage, 3 invalid definition or configuration,\n"
      "4 suspended (it needs somebody), 5 cancelled, 6 data directory in use or store failed,\n"
      "130 interrupted by you (and resumable).\n\n"
      "  pawl run examples/support-triage.json --id t1 --input '{\"ticket\": \"My parcel is "
      "late\"}'\n"
      "  pawl runs t1\n"
      "  pawl spend --by model\n"
      "  pawl COMMAND --help");
}

// The parser's own message for a word that is no command is about something else.
bool is_unknown_command(const CLI::App& app, const char* word) {
  if (!word || *word == '-')
    return false;
  for (const auto* command : app.get_subcommands(nullptr))
    if (command->get_name() == word)
      return false;
  return true;
}

int parse_and_do(CLI::App& app, const pawl::cli::action& chosen, int argc, char** argv) {
  using namespace pawl::cli;
  if (argc < 2) {
    std::cerr << app.help();
    return exit_usage;
  }
  if (is_unknown_command(app, argv[1])) {
    std::cerr << "pawl: there is no command '" << argv[1] << "'\n  see: pawl --help\n";
    return exit_usage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e, std::cout, std::cerr) == 0 ? exit_completed : exit_usage;
  }
  return chosen();
}

} // namespace

int main(int argc, char** argv) {
  using namespace pawl::cli;
  std::signal(SIGPIPE, SIG_IGN); // a reader that leaves early is told by write()
  CLI::App app{
      "Runs AI agents that survive crashes without paying twice for tokens.\n"
      "An agent is a workflow definition (Serverless Workflow DSL 1.0, JSON); what it did\n"
      "lies in a data directory (./.pawl). stdout carries results and nothing else;\n"
      "progress goes to stderr.",
      "pawl"};
  describe(app);
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
    return parse_and_do(app, chosen, argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "pawl: stopped by a defect of its own: " << e.what()
              << "\n  what is durable stays; the same command goes on from there\n";
    return exit_store;
  }
}
