// `pawl run FILE` and `pawl resume [ID|--all]`.
#include <CLI/CLI.hpp>

#include <iostream>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/exit_code.hpp"
#include "cli/follow.hpp"

namespace pawl::cli {

namespace {

struct run_arguments {
  place where;
  presentation how;
  std::string file;
  std::string input;
  std::string id;
  std::vector<std::string> metadata;
};

struct resume_arguments {
  place where;
  presentation how;
  std::string id;
  bool all = false;
};

void add_presentation(CLI::App& command, presentation& how) {
  command.add_flag("--json", how.as_json, "the result as one line of JSON on stdout, also when it is an error");
  command.add_flag("--quiet", how.quiet, "no progress on stderr");
  command.add_flag("--no-text", how.no_text, "progress without the streaming text");
}

result<json> parse_metadata(const std::vector<std::string>& pairs) {
  json metadata = json::object();
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return error(errc::invalid_argument, "--metadata '" + pair + "' is not KEY=VALUE", {}, "such as --metadata team=support");
    metadata[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return metadata;
}

int run(const run_arguments& args) {
  run_request request;
  request.source = args.file;
  auto text = read_text(args.file);
  if (!text)
    return report(text.error());
  request.definition = std::move(*text);
  auto input = read_input(args.input);
  if (!input)
    return report(input.error());
  request.input = std::move(*input);
  auto metadata = parse_metadata(args.metadata);
  if (!metadata)
    return report(metadata.error());
  request.metadata = std::move(*metadata);
  if (!args.id.empty()) {
    auto id = parse_run_id(args.id);
    if (!id)
      return report(id.error());
    request.id = std::move(*id);
  }
  auto configuration = read_configuration(args.where, std::filesystem::path(args.file).parent_path());
  if (!configuration)
    return report(configuration.error());
  // Mistakes in the definition are told without touching the data directory.
  if (const auto problems = engine::validate(request.definition, request.source, *configuration); !problems.empty())
    return report(problems);
  hold_interrupts();
  auto host = open_engine(args.where, std::move(*configuration));
  if (!host)
    return report(host.error());
  const auto started = (*host)->start(std::move(request), make_progress(args.how));
  if (!started)
    return report(started.error());
  if (!args.how.quiet && args.id.empty())
    std::cerr << "run " << started->str() << "\n";
  return follow(**host, *started, args.how);
}

int resume(const resume_arguments& args) {
  if (args.all != args.id.empty()) {
    std::cerr << "pawl: resume takes the ID of a run, or --all\n";
    return exit_usage;
  }
  std::error_code ec;
  if (!std::filesystem::exists(args.where.data, ec))
    return report(error(errc::not_found, "there is no data directory", args.where.data, "name it with --data DIR"));
  auto configuration = read_configuration(args.where, {});
  if (!configuration)
    return report(configuration.error());
  hold_interrupts();
  auto host = open_engine(args.where, std::move(*configuration));
  if (!host)
    return report(host.error());
  std::vector<run_id> chosen;
  if (!args.all) {
    chosen.emplace_back(args.id);
  } else {
    const auto runs = (*host)->runs(1'000'000);
    if (!runs)
      return report(runs.error());
    for (const auto& info : *runs)
      if (!is_ended(info.status))
        chosen.push_back(info.id);
    std::cerr << "resuming " << chosen.size() << " run" << (chosen.size() == 1 ? "" : "s") << "\n";
  }
  for (const auto& id : chosen)
    if (const auto done = (*host)->resume(id, make_progress(args.how)); !done)
      return report(done.error());
  int code = exit_completed;
  for (const auto& id : chosen)
    code = std::max(code, follow(**host, id, args.how));
  return code;
}

} // namespace

void add_run(CLI::App& app, action& chosen) {
  auto args = std::make_shared<run_arguments>();
  auto* command = app.add_subcommand("run", "Run a definition to its end, or go on with the run of the same --id");
  command->add_option("FILE", args->file, "the definition (JSON)")->required();
  command->add_option("--input", args->input, "the run's input: JSON text, @FILE, or - for standard input");
  command->add_option("--id", args->id, "the run's id: the same id goes on with the same run and never starts a second one");
  command->add_option("--metadata", args->metadata, "KEY=VALUE, repeatable: kept with every ledger row of the run")
      ->take_all();
  add_place(*command, args->where, place_options::all);
  add_presentation(*command, args->how);
  command->footer("The output goes to stdout as JSON. Ctrl-C lets calls in flight end and suspends the run; press it again to\n"
                  "leave at once. Nothing that was paid for is lost either way: run the same --id again.");
  command->callback([args, &chosen] { chosen = [args] { return run(*args); }; });
}

void add_resume(CLI::App& app, action& chosen) {
  auto args = std::make_shared<resume_arguments>();
  auto* command = app.add_subcommand("resume", "Go on with a run that was interrupted, suspended or faulted");
  command->add_option("ID", args->id, "the run");
  command->add_flag("--all", args->all, "every run that has not ended");
  add_place(*command, args->where, place_options::all);
  add_presentation(*command, args->how);
  command->footer("A faulted run does its failed steps again; everything else stands.");
  command->callback([args, &chosen] { chosen = [args] { return resume(*args); }; });
}

} // namespace pawl::cli
