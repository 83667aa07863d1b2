// A store that fails when a test says so: it passes everything to another store until then, and is
// fail-stop afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/store.hpp"

namespace pawl::test {

/// What is there of the operation that fails: the two answers that a recovery may find.
enum class fault_leaves : std::uint8_t { nothing, everything };

class fault_store final : public storage::store {
public:
  /// `inner` must outlive this store.
  explicit fault_store(storage::store& inner) : inner_(inner) {}

  /// The commit that is `nth` from now on fails (1: the next one).
  void fail_commit(std::uint64_t nth, fault_leaves what = fault_leaves::nothing) {
    const std::lock_guard lock(mutex_);
    commit_at_ = commits_ + nth;
    leaves_ = what;
  }
  /// The same for sync().
  void fail_sync(std::uint64_t nth) {
    const std::lock_guard lock(mutex_);
    sync_at_ = syncs_ + nth;
  }

  /// Commits and syncs that were asked for, failed ones included.
  [[nodiscard]] std::uint64_t commits() const {
    const std::lock_guard lock(mutex_);
    return commits_;
  }
  [[nodiscard]] std::uint64_t syncs() const {
    const std::lock_guard lock(mutex_);
    return syncs_;
  }
  /// What each commit asked for, in order.
  [[nodiscard]] std::vector<storage::durability> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  result<std::optional<std::string>> get(std::string_view key) const override {
    return inner_.get(key);
  }
  result<void>
  scan(std::string_view from, std::string_view to,
       const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return inner_.scan(from, to, visit);
  }

  std::vector<storage::verdict> commit(std::span<const storage::batch> group,
                                       storage::durability how) override {
    const std::lock_guard lock(mutex_);
    ++commits_;
    asked_.push_back(how);
    const bool fails = !failure_ && commits_ == commit_at_;
    if (!failure_ && !fails)
      return inner_.commit(group, how);
    if (fails) {
      failure_.emplace(errc::store_failed, "commit failed because the test said so");
      if (leaves_ == fault_leaves::everything)
        inner_.commit(group, how);
    }
    return std::vector<storage::verdict>(group.size(), storage::verdict::failed);
  }

  bool sync() override {
    const std::lock_guard lock(mutex_);
    ++syncs_;
    if (!failure_ && syncs_ == sync_at_)
      failure_.emplace(errc::store_failed, "sync failed because the test said so");
    return !failure_ && inner_.sync();
  }

  [[nodiscard]] std::optional<error> failure() const override {
    const std::lock_guard lock(mutex_);
    return failure_ ? failure_ : inner_.failure();
  }

private:
  storage::store& inner_;
  mutable std::mutex mutex_; // guards all below
  std::uint64_t commits_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t commit_at_ = 0;
  std::uint64_t sync_at_ = 0;
  fault_leaves leaves_ = fault_leaves::nothing;
  std::vector<storage::durability> asked_;
  std::optional<error> failure_;
};

} // namespace pawl::test
