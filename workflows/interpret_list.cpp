#include <utility>

#include "workflows/interpretation.hpp"

namespace pawl::workflows {

namespace {

bool ends_race(const ending&) {
  return true;
}

/// Whether the task is done without awaiting anything, so that it needs no coroutine and no timeout
/// can hit it.
bool is_instant(const task& t) {
  return std::holds_alternative<set_task>(t.kind) || std::holds_alternative<switch_task>(t.kind) ||
         std::holds_alternative<raise_task>(t.kind);
}

/// What a call's note tells besides its end.
json note_of(const task& t, const json& output) {
  if (!std::holds_alternative<call_task>(t.kind) || !output.is_object())
    return nullptr;
  json detail = json::object();
  for (const char* key : {"usage", "cost", "model"})
    if (const auto found = output.find(key); found != output.end())
      detail[key] = *found;
  return detail;
}

} // namespace

outcome ending::to_closed() const {
  if (result.is_fault())
    return result;
  json closed = json::object();
  closed["output"] = result.value();
  if (context)
    closed["context"] = *context;
  if (next && next->kind == flow_kind::end)
    closed["flow"] = "end";
  return outcome(std::move(closed));
}

ending ending::from_closed(const outcome& closed) {
  if (closed.is_fault())
    return ending(closed);
  const json& kept = closed.value();
  ending e(outcome(kept.at("output")));
  if (const auto found = kept.find("context"); found != kept.end())
    e.context = *found;
  if (kept.contains("flow"))
    e.next = flow{flow_kind::end, 0};
  return e;
}

void seat::restore() {
  const json* kept = at.saved();
  if (!kept)
    return;
  next = kept->at("next").get<std::size_t>();
  data = kept->at("data");
  context = kept->at("context");
  if (const auto task = kept->find("task"); task != kept->end()) {
    current.emplace();
    const auto input = task->find("input");
    current->is_raw = input == task->end();
    current->input = current->is_raw ? data : *input;
    current->started_at = from_nanoseconds(task->at("startedAt").get<std::int64_t>());
    if (const auto items = task->find("items"); items != task->end())
      current->items = *items;
  }
  saved = copy::fresh;
}

void seat::save() {
  if (saved == copy::fresh || at.kept() == keeping::none)
    return;
  json state = json::object();
  state["next"] = next;
  state["data"] = data;
  state["context"] = context;
  if (current) {
    json task = json::object();
    if (!current->is_raw)
      task["input"] = current->input;
    task["startedAt"] = to_nanoseconds(current->started_at);
    if (current->items)
      task["items"] = *current->items;
    state["task"] = std::move(task);
  }
  at.save(std::move(state));
  saved = copy::fresh;
}

void seat::advance(json output, std::optional<json> new_context) {
  data = std::move(output);
  if (new_context)
    context = *std::move(new_context);
  current.reset();
  saved = copy::stale;
}

void interpretation::note(task_phase phase, const path& where, const char* kind, json detail) {
  root_.note(task_note(phase, where, kind, std::move(detail)));
}

async<ending> interpretation::run_list(place at, const task_list* list, json data, json ctx,
                                       const variables* names) {
  if (const outcome* closed = at.closed())
    co_return ending::from_closed(*closed);
  seat s(at, std::move(data), std::move(ctx));
  s.restore();
  while (s.next < list->tasks.size()) {
    const task& t = list->tasks[s.next];
    auto running = run_task(&s, &t, std::to_string(s.next) + "/" + t.name, names);
    step_end end = co_await running;
    if (end.failure) {
      outcome failed(*std::move(end.failure));
      co_return ending(std::move(failed), std::move(s.context));
    }
    switch (end.next.kind) {
    case flow_kind::next: ++s.next; break;
    case flow_kind::exit: s.next = list->tasks.size(); break;
    case flow_kind::end: {
      outcome output(std::move(s.data));
      co_return ending(std::move(output), std::move(s.context), end.next);
    }
    case flow_kind::jump:
      // Tasks that ran before run again: their steps need new ids, so what they left is dropped.
      if (end.next.target <= s.next) {
        at.next_lap();
        s.next = end.next.target;
        s.save();
      } else {
        s.next = end.next.target;
      }
      break;
    }
  }
  outcome output(std::move(s.data));
  co_return ending(std::move(output), std::move(s.context));
}

outcome interpretation::prepare(seat& s, const task& t, const variables* names) {
  prepared begun;
  begun.started_at = root_.now();
  view v;
  v.what = &t;
  v.where = &s;
  v.names = names;
  if (t.condition) {
    outcome holds = test(*t.condition, s.data, v);
    if (holds.is_fault() || !holds.value().get<bool>())
      return holds;
  }
  if (t.input_from) {
    outcome from = evaluate(*t.input_from, s.data, v);
    if (from.is_fault())
      return from;
    begun.input = std::move(from).value();
  } else {
    begun.input = s.data;
    begun.is_raw = true;
  }
  if (const auto* loop = std::get_if<for_task>(&t.kind)) {
    v.input = &begun.input;
    outcome items = evaluate(loop->in, begun.input, v);
    if (items.is_fault())
      return items;
    if (!items.value().is_array())
      return outcome(fault(fault_type::expression, 400, "for.in yields no array",
                           "'" + loop->in.text + "' yields " + items.value().type_name() +
                               ", expected an array"));
    begun.items = std::move(items).value();
  }
  s.current = std::move(begun);
  s.saved = seat::copy::stale;
  return outcome(json(true));
}

std::optional<fault> interpretation::complete(seat& s, const task& t, const variables* names,
                                              ending& e) {
  view v;
  v.what = &t;
  v.where = &s;
  v.names = names;
  v.input = &s.current->input;
  json raw_output = std::move(e.result).value();
  v.raw_output = &raw_output;
  if (e.context)
    s.context = *std::move(e.context);
  if (!t.output_as && !t.export_as) {
    s.advance(std::move(raw_output), std::nullopt);
    return std::nullopt;
  }
  std::optional<json> output;
  if (t.output_as) {
    outcome as = evaluate(*t.output_as, raw_output, v);
    if (as.is_fault())
      return as.fault();
    output = std::move(as).value();
  }
  std::optional<json> exported;
  if (t.export_as) {
    v.output = output ? &*output : &raw_output;
    outcome as = evaluate(*t.export_as, *v.output, v);
    if (as.is_fault())
      return as.fault();
    exported = std::move(as).value();
  }
  s.advance(output ? *std::move(output) : std::move(raw_output), std::move(exported));
  return std::nullopt;
}

async<step_end> interpretation::run_task(seat* s, const task* t, std::string name,
                                         const variables* names) {
  const path where = s->at.where().child(name);
  const char* kind = t->kind_name();
  std::optional<fault> failure;
  if (++tasks_at_once_ > options_.tasks_at_once_max) {
    runs_away_ = true;
    failure.emplace(fault_type::runtime, 500, "endless loop",
                    std::to_string(options_.tasks_at_once_max) +
                        " tasks ran without a call or a wait between them");
  }
  if (!s->current && !failure) {
    outcome ready = prepare(*s, *t, names);
    if (ready.is_fault()) {
      note(task_phase::started, where, kind);
      failure = ready.fault();
    } else if (!ready.value().get<bool>()) {
      note(task_phase::skipped, where, kind);
      co_return step_end(flow());
    } else {
      note(task_phase::started, where, kind);
    }
  }
  flow next = t->then;
  if (!failure) {
    if (t->has_effects)
      s->save();
    const location here(s->at, std::move(name));
    ending e{outcome()};
    if (is_instant(*t)) {
      e = run_now(*s, *t, names);
    } else {
      auto body = t->timeout && t->has_effects ? run_guarded(s, t, here, names)
                                               : run_body(s, t, here, names);
      e = co_await body;
    }
    if (e.next)
      next = *e.next;
    if (e.result.is_fault()) {
      failure = e.result.fault();
      if (e.context)
        s->context = *std::move(e.context);
    } else {
      json detail = note_of(*t, e.result.value());
      failure = complete(*s, *t, names, e);
      if (!failure)
        note(task_phase::completed, where, kind, std::move(detail));
    }
  }
  if (!failure)
    co_return step_end(next);
  if (failure->instance.empty())
    failure->instance = t->pointer;
  note(task_phase::faulted, where, kind, json(*failure));
  co_return step_end(*std::move(failure));
}

async<ending> interpretation::run_body(seat* s, const task* t, location at,
                                       const variables* names) {
  if (std::holds_alternative<call_task>(t->kind))
    return run_call(s, t, std::move(at), names);
  if (std::holds_alternative<wait_task>(t->kind))
    return run_wait(s, t, std::move(at), names);
  if (std::holds_alternative<for_task>(t->kind))
    return run_for(s, t, std::move(at), names);
  if (std::holds_alternative<fork_task>(t->kind))
    return run_fork(s, t, std::move(at), names);
  if (std::holds_alternative<try_task>(t->kind))
    return run_try(s, t, std::move(at), names);
  return run_do(s, t, std::move(at), names);
}

// The task is one deeper than its scope, so that closing the scope drops the task and what is below
// it, and so that the laps of a loop do not drop the timer. A `do` and a `fork` leave no record at
// their own path and stay where they are.
async<ending> interpretation::run_guarded(seat* s, const task* t, location at,
                                          const variables* names) {
  place guard = at.open(keeping::journaled);
  if (const outcome* closed = guard.closed())
    co_return ending::from_closed(*closed);
  view v;
  v.what = t;
  v.where = s;
  v.names = names;
  v.input = &s->current->input;
  outcome limit = evaluate_duration(*t->timeout, s->current->input, v);
  if (limit.is_fault())
    co_return ending(std::move(limit));
  const bool stays =
      std::holds_alternative<do_task>(t->kind) || std::holds_alternative<fork_task>(t->kind);
  const location inner(guard, stays ? "" : t->kind_name());
  fault late(fault_type::timeout, 408, "task timed out",
             "'" + t->name + "' ran longer than its timeout");
  late.instance = t->pointer;
  std::vector<async<ending>> sides;
  sides.push_back(run_body(s, t, inner, names));
  sides.push_back(
      run_timer(guard, "timeout",
                saturating_add(s->current->started_at, duration(limit.value().get<std::int64_t>())),
                std::move(late)));
  auto contest = race(std::move(sides), &ends_race);
  race_result<ending> first = co_await contest;
  // A fault of the task itself closes nothing: uncaught, it stays where it is and can be resumed.
  if (first.index == 1 || first.value.result.is_value())
    guard.close(first.value.to_closed());
  co_return std::move(first.value);
}

async<ending> interpretation::run_timer(place at, std::string name, time_point due, fault late) {
  auto timer = at.scope().sleep_until(name, due);
  outcome woke = co_await timer;
  tasks_at_once_ = 0;
  if (woke.is_fault())
    co_return ending(std::move(woke));
  outcome failed(std::move(late));
  co_return ending(std::move(failed));
}

} // namespace pawl::workflows
