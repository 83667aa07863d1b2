#include "tests/simulation/watched_store.hpp"

#include <algorithm>

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace pawl::simulation {

namespace {

namespace table = storage::table;

bool puts(const storage::batch& what, std::string_view tag) {
  return std::any_of(what.writes.begin(), what.writes.end(),
                     [&](const storage::mutation& m) { return m.value && m.key.starts_with(tag); });
}

bool erases(const storage::batch& what, std::string_view tag) {
  return std::any_of(what.writes.begin(), what.writes.end(), [&](const storage::mutation& m) {
    return !m.value && m.key.starts_with(tag);
  });
}

// The record of one kind that a batch writes, decoded.
template <class T, class Decode>
std::vector<T> records(const storage::batch& what, std::string_view tag, Decode decode) {
  std::vector<T> all;
  for (const auto& m : what.writes)
    if (m.value && m.key.starts_with(tag))
      if (auto one = decode(*m.value, m.key))
        all.push_back(std::move(*one));
  return all;
}

void add_host_kinds(const storage::batch& what, std::set<std::string>& out) {
  if (puts(what, table::run_start))
    out.insert("host commit: create");
  else if (puts(what, table::run_epoch))
    out.insert("host commit: activate");
  if (puts(what, table::inbox))
    out.insert("host commit: inbox");
  if (erases(what, table::outbox))
    out.insert("host commit: delivered");
  for (const auto& state :
       records<storage::run_state>(what, table::run_state, storage::decode_run_state)) {
    if (is_ended(state.status))
      out.insert("host commit: end");
    if (state.status == run_status::waiting || state.status == run_status::suspended)
      out.insert("host commit: rest");
  }
  for (const auto& step :
       records<storage::journal_record>(what, table::run_journal, storage::decode_journal_record)) {
    if (step.state == storage::step_state::intent)
      out.insert("host commit: intent");
    if (step.state == storage::step_state::outcome)
      out.insert("host commit: outcome");
  }
}

std::string kind_of(storage::call_state state) {
  switch (state) {
  case storage::call_state::admitted:
  case storage::call_state::streaming: return "gateway commit: attempt";
  case storage::call_state::interrupted: return "gateway commit: interruption";
  case storage::call_state::finished: return "gateway commit: settlement";
  case storage::call_state::cancelled: return "gateway commit: cancellation";
  case storage::call_state::released: return "gateway commit: release";
  }
  return {};
}

void add_gateway_kinds(const storage::batch& what, std::set<std::string>& out) {
  for (const auto& call :
       records<storage::call_record>(what, table::call, storage::decode_call_record))
    out.insert(kind_of(call.state));
  if (puts(what, table::call_event))
    out.insert("gateway commit: events");
}

} // namespace

std::vector<storage::verdict> watched_store::commit(std::span<const storage::batch> group,
                                                    storage::durability how) {
  last_.clear();
  for (const auto& one : group) {
    add_host_kinds(one, last_);
    add_gateway_kinds(one, last_);
  }
  return below_->commit(group, how);
}

} // namespace pawl::simulation
