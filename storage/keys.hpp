// Keys: which record lies where. The grammar is in FORMAT.md; tests hold both to it.
//
// A key is a table's tag (two readable bytes) and what identifies the record within the table.
// Numbers are big-endian, so that keys sort as the numbers do. What was once assigned here is never
// changed and never given another meaning.
#pragma once

#include <pawl/id.hpp>
#include <pawl/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::storage {

/// The tags of all tables. Stored: never change one, never reuse one.
namespace table {
inline constexpr std::string_view format = "fv";       // the store's format version
inline constexpr std::string_view run_start = "rs";    // run
inline constexpr std::string_view run_state = "rt";    // run
inline constexpr std::string_view run_epoch = "re";    // run
inline constexpr std::string_view run_counters = "rc"; // run
inline constexpr std::string_view run_awake = "ra";    // run: index of pending and running runs
inline constexpr std::string_view run_journal = "rj";  // run 00 path
inline constexpr std::string_view run_history = "rh";  // run 00 number
inline constexpr std::string_view inbox = "ri";        // run 00 number
inline constexpr std::string_view inbox_tail = "rq";   // run
inline constexpr std::string_view outbox = "ro";       // run 00 number
inline constexpr std::string_view wake = "rw";         // time run
inline constexpr std::string_view definition = "df";   // digest
inline constexpr std::string_view value = "vc"; // reserved: values by content, run 00 digest chunk
inline constexpr std::string_view call = "cr";  // call
inline constexpr std::string_view call_open =
    "co"; // call: index of calls that are not at their end
inline constexpr std::string_view call_event = "ce"; // call 00 number
inline constexpr std::string_view ledger_row = "lr"; // call 00 attempt
} // namespace table

namespace keys {

std::string format();

std::string run_start(const run_id& id);
std::string run_state(const run_id& id);
std::string run_epoch(const run_id& id);
std::string run_counters(const run_id& id);
std::string run_awake(const run_id& id);
/// `path_key` is path::key(): without laps, empty for the root.
std::string run_journal(const run_id& id, std::string_view path_key);
std::string run_history(const run_id& id, std::uint64_t number);
std::string inbox(const run_id& id, std::uint64_t number);
std::string inbox_tail(const run_id& id);
std::string outbox(const run_id& id, std::uint64_t number);
std::string wake(time_point due, const run_id& id);
std::string definition(const digest& id);

std::string call(const call_id& id);
std::string call_open(const call_id& id);
std::string call_event(const call_id& id, std::uint64_t number);
std::string ledger_row(const call_id& id, std::uint32_t attempt);

/// What all keys of one run, or one call, in a table of lists begin with: tag, id, 00.
std::string list_prefix(std::string_view tag, std::string_view id);
/// All wakes before `due` sort before this key, all at or after it do not.
std::string wake_bound(time_point due);

// What a key says. Empty when it is no key of that table.
std::optional<std::string> id_of(std::string_view tag, std::string_view key);
struct numbered {
  std::string id;
  std::uint64_t number = 0;
};
std::optional<numbered> numbered_of(std::string_view tag, std::string_view key);
struct wake_parts {
  time_point due;
  run_id run;
};
std::optional<wake_parts> wake_of(std::string_view key);

/// For error texts: printable characters as they are, others as \xNN.
std::string printable(std::string_view key);

} // namespace keys
} // namespace pawl::storage
