// What the host does with runs that are asleep: create, list, wake, inbox, outbox, definitions.
//
// Functions that change something build a batch for the commit queue and change nothing themselves.
#pragma once

#include <pawl/run.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/run_journal.hpp"
#include "storage/store.hpp"

namespace pawl::storage {

/// Creates a run; expects that the id is free. `definition_document` is stored under its digest as
/// well.
batch create_run(const run_start& start, const json& definition_document);

/// The epoch of a run and the batch that raises it by one (synced; refused when another activation
/// was faster).
struct activation {
  std::uint64_t epoch = 0; ///< valid once the batch is committed
  batch raise;
};
result<activation> activate(const store& from, const run_id& id);

/// A run's start record and state; nullopt when there is no such run.
result<std::optional<run_start>> read_start(const store& from, const run_id& id);
result<std::optional<run_info>> read_run(const store& from, const run_id& id);
/// All runs in the order of their ids, at most `count_max`, beginning after `after` (empty: from
/// the first).
result<std::vector<run_info>> list_runs(const store& from, std::size_t count_max,
                                        const run_id& after = {});
/// Runs that are neither ended nor waiting nor suspended: their host died while they were awake.
result<std::vector<run_id>> list_orphans(const store& from);
/// Entries of the wake-up index up to `until`, earliest first.
struct wake_entry {
  time_point due;
  run_id run;
};
result<std::vector<wake_entry>> due_wakes(const store& from, time_point until,
                                          std::size_t count_max);
/// The earliest entry of the wake-up index.
result<std::optional<wake_entry>> next_wake(const store& from);

/// Appends to a run's inbox; expects the tail it read (refused: read again, try again).
result<batch> append_inbox(const store& from, const run_id& id, inbox_kind kind, json data);
result<std::vector<inbox_entry>> read_inbox(const store& from, const run_id& id,
                                            std::uint64_t after);
result<std::uint64_t> inbox_tail(const store& from, const run_id& id);

/// Outbox entries of one run or of all, in order; reading them costs what is pending. And the batch
/// that removes one after its acknowledgement (again is harmless).
struct pending_delivery {
  run_id run;
  outbox_entry entry;
};
result<std::vector<pending_delivery>> read_outbox(const store& from, const run_id& id);
result<std::vector<pending_delivery>> read_all_outboxes(const store& from, std::size_t count_max);
batch remove_delivered(const run_id& id, std::uint64_t number);

/// A pinned definition document.
result<std::optional<json>> read_definition(const store& from, const digest& id);
/// History of a run, oldest first.
result<std::vector<json>> read_history(const store& from, const run_id& id, std::size_t count_max);

} // namespace pawl::storage
