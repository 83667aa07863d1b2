// Verbs for tests of the run journal: one run in a memory store, its activations and its batches.
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "storage/keys.hpp"
#include "storage/memory_store.hpp"
#include "storage/run_index.hpp"
#include "storage/run_journal.hpp"
#include "tests/unit/storage/store_support.hpp"

namespace pawl::storage {

inline time_point at_s(std::int64_t s) {
  return from_epoch_ms(s * 1000);
}

inline run_start start_of(const std::string& id) {
  run_start start;
  start.id = run_id(id);
  start.incarnation = "000102030405060708090a0b0c0d0e0f";
  start.definition = "default/chain/1.0.0";
  start.definition_digest = digest("d1");
  start.input = {{"topic", "ratchets"}};
  start.created_at = at_s(1);
  return start;
}

inline fault some_fault() {
  return fault(fault_type::runtime, 500, "broken");
}

/// Raises the run's epoch and loads its journal.
inline run_journal wake_run(store& in, const run_id& id) {
  auto next = activate(in, id);
  EXPECT_TRUE(next) << next.error().render();
  EXPECT_EQ(commit_one(in, next->raise), verdict::committed);
  auto journal = run_journal::load(in, id, next->epoch);
  EXPECT_TRUE(journal) << journal.error().render();
  return *std::move(journal);
}

struct journal_fixture : ::testing::Test {
  const run_id id{"r1"};
  memory_store memory;
  run_journal journal = begin();

  run_journal begin() {
    EXPECT_EQ(commit_one(memory, create_run(start_of("r1"), json::object())), verdict::committed);
    return wake_run(memory, id);
  }
  /// Commits what is staged.
  void commit() { ASSERT_EQ(commit_one(memory, journal.take()), verdict::committed); }
  /// The process dies: what was not committed is lost.
  void crash() { journal = wake_run(memory, id); }
  void commit_and_crash() {
    commit();
    crash();
  }

  /// What step() says, in a word: "none /a", "intent /a", "outcome /a", "timer /a" (with the id's
  /// path).
  std::string step(const std::string& where) const {
    const step_view view = journal.step(path(where));
    const char* states[] = {"none", "intent", "outcome", "timer"};
    return states[static_cast<int>(view.state)] + (" " + view.id_path);
  }
  /// What scope() says: "lap 2", "lap 2 saved 5", "lap 0 closed 7", "lap 0 faulted".
  std::string scope(const std::string& where) const {
    const scope_view view = journal.scope(path(where));
    std::string text = "lap " + std::to_string(view.lap);
    if (view.saved)
      text += " saved " + view.saved->dump();
    if (view.closed)
      text += view.closed->is_value() ? " closed " + view.closed->value().dump() : " faulted";
    return text;
  }
  /// The run's records in the store: "/do /do/0 ".
  std::string stored() const {
    const std::string prefix = keys::run_journal(id, "");
    std::string all;
    for (const auto& [key, value] : dump(memory, prefix, prefix_end(prefix)))
      all += (key.size() == prefix.size() ? "(root)" : key.substr(prefix.size())) + " ";
    return all;
  }
  /// The run's outbox in the store: "1 cancel c1, 2 acknowledge c2, ".
  std::string outbox() const {
    std::string all;
    const auto pending = read_outbox(memory, id);
    EXPECT_TRUE(pending);
    for (const pending_delivery& p : *pending)
      all += std::to_string(p.entry.number) +
             (p.entry.kind == outbox_kind::cancel_call ? " cancel " : " acknowledge ") +
             p.entry.call.str() + ", ";
    return all;
  }
  /// "/do/0/a c1, ".
  std::string intents() const {
    std::string all;
    for (const auto& open : journal.open_intents())
      all += open.where.str() + " " + open.call.str() + ", ";
    return all;
  }
  void set_status(run_status status, std::optional<time_point> wake_at = std::nullopt) {
    run_state next = journal.state();
    next.status = status;
    next.wake_at = wake_at;
    journal.set_state(next);
  }
};

} // namespace pawl::storage
