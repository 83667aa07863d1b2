// `pawl run FILE` and `pawl resume [ID|--all]`.
#include <pawl/time.hpp>

#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>

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
  std::optional<std::string> id;
  std::vector<std::string> metadata;
};

struct resume_arguments {
  place where;
  presentation how;
  std::string id;
  bool all = false;
};

void add_presentation(CLI::App& command, presentation& how) {
  command.add_flag("--json", how.as_json,
                   "the result as one line of JSON on stdout, also when it is an error");
  command.add_flag("--quiet", how.quiet, "no progress on stderr");
  command.add_flag("--no-text", how.no_text, "progress without the streaming text");
}

result<json> parse_metadata(const std::vector<std::string>& pairs) {
  json metadata = json::object();
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return error(errc::invalid_argument, "--metadata '" + pair + "' is not KEY=VALUE", {},
                   "such as --metadata team=support");
    metadata[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  try {
    (void)metadata.dump();
  } catch (const json::exception&) {
    return error(errc::invalid_argument, "--metadata is no valid UTF-8");
  }
  return metadata;
}

result<run_request> request_of(const run_arguments& args) {
  run_request request;
  request.source = args.file;
  auto text = read_text(args.file);
  if (!text)
    return text.error();
  request.definition = std::move(*text);
  if (args.file == "-" && args.input == "-")
    return error(errc::invalid_argument,
                 "standard input cannot be both the definition and the input");
  auto input = read_input(args.input);
  if (!input)
    return input.error();
  request.input = std::move(*input);
  auto metadata = parse_metadata(args.metadata);
  if (!metadata)
    return metadata.error();
  request.metadata = std::move(*metadata);
  if (args.id) {
    auto id = parse_run_id(*args.id);
    if (!id)
      return id.error();
    request.id = std::move(*id);
  }
  return request;
}

int run(const run_arguments& args) {
  auto request = request_of(args);
  if (!request)
    return report(request.error());
  auto configured = read_configuration(args.where, std::filesystem::path(args.file).parent_path());
  // Mistakes are told without touching the data directory, all of them at once.
  auto problems = std::move(configured.problems);
  for (auto& e : engine::validate(request->definition, request->source))
    problems.push_back(std::move(e));
  if (!problems.empty())
    return report(problems);
  hold_interrupts();
  auto host = open_engine(args.where, std::move(configured.found.value));
  if (!host)
    return report(host.error());
  const system_clock time;
  const auto looker = make_progress(args.how, time, progress::subject::one_run);
  const interrupt_watch watch(**host, looker);
  const auto started = (*host)->start(std::move(*request), looker);
  if (!started)
    return report(started.error());
  if (!args.how.quiet && !args.id)
    looker->say("run " + started->str());
  return follow(**host, *started, args.how, watch, place_words(args.where, configured.found.file));
}

// Every run that has not ended, in the order of ids.
result<std::vector<run_id>> open_runs(const engine& host) {
  constexpr std::size_t page_length = 1000;
  std::vector<run_id> chosen;
  for (run_id after;;) {
    const auto page = host.runs(page_length, after);
    if (!page)
      return page.error();
    for (const auto& info : *page)
      if (!is_ended(info.status))
        chosen.push_back(info.id);
    if (page->size() < page_length)
      return chosen;
    after = page->back().id;
  }
}

int resume_all(const resume_arguments& args, engine& host, const interrupt_watch& watch,
               const std::shared_ptr<progress>& looker) {
  const auto chosen = open_runs(host);
  if (!chosen)
    return report(chosen.error());
  if (!args.how.quiet)
    looker->say("resuming " + std::to_string(chosen->size()) + " run" +
                (chosen->size() == 1 ? "" : "s"));
  int code = exit_completed;
  std::vector<run_id> awake;
  for (const auto& id : *chosen) {
    const auto done = host.resume(id, looker);
    if (done)
      awake.push_back(id);
    else
      code = std::max(code, report(done.error()));
  }
  return std::max(code, follow_all(host, awake, watch));
}

int resume_one(const resume_arguments& args, engine& host, const interrupt_watch& watch,
               const std::shared_ptr<progress>& looker, const std::string& where_words) {
  const auto id = parse_run_id(args.id);
  if (!id)
    return report(id.error());
  const auto known = host.run(*id);
  if (!known)
    return report(known.error());
  if (!*known)
    return report(error(errc::not_found, "there is no such run", args.id,
                        "see: pawl runs" + place_words(args.where, {})));
  // What has ended for good is told again; nothing is bought.
  if ((*known)->status != run_status::completed && (*known)->status != run_status::cancelled)
    if (const auto done = host.resume(*id, looker); !done)
      return report(done.error());
  return follow(host, *id, args.how, watch, where_words);
}

int resume(const resume_arguments& args) {
  if (args.all != args.id.empty())
    return report(error(errc::invalid_argument, "resume takes the ID of a run, or --all", {},
                        "see: pawl runs"));
  std::error_code ec;
  if (!std::filesystem::exists(args.where.data, ec))
    return report(error(errc::not_found, "there is no data directory", args.where.data,
                        "name it with --data DIR"));
  auto configured = read_configuration(args.where, {});
  if (!configured.problems.empty())
    return report(configured.problems);
  hold_interrupts();
  auto host = open_engine(args.where, std::move(configured.found.value));
  if (!host)
    return report(host.error());
  const system_clock time;
  const auto looker = make_progress(
      args.how, time, args.all ? progress::subject::many_runs : progress::subject::one_run);
  const interrupt_watch watch(**host, looker);
  return args.all ? resume_all(args, **host, watch, looker)
                  : resume_one(args, **host, watch, looker,
                               place_words(args.where, configured.found.file));
}

} // namespace

void add_run(CLI::App& app, action& chosen) {
  auto args = std::make_shared<run_arguments>();
  auto* command = app.add_subcommand(
      "run", "Run a definition to its end, or go on with the run of the same --id");
  command->add_option("FILE", args->file, "the definition (JSON); - for standard input")
      ->required();
  command
      ->add_option("--input", args->input,
                   "the run's input: JSON text, @FILE, or - for standard input")
      ->type_name("JSON");
  command
      ->add_option("--id", args->id,
                   "the same id goes on with the same run and never starts a second one")
      ->type_name("ID");
  command
      ->add_option("--metadata", args->metadata,
                   "repeatable; kept with every ledger row of the run")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  add_place(*command, args->where, place_options::all);
  add_presentation(*command, args->how);
  command->footer(
      "The output goes to stdout as JSON. Ctrl-C lets calls in flight end and suspends the run; "
      "press it again to\n"
      "leave at once. Nothing that was paid for is lost either way: the same command goes on from "
      "there.\n\n"
      "  pawl run triage.json --id ticket-17 --input '{\"ticket\": \"My parcel is late\"}'\n"
      "  pawl run triage.json --input @ticket.json --metadata team=support --json | jq .answer");
  command->callback([args, &chosen] { chosen = [args] { return run(*args); }; });
}

void add_resume(CLI::App& app, action& chosen) {
  auto args = std::make_shared<resume_arguments>();
  auto* command =
      app.add_subcommand("resume", "Go on with a run that was interrupted, suspended or faulted");
  command->add_option("ID", args->id, "the run");
  command->add_flag("--all", args->all,
                    "every run that has not ended; prints one line of JSON for each");
  add_place(*command, args->where, place_options::all);
  add_presentation(*command, args->how);
  command->footer("A faulted run does its failed steps again; everything else stands. A completed "
                  "run prints its output\n"
                  "again. The configuration is looked for in the working directory: name another "
                  "with --config.\n\n"
                  "  pawl resume ticket-17\n"
                  "  pawl resume --all --no-text");
  command->callback([args, &chosen] { chosen = [args] { return resume(*args); }; });
}

} // namespace pawl::cli
