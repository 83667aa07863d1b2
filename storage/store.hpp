// The store interface: a small ordered key-value store with atomic batches, expectations and
// verdicts.
//
// One writer (the commit queue that owns the store), any number of readers. Keys sort as unsigned
// bytes.
#pragma once

#include <pawl/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::storage {

/// How long a commit must last before it is answered. Ordered: a group takes the strongest of its
/// batches.
enum class durability : std::uint8_t {
  written, ///< in the operating system: survives the end of this process, not of the machine
  synced,  ///< on the disk
};

/// What became of a batch.
enum class verdict : std::uint8_t {
  committed, ///< all of it is visible, and as durable as was asked
  refused,   ///< an expectation did not hold: nothing of it was written; its neighbours are not
             ///< affected
  failed,    ///< the store failed: it may or may not be there after recovery; nothing more will be
             ///< committed
};

/// A key must have exactly these bytes, or be absent (nullopt), when the batch is applied.
struct expectation {
  std::string key;
  std::optional<std::string> value;
};

/// A put, or an erase (value is nullopt).
struct mutation {
  std::string key;
  std::optional<std::string> value;
};

/// Applied whole or not at all. Later mutations of a key win over earlier ones.
struct batch {
  std::vector<expectation> expects;
  std::vector<mutation> writes;

  void expect(std::string key, std::optional<std::string> value) {
    expects.push_back({std::move(key), std::move(value)});
  }
  void put(std::string key, std::string value) {
    writes.push_back({std::move(key), std::move(value)});
  }
  void erase(std::string key) { writes.push_back({std::move(key), std::nullopt}); }
  [[nodiscard]] bool empty() const noexcept { return expects.empty() && writes.empty(); }
};

class store {
public:
  virtual ~store() = default;

  /// The value of a key, or nullopt when it is absent. Thread-safe. Sees every batch whose verdict
  /// was given.
  [[nodiscard]] virtual result<std::optional<std::string>> get(std::string_view key) const = 0;

  /// Visits keys in [from, to) in order until `visit` returns false. `to` empty: to the end.
  /// Thread-safe, a consistent snapshot. The views are valid during the visit only; `visit` must
  /// not call the store.
  virtual result<void>
  scan(std::string_view from, std::string_view to,
       const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;

  /// Applies the batches in order as one group, with one sync at most; later ones see earlier ones.
  /// One verdict each. Called by one thread at a time. After a failed write or sync every verdict
  /// is `failed`, for ever (fail-stop).
  virtual std::vector<verdict> commit(std::span<const batch> group, durability how) = 0;

  /// Makes everything written so far durable. False: the store has failed.
  virtual bool sync() = 0;

  /// Why the store failed, once it has. Thread-safe.
  [[nodiscard]] virtual std::optional<error> failure() const = 0;
};

/// An upper bound for a scan of all keys that begin with `prefix`.
std::string prefix_end(std::string_view prefix);

} // namespace pawl::storage
