// `pawl runs`, `pawl cancel`, `pawl spend`, `pawl ledger export`, `pawl validate`: looking and small changes.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/exit_code.hpp"

namespace pawl::cli {

namespace {

struct arguments {
  place where;
  std::string id;
  std::string by = "model";
  std::vector<std::string> files;
  bool as_json = false;
};

json as_json(const run_info& info) {
  json out = {{"id", info.id.str()},
              {"status", to_string(info.status)},
              {"definition", info.definition},
              {"createdAt", to_iso8601(info.created_at)},
              {"updatedAt", to_iso8601(info.updated_at)},
              {"metadata", info.metadata},
              {"input", info.input}};
  if (info.wake_at)
    out["wakeAt"] = to_iso8601(*info.wake_at);
  if (!info.cause.empty())
    out["cause"] = info.cause;
  if (info.result && info.result->is_value())
    out["output"] = info.result->value();
  if (info.result && info.result->is_fault())
    out["error"] = info.result->fault();
  return out;
}

result<std::unique_ptr<engine>> open_existing(const place& where) {
  std::error_code ec;
  if (!std::filesystem::exists(where.data, ec))
    return error(errc::not_found, "there is no data directory", where.data, "name it with --data DIR");
  return open_engine(where, nullptr);
}

int show_runs(const arguments& args) {
  auto host = open_existing(args.where);
  if (!host)
    return report(host.error());
  const auto runs = (*host)->runs();
  if (!runs)
    return report(runs.error());
  if (args.as_json) {
    json all = json::array();
    for (const auto& info : *runs)
      all.push_back(as_json(info));
    std::cout << all.dump() << "\n";
    return exit_completed;
  }
  if (runs->empty())
    std::cerr << "no runs in " << args.where.data << "\n";
  else
    std::printf("%-24s %-10s %-24s %s\n", "ID", "STATUS", "UPDATED", "DEFINITION");
  for (const auto& info : *runs)
    std::printf("%-24s %-10s %-24s %s\n", info.id.str().c_str(), std::string(to_string(info.status)).c_str(),
                to_iso8601(info.updated_at).c_str(), info.definition.c_str());
  return exit_completed;
}

int show_run(const arguments& args) {
  auto host = open_existing(args.where);
  if (!host)
    return report(host.error());
  const auto info = (*host)->run(run_id(args.id));
  if (!info)
    return report(info.error());
  if (!*info)
    return report(error(errc::not_found, "there is no such run", args.id, "see: pawl runs"));
  const auto history = (*host)->history(run_id(args.id));
  if (!history)
    return report(history.error());
  auto out = as_json(**info);
  if (args.as_json) {
    out["history"] = *history;
    std::cout << out.dump() << "\n";
    return exit_completed;
  }
  std::cout << out.dump(2) << "\n";
  for (const auto& line : *history)
    std::cout << line.value("at", "") << "  " << line.value("phase", "") << "  " << line.value("task", "") << "\n";
  return exit_completed;
}

int cancel(const arguments& args) {
  auto host = open_existing(args.where);
  if (!host)
    return report(host.error());
  if (const auto done = (*host)->cancel(run_id(args.id)); !done)
    return report(done.error());
  const auto ended = (*host)->wait(run_id(args.id));
  if (!ended)
    return report(ended.error());
  std::cerr << "run " << args.id << ": " << to_string(ended->status) << "\n";
  return exit_completed;
}

json as_json(const spend_group& group) {
  json out = {{"key", group.key},       {"usage", group.tokens},         {"nanoUsd", group.cost.count()},
              {"calls", group.calls},   {"attempts", group.attempts},
              {"unknown", {{"lower", group.unknown_lower.count()}}}};
  out["unknown"]["upper"] = group.unknown_unbounded ? json(nullptr) : json(group.unknown_upper.count());
  return out;
}

void print(const spend_group& group) {
  std::printf("%-28s %8zu %8zu %10lld %10lld  $%s", group.key.c_str(), group.calls, group.attempts,
              static_cast<long long>(group.tokens.input), static_cast<long long>(group.tokens.output),
              to_usd_text(group.cost).c_str());
  if (group.unknown_unbounded || group.unknown_upper.count() > 0)
    std::printf("  and $%s to %s unknown", to_usd_text(group.unknown_lower).c_str(),
                group.unknown_unbounded ? "no upper bound" : ("$" + to_usd_text(group.unknown_upper)).c_str());
  std::printf("\n");
}

int spend(const arguments& args) {
  auto host = open_existing(args.where);
  if (!host)
    return report(host.error());
  const auto spent = (*host)->spend(args.by);
  if (!spent)
    return report(spent.error());
  if (args.as_json) {
    json out = {{"total", as_json(spent->total)}, {"groups", json::array()}};
    for (const auto& group : spent->groups)
      out["groups"].push_back(as_json(group));
    std::cout << out.dump() << "\n";
    return exit_completed;
  }
  std::printf("%-28s %8s %8s %10s %10s  %s\n", args.by.c_str(), "CALLS", "ATTEMPTS", "INPUT", "OUTPUT", "COST");
  for (const auto& group : spent->groups)
    print(group);
  print(spent->total);
  return exit_completed;
}

int export_ledger(const arguments& args) {
  auto host = open_existing(args.where);
  if (!host)
    return report(host.error());
  const auto done = (*host)->ledger([&](const ledger_row& row) {
    if (args.id.empty() || row.run == args.id)
      std::cout << json(row).dump() << "\n";
    return static_cast<bool>(std::cout);
  });
  return done ? exit_completed : report(done.error());
}

int validate(const arguments& args) {
  std::size_t mistakes = 0;
  int code = exit_completed;
  json all = json::array();
  for (const auto& file : args.files) {
    std::vector<error> problems;
    const auto text = read_text(file);
    const auto configuration = read_configuration(args.where, std::filesystem::path(file).parent_path());
    if (!text)
      problems.push_back(text.error());
    else if (!configuration)
      problems.push_back(configuration.error());
    else
      problems = engine::validate(*text, file, *configuration);
    for (const auto& e : problems) {
      all.push_back({{"file", file}, {"where", e.where}, {"message", e.message}, {"hint", e.hint}});
      if (!args.as_json)
        report(e);
    }
    code = problems.empty() ? code : text ? static_cast<int>(exit_invalid) : static_cast<int>(exit_usage);
    mistakes += problems.size();
    if (problems.empty() && !args.as_json)
      std::cerr << file << ": valid\n";
  }
  if (args.as_json)
    std::cout << all.dump() << "\n";
  else if (mistakes > 0)
    std::cerr << mistakes << (mistakes == 1 ? " mistake\n" : " mistakes\n");
  return code;
}

} // namespace

void add_runs(CLI::App& app, action& chosen) {
  auto args = std::make_shared<arguments>();
  auto* command = app.add_subcommand("runs", "List the runs of a data directory, or show one with its history");
  command->add_option("ID", args->id, "the run to show");
  command->add_flag("--json", args->as_json, "as JSON on stdout");
  add_place(*command, args->where, place_options::data_only);
  command->callback([args, &chosen] { chosen = [args] { return args->id.empty() ? show_runs(*args) : show_run(*args); }; });
}

void add_cancel(CLI::App& app, action& chosen) {
  auto args = std::make_shared<arguments>();
  auto* command = app.add_subcommand("cancel", "End a run for good and cancel its calls");
  command->add_option("ID", args->id, "the run")->required();
  add_place(*command, args->where, place_options::data_only);
  command->callback([args, &chosen] { chosen = [args] { return cancel(*args); }; });
}

void add_spend(CLI::App& app, action& chosen) {
  auto args = std::make_shared<arguments>();
  auto* command = app.add_subcommand("spend", "What calls cost, summed from the ledger");
  command->add_option("--by", args->by, "model, provider, run, or a metadata key")->capture_default_str();
  command->add_flag("--json", args->as_json, "as JSON on stdout");
  add_place(*command, args->where, place_options::data_only);
  command->footer("COST sums settled attempts to the nano-dollar. What interrupted attempts may have cost beyond that is shown\n"
                  "beside it with its bounds.");
  command->callback([args, &chosen] { chosen = [args] { return spend(*args); }; });
}

void add_ledger(CLI::App& app, action& chosen) {
  auto args = std::make_shared<arguments>();
  auto* command = app.add_subcommand("ledger", "The account of every attempt");
  command->require_subcommand(1);
  auto* rows = command->add_subcommand("export", "Print all ledger rows as JSON lines");
  rows->add_option("--run", args->id, "only rows of this run");
  rows->add_flag("--json", args->as_json, "JSON lines (the default)");
  add_place(*rows, args->where, place_options::data_only);
  rows->callback([args, &chosen] { chosen = [args] { return export_ledger(*args); }; });
}

void add_validate(CLI::App& app, action& chosen) {
  auto args = std::make_shared<arguments>();
  auto* command = app.add_subcommand("validate", "Check definitions and name every mistake");
  command->add_option("FILE", args->files, "definitions (JSON)")->required();
  command->add_flag("--json", args->as_json, "the mistakes as JSON on stdout");
  command->add_option("--config", args->where.config, "configuration whose models may be used")->type_name("FILE");
  command->callback([args, &chosen] { chosen = [args] { return validate(*args); }; });
}

} // namespace pawl::cli
