// Records: what lies under each key (FORMAT.md). Encoding cannot fail; decoding answers corrupt or
// format_too_new, and never throws. `key` is for error texts.
#pragma once

#include <pawl/run.hpp>
#include <pawl/usage.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/call_log.hpp"
#include "storage/run_journal.hpp"

namespace pawl::storage {

/// The version of the store as a whole, under keys::format(). A store with a newer one is not
/// opened.
inline constexpr std::uint64_t format_version = 1;

/// The store's version, a run's epoch, an inbox's tail: records that are compared as bytes, so they
/// never change shape.
std::string encode_number(std::uint64_t n);
result<std::uint64_t> decode_number(std::string_view bytes, std::string_view key);

/// An entry of an index: the key says all.
std::string encode_mark();

std::string encode(const run_start& start);
result<run_start> decode_run_start(std::string_view bytes, std::string_view key);

std::string encode(const run_state& state);
result<run_state> decode_run_state(std::string_view bytes, std::string_view key);

/// The next numbers of a run's lists. Absent: both 1.
struct run_counters {
  std::uint64_t outbox_next = 1;
  std::uint64_t history_next = 1;
  bool operator==(const run_counters&) const = default;
};
std::string encode(const run_counters& counters);
result<run_counters> decode_run_counters(std::string_view bytes, std::string_view key);

/// Values are stored: never renumber.
enum class journal_kind : std::uint8_t { scope = 1, step = 2 };

/// One scope or step of a run's journal.
struct journal_record {
  journal_kind kind = journal_kind::step;
  std::string at;        ///< its path with the laps of its ancestors, without its own
  std::uint32_t lap = 0; ///< its own
  // scope
  std::optional<json> saved; ///< open: the state
  // step
  step_state state = step_state::none;
  call_id call;   ///< intent
  time_point due; ///< timer
  // both
  std::optional<outcome> result; ///< closed scope, step with an outcome
};
std::string encode(const journal_record& record);
result<journal_record> decode_journal_record(std::string_view bytes, std::string_view key);

/// The entry's number is in its key.
std::string encode(const outbox_entry& entry);
result<outbox_entry> decode_outbox_entry(std::string_view bytes, std::string_view key);

std::string encode(const inbox_entry& entry);
result<inbox_entry> decode_inbox_entry(std::string_view bytes, std::string_view key);

/// A record that holds one JSON value: a definition document, a line of history.
std::string encode_document(const json& document);
result<json> decode_document(std::string_view bytes, std::string_view key);

std::string encode(const call_record& call);
result<call_record> decode_call_record(std::string_view bytes, std::string_view key);

/// The event's number is in its key.
std::string encode(const call_event& event);
result<call_event> decode_call_event(std::string_view bytes, std::string_view key);

std::string encode(const ledger_row& row);
result<ledger_row> decode_ledger_row(std::string_view bytes, std::string_view key);

} // namespace pawl::storage
