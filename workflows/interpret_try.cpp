// try: attempts, retries, and what is done about an error that is caught.
//
// The scope's state says where the task stands; each row begins a new lap, which drops what the
// attempt before left:
//
//   (no state)                       the first attempt
//   {retries, due?}                  sleep until `due`, then the attempt after `retries` retries
//   {retries, error, context}        catch.do, with $error
//
// An error that is not caught changes nothing: the attempt stays as it is and can be resumed.

#include <algorithm>
#include <limits>
#include <utility>

#include "workflows/fault_alias.hpp"
#include "workflows/interpretation.hpp"

namespace pawl::workflows {

struct interpretation::try_state {
  std::uint64_t retries = 0;     // retries made or begun
  std::optional<time_point> due; // of the attempt that waits
  std::optional<json> error;     // set: handle it
  json context;                  // handle: as the fault left it

  [[nodiscard]] json to_json() const {
    json state = json::object();
    state["retries"] = retries;
    if (due)
      state["due"] = to_nanoseconds(*due);
    if (error) {
      state["error"] = *error;
      state["context"] = context;
    }
    return state;
  }
  static try_state from_json(const json& state) {
    try_state read;
    read.retries = state.at("retries").get<std::uint64_t>();
    if (const auto due = state.find("due"); due != state.end())
      read.due = from_nanoseconds(due->get<std::int64_t>());
    if (const auto error = state.find("error"); error != state.end()) {
      read.error = *error;
      read.context = state.at("context");
    }
    return read;
  }
};

namespace {

bool ends_race(const ending&) {
  return true;
}

bool matches(const error_filter& filter, const fault& f) {
  return (!filter.type || is_same_fault_type(*filter.type, f.type)) &&
         (!filter.status || *filter.status == f.status) &&
         (!filter.instance || *filter.instance == f.instance) &&
         (!filter.title || *filter.title == f.title) &&
         (!filter.detail || *filter.detail == f.detail);
}

constexpr std::int64_t longest = std::numeric_limits<std::int64_t>::max();

/// d * factor without overflow. Preconditions: neither is negative.
std::int64_t times(std::int64_t d, std::uint64_t factor) {
  return d != 0 && factor > std::uint64_t(longest / d) ? longest : d * std::int64_t(factor);
}

/// The n-th delay, n from 1.
std::int64_t backoff(backoff_kind kind, std::int64_t delay, std::uint64_t n) {
  switch (kind) {
  case backoff_kind::constant: return delay;
  case backoff_kind::linear: return times(delay, n);
  case backoff_kind::exponential:
    return n > 62 ? times(delay, std::uint64_t(longest)) : times(delay, 1ull << (n - 1));
  }
  return delay;
}

} // namespace

outcome interpretation::catches(const view& v, const catch_clause& clause, const fault& error) {
  if (runs_away_ || !matches(clause.errors, error))
    return outcome(json(false));
  if (clause.when) {
    outcome holds = test(*clause.when, *v.input, v);
    if (holds.is_fault() || !holds.value().get<bool>())
      return holds;
  }
  if (clause.except_when) {
    outcome holds = test(*clause.except_when, *v.input, v);
    if (holds.is_fault())
      return holds;
    return outcome(json(!holds.value().get<bool>()));
  }
  return outcome(json(true));
}

outcome interpretation::next_attempt(const view& v, const retry_policy& policy,
                                     std::uint64_t retries_made) {
  if (policy.retries_max && retries_made >= *policy.retries_max)
    return outcome(json());
  if (policy.when) {
    outcome holds = test(*policy.when, *v.input, v);
    if (holds.is_fault() || !holds.value().get<bool>())
      return holds.is_fault() ? holds : outcome(json());
  }
  if (policy.except_when) {
    outcome holds = test(*policy.except_when, *v.input, v);
    if (holds.is_fault() || holds.value().get<bool>())
      return holds.is_fault() ? holds : outcome(json());
  }
  std::int64_t wait = 0;
  if (policy.delay) {
    outcome delay = evaluate_duration(*policy.delay, *v.input, v);
    if (delay.is_fault())
      return delay;
    wait = backoff(policy.backoff, delay.value().get<std::int64_t>(), retries_made + 1);
  }
  if (policy.jitter) {
    outcome from = evaluate_duration(policy.jitter->from, *v.input, v);
    if (from.is_fault())
      return from;
    outcome to = evaluate_duration(policy.jitter->to, *v.input, v);
    if (to.is_fault())
      return to;
    const auto low = from.value().get<std::int64_t>();
    const auto width = std::max<std::int64_t>(0, to.value().get<std::int64_t>() - low);
    // Modulo is uniform enough: the range is far below 2^64 ns.
    const auto drawn = low + std::int64_t(root_.random() % (std::uint64_t(width) + 1));
    wait = drawn > longest - wait ? longest : wait + drawn;
  }
  const time_point due = saturating_add(root_.now(), duration(wait));
  if (policy.total_max) {
    outcome total = evaluate_duration(*policy.total_max, *v.input, v);
    if (total.is_fault())
      return total;
    if (due >
        saturating_add(v.where->current->started_at, duration(total.value().get<std::int64_t>())))
      return outcome(json());
  }
  return outcome(json(to_nanoseconds(due)));
}

bool interpretation::recover(seat& s, const task& t, ending& e, try_state& state,
                             const variables* names) {
  const auto& clause = std::get<try_task>(t.kind).handler;
  const json error = json(e.result.fault());
  variables inner = *names;
  inner.emplace_back(clause.as, &error);
  view v;
  v.what = &t;
  v.where = &s;
  v.names = &inner;
  v.input = &s.current->input;
  json after = e.context ? *e.context : s.context;
  std::swap(s.context, after); // the clause sees $context as the fault left it
  outcome caught = catches(v, clause, e.result.fault());
  outcome due{json()};
  if (caught.is_value() && caught.value().get<bool>() && clause.retry)
    due = next_attempt(v, *clause.retry, state.retries);
  std::swap(s.context, after);
  if (caught.is_fault() || due.is_fault()) {
    e.result = caught.is_fault() ? std::move(caught) : std::move(due);
    return false;
  }
  const bool is_exhausted = due.value().is_null();
  if (!caught.value().get<bool>() || (is_exhausted && clause.retry && !clause.body))
    return false;
  if (is_exhausted) {
    state.error = error;
    state.context = std::move(after);
  } else {
    ++state.retries;
    if (clause.retry->waits())
      state.due = from_nanoseconds(due.value().get<std::int64_t>());
  }
  return true;
}

async<ending> interpretation::run_try(seat* s, const task* t, location at, const variables* names) {
  place scope = at.open(keeping_of(*t));
  if (const outcome* closed = scope.closed())
    co_return ending::from_closed(*closed);
  try_state state;
  if (const json* kept = scope.saved())
    state = try_state::from_json(*kept);

  while (!state.error) {
    if (state.due) {
      auto timer = scope.scope().sleep_until("retry", *state.due);
      outcome woke = co_await timer;
      tasks_at_once_ = 0;
      if (woke.is_fault())
        co_return ending(std::move(woke));
    }
    auto attempt = run_attempt(s, t, scope, names);
    ending e = co_await attempt;
    if (e.result.is_value()) {
      scope.close(e.to_closed());
      co_return e;
    }
    if (!recover(*s, *t, e, state, names))
      co_return e;
    if (!state.error)
      note(task_phase::retried, scope.where(), t->kind_name(), json(e.result.fault()));
    scope.next_lap();
    if (scope.kept() == keeping::journaled)
      scope.save(state.to_json());
  }
  auto handler = run_handler(s, t, scope, &state, names);
  ending e = co_await handler;
  if (e.result.is_value())
    scope.close(e.to_closed());
  co_return e;
}

// An attempt has a place of its own, so that its time limit can close it.
async<ending> interpretation::run_attempt(seat* s, const task* t, place at,
                                          const variables* names) {
  const auto& attempted = std::get<try_task>(t->kind);
  place body = at.below("try", attempted.body.has_effects ? keeping_of(*t) : keeping::none);
  const auto* policy = attempted.handler.retry ? &*attempted.handler.retry : nullptr;
  auto list = run_list(body, &attempted.body, s->current->input, s->context, names);
  if (!policy || !policy->attempt_max || body.kept() == keeping::none)
    co_return co_await list;
  view v;
  v.what = t;
  v.where = s;
  v.names = names;
  v.input = &s->current->input;
  outcome limit = evaluate_duration(*policy->attempt_max, s->current->input, v);
  if (limit.is_fault())
    co_return ending(std::move(limit));
  fault late(fault_type::timeout, 408, "attempt timed out",
             "'" + t->name + "' made an attempt that took too long");
  late.instance = t->pointer;
  std::vector<async<ending>> sides;
  sides.push_back(std::move(list));
  // The journal keeps the first due time of a path, so an attempt's clock goes on over a restart.
  sides.push_back(run_timer(
      at, "attempt", saturating_add(root_.now(), duration(limit.value().get<std::int64_t>())),
      std::move(late)));
  auto contest = race(std::move(sides), &ends_race);
  race_result<ending> first = co_await contest;
  if (first.index == 1)
    body.close(first.value.result);
  co_return std::move(first.value);
}

async<ending> interpretation::run_handler(seat* s, const task* t, place at, const try_state* state,
                                          const variables* names) {
  const auto& clause = std::get<try_task>(t->kind).handler;
  if (!clause.body) {
    outcome output(s->current->input);
    co_return ending(std::move(output), state->context);
  }
  variables inner = *names;
  inner.emplace_back(clause.as, &*state->error);
  auto list =
      run_list(at.below("catch/do", clause.body->has_effects ? keeping_of(*t) : keeping::none),
               &*clause.body, s->current->input, state->context, &inner);
  co_return co_await list;
}

} // namespace pawl::workflows
