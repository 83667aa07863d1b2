// What commands share: where data and configuration are, reading files and JSON, printing errors.
#pragma once

#include <pawl/engine.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace pawl::cli {

/// Options of every command that opens the data directory.
struct place {
  std::string data = ".pawl";
  std::string
      config; ///< empty: pawl.json beside the definition, else in the working directory, else none
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
/// A configuration file, checked.
struct configuration {
  json value = nullptr; ///< null: there is no file
  std::string file;
};
/// The configuration for a definition: --config, else pawl.json in its folder, else in the working
/// directory. Every mistake, when there is one.
struct configuration_answer {
  configuration found;
  std::vector<error> problems;
};
configuration_answer read_configuration(const place& where,
                                        const std::filesystem::path& definition_folder);

/// Opens the engine in its place; a place that cannot be used is an error of the store.
result<std::unique_ptr<engine>> open_engine(const place& where, json configuration);
/// Opens it to look at what is there: an error when the data directory does not exist, and nothing
/// is created in one that holds no store yet.
result<std::unique_ptr<engine>> open_existing(const place& where);
/// The options that name this place again: " --data DIR --config FILE", without defaults.
std::string place_words(const place& where, const std::string& config);

/// What goes to standard output. A reader that leaves early (`| head`) is no error; a full disk is.
class standard_output {
public:
  ~standard_output();
  /// False: nothing more can be written.
  bool write(std::string_view text);
  /// Writes what is held back. `code`, or the code of an error, which is reported.
  [[nodiscard]] int finish(int code);

private:
  void flush();
  std::string held_;
  int error_ = 0; // errno
};
/// Prints the text whole; returns `code` or that of an error.
int print(std::string_view text, int code);
/// JSON on one line; bytes that are no UTF-8 are replaced.
std::string one_line(const json& value);

/// "pawl: WHERE: MESSAGE" and "  hint" on stderr; returns the exit code of the error.
int report(const error& e);
int report(const std::vector<error>& problems);
/// The DSL error of a faulted run, readable, on stderr.
void report_fault(const fault& f);

} // namespace pawl::cli
