// `pawl cancel`, `pawl spend`, `pawl ledger export`, `pawl validate`: looking and small changes.
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/exit_code.hpp"
#include "cli/text_layout.hpp"

namespace pawl::cli {

namespace {

struct arguments {
  place where;
  std::string id;
  std::string by = "model";
  std::vector<std::string> files;
  bool as_json = false;
};

int cancel(const arguments& args) {
  const auto id = parse_run_id(args.id);
  if (!id)
    return report(id.error());
  auto host = open_existing(args.where);
  if (!host)
    return report(host.error());
  if (const auto done = (*host)->cancel(*id); !done)
    return report(done.error());
  const auto ended = (*host)->wait(*id);
  if (!ended)
    return report(ended.error());
  std::cerr << "run " + args.id + ": " + std::string(to_string(ended->status)) + "\n";
  const int code = ended->status == run_status::cancelled ? static_cast<int>(exit_completed)
                                                          : code_of(ended->status);
  if (!args.as_json)
    return code;
  return print(one_line({{"id", args.id}, {"status", to_string(ended->status)}}), code);
}

json as_json(const spend_group& group) {
  json out = {{"key", group.key},
              {"usage", group.tokens},
              {"nanoUsd", group.cost.count()},
              {"calls", group.calls},
              {"attempts", group.attempts},
              {"unknown", {{"lower", group.unknown_lower.count()}}}};
  out["unknown"]["upper"] =
      group.unknown_unbounded ? json(nullptr) : json(group.unknown_upper.count());
  return out;
}

std::string right(const std::string& text, std::size_t columns) {
  return std::string(text.size() < columns ? columns - text.size() : 0, ' ') + text;
}

std::string left(std::string text, std::size_t columns) {
  const auto has = columns_of(text);
  return text.append(has < columns ? columns - has : 0, ' ');
}

constexpr std::size_t key_columns = 26;

std::string line_of(const spend_group& group) {
  std::string line =
      left(printable(group.key), key_columns) + right(std::to_string(group.calls), 7) +
      right(std::to_string(group.attempts), 10) + right(std::to_string(group.tokens.input), 11) +
      right(std::to_string(group.tokens.output), 11) + "  $" + to_usd_text(group.cost);
  if (group.unknown_unbounded || group.unknown_upper.count() > 0)
    line += "\n" + left("", key_columns) + "  and from $" + to_usd_text(group.unknown_lower) +
            " to " +
            (group.unknown_unbounded ? "no upper bound" : "$" + to_usd_text(group.unknown_upper)) +
            " for attempts whose bill is unknown";
  return line + "\n";
}

int spend(const arguments& args) {
  if (args.by.empty())
    return report(error(errc::invalid_argument, "--by names nothing", {},
                        "model, provider, run, or a metadata key"));
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
    return print(one_line(out), exit_completed);
  }
  std::string text = left(args.by, key_columns) + right("CALLS", 7) + right("ATTEMPTS", 10) +
                     right("INPUT", 11) + right("OUTPUT", 11) + "  COST\n";
  for (const auto& group : spent->groups)
    text += line_of(group);
  return print(text + line_of(spent->total), exit_completed);
}

int export_ledger(const arguments& args) {
  auto host = open_existing(args.where);
  if (!host)
    return report(host.error());
  standard_output out;
  const auto done = (*host)->ledger([&](const ledger_row& row) {
    return !args.id.empty() && row.run != args.id ? true : out.write(one_line(json(row)));
  });
  return out.finish(done ? static_cast<int>(exit_completed) : report(done.error()));
}

int validate(const arguments& args) {
  int code = exit_completed;
  json all = json::array();
  std::vector<std::string> told; // a configuration that several definitions share is judged once
  for (const auto& file : args.files) {
    const auto text = read_text(file);
    auto configured = read_configuration(args.where, std::filesystem::path(file).parent_path());
    std::vector<error> problems;
    for (auto& e : configured.problems)
      if (std::find(told.begin(), told.end(), e.render()) == told.end()) {
        told.push_back(e.render());
        problems.push_back(std::move(e));
      }
    if (text)
      for (auto& e : engine::validate(*text, file))
        problems.push_back(std::move(e));
    else
      problems.push_back(text.error());
    for (const auto& e : problems) {
      all.push_back({{"file", file}, {"where", e.where}, {"message", e.message}, {"hint", e.hint}});
      if (!args.as_json)
        report(e);
      code = std::max(code, code_of(e.code));
    }
    if (problems.empty() && !args.as_json)
      std::cerr << file + ": valid\n";
  }
  if (args.as_json)
    return print(one_line(all), code);
  if (!all.empty())
    std::cerr << all.size() << (all.size() == 1 ? " mistake\n" : " mistakes\n");
  return code;
}

} // namespace

void add_cancel(CLI::App& app, action& chosen) {
  auto args = std::make_shared<arguments>();
  auto* command = app.add_subcommand("cancel", "End a run for good and cancel its calls");
  command->add_option("ID", args->id, "the run")->required();
  command->add_flag("--json", args->as_json, "{\"id\", \"status\"} on stdout");
  add_place(*command, args->where, place_options::data_only);
  command->footer(
      "What its calls have cost so far stays in the ledger. A run that has ended cannot be\n"
      "cancelled.\n\n"
      "  pawl cancel ticket-17");
  command->callback([args, &chosen] { chosen = [args] { return cancel(*args); }; });
}

void add_spend(CLI::App& app, action& chosen) {
  auto args = std::make_shared<arguments>();
  auto* command = app.add_subcommand("spend", "What calls cost, summed from the ledger");
  command->add_option("--by", args->by, "model, provider, run, or a metadata key")
      ->type_name("KEY")
      ->capture_default_str();
  command->add_flag("--json", args->as_json, "as JSON on stdout");
  add_place(*command, args->where, place_options::data_only);
  command->footer(
      "COST sums settled attempts to the nano-dollar. What attempts whose bill is unknown (they\n"
      "were interrupted) may have cost beyond that stands below with its bounds.\n\n"
      "  pawl spend --by run\n"
      "  pawl run triage.json --metadata team=support; pawl spend --by team");
  command->callback([args, &chosen] { chosen = [args] { return spend(*args); }; });
}

void add_ledger(CLI::App& app, action& chosen) {
  auto args = std::make_shared<arguments>();
  auto* command = app.add_subcommand("ledger", "The account of every attempt");
  command->require_subcommand(1);
  auto* rows = command->add_subcommand("export", "Print all ledger rows as JSON lines");
  rows->add_option("--run", args->id, "only rows of this run")->type_name("ID");
  rows->add_flag("--json", args->as_json, "JSON lines (the default)");
  add_place(*rows, args->where, place_options::data_only);
  rows->footer(
      "One row per attempt of a call: fresh, retry, continue, restart. `state` says whether its\n"
      "cost is settled, reserved or unknown within `bounds`.\n\n"
      "  pawl ledger export | jq -c '[.step, .kind, .state, .nanoUsd]'");
  rows->callback([args, &chosen] { chosen = [args] { return export_ledger(*args); }; });
}

void add_validate(CLI::App& app, action& chosen) {
  auto args = std::make_shared<arguments>();
  auto* command = app.add_subcommand("validate", "Check definitions and name every mistake");
  command->add_option("FILE", args->files, "definitions (JSON)")->required();
  command->add_flag("--json", args->as_json, "the mistakes as a JSON array on stdout");
  command
      ->add_option("--config", args->where.config,
                   "check this configuration too (default: the pawl.json that `run` would use)")
      ->type_name("FILE");
  command->footer(
      "Mistakes stand with file, line and column. Exit code 3 when there is one, 0 when all is "
      "well.\n\n"
      "  pawl validate examples/*.json");
  command->callback([args, &chosen] { chosen = [args] { return validate(*args); }; });
}

} // namespace pawl::cli
