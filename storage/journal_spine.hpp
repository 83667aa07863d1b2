// The live spine of a run in memory: its scopes and steps by key, and which of them the store has
// to hear of.
//
// The store may have more than is live: records of an earlier lap of a scope above them are stale.
// They cost nothing until they are written over or their scope is closed, so that a loop uses its
// keys again and leaves no trail of tombstones.
#pragma once

#include <pawl/id.hpp>
#include <pawl/path.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "storage/records.hpp"
#include "storage/store.hpp"

namespace pawl::storage {

/// "~N", or nothing for 0.
std::string lap_suffix(std::uint32_t lap);

class journal_spine {
public:
  /// A record that the store has. What lies above it must have been added before (the order of keys
  /// has it so).
  void add_stored(std::string key, journal_record record);

  /// `where` as records say it: with the laps of its ancestors, without its own. A path's text has
  /// no place for a lap of the root, so that one stands before the first segment.
  [[nodiscard]] std::string address(const path& where) const;
  /// The other way round.
  [[nodiscard]] path where(const journal_record& record) const;

  /// The live record at `where`; null when there is none of this kind and of these laps.
  [[nodiscard]] const journal_record* find(const path& where, journal_kind kind) const;
  /// The same, to be changed; a new one when there is none. Valid until the next call.
  journal_record& open(const path& where, journal_kind kind);

  /// Leaves what is below a scope to become stale by its next lap. Answers the calls of the open
  /// intents there.
  std::vector<call_id> forget_below(const std::string& scope_key);
  /// Erases what is below a scope, stale records included. Answers the calls of the open intents
  /// there.
  std::vector<call_id> erase_below(const std::string& scope_key);
  /// Erases everything.
  std::vector<call_id> erase_all();

  /// Visits all live records in the order of their keys; `visit` answers whether it has changed the
  /// record.
  void change_each(const std::function<bool(journal_record&)>& visit);
  void visit_each(const std::function<void(const journal_record&)>& visit) const;

  [[nodiscard]] bool is_dirty() const noexcept { return !dirty_.empty(); }
  /// Puts into the batch what the store has to hear of.
  void take(const run_id& id, batch& out);

private:
  // A slot without a live record is a key that the store has: stale, or, while it is dirty, about
  // to be erased.
  struct slot {
    std::optional<journal_record> live;
    bool stored = false; // the store has the key once every batch that was taken is committed
  };
  using slot_map = std::map<std::string, slot, std::less<>>;

  [[nodiscard]] std::optional<std::string> full_of(std::string_view key) const;
  [[nodiscard]] bool is_current(std::string_view at, std::string_view key) const;
  slot_map::iterator forget(slot_map::iterator it);
  slot_map::iterator erase(slot_map::iterator it);

  slot_map slots_;
  std::set<std::string, std::less<>> dirty_;
};

} // namespace pawl::storage
