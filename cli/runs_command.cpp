// `pawl runs [ID]`.
#include <algorithm>
#include <iostream>

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

std::string field(std::string text, std::size_t columns) {
  const auto has = columns_of(text);
  return text.append(has < columns ? columns - has : 0, ' ') + "  ";
}

result<std::vector<run_info>> all_runs(const engine& host) {
  constexpr std::size_t page_length = 1000;
  std::vector<run_info> all;
  for (run_id after;;) {
    auto page = host.runs(page_length, after);
    if (!page)
      return page.error();
    const bool is_last = page->size() < page_length;
    if (!page->empty())
      after = page->back().id;
    std::move(page->begin(), page->end(), std::back_inserter(all));
    if (is_last)
      break;
  }
  std::stable_sort(all.begin(), all.end(), [](const run_info& a, const run_info& b) {
    return a.created_at < b.created_at;
  });
  return all;
}

// What a waiting run waits for, or why another needs somebody.
std::string remark(const run_info& info) {
  if (info.wake_at)
    return "until " + to_iso8601(*info.wake_at);
  if (!info.cause.empty())
    return info.cause;
  if (info.result && info.result->is_fault())
    return info.result->fault().title;
  return {};
}

int show_runs(const arguments& args) {
  auto host = open_existing(args.where);
  if (!host)
    return report(host.error());
  const auto runs = all_runs(**host);
  if (!runs)
    return report(runs.error());
  if (args.as_json) {
    json all = json::array();
    for (const auto& info : *runs)
      all.push_back(as_json(info));
    return print(one_line(all), exit_completed);
  }
  if (runs->empty()) {
    std::cerr << "no runs in " + args.where.data + "\n";
    return exit_completed;
  }
  std::size_t id_columns = 8, name_columns = 10;
  for (const auto& info : *runs) {
    id_columns = std::max(id_columns, info.id.str().size());
    name_columns = std::max(name_columns, info.definition.size());
  }
  std::string text =
      field("ID", id_columns) + field("STATUS", 9) + field("CREATED", 20) + "DEFINITION\n";
  for (const auto& info : *runs) {
    std::string line = field(info.id.str(), id_columns) +
                       field(std::string(to_string(info.status)), 9) +
                       field(to_iso8601(info.created_at).substr(0, 19) + "Z", 20) +
                       field(info.definition, name_columns) + printable(remark(info));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return print(text, exit_completed);
}

std::string history_line(const json& entry) {
  std::string line = entry.value("at", "") + "  ";
  if (entry.contains("phase")) {
    const auto detail = entry.find("detail");
    line += field(entry.value("phase", ""), 9) + short_path(entry.value("task", ""));
    if (detail != entry.end() && detail->is_object() && detail->contains("title"))
      line += "  " + detail->value("title", std::string());
  } else {
    line += field("run", 9) + entry.value("status", "");
    if (entry.contains("cause") && entry["cause"].is_string())
      line += "  " + entry["cause"].get<std::string>();
  }
  return printable(line) + "\n";
}

std::string indented(const char* name, const json& value) {
  std::string text = value.dump(2, ' ', false, json::error_handler_t::replace);
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 13))
    text.insert(at + 1, 12, ' ');
  return field(name, 10) + text + "\n";
}

int show_run(const arguments& args) {
  const auto id = parse_run_id(args.id);
  if (!id)
    return report(id.error());
  auto host = open_existing(args.where);
  if (!host)
    return report(host.error());
  const auto found = (*host)->run(*id);
  if (!found)
    return report(found.error());
  if (!*found)
    return report(error(errc::not_found, "there is no such run", args.id, "see: pawl runs"));
  const auto history = (*host)->history(*id);
  if (!history)
    return report(history.error());
  const run_info& info = **found;
  if (args.as_json) {
    auto out = as_json(info);
    out["history"] = *history;
    return print(one_line(out), exit_completed);
  }
  std::string text = field("run", 10) + info.id.str() + "\n" + field("status", 10) +
                     std::string(to_string(info.status)) + "\n" + field("definition", 10) +
                     info.definition + "\n" + field("created", 10) + to_iso8601(info.created_at) +
                     "\n";
  if (info.wake_at)
    text += field("wakes", 10) + to_iso8601(*info.wake_at) + "\n";
  if (!info.cause.empty())
    text += field("cause", 10) + printable(info.cause) + "\n";
  if (!info.metadata.empty())
    text += indented("metadata", info.metadata);
  text += indented("input", info.input);
  if (info.result)
    text += info.result->is_value() ? indented("output", info.result->value())
                                    : indented("error", json(info.result->fault()));
  text += "\n";
  for (const auto& entry : *history)
    text += history_line(entry);
  return print(text, exit_completed);
}

} // namespace

void add_runs(CLI::App& app, action& chosen) {
  auto args = std::make_shared<arguments>();
  auto* command =
      app.add_subcommand("runs", "List the runs of a data directory, or show one with its history");
  command->add_option("ID", args->id, "the run to show");
  command->add_flag("--json", args->as_json, "as JSON on stdout");
  add_place(*command, args->where, place_options::data_only);
  command->footer("  pawl runs\n"
                  "  pawl runs ticket-17\n"
                  "  pawl runs --json | jq -r '.[] | select(.status == \"faulted\") | .id'");
  command->callback([args, &chosen] {
    chosen = [args] { return args->id.empty() ? show_runs(*args) : show_run(*args); };
  });
}

} // namespace pawl::cli
