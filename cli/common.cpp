#include "cli/common.hpp"

#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>
#include <sstream>

#include <pawl/limits.hpp>

#include "cli/exit_code.hpp"

namespace pawl::cli {

namespace fs = std::filesystem;

void add_place(CLI::App& command, place& where, place_options which) {
  command.add_option("--data", where.data, "data directory")->capture_default_str()->type_name("DIR");
  command.add_flag("--verbose", where.verbose, "print the engine's log to stderr");
  if (which == place_options::data_only)
    return;
  command.add_option("--config", where.config, "configuration (default: pawl.json beside the definition, else here)")
      ->type_name("FILE");
  command.add_option("--durability", where.durability,
                     "synced: survives power loss; written: survives kill -9, not power loss")
      ->capture_default_str()
      ->check(CLI::IsMember({"synced", "written"}));
  command.add_flag("--ephemeral", where.ephemeral, "keep everything in memory; nothing survives this process");
}

result<std::string> read_text(const std::string& file) {
  std::ostringstream text;
  if (file == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::error_code ec;
  if (fs::is_directory(file, ec))
    return error(errc::io, "is a directory, expected a file", file);
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return error(errc::not_found, "cannot be read", file, "check the path and its permissions");
  text << in.rdbuf();
  return text.str();
}

result<json> parse_json(const std::string& text, const std::string& source) {
  int depth = 0;
  // A cheap bound before the recursive parser sees it; brackets within strings only make it stricter by a margin.
  for (const char c : text) {
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    if (depth > 100 * limits::json_depth_max)
      return error(errc::invalid_argument, "is nested too deeply", source);
  }
  try {
    return json(json::parse(text));
  } catch (const json::parse_error& e) {
    std::size_t line = 1, column = 1;
    for (std::size_t i = 0; i + 1 < e.byte && i < text.size(); ++i)
      text[i] == '\n' ? (++line, column = 1) : ++column;
    return error(errc::invalid_argument, "is no valid JSON",
                 source + ":" + std::to_string(line) + ":" + std::to_string(column));
  }
}

result<json> read_input(const std::string& argument) {
  if (argument.empty())
    return json(nullptr);
  std::string text = argument, source = "--input";
  if (argument == "-" || argument.front() == '@') {
    source = argument == "-" ? "standard input" : argument.substr(1);
    auto file = read_text(argument == "-" ? "-" : argument.substr(1));
    if (!file)
      return file.error();
    text = std::move(*file);
  }
  auto parsed = parse_json(text, source);
  if (!parsed) {
    auto e = parsed.error();
    e.hint = "--input takes JSON text, @FILE or - (standard input)";
    return e;
  }
  return parsed;
}

result<json> read_configuration(const place& where, const fs::path& definition_folder) {
  std::string file = where.config;
  std::error_code ec;
  if (file.empty() && fs::exists(definition_folder / "pawl.json", ec))
    file = (definition_folder / "pawl.json").string();
  if (file.empty() && fs::exists("pawl.json", ec))
    file = "pawl.json";
  if (file.empty())
    return json(nullptr);
  const auto text = read_text(file);
  if (!text)
    return error(errc::invalid_configuration, text.error().message, text.error().where, text.error().hint);
  auto parsed = parse_json(*text, file);
  if (!parsed)
    return error(errc::invalid_configuration, parsed.error().message, parsed.error().where);
  return parsed;
}

result<std::unique_ptr<engine>> open_engine(const place& where, json configuration) {
  engine_options options;
  options.data = where.data;
  options.kind = where.ephemeral ? data_kind::ephemeral : data_kind::disk;
  options.durability = where.durability == "written" ? durability_choice::written : durability_choice::synced;
  options.configuration = std::move(configuration);
  const auto least = where.verbose ? log_level::debug : log_level::warning;
  options.log = [least](log_level level, std::string_view line) {
    if (level >= least)
      std::cerr << "pawl: " << line << "\n";
  };
  return engine::open(std::move(options));
}

int report(const error& e) {
  std::cerr << "pawl: " << (e.where.empty() ? "" : e.where + ": ") << e.message << "\n";
  if (!e.hint.empty())
    std::cerr << "  " << e.hint << "\n";
  return code_of(e.code);
}

int report(const std::vector<error>& problems) {
  int code = exit_usage;
  for (const auto& e : problems)
    code = report(e);
  return code;
}

void report_fault(const fault& f) {
  std::cerr << "pawl: faulted" << (f.instance.empty() ? "" : " at " + f.instance) << ": "
            << (f.title.empty() ? f.type : f.title) << " (status " << f.status << ")\n";
  if (!f.detail.empty())
    std::cerr << "  " << f.detail << "\n";
  if (!f.title.empty())
    std::cerr << "  type " << f.type << "\n";
}

} // namespace pawl::cli
