// The call log: what the gateway keeps of a call: its request, its attempts (ledger rows), its
// events, its answer.
//
// Functions build batches and read records; whoever owns the call submits the batches in order. One
// owner per call.
#pragma once

#include <pawl/outcome.hpp>
#include <pawl/usage.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "storage/store.hpp"

namespace pawl::storage {

/// Values are stored: never renumber.
enum class call_state : std::uint8_t {
  admitted = 1,    ///< attempt and reservation are durable
  streaming = 2,   ///< events were logged
  interrupted = 3, ///< an attempt broke; the ladder decides when somebody asks
  finished = 4,    ///< the answer is stored
  cancelled = 5,   ///< nobody wants it: a tombstone, also for calls that are unknown yet
  released = 6,    ///< acknowledged: the answer may go; the row stays as the tombstone
};

/// A call's record. Rewritten whole at each change of state (events and rows have records of their
/// own).
struct call_record {
  call_id id;
  call_state state = call_state::admitted;
  std::string request; ///< JSON text in the face's shape, as submitted first: it wins over later
                       ///< submissions
  std::string run;     ///< who asked
  std::string step;
  std::uint32_t attempts = 0; ///< begun so far
  std::uint32_t restarts = 0; ///< bought after failures of a provider
  /// First event of the answer's text that still counts: what a restart voided lies before.
  std::uint64_t answer_from = 0;
  std::optional<outcome> answer; ///< finished
  time_point updated_at;
};

/// What an event is.
enum class event_kind : std::uint8_t {
  data = 1,      ///< as the provider said it: one SSE event's data
  continued = 2, ///< seam: a new attempt goes on where the text ended
  restarted = 3, ///< seam: what lies before is void
};

/// One unit of a call's stream.
struct call_event {
  std::uint64_t number = 0;
  std::uint32_t attempt = 0;
  event_kind kind = event_kind::data;
  std::string data; ///< data: the payload; seams: JSON object text ({"from": N} for restarted)
};

// --- batches -------------------------------------------------------------------------------------
/// A new call with its first attempt; expects that the call id is unknown.
batch admit(const call_record& call, const ledger_row& first);
/// Another attempt (or a change of the call's record with a row).
batch put_call(const call_record& call);
batch put_row(const ledger_row& row);
batch append_events(const call_id& id, const std::vector<call_event>& events);
/// A tombstone for a call that was cancelled before it was known; expects that it is unknown.
batch bury_unknown(const call_id& id, time_point now);
/// Joins batches of one owner into one.
void append(batch& to, batch&& more);

// --- reads ---------------------------------------------------------------------------------------
result<std::optional<call_record>> read_call(const store& from, const call_id& id);
/// Calls that are not finished, cancelled or released: for recovery. Costs what is open, not what
/// was ever done.
result<std::vector<call_record>> open_calls(const store& from);
/// Events from `first`, at most `count_max`.
result<std::vector<call_event>> read_events(const store& from, const call_id& id,
                                            std::uint64_t first, std::size_t count_max);
/// One after the last event.
result<std::uint64_t> events_end(const store& from, const call_id& id);
/// Rows of one call, by attempt.
result<std::vector<ledger_row>> read_rows(const store& from, const call_id& id);
/// All rows in the order of call id and attempt.
result<void> scan_rows(const store& from, const std::function<bool(const ledger_row&)>& visit);
/// Removes what a released call need not keep: its events, answer and request. The rows and the
/// record stay, as released (or cancelled, when it was): the call id is never admitted again.
result<batch> release_call(const store& from, const call_record& call);

} // namespace pawl::storage
