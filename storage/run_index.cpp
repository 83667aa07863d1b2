#include "storage/run_index.hpp"

#include <limits>
#include <utility>

#include "storage/fetch.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace pawl::storage {

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

error no_such_run(const run_id& id) {
  return error(errc::not_found, "run " + id.str() + ": there is no such run", {},
               "`pawl runs` lists the runs of this data directory");
}

error bad_key(std::string_view key) {
  return error(errc::corrupt, "key is not one of its table", "key " + keys::printable(key),
               "restore the data directory from a backup");
}

run_info to_info(run_start start, run_state state) {
  run_info info;
  info.id = std::move(start.id);
  info.status = state.status;
  info.definition = std::move(start.definition);
  info.definition_digest = std::move(start.definition_digest);
  info.created_at = start.created_at;
  info.updated_at = state.updated_at;
  info.wake_at = state.wake_at;
  info.result = std::move(state.result);
  info.cause = std::move(state.cause);
  info.metadata = std::move(start.metadata);
  info.input = std::move(start.input);
  return info;
}

result<std::optional<run_info>> with_state(const store& from, run_start start) {
  auto state = fetch(from, keys::run_state(start.id), decode_run_state);
  if (!state)
    return std::move(state).error();
  if (!*state)
    return error(errc::corrupt, "run " + start.id.str() + " has a start and no state",
                 "key " + keys::printable(keys::run_state(start.id)),
                 "restore the data directory from a backup");
  return std::optional<run_info>(to_info(std::move(start), **std::move(state)));
}

result<wake_entry> decode_wake(std::string_view, std::string_view key) {
  auto parts = keys::wake_of(key);
  if (!parts)
    return bad_key(key);
  wake_entry entry;
  entry.due = parts->due;
  entry.run = std::move(parts->run);
  return entry;
}

result<pending_delivery> decode_delivery(std::string_view bytes, std::string_view key) {
  auto parts = keys::numbered_of(table::outbox, key);
  if (!parts)
    return bad_key(key);
  auto entry = decode_outbox_entry(bytes, key);
  if (!entry)
    return std::move(entry).error();
  pending_delivery out;
  out.run = run_id(std::move(parts->id));
  out.entry = *std::move(entry);
  return out;
}

result<run_id> decode_awake(std::string_view, std::string_view key) {
  auto id = keys::id_of(table::run_awake, key);
  if (!id)
    return bad_key(key);
  return run_id(*std::move(id));
}

} // namespace

// --- life of a run -------------------------------------------------------------------------------

batch create_run(const run_start& start, const json& definition_document) {
  run_state state;
  state.status = run_status::pending;
  state.updated_at = start.created_at;
  batch out;
  out.expect(keys::run_start(start.id), std::nullopt);
  out.put(keys::run_start(start.id), encode(start));
  out.put(keys::run_state(start.id), encode(state));
  out.put(keys::run_epoch(start.id), encode_number(0));
  out.put(keys::run_awake(start.id), encode_mark());
  out.put(keys::definition(start.definition_digest), encode_document(definition_document));
  return out;
}

result<activation> activate(const store& from, const run_id& id) {
  const std::string key = keys::run_epoch(id);
  auto epoch = fetch(from, key, decode_number);
  if (!epoch)
    return std::move(epoch).error();
  if (!*epoch)
    return no_such_run(id);
  activation out;
  out.epoch = **epoch + 1;
  out.raise.expect(key, encode_number(**epoch));
  out.raise.put(key, encode_number(out.epoch));
  return out;
}

result<std::optional<run_start>> read_start(const store& from, const run_id& id) {
  return fetch(from, keys::run_start(id), decode_run_start);
}

result<std::optional<run_info>> read_run(const store& from, const run_id& id) {
  auto start = read_start(from, id);
  if (!start)
    return std::move(start).error();
  if (!*start)
    return std::optional<run_info>();
  return with_state(from, **std::move(start));
}

result<std::vector<run_info>> list_runs(const store& from, std::size_t count_max,
                                        const run_id& after) {
  std::string first = keys::run_start(after);
  if (!after.empty())
    first.push_back('\0');
  auto starts = fetch_range(from, first, prefix_end(table::run_start), count_max, decode_run_start);
  if (!starts)
    return std::move(starts).error();
  std::vector<run_info> out;
  out.reserve(starts->size());
  for (run_start& start : *starts) {
    auto info = with_state(from, std::move(start));
    if (!info)
      return std::move(info).error();
    out.push_back(**std::move(info));
  }
  return out;
}

result<std::vector<run_id>> list_orphans(const store& from) {
  return fetch_range(from, std::string(table::run_awake), prefix_end(table::run_awake), all,
                     decode_awake);
}

// --- wakes ---------------------------------------------------------------------------------------

result<std::vector<wake_entry>> due_wakes(const store& from, time_point until,
                                          std::size_t count_max) {
  std::string end = prefix_end(table::wake);
  if (until < time_point::max())
    end = keys::wake_bound(until + duration(1));
  return fetch_range(from, std::string(table::wake), end, count_max, decode_wake);
}

result<std::optional<wake_entry>> next_wake(const store& from) {
  auto first = due_wakes(from, time_point::max(), 1);
  if (!first)
    return std::move(first).error();
  if (first->empty())
    return std::optional<wake_entry>();
  return std::optional<wake_entry>(std::move(first->front()));
}

// --- inbox ---------------------------------------------------------------------------------------

result<batch> append_inbox(const store& from, const run_id& id, inbox_kind kind, json data) {
  auto start = from.get(keys::run_start(id));
  if (!start)
    return std::move(start).error();
  if (!*start)
    return no_such_run(id);
  const std::string tail_key = keys::inbox_tail(id);
  auto tail = inbox_tail(from, id);
  if (!tail)
    return std::move(tail).error();
  inbox_entry entry;
  entry.number = *tail + 1;
  entry.kind = kind;
  entry.data = std::move(data);
  batch out;
  if (*tail == 0)
    out.expect(tail_key, std::nullopt);
  else
    out.expect(tail_key, encode_number(*tail));
  out.put(tail_key, encode_number(entry.number));
  out.put(keys::inbox(id, entry.number), encode(entry));
  return out;
}

result<std::vector<inbox_entry>> read_inbox(const store& from, const run_id& id,
                                            std::uint64_t after) {
  if (after == std::numeric_limits<std::uint64_t>::max())
    return std::vector<inbox_entry>();
  return fetch_range(from, keys::inbox(id, after + 1),
                     prefix_end(keys::list_prefix(table::inbox, id.str())), all,
                     decode_inbox_entry);
}

result<std::uint64_t> inbox_tail(const store& from, const run_id& id) {
  auto tail = fetch(from, keys::inbox_tail(id), decode_number);
  if (!tail)
    return std::move(tail).error();
  return tail->value_or(0);
}

// --- outbox --------------------------------------------------------------------------------------

result<std::vector<pending_delivery>> read_outbox(const store& from, const run_id& id) {
  const std::string prefix = keys::list_prefix(table::outbox, id.str());
  return fetch_range(from, prefix, prefix_end(prefix), all, decode_delivery);
}

result<std::vector<pending_delivery>> read_all_outboxes(const store& from, std::size_t count_max) {
  return fetch_range(from, std::string(table::outbox), prefix_end(table::outbox), count_max,
                     decode_delivery);
}

batch remove_delivered(const run_id& id, std::uint64_t number) {
  batch out;
  out.erase(keys::outbox(id, number));
  return out;
}

// --- documents -----------------------------------------------------------------------------------

result<std::optional<json>> read_definition(const store& from, const digest& id) {
  return fetch(from, keys::definition(id), decode_document);
}

result<std::vector<json>> read_history(const store& from, const run_id& id, std::size_t count_max) {
  const std::string prefix = keys::list_prefix(table::run_history, id.str());
  return fetch_range(from, prefix, prefix_end(prefix), count_max, decode_document);
}

} // namespace pawl::storage
