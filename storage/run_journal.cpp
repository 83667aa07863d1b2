#include "storage/run_journal.hpp"

#include <cassert>
#include <utility>

#include "storage/fetch.hpp"
#include "storage/journal_spine.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace pawl::storage {

namespace {

bool is_awake(run_status s) {
  return s == run_status::pending || s == run_status::running;
}

/// As if nothing had been done there yet, with the next lap of its own: what is done next has a new
/// id.
void take_back(journal_record& record) {
  ++record.lap;
  record.state = step_state::none;
  record.call = call_id();
  record.result.reset();
  record.saved.reset();
}

/// Reads every record of the run's journal into the spine: it begins with the run's own prefix, so
/// it costs what the run has, not what the store has.
result<void> load_spine(const store& from, const run_id& id, journal_spine& spine) {
  const std::string prefix = keys::run_journal(id, {});
  std::optional<error> wrong;
  auto scanned =
      from.scan(prefix, prefix_end(prefix), [&](std::string_view key, std::string_view bytes) {
        auto record = decode_journal_record(bytes, key);
        if (!record) {
          wrong = std::move(record).error();
          return false;
        }
        spine.add_stored(std::string(key.substr(prefix.size())), *std::move(record));
        return true;
      });
  if (wrong)
    return *std::move(wrong);
  return scanned;
}

} // namespace

struct run_journal::implementation {
  run_id id;
  journal_spine spine;
  run_counters counters;
  std::vector<outbox_entry> outbox;
  std::vector<json> history;
  std::uint64_t history_first = 1; // number of history[0]
  bool state_dirty = false;
  // The run has ended in what is staged, which moves the inbox's tail on from this number.
  std::optional<std::uint64_t> ended_at_tail;
  // What the store's indexes say once every batch that was taken is committed.
  std::optional<time_point> stored_wake;
  run_status stored_status = run_status::pending;
  std::uint64_t stored_inbox_read = 0;

  void tell(outbox_kind kind, const call_id& call) {
    outbox_entry entry;
    entry.number = counters.outbox_next++;
    entry.kind = kind;
    entry.call = call;
    outbox.push_back(std::move(entry));
  }

  void cancel(const std::vector<call_id>& calls) {
    for (const call_id& call : calls)
      tell(outbox_kind::cancel_call, call);
  }

  void take_lists(batch& out);
  void take_state(batch& out, const run_state& state);
};

// --- life ----------------------------------------------------------------------------------------

run_journal::run_journal() : impl_(std::make_unique<implementation>()) {}
run_journal::run_journal(run_journal&&) noexcept = default;
run_journal& run_journal::operator=(run_journal&&) noexcept = default;
run_journal::~run_journal() = default;

result<run_journal> run_journal::load(const store& from, const run_id& id, std::uint64_t epoch) {
  auto start = fetch(from, keys::run_start(id), decode_run_start);
  if (!start)
    return std::move(start).error();
  auto state = fetch(from, keys::run_state(id), decode_run_state);
  if (!state)
    return std::move(state).error();
  auto counters = fetch(from, keys::run_counters(id), decode_run_counters);
  if (!counters)
    return std::move(counters).error();
  if (!*start || !*state)
    return error(errc::not_found, "run " + id.str() + ": there is no such run", {},
                 "`pawl runs` lists the runs of this data directory");
  run_journal journal;
  journal.start_ = **std::move(start);
  journal.state_ = **std::move(state);
  journal.epoch_ = epoch;
  implementation& i = *journal.impl_;
  i.id = id;
  i.counters = counters->value_or(run_counters());
  i.history_first = i.counters.history_next;
  i.stored_wake = journal.state_.wake_at;
  i.stored_status = journal.state_.status;
  i.stored_inbox_read = journal.state_.inbox_read;
  if (auto loaded = load_spine(from, id, i.spine); !loaded)
    return std::move(loaded).error();
  return journal;
}

// --- look-up -------------------------------------------------------------------------------------

scope_view run_journal::scope(const path& where) const {
  scope_view view;
  if (const journal_record* record = impl_->spine.find(where, journal_kind::scope)) {
    view.lap = record->lap;
    view.saved = record->saved;
    view.closed = record->result;
  }
  return view;
}

step_view run_journal::step(const path& where) const {
  step_view view;
  view.id_path = impl_->spine.address(where);
  const journal_record* record = impl_->spine.find(where, journal_kind::step);
  if (!record)
    return view;
  view.id_path += lap_suffix(record->lap);
  view.state = record->state;
  if (record->state == step_state::outcome)
    view.result = record->result;
  if (record->state == step_state::timer)
    view.due = record->due;
  return view;
}

std::vector<run_journal::open_step> run_journal::open_intents() const {
  std::vector<open_step> out;
  impl_->spine.visit_each([&](const journal_record& record) {
    if (record.kind == journal_kind::step && record.state == step_state::intent)
      out.push_back(open_step{impl_->spine.where(record), record.call});
  });
  return out;
}

// --- staging: scopes -----------------------------------------------------------------------------

void run_journal::save_scope(const path& where, json state) {
  journal_record& record = impl_->spine.open(where, journal_kind::scope);
  assert(!record.result && "a closed scope is not saved");
  record.saved = std::move(state);
}

std::uint32_t run_journal::next_lap(const path& where) {
  journal_record& record = impl_->spine.open(where, journal_kind::scope);
  assert(!record.result && "a closed scope has no next lap");
  record.saved.reset();
  const std::uint32_t lap = ++record.lap;
  impl_->cancel(impl_->spine.forget_below(where.key()));
  return lap;
}

void run_journal::close_scope(const path& where, outcome what) {
  journal_record& record = impl_->spine.open(where, journal_kind::scope);
  record.saved.reset();
  record.result = std::move(what);
  impl_->cancel(impl_->spine.erase_below(where.key()));
}

// --- staging: steps ------------------------------------------------------------------------------

void run_journal::stage_intent(const path& where, const call_id& call) {
  journal_record& record = impl_->spine.open(where, journal_kind::step);
  assert(record.state != step_state::outcome && "a step with an outcome is not begun again");
  record.state = step_state::intent;
  record.call = call;
}

void run_journal::stage_outcome(const path& where, const outcome& what) {
  const journal_record* old = impl_->spine.find(where, journal_kind::step);
  if (old && old->state == step_state::outcome)
    return;
  journal_record& record = impl_->spine.open(where, journal_kind::step);
  if (record.state == step_state::intent)
    impl_->tell(outbox_kind::acknowledge_call, record.call);
  record.state = step_state::outcome;
  record.call = call_id();
  record.result = what;
}

void run_journal::stage_timer(const path& where, time_point due) {
  const journal_record* old = impl_->spine.find(where, journal_kind::step);
  if (old && old->state != step_state::none)
    return;
  journal_record& record = impl_->spine.open(where, journal_kind::step);
  record.state = step_state::timer;
  record.due = due;
}

// --- staging: the run ----------------------------------------------------------------------------

void run_journal::set_state(run_state next) {
  assert(next.inbox_read >= state_.inbox_read && "what is consumed stays consumed");
  state_ = std::move(next);
  impl_->state_dirty = true;
}

void run_journal::stage_history(json event) {
  impl_->history.push_back(std::move(event));
  ++impl_->counters.history_next;
}

void run_journal::finish(run_status how, outcome result, time_point now) {
  assert(is_ended(how));
  assert(!impl_->ended_at_tail && "a run ends once");
  if (how == run_status::faulted) {
    // Nothing collapses: resume_faulted() goes on from here. But nobody waits for the calls in
    // flight any more, and a cancelled call never answers, so their steps are taken back.
    impl_->spine.change_each([&](journal_record& record) {
      if (record.kind != journal_kind::step || record.state != step_state::intent)
        return false;
      impl_->tell(outbox_kind::cancel_call, record.call);
      take_back(record);
      return true;
    });
  } else {
    impl_->cancel(impl_->spine.erase_all());
  }
  state_.status = how;
  state_.updated_at = now;
  state_.wake_at.reset();
  state_.result = std::move(result);
  state_.cause.clear();
  // A number without an entry: whoever decided to append on what came before it is refused.
  impl_->ended_at_tail = state_.inbox_read++;
  impl_->state_dirty = true;
}

void run_journal::resume_faulted(time_point now) {
  impl_->spine.change_each([](journal_record& record) {
    if (!record.result || !record.result->is_fault())
      return false;
    take_back(record);
    return true;
  });
  state_.status = run_status::running;
  state_.updated_at = now;
  state_.wake_at.reset();
  state_.result.reset();
  state_.cause.clear();
  impl_->state_dirty = true;
}

// --- handing out ---------------------------------------------------------------------------------

bool run_journal::has_staged() const noexcept {
  return impl_->spine.is_dirty() || !impl_->outbox.empty() || !impl_->history.empty() ||
         impl_->state_dirty;
}

bool run_journal::has_staged_outbox() const noexcept {
  return !impl_->outbox.empty();
}

batch run_journal::take(std::optional<std::uint64_t> inbox_tail) {
  batch out;
  out.expect(keys::run_epoch(impl_->id), encode_number(epoch_));
  // To end is to have read everything, whether or not the caller asks for it: a tail that is moved
  // without looking would bury entries unread.
  if (const auto ended = impl_->ended_at_tail) {
    assert((!inbox_tail || inbox_tail == ended) && "the end expects the tail that was read");
    inbox_tail = ended;
  }
  if (inbox_tail && *inbox_tail > 0)
    out.expect(keys::inbox_tail(impl_->id), encode_number(*inbox_tail));
  else if (inbox_tail)
    out.expect(keys::inbox_tail(impl_->id), std::nullopt);
  impl_->spine.take(impl_->id, out);
  impl_->take_lists(out);
  if (impl_->state_dirty)
    impl_->take_state(out, state_);
  return out;
}

void run_journal::implementation::take_lists(batch& out) {
  if (outbox.empty() && history.empty())
    return;
  for (const outbox_entry& entry : outbox)
    out.put(keys::outbox(id, entry.number), encode(entry));
  for (const json& event : history)
    out.put(keys::run_history(id, history_first++), encode_document(event));
  outbox.clear();
  history.clear();
  // In the same batch, so that a number never comes back, also when its entry is delivered and
  // gone.
  out.put(keys::run_counters(id), encode(counters));
}

void run_journal::implementation::take_state(batch& out, const run_state& state) {
  out.put(keys::run_state(id), encode(state));
  if (stored_wake != state.wake_at) {
    if (stored_wake)
      out.erase(keys::wake(*stored_wake, id));
    if (state.wake_at)
      out.put(keys::wake(*state.wake_at, id), encode_mark());
    stored_wake = state.wake_at;
  }
  if (is_awake(stored_status) != is_awake(state.status)) {
    if (is_awake(state.status))
      out.put(keys::run_awake(id), encode_mark());
    else
      out.erase(keys::run_awake(id));
  }
  stored_status = state.status;
  for (; stored_inbox_read < state.inbox_read; ++stored_inbox_read)
    out.erase(keys::inbox(id, stored_inbox_read + 1));
  if (ended_at_tail)
    out.put(keys::inbox_tail(id), encode_number(*ended_at_tail + 1));
  ended_at_tail.reset();
  state_dirty = false;
}

} // namespace pawl::storage
