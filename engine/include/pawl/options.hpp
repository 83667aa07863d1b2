// What an engine is opened with.
#pragma once

#include <pawl/outcome.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

enum class data_kind : std::uint8_t {
  disk,     ///< RocksDB in `data`
  ephemeral ///< in memory: everything is gone with the engine
};

enum class durability_choice : std::uint8_t {
  synced, ///< intents, outcomes and the ledger survive power loss (default)
  written ///< they survive kill -9, not power loss; faster on slow disks
};

enum class hosting : std::uint8_t {
  named, ///< only runs that were started, woken or resumed through this engine
  all    ///< every run of the data directory that is not ended or suspended
};

enum class log_level : std::uint8_t { debug, info, warning, error };

struct engine_options {
  std::filesystem::path data = ".pawl";
  data_kind kind = data_kind::disk;
  durability_choice durability = durability_choice::synced;
  hosting hosts = hosting::named;
  /// A parsed pawl.json; null: the built-in catalog only (the simulated provider's models).
  json configuration = nullptr;
  /// Reads a secret by the name of its environment variable. Default: the process's environment.
  std::function<std::optional<std::string>(const std::string& name)> secrets;
  /// Takes the engine's log lines; default: nobody. Called on any thread.
  std::function<void(log_level, std::string_view line)> log;
};

} // namespace pawl
