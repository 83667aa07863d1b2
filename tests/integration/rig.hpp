// A simulated provider in a process of its own, a configuration that points to it, and a data
// directory.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/process.hpp"

namespace pawl::testing {

/// The first line of a file that another process writes; waits for changes of its folder, not for
/// time. Throws when the writer ends without one.
std::string first_line(const std::filesystem::path& file, process& writer);
/// The same for a text anywhere in it.
void await_text(const std::filesystem::path& file, const std::string& text, process& writer);

class rig {
public:
  /// `provider`: more arguments for `pawl sim`.
  explicit rig(std::vector<std::string> provider = {});

  [[nodiscard]] const std::filesystem::path& room() const noexcept { return room_.path(); }
  [[nodiscard]] int port() const noexcept { return port_; }
  /// pawl run examples/support-triage.json under the id "r", with this rig's provider and data.
  [[nodiscard]] std::vector<std::string> run_command(const std::string& input) const;
  /// pawl WORDS... --data DIR.
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> words) const;
  /// The provider's bill.
  [[nodiscard]] nlohmann::json bill() const;
  /// All ledger rows.
  [[nodiscard]] std::vector<nlohmann::json> ledger() const;

private:
  temp_dir room_;
  std::unique_ptr<process> provider_;
  int port_ = 0;
};

} // namespace pawl::testing
