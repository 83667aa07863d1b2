#include <utility>

#include "workflows/interpretation.hpp"

namespace pawl::workflows {

namespace {

bool succeeded(const ending& e) {
  return e.result.is_value();
}

constexpr std::optional<flow> own_flow(const ending& e) {
  return e.next && e.next->kind == flow_kind::end ? e.next : std::nullopt;
}

view view_of(const seat& s, const task& t, const variables* names) {
  view v;
  v.what = &t;
  v.where = &s;
  v.names = names;
  v.input = &s.current->input;
  return v;
}

} // namespace

ending interpretation::run_now(seat& s, const task& t, const variables* names) {
  const view v = view_of(s, t, names);
  const json& input = s.current->input;
  if (const auto* set = std::get_if<set_task>(&t.kind))
    return ending(evaluate(set->value, input, v));
  if (const auto* choice = std::get_if<switch_task>(&t.kind)) {
    const switch_case* taken = nullptr;
    for (const auto& one : choice->cases) {
      if (!one.when) {
        if (!taken)
          taken = &one; // the default, unless a case that follows matches
        continue;
      }
      outcome holds = test(*one.when, input, v);
      if (holds.is_fault())
        return ending(std::move(holds));
      if (holds.value().get<bool>()) {
        taken = &one;
        break;
      }
    }
    ending e{outcome(input)};
    if (taken)
      e.next = taken->then;
    return e;
  }
  const auto& error = std::get<raise_task>(t.kind).error;
  const outcome type = evaluate_text(error.type, input, v);
  const outcome title = evaluate_text(error.title, input, v);
  const outcome detail = evaluate_text(error.detail, input, v);
  for (const outcome* part : {&type, &title, &detail})
    if (part->is_fault())
      return ending(*part);
  return ending(
      outcome(fault(type.value().get<std::string>(), error.status, title.value().get<std::string>(),
                    detail.value().get<std::string>())));
}

async<ending> interpretation::run_call(seat* s, const task* t, location at,
                                       const variables* names) {
  const view v = view_of(*s, *t, names);
  outcome request = evaluate(std::get<call_task>(t->kind).with, s->current->input, v);
  if (request.is_fault())
    co_return ending(std::move(request));
  auto call = at.at.scope().infer(at.name, std::move(request).value());
  outcome answer = co_await call;
  tasks_at_once_ = 0;
  co_return ending(std::move(answer));
}

async<ending> interpretation::run_wait(seat* s, const task* t, location at,
                                       const variables* names) {
  const view v = view_of(*s, *t, names);
  outcome time = evaluate_duration(std::get<wait_task>(t->kind).time, s->current->input, v);
  if (time.is_fault())
    co_return ending(std::move(time));
  const time_point due =
      saturating_add(s->current->started_at, duration(time.value().get<std::int64_t>()));
  auto timer = at.at.scope().sleep_until(at.name, due);
  outcome woke = co_await timer;
  tasks_at_once_ = 0;
  if (woke.is_fault())
    co_return ending(std::move(woke));
  outcome output(s->current->input);
  co_return ending(std::move(output));
}

async<ending> interpretation::run_do(seat* s, const task* t, location at, const variables* names) {
  place body = at.below("do", keeping_of(*t));
  auto list =
      run_list(body, &std::get<do_task>(t->kind).body, s->current->input, s->context, names);
  ending e = co_await list;
  if (e.result.is_value() && !body.closed()) // closed: it was before
    body.close(e.to_closed());
  co_return e;
}

// One lap of the scope per iteration; the state that it saves begins an iteration. The items are in
// the enclosing list's state, which is not written again while the loop goes on.
async<ending> interpretation::run_for(seat* s, const task* t, location at, const variables* names) {
  const auto& loop = std::get<for_task>(t->kind);
  place scope = at.open(keeping_of(*t));
  if (const outcome* closed = scope.closed())
    co_return ending::from_closed(*closed);
  const json& items = *s->current->items;
  std::size_t index = 0;
  json item;
  json position;
  variables inner = *names;
  inner.emplace_back(loop.each, &item);
  inner.emplace_back(loop.at, &position);
  json data = s->current->input; // what the iteration begins with
  json ctx = s->context;
  bool is_restored = false;
  if (const json* kept = scope.saved()) {
    index = kept->at("index").get<std::size_t>();
    data = kept->at("data");
    ctx = kept->at("context");
    is_restored = true;
  }
  std::optional<flow> next;
  for (; index < items.size() && !next; ++index) {
    item = items[index];
    position = index;
    if (!is_restored) {
      if (loop.while_condition) {
        view v = view_of(*s, *t, &inner);
        std::swap(s->context, ctx); // $context is the loop's here
        outcome goes_on = test(*loop.while_condition, data, v);
        std::swap(s->context, ctx);
        if (goes_on.is_fault())
          co_return ending(std::move(goes_on), std::move(ctx));
        if (!goes_on.value().get<bool>())
          break;
      }
      if (index > 0)
        scope.next_lap();
      if (scope.kept() == keeping::journaled) {
        json state = json::object();
        state["index"] = index;
        state["data"] = data;
        state["context"] = ctx;
        scope.save(std::move(state));
      }
    }
    is_restored = false;
    auto body = run_list(scope.below("do", keeping_of(*t)), &loop.body, std::move(data),
                         std::move(ctx), &inner);
    ending e = co_await body;
    if (e.result.is_fault())
      co_return e;
    next = own_flow(e);
    ctx = *std::move(e.context);
    data = std::move(e.result).value();
  }
  outcome output(std::move(data));
  ending e(std::move(output), std::move(ctx), next);
  scope.close(e.to_closed());
  co_return e;
}

async<ending> interpretation::run_fork(seat* s, const task* t, location at,
                                       const variables* names) {
  const auto* fork = &std::get<fork_task>(t->kind);
  place scope = at.below("fork", keeping_of(*t));
  if (const outcome* closed = scope.closed())
    co_return ending::from_closed(*closed);
  auto branches = fork->mode == fork_mode::all ? run_all(s, fork, scope, names)
                                               : run_compete(s, fork, scope, names);
  ending e = co_await branches;
  if (e.result.is_value())
    scope.close(e.to_closed());
  co_return e;
}

std::vector<async<ending>> interpretation::branches_of(seat* s, const fork_task* f, const place& at,
                                                       const variables* names) {
  std::vector<async<ending>> branches;
  branches.reserve(f->branches.tasks.size());
  for (std::size_t i = 0; i < f->branches.tasks.size(); ++i) {
    const task& t = f->branches.tasks[i];
    branches.push_back(run_branch(at.below("branches/" + std::to_string(i), keeping_of(t)), &t,
                                  s->current->input, s->context, names));
  }
  return branches;
}

async<ending> interpretation::run_all(seat* s, const fork_task* f, place at,
                                      const variables* names) {
  auto together = all(branches_of(s, f, at, names));
  std::vector<ending> ends = co_await together;
  json outputs = json::array();
  std::optional<flow> next;
  for (ending& e : ends) {
    if (e.result.is_fault())
      co_return ending(std::move(e.result));
    if (!next)
      next = own_flow(e);
    outputs.push_back(std::move(e.result).value());
  }
  outcome output(std::move(outputs));
  ending e(std::move(output));
  e.next = next;
  co_return e;
}

async<ending> interpretation::run_compete(seat* s, const fork_task* f, place at,
                                          const variables* names) {
  auto contest = race(branches_of(s, f, at, names), &succeeded);
  race_result<ending> first = co_await contest;
  if (first.value.result.is_fault())
    first.value.context.reset(); // what a loser exported is dropped
  co_return std::move(first.value);
}

async<ending> interpretation::run_branch(place at, const task* t, json data, json ctx,
                                         const variables* names) {
  if (const outcome* closed = at.closed())
    co_return ending::from_closed(*closed);
  seat s(at, std::move(data), std::move(ctx));
  s.restore();
  auto running = run_task(&s, t, t->name, names);
  step_end end = co_await running;
  if (end.failure) {
    outcome failed(*std::move(end.failure));
    co_return ending(std::move(failed));
  }
  outcome output(std::move(s.data));
  ending e(std::move(output), std::move(s.context));
  if (end.next.kind == flow_kind::end)
    e.next = end.next;
  at.close(e.to_closed());
  co_return e;
}

} // namespace pawl::workflows
