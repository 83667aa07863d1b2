#include "storage/call_log.hpp"

#include <iterator>
#include <limits>
#include <utility>

#include "storage/fetch.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace pawl::storage {

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

bool is_open(call_state s) {
  return s == call_state::admitted || s == call_state::streaming || s == call_state::interrupted;
}

result<call_id> decode_open(std::string_view, std::string_view key) {
  return call_id(keys::id_of(table::call_open, key).value_or(""));
}

std::string events_prefix(const call_id& id) {
  return keys::list_prefix(table::call_event, id.str());
}

/// The number of the first event at or after `number`.
result<std::optional<std::uint64_t>> event_from(const store& from, const call_id& id,
                                                std::uint64_t number) {
  std::optional<std::uint64_t> found;
  auto scanned = from.scan(keys::call_event(id, number), prefix_end(events_prefix(id)),
                           [&](std::string_view key, std::string_view) {
                             if (const auto parts = keys::numbered_of(table::call_event, key))
                               found = parts->number;
                             return false;
                           });
  if (!scanned)
    return std::move(scanned).error();
  return found;
}

} // namespace

// --- batches -------------------------------------------------------------------------------------

batch admit(const call_record& call, const ledger_row& first) {
  batch out;
  out.expect(keys::call(call.id), std::nullopt);
  append(out, put_call(call));
  append(out, put_row(first));
  return out;
}

batch put_call(const call_record& call) {
  batch out;
  out.put(keys::call(call.id), encode(call));
  if (is_open(call.state))
    out.put(keys::call_open(call.id), encode_mark());
  else
    out.erase(keys::call_open(call.id));
  return out;
}

batch put_row(const ledger_row& row) {
  batch out;
  out.put(keys::ledger_row(row.call, row.attempt), encode(row));
  return out;
}

batch append_events(const call_id& id, const std::vector<call_event>& events) {
  batch out;
  out.writes.reserve(events.size());
  for (const call_event& event : events)
    out.put(keys::call_event(id, event.number), encode(event));
  return out;
}

batch bury_unknown(const call_id& id, time_point now) {
  call_record tombstone;
  tombstone.id = id;
  tombstone.state = call_state::cancelled;
  tombstone.updated_at = now;
  batch out;
  out.expect(keys::call(id), std::nullopt);
  out.put(keys::call(id), encode(tombstone));
  return out;
}

void append(batch& to, batch&& more) {
  to.expects.insert(to.expects.end(), std::make_move_iterator(more.expects.begin()),
                    std::make_move_iterator(more.expects.end()));
  to.writes.insert(to.writes.end(), std::make_move_iterator(more.writes.begin()),
                   std::make_move_iterator(more.writes.end()));
  more = batch();
}

result<batch> release_call(const store& from, const call_record& call) {
  call_record rest = call;
  if (rest.state != call_state::cancelled)
    rest.state = call_state::released;
  rest.request.clear();
  rest.answer.reset();
  batch out = put_call(rest);
  const std::string prefix = events_prefix(call.id);
  auto scanned = from.scan(prefix, prefix_end(prefix), [&](std::string_view key, std::string_view) {
    out.erase(std::string(key));
    return true;
  });
  if (!scanned)
    return std::move(scanned).error();
  return out;
}

// --- reads ---------------------------------------------------------------------------------------

result<std::optional<call_record>> read_call(const store& from, const call_id& id) {
  return fetch(from, keys::call(id), decode_call_record);
}

result<std::vector<call_record>> open_calls(const store& from) {
  auto ids = fetch_range(from, std::string(table::call_open), prefix_end(table::call_open), all,
                         decode_open);
  if (!ids)
    return std::move(ids).error();
  std::vector<call_record> out;
  out.reserve(ids->size());
  for (const call_id& id : *ids) {
    auto call = read_call(from, id);
    if (!call)
      return std::move(call).error();
    // The owner may have ended the call since the index was read.
    if (*call && is_open((*call)->state))
      out.push_back(**std::move(call));
  }
  return out;
}

result<std::vector<call_event>> read_events(const store& from, const call_id& id,
                                            std::uint64_t first, std::size_t count_max) {
  return fetch_range(from, keys::call_event(id, first), prefix_end(events_prefix(id)), count_max,
                     decode_call_event);
}

// Numbers may have gaps (after a power loss), so the end is found by asking for the first event at
// or after a number: ever further on, then between the last that was found and the first that was
// not. The log is not read for it.
result<std::uint64_t> events_end(const store& from, const call_id& id) {
  std::uint64_t end = 0;               // every event found so far lies before it
  std::optional<std::uint64_t> beyond; // none at or after it
  for (std::uint64_t step = 1; !beyond || end < *beyond;) {
    std::uint64_t probe = end;
    if (beyond)
      probe = end + (*beyond - end) / 2;
    else if (end <= std::numeric_limits<std::uint64_t>::max() - step)
      probe = end + step - 1;
    auto found = event_from(from, id, probe);
    if (!found)
      return std::move(found).error();
    if (*found)
      end = **found + 1;
    else
      beyond = probe;
    step = step < (std::uint64_t{1} << 40) ? step * 2 : step;
  }
  return end;
}

result<std::vector<ledger_row>> read_rows(const store& from, const call_id& id) {
  const std::string prefix = keys::list_prefix(table::ledger_row, id.str());
  return fetch_range(from, prefix, prefix_end(prefix), all, decode_ledger_row);
}

result<void> scan_rows(const store& from, const std::function<bool(const ledger_row&)>& visit) {
  std::optional<error> wrong;
  auto scanned = from.scan(table::ledger_row, prefix_end(table::ledger_row),
                           [&](std::string_view key, std::string_view bytes) {
                             auto row = decode_ledger_row(bytes, key);
                             if (row)
                               return visit(*row);
                             wrong = std::move(row).error();
                             return false;
                           });
  if (wrong)
    return *std::move(wrong);
  return scanned;
}

} // namespace pawl::storage
