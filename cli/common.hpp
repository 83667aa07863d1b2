// What commands share: where data and configuration are, reading files and JSON, printing errors.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <pawl/engine.hpp>

namespace CLI {
class App;
}

namespace pawl::cli {

/// Options of every command that opens the data directory.
struct place {
  std::string data = ".pawl";
  std::string config;                ///< empty: pawl.json beside the definition, else in the working directory, else none
  std::string durability = "synced";
  bool ephemeral = false;
  bool verbose = false;
};
enum class place_options { data_only, all };
void add_place(CLI::App& command, place& where, place_options which);

/// Reads a file whole. "-" is standard input.
result<std::string> read_text(const std::string& file);
/// Parses JSON text; the error names `source` with line and column.
result<json> parse_json(const std::string& text, const std::string& source);
/// The value of --input: JSON text, @FILE or -.
result<json> read_input(const std::string& argument);
/// The configuration file for a definition (its folder is looked at first); null when there is none.
result<json> read_configuration(const place& where, const std::filesystem::path& definition_folder);

/// Opens the engine in its place.
result<std::unique_ptr<engine>> open_engine(const place& where, json configuration);

/// "pawl: WHERE: MESSAGE" and "  hint" on stderr; returns the exit code of the error.
int report(const error& e);
int report(const std::vector<error>& problems);
/// The DSL error of a faulted run, readable, on stderr.
void report_fault(const fault& f);

} // namespace pawl::cli
