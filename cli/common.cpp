#include "cli/common.hpp"

#include <pawl/limits.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "cli/exit_code.hpp"
#include "cli/text_layout.hpp"

namespace pawl::cli {

namespace fs = std::filesystem;

void add_place(CLI::App& command, place& where, place_options which) {
  command.add_option("--data", where.data, "data directory")
      ->capture_default_str()
      ->type_name("DIR");
  command.add_flag("--verbose", where.verbose, "print the engine's log to stderr");
  if (which == place_options::data_only)
    return;
  command
      .add_option("--config", where.config,
                  "configuration (default: pawl.json beside the definition, else here)")
      ->type_name("FILE");
  command
      .add_option("--durability", where.durability,
                  "synced: survives power loss; written: survives kill -9, not power loss")
      ->capture_default_str()
      ->check(CLI::IsMember({"synced", "written"}));
  command.add_flag("--ephemeral", where.ephemeral,
                   "keep everything in memory; nothing survives this process");
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
  // A cheap bound before the recursive parser sees it; brackets within strings only make it
  // stricter by a margin.
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
    const bool is_end = e.byte > text.size();
    return error(errc::invalid_argument,
                 is_end ? "is no valid JSON: it ends too early" : "is no valid JSON",
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

configuration_answer read_configuration(const place& where, const fs::path& definition_folder) {
  configuration_answer out;
  std::string file = where.config;
  std::error_code ec;
  if (file.empty() && fs::exists(definition_folder / "pawl.json", ec))
    file = (definition_folder / "pawl.json").string();
  if (file.empty() && fs::exists("pawl.json", ec))
    file = "pawl.json";
  if (file.empty())
    return out;
  const auto refuse = [&](const error& e) {
    out.problems.emplace_back(errc::invalid_configuration, e.message, e.where, e.hint);
    return out;
  };
  const auto text = read_text(file);
  if (!text)
    return refuse(text.error());
  auto parsed = parse_json(*text, file);
  if (!parsed)
    return refuse(parsed.error());
  for (auto& e : engine::check_configuration(*parsed))
    out.problems.emplace_back(e.code, e.message, file + (e.where.empty() ? "" : " " + e.where),
                              e.hint);
  out.found.value = std::move(*parsed);
  out.found.file = std::move(file);
  return out;
}

result<std::unique_ptr<engine>> open_engine(const place& where, json configuration) {
  if (where.data.empty())
    return error(errc::invalid_argument, "--data names no directory", {},
                 "leave it out for ./.pawl");
  std::error_code ec;
  if (!where.ephemeral && fs::exists(where.data, ec) && !fs::is_directory(where.data, ec))
    return error(errc::store_failed, "is a file, expected a directory", where.data,
                 "name another place with --data DIR");
  engine_options options;
  options.data = where.data;
  options.kind = where.ephemeral ? data_kind::ephemeral : data_kind::disk;
  options.durability =
      where.durability == "written" ? durability_choice::written : durability_choice::synced;
  options.configuration = std::move(configuration);
  const auto least = where.verbose ? log_level::debug : log_level::warning;
  options.log = [least](log_level level, std::string_view line) {
    if (level >= least)
      std::cerr << "pawl: " + std::string(line) +
                       "\n"; // one write: lines of several threads stay whole
  };
  auto opened = engine::open(std::move(options));
  if (!opened && opened.error().code == errc::io)
    return error(errc::store_failed, opened.error().message, opened.error().where,
                 opened.error().hint.empty()
                     ? "check its permissions, or name another place with --data DIR"
                     : opened.error().hint);
  return opened;
}

result<std::unique_ptr<engine>> open_existing(const place& where) {
  std::error_code ec;
  if (!fs::exists(where.data, ec))
    return error(errc::not_found, "there is no data directory", where.data,
                 "name it with --data DIR");
  place there = where;
  there.ephemeral =
      fs::is_directory(where.data, ec) && !fs::exists(fs::path(where.data) / "host", ec);
  return open_engine(there, nullptr);
}

std::string place_words(const place& where, const std::string& config) {
  const auto quoted = [](const std::string& word) {
    return word.find_first_of(" \t'\"$&;()*?|<>\\") == std::string::npos ? word : "'" + word + "'";
  };
  std::string words;
  if (where.data != place().data)
    words += " --data " + quoted(where.data);
  if (!config.empty() && config != "pawl.json")
    words += " --config " + quoted(config);
  if (where.durability != place().durability)
    words += " --durability " + where.durability;
  return words;
}

standard_output::~standard_output() {
  flush();
}

bool standard_output::write(std::string_view text) {
  constexpr std::size_t held_bytes_max = 32 * 1024;
  held_ += text;
  if (held_.size() > held_bytes_max)
    flush();
  return error_ == 0;
}

void standard_output::flush() {
  std::string_view rest = held_;
  while (!rest.empty() && error_ == 0) {
    const auto n = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (n > 0)
      rest.remove_prefix(static_cast<std::size_t>(n));
    else if (errno != EINTR)
      error_ = errno;
  }
  held_.clear();
}

int standard_output::finish(int code) {
  flush();
  if (error_ == 0 || error_ == EPIPE)
    return code;
  return report(error(errc::io, std::string("cannot be written: ") + std::strerror(error_),
                      "standard output",
                      "results are kept in the data directory: see pawl runs ID"));
}

int print(std::string_view text, int code) {
  standard_output out;
  out.write(text);
  return out.finish(code);
}

std::string one_line(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

int report(const error& e) {
  std::string text = "pawl: " + (e.where.empty() ? "" : e.where + ": ") + e.message + "\n";
  if (!e.hint.empty())
    text += "  " + e.hint + "\n";
  std::cerr << printable(text);
  return code_of(e.code);
}

int report(const std::vector<error>& problems) {
  int code = exit_usage;
  for (const auto& e : problems)
    code = report(e);
  return code;
}

void report_fault(const fault& f) {
  std::string text = "pawl: faulted" + (f.instance.empty() ? "" : " at " + f.instance) + ": " +
                     (f.title.empty() ? f.type : f.title) + " (status " + std::to_string(f.status) +
                     ")\n";
  if (!f.detail.empty())
    text += "  " + f.detail + "\n";
  if (!f.title.empty())
    text += "  type " + f.type + "\n";
  std::cerr << printable(text);
}

} // namespace pawl::cli
