#include "actors/subscriptions.hpp"

#include <utility>

#include "actors/call_plan.hpp"
#include "actors/event_view.hpp"
#include "storage/call_log.hpp"

namespace pawl::actors {

namespace {
/// Calls that are watched at once, also before they are known. More than this many would be a
/// listener that forgets.
constexpr std::size_t watchers_max = 200'000;
/// Events that are read, decoded and told at once.
constexpr std::size_t events_told_at_once = 256;
} // namespace

subscriptions::subscriptions(handle::pointer self, std::shared_ptr<gateway_core> core)
    : self_(self), core_(std::move(core)) {}

subscriptions::handle::behavior_type subscriptions::make_behavior() {
  return {
      [this](const events_attach& m) { on_attach(m); },
      [this](const events_detach& m) { drop(m.id); },
      [this](const events_wake& m) { show(m.id); },
      [this](const events_ended& m) { on_ended(m); },
      [this](const events_unlogged& m) { on_unlogged(m); },
      [this](const gateway_stop&) {
        watchers_.clear();
        self_->quit();
      },
  };
}

void subscriptions::on_attach(const events_attach& m) {
  if (!core_->open() || (watchers_.size() >= watchers_max && !watchers_.contains(m.id)))
    return;
  watchers_[m.id].cursor = m.cursor;
  core_->marks().watch(m.id);
  // A call that is over already has nothing to add. Asked before its events are read: what it logs
  // between the two is then told here, or by its end.
  auto known = storage::read_call(core_->parts().store, m.id);
  show(m.id);
  if (known && *known &&
      ((*known)->state == storage::call_state::finished ||
       (*known)->state == storage::call_state::cancelled ||
       (*known)->state == storage::call_state::released))
    drop(m.id);
}

void subscriptions::drop(const call_id& id) {
  watchers_.erase(id);
  core_->marks().unwatch(id);
}

void subscriptions::show(const call_id& id) {
  auto found = watchers_.find(id);
  const auto mark = core_->marks().look(id);
  if (found == watchers_.end())
    return;
  auto& who = found->second;
  while (core_->open() && (!mark || who.cursor < *mark)) {
    auto events = storage::read_events(core_->parts().store, id, who.cursor, events_told_at_once);
    if (!events)
      return core_->store_failed(events.error());
    std::vector<stream_event> told;
    for (const auto& e : *events) {
      if (mark && e.number >= *mark)
        break;
      told.push_back(view_of(e, protocol_for(id, who, e.attempt)));
      who.cursor = e.number + 1;
    }
    const bool last = told.size() < events_told_at_once;
    core_->tell_events(id, std::move(told));
    if (last)
      return;
  }
}

const inference::protocol* subscriptions::protocol_for(const call_id& id, watcher& who,
                                                       std::uint32_t attempt) {
  if (attempt >= who.protocols.size()) {
    if (auto rows = storage::read_rows(core_->parts().store, id))
      who.protocols = protocols_of(core_->parts().models, *rows);
    if (attempt >= who.protocols.size())
      who.protocols.resize(attempt + 1, nullptr);
  }
  return who.protocols[attempt];
}

void subscriptions::on_ended(const events_ended& m) {
  show(m.id);
  drop(m.id);
  if (m.answer)
    core_->tell_answer(m.id, *m.answer);
}

void subscriptions::on_unlogged(const events_unlogged& m) {
  auto found = watchers_.find(m.id);
  if (found == watchers_.end() || m.events->empty())
    return;
  found->second.cursor = m.events->back().number + 1;
  core_->tell_events(m.id, *m.events);
}

} // namespace pawl::actors
