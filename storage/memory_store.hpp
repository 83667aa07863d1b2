// The store in memory: for tests, --ephemeral and the simulation. Knows what is synced, so that
// power loss can be simulated.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "storage/store.hpp"

namespace pawl::storage {

class memory_store final : public store {
public:
  memory_store();
  ~memory_store() override;

  result<std::optional<std::string>> get(std::string_view key) const override;
  result<void>
  scan(std::string_view from, std::string_view to,
       const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  std::vector<verdict> commit(std::span<const batch> group, durability how) override;
  bool sync() override;
  std::optional<error> failure() const override;

  /// A process was killed: everything written is still there. The new store is independent of this
  /// one.
  [[nodiscard]] std::unique_ptr<memory_store> after_process_kill() const;
  /// The machine lost power: only what was synced is there.
  [[nodiscard]] std::unique_ptr<memory_store> after_power_loss() const;
  /// From now on every commit and sync fails, as after a failed write.
  void fail(error why);

private:
  using table = std::map<std::string, std::string, std::less<>>;
  void bring_up(); // makes synced_ equal to current_

  mutable std::mutex mutex_; // guards all below
  table current_;
  table synced_;                   // as of the last sync
  std::vector<mutation> unsynced_; // what came since
  std::optional<error> failure_;
};

} // namespace pawl::storage
