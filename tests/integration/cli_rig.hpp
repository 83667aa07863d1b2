// A scratch folder in which the built command is used as a person would: files are written,
// commands run in it.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/process.hpp"

namespace pawl::testing {

class desk {
public:
  /// Writes the definitions below; there is no configuration.
  desk();

  [[nodiscard]] std::string file(const std::string& name) const { return (room_ / name).string(); }
  void write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string read(const std::string& name) const;

  /// pawl WORDS... to its end; a word "%NAME" is the file NAME of the room. --data is added
  /// (the room's "data") unless it is given, where the command has it.
  [[nodiscard]] finished pawl(std::vector<std::string> words) const;
  /// The same command, left running, its output in NAME.out and NAME.err.
  [[nodiscard]] std::unique_ptr<process> begin(const std::string& name,
                                               std::vector<std::string> words) const;
  /// A line of the shell in the room; $PAWL is the command.
  [[nodiscard]] finished shell(const std::string& line) const;
  /// Starts `pawl sim WORDS...`, and writes pawl.json with the provider "desk" and the alias "fast"
  /// for its model "small".
  void provider(std::vector<std::string> words, const nlohmann::json& api_key = nullptr);
  [[nodiscard]] nlohmann::json bill() const;
  /// All ledger rows.
  [[nodiscard]] std::vector<nlohmann::json> ledger() const;
  [[nodiscard]] std::string status_of(const std::string& run) const;

  /// Waits until `file` (of this room) holds `text`; throws when `writer` ends first or 30 s pass.
  void await_text(const std::string& name, const std::string& text, process& writer) const;

private:
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> words) const;
  temp_dir room_;
  std::unique_ptr<process> provider_;
  int port_ = 0;
};

} // namespace pawl::testing
