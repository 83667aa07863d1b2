// A store that says what kind of commit it has just made, for the coverage table. Everything else
// is the memory store below it.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "storage/memory_store.hpp"

namespace pawl::simulation {

class watched_store final : public storage::store {
public:
  explicit watched_store(std::unique_ptr<storage::memory_store> below) : below_(std::move(below)) {}

  result<std::optional<std::string>> get(std::string_view key) const override {
    return below_->get(key);
  }
  result<void>
  scan(std::string_view from, std::string_view to,
       const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return below_->scan(from, to, visit);
  }
  std::vector<storage::verdict> commit(std::span<const storage::batch> group,
                                       storage::durability how) override;
  bool sync() override { return below_->sync(); }
  std::optional<error> failure() const override { return below_->failure(); }

  [[nodiscard]] const storage::memory_store& below() const noexcept { return *below_; }
  /// What the last commit wrote: "host commit: intent", ...
  [[nodiscard]] const std::set<std::string>& last_commit() const noexcept { return last_; }

private:
  std::unique_ptr<storage::memory_store> below_;
  std::set<std::string> last_;
};

} // namespace pawl::simulation
