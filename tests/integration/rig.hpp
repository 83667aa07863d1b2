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
