// What the host does for others: commands on runs, its own batches, the outbox, streams.
#include <utility>

#include "actors/host_actor.hpp"
#include "storage/run_index.hpp"

namespace pawl::actors {

namespace {
// Appends that lose against others at the same tail are tried again; each try that loses lets
// another one win.
constexpr int append_tries_max = 64;
constexpr std::size_t outbox_window = 10'000;
constexpr std::size_t runs_page = 1'000;

error no_such_run(const run_id& id) {
  return error(errc::not_found, "run " + id.str() + ": there is no such run");
}

error already(const run_id& id, run_status status) {
  return error(errc::conflict,
               "run " + id.str() + ": it is " + std::string(to_string(status)) + " already");
}

template <class Reply, class Result>
void answer(const Reply& then, Result what) {
  if (then)
    then(std::move(what));
}
} // namespace

// --- creating

void agent_host::create(to_host::create& what) {
  storage::batch batch = storage::create_run(what.start, what.document);
  commit(std::move(batch), storage::durability::synced,
         [this, start = std::move(what.start), then = std::move(what.then)](storage::verdict v) {
           if (v == storage::verdict::committed)
             answer(then, result<creation>(creation::created));
           else if (v == storage::verdict::refused)
             compare(start, then);
           else
             answer(then, result<creation>(error(errc::store_failed,
                                                 "run " + start.id.str() + ": was not stored")));
         });
}

// The id exists: the same run, or another one that has its name.
void agent_host::compare(const storage::run_start& wanted, const create_reply& then) {
  auto stored = storage::read_start(core_->parts.store, wanted.id);
  if (!stored)
    return answer(then, result<creation>(stored.error()));
  if (!*stored)
    return answer(then, result<creation>(no_such_run(wanted.id)));
  const storage::run_start& there = **stored;
  std::string differs;
  if (there.definition_digest != wanted.definition_digest)
    differs = "definition (" + there.definition + " with another digest)";
  else if (there.input != wanted.input)
    differs = "input";
  if (differs.empty())
    return answer(then, result<creation>(creation::existed));
  answer(then, result<creation>(error(
                   errc::conflict, "run " + wanted.id.str() + ": exists with another " + differs,
                   {}, "choose another id, or pass what the run was created with")));
}

// --- commands

void agent_host::command(to_host::command& what) {
  auto found = storage::read_run(core_->parts.store, what.run);
  if (!found || !*found) {
    const error why = found ? no_such_run(what.run) : found.error();
    if (what.observer)
      what.observer->on_refused(what.run, why);
    return answer(what.then, result<void>(why));
  }
  const run_info& info = **found;
  const run_status status = info.status;
  if (what.kind == storage::inbox_kind::resume)
    return resume(what, info);
  const bool is_there =
      (what.kind == storage::inbox_kind::cancel && status == run_status::cancelled) ||
      (what.kind == storage::inbox_kind::suspend && status == run_status::suspended);
  if (is_there)
    return answer(what.then, result<void>());
  if (is_ended(status))
    return answer(what.then, result<void>(already(what.run, status)));
  append_inbox(what.run, what.kind, append_tries_max, std::move(what.then));
}

void agent_host::resume(to_host::command& what, const run_info& info) {
  const auto known = runs_.find(what.run);
  const bool is_busy = known != runs_.end() && known->second.now != phase::asleep;
  if (!is_busy && info.status == run_status::faulted) {
    if (draining_) {
      const error why(errc::refused, "run " + what.run.str() + ": the host is leaving");
      if (what.observer)
        what.observer->on_refused(what.run, why);
      return answer(what.then, result<void>(why));
    }
    deliver_outbox(what.run);
    observe(what.run, runs_[what.run], std::move(what.observer));
    activate(what.run, agent_mandate::resume);
    return answer(what.then, result<void>());
  }
  if (!is_busy && is_ended(info.status)) {
    if (what.observer)
      what.observer->on_status(info.id, info.status, info.result, info.cause);
    return answer(what.then, result<void>(already(what.run, info.status)));
  }
  wake(what.run, std::move(what.observer));
  if (is_busy) // it may be about to suspend itself
    append_inbox(what.run, storage::inbox_kind::resume, append_tries_max, std::move(what.then));
  else
    answer(what.then, result<void>());
}

void agent_host::append_inbox(const run_id& id, storage::inbox_kind kind, int tries,
                              command_reply then) {
  auto batch = storage::append_inbox(core_->parts.store, id, kind, json::object());
  if (!batch)
    return answer(then, result<void>(batch.error()));
  commit(std::move(*batch), storage::durability::synced,
         [this, id, kind, tries, then = std::move(then)](storage::verdict what) {
           if (what == storage::verdict::committed) {
             tell_inbox(id);
             answer(then, result<void>());
           } else if (what == storage::verdict::refused && tries > 1) {
             append_again(id, kind, tries - 1, then);
           } else {
             answer(then, result<void>(error(errc::store_failed,
                                             "run " + id.str() + ": its inbox took nothing")));
           }
         });
}

// The tail has moved: by another entry, or because the run has ended meanwhile.
void agent_host::append_again(const run_id& id, storage::inbox_kind kind, int tries,
                              command_reply then) {
  const auto found = storage::read_run(core_->parts.store, id);
  if (!found)
    return answer(then, result<void>(found.error()));
  if (*found && is_ended((*found)->status)) {
    const run_status status = (*found)->status;
    const bool is_done = kind == storage::inbox_kind::cancel && status == run_status::cancelled;
    return answer(then, is_done ? result<void>() : result<void>(already(id, status)));
  }
  append_inbox(id, kind, tries, std::move(then));
}

// An agent that is being started reads the inbox by itself; one that is leaving says how far it had
// read.
void agent_host::tell_inbox(const run_id& id) {
  const auto known = runs_.find(id);
  const phase now = known == runs_.end() ? phase::asleep : known->second.now;
  if (now == phase::awake)
    self_->send(known->second.agent, to_agent::inbox{});
  else if (now == phase::asleep)
    activate(id, agent_mandate::look);
}

result<std::vector<run_id>> agent_host::runs_with_unread_inbox() const {
  std::vector<run_id> out;
  run_id last;
  for (;;) {
    auto page = storage::list_runs(core_->parts.store, runs_page, last);
    if (!page)
      return page.error();
    for (const run_info& info : *page) {
      if (is_ended(info.status))
        continue;
      auto unread = storage::read_inbox(core_->parts.store, info.id, 0); // what was read is gone
      if (!unread)
        return unread.error();
      if (!unread->empty())
        out.push_back(info.id);
    }
    if (page->size() < runs_page)
      return out;
    last = page->back().id;
  }
}

// --- the host's own batches

void agent_host::commit(storage::batch what, storage::durability how, verdict_handler then) {
  const std::uint64_t operation = ++last_operation_;
  operations_.emplace(operation, std::move(then));
  const host_actor me(self_);
  core_->parts.queue.submit(std::move(what), how, [me, operation](storage::verdict v) {
    post(me, to_host::verdict{operation, v});
  });
}

void agent_host::on_verdict(std::uint64_t operation, storage::verdict what) {
  const auto found = operations_.find(operation);
  if (found == operations_.end())
    return;
  const verdict_handler then = std::move(found->second);
  operations_.erase(found);
  if (what == storage::verdict::failed)
    if (const auto why = core_->parts.store.failure())
      fail(*why);
  then(what);
}

// --- outbox

void agent_host::deliver_outbox(const run_id& id) {
  auto entries = storage::read_outbox(core_->parts.store, id);
  if (!entries)
    return fail(entries.error());
  if (core_->options().canaries.drop_outbox) {
    for (const storage::pending_delivery& pending : *entries)
      remove_delivered({pending.run, pending.entry.number});
    return;
  }
  calls_.deliver(*entries);
}

void agent_host::deliver_all_outboxes() {
  auto entries = storage::read_all_outboxes(core_->parts.store, outbox_window);
  if (!entries)
    return fail(entries.error());
  outboxes_truncated_ = entries->size() == outbox_window;
  calls_.deliver(*entries);
}

void agent_host::on_done(const call_id& call, call_command what) {
  for (const host_calls::delivery_key& key : calls_.confirm(call, what))
    remove_delivered(key);
}

// Losing this costs a delivery that the gateway has seen before: it need not be synced.
void agent_host::remove_delivered(const host_calls::delivery_key& key) {
  commit(storage::remove_delivered(key.first, key.second), storage::durability::written,
         [this, key](storage::verdict what) {
           if (what != storage::verdict::committed)
             return;
           calls_.forget(key);
           if (outboxes_truncated_ && !calls_.has_deliveries())
             deliver_all_outboxes();
         });
}

// --- streams

void agent_host::on_streamed(to_host::streamed& what) {
  const auto seen = calls_.see(what.call, what.events);
  if (!seen)
    return;
  const auto found = runs_.find(seen->run);
  if (found == runs_.end())
    return;
  for (const stream_event& event : what.events)
    for (const auto& observer : found->second.observers)
      observer->on_stream(seen->run, seen->step, event);
}

} // namespace pawl::actors
