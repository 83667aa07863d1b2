#include "storage/journal_spine.hpp"

#include <cassert>
#include <iterator>
#include <utility>

#include "storage/keys.hpp"

namespace pawl::storage {

namespace {

bool is_below(std::string_view key, std::string_view scope_key) {
  return key.size() > scope_key.size() && key.starts_with(scope_key) &&
         key[scope_key.size()] == '/';
}

void note_intent(const journal_record& record, std::vector<call_id>& calls) {
  if (record.kind == journal_kind::step && record.state == step_state::intent)
    calls.push_back(record.call);
}

} // namespace

std::string lap_suffix(std::uint32_t lap) {
  return lap == 0 ? std::string() : "~" + std::to_string(lap);
}

// --- addresses ---------------------------------------------------------------------------------

// A live scope's address with its own lap; nothing when there is none at the key.
std::optional<std::string> journal_spine::full_of(std::string_view key) const {
  const auto it = slots_.find(key);
  if (it == slots_.end() || !it->second.live || it->second.live->kind != journal_kind::scope)
    return std::nullopt;
  return it->second.live->at + lap_suffix(it->second.live->lap);
}

// Whether `at` is of the present lap of all scopes above `key`. The nearest speaks for those above
// it.
bool journal_spine::is_current(std::string_view at, std::string_view key) const {
  while (!key.empty()) {
    const std::size_t slash = key.rfind('/');
    key = key.substr(0, slash == std::string_view::npos ? 0 : slash);
    if (const auto full = full_of(key))
      return is_below(at, *full);
  }
  return true;
}

std::string journal_spine::address(const path& where) const {
  return where.is_root() ? std::string() : full_of("").value_or("") + where.with_lap(0).str();
}

path journal_spine::where(const journal_record& record) const {
  return record.at.empty() ? path() : path(record.at.substr(full_of("").value_or("").size()));
}

void journal_spine::add_stored(std::string key, journal_record record) {
  const bool current = is_current(record.at, key);
  slot& s = slots_[std::move(key)];
  s.stored = true;
  if (current)
    s.live = std::move(record);
}

const journal_record* journal_spine::find(const path& where, journal_kind kind) const {
  const auto it = slots_.find(where.key());
  if (it == slots_.end() || !it->second.live)
    return nullptr;
  const journal_record& record = *it->second.live;
  return record.kind == kind && record.at == address(where) ? &record : nullptr;
}

journal_record& journal_spine::open(const path& where, journal_kind kind) {
  const std::string key = where.key();
  std::string at = address(where);
  assert(is_current(at, key) && "a path of an earlier lap is not written");
  slot& s = slots_[key];
  if (!s.live || s.live->kind != kind || s.live->at != at) {
    s.live.emplace();
    s.live->kind = kind;
    s.live->at = std::move(at);
  }
  dirty_.insert(key);
  return *s.live;
}

// --- what lies below a scope -------------------------------------------------------------------

// The scope's next lap makes the stored record stale: nothing needs to be written.
auto journal_spine::forget(slot_map::iterator it) -> slot_map::iterator {
  if (!it->second.live)
    return std::next(it); // stale already, or about to be erased
  it->second.live.reset();
  dirty_.erase(it->first);
  return it->second.stored ? std::next(it) : slots_.erase(it);
}

auto journal_spine::erase(slot_map::iterator it) -> slot_map::iterator {
  it->second.live.reset();
  if (it->second.stored) {
    dirty_.insert(it->first);
    return std::next(it);
  }
  dirty_.erase(it->first);
  return slots_.erase(it);
}

std::vector<call_id> journal_spine::forget_below(const std::string& scope_key) {
  std::vector<call_id> calls;
  auto it = slots_.lower_bound(scope_key + "/");
  while (it != slots_.end() && is_below(it->first, scope_key)) {
    if (it->second.live)
      note_intent(*it->second.live, calls);
    it = forget(it);
  }
  return calls;
}

std::vector<call_id> journal_spine::erase_below(const std::string& scope_key) {
  std::vector<call_id> calls;
  auto it = slots_.lower_bound(scope_key + "/");
  while (it != slots_.end() && is_below(it->first, scope_key)) {
    if (it->second.live)
      note_intent(*it->second.live, calls);
    it = erase(it);
  }
  return calls;
}

std::vector<call_id> journal_spine::erase_all() {
  std::vector<call_id> calls = erase_below("");
  if (const auto root = slots_.find(""); root != slots_.end())
    erase(root);
  return calls;
}

// --- all of it -----------------------------------------------------------------------------------

void journal_spine::change_each(const std::function<bool(journal_record&)>& visit) {
  for (auto& [key, s] : slots_) {
    if (s.live && visit(*s.live))
      dirty_.insert(key);
  }
}

void journal_spine::visit_each(const std::function<void(const journal_record&)>& visit) const {
  for (const auto& [key, s] : slots_) {
    if (s.live)
      visit(*s.live);
  }
}

void journal_spine::take(const run_id& id, batch& out) {
  for (const std::string& key : dirty_) {
    const auto it = slots_.find(key);
    std::string full = keys::run_journal(id, key);
    if (it->second.live) {
      out.put(std::move(full), encode(*it->second.live));
      it->second.stored = true;
    } else {
      out.erase(std::move(full));
      slots_.erase(it);
    }
  }
  dirty_.clear();
}

} // namespace pawl::storage
