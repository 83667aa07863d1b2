// The inside of the interpreter (interpreter.hpp): one object per activation, whose coroutines nest
// as the tasks do.
//
//   run -> run_list -> run_task -> run_body -> call, wait, do, for, fork, try -> run_list
//
// Coroutines take what is theirs by value and what an enclosing coroutine's frame owns by pointer:
// a frame outlives everything it awaits.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "workflows/interpreter.hpp"
#include "workflows/place.hpp"

namespace pawl::workflows {

/// The variables that enclosing tasks have set ($item, $error, ...), innermost last.
using variables = std::vector<std::pair<std::string, const json*>>;

/// What a list or a task's body came to.
class ending {
public:
  explicit ending(outcome r) : result(std::move(r)) {}
  ending(outcome r, json c) : result(std::move(r)), context(std::move(c)) {}
  ending(outcome r, json c, std::optional<flow> n)
      : result(std::move(r)), context(std::move(c)), next(n) {}

  outcome result;
  std::optional<json> context; ///< absent: unchanged
  std::optional<flow> next;    ///< absent: as the task's `then` says

  /// As a closed scope keeps it: {"output", "context"?, "flow"?: "end"}, or the fault.
  [[nodiscard]] outcome to_closed() const;
  static ending from_closed(const outcome& closed);
};

/// What a task came to; its data is in its seat.
class step_end {
public:
  explicit step_end(fault f) : failure(std::move(f)) {}
  explicit step_end(flow n) : next(n) {}
  std::optional<fault> failure;
  flow next;
};

/// The task at hand, as far as it must not be evaluated again.
struct prepared {
  json input;          ///< transformed
  bool is_raw = false; ///< the input is the seat's data, unchanged
  time_point started_at;
  std::optional<json> items; ///< of a `for`
};

/// Where a list (or a branch of a fork) stands, and with what. Kept by the place's state, so that a
/// restart goes on here.
struct seat {
  seat(place where, json raw_input, json ctx)
      : at(std::move(where)), data(std::move(raw_input)), context(std::move(ctx)) {}

  place at;
  std::size_t next = 0;
  json data; ///< raw input of the task at `next`
  json context;
  std::optional<prepared> current; ///< of the task at `next`, once it has begun
  enum class copy : std::uint8_t {
    stale,
    fresh
  } saved = copy::stale; // whether the place has this state

  void restore();
  void save();
  /// The task at `next` has ended.
  void advance(json output, std::optional<json> new_context);
};

/// The place of a task's step or scope.
class location {
public:
  location(place parent, std::string n) : at(std::move(parent)), name(std::move(n)) {}
  place at;
  std::string name; ///< empty: `at` itself

  [[nodiscard]] place open(keeping how) const { return name.empty() ? at : at.below(name, how); }
  [[nodiscard]] place below(const std::string& child, keeping how) const {
    return at.below(name.empty() ? child : name + "/" + child, how);
  }
};

/// What the expressions of a task see.
struct view {
  const task* what = nullptr;
  const seat* where = nullptr;
  const variables* names = nullptr;
  const json* input = nullptr;      ///< $input
  const json* raw_output = nullptr; ///< $task.output
  const json* output = nullptr;     ///< $output
};

inline keeping keeping_of(const task& t) noexcept {
  return t.has_effects ? keeping::journaled : keeping::none;
}

class interpretation {
public:
  interpretation(context root, std::shared_ptr<const definition> what, json input,
                 interpreter_options options);

  async<outcome> run();

private:
  // interpreter.cpp: the workflow
  async<ending> run_root(place at);
  async<ending> run_limited(place at);

  // interpret_list.cpp: what all tasks have in common
  async<ending> run_list(place at, const task_list* list, json data, json ctx,
                         const variables* names);
  async<step_end> run_task(seat* s, const task* t, std::string name, const variables* names);
  async<ending> run_body(seat* s, const task* t, location at, const variables* names);
  async<ending> run_guarded(seat* s, const task* t, location at, const variables* names);
  async<ending> run_timer(place at, std::string name, time_point due, fault late);
  /// `if`, input.from and for.in. A fault, or true when the task is to run, or false when it is
  /// skipped.
  outcome prepare(seat& s, const task& t, const variables* names);
  /// output.as and export.as, and into the seat. The fault if one fails.
  std::optional<fault> complete(seat& s, const task& t, const variables* names, ending& e);
  void note(task_phase phase, const path& where, const char* kind, json detail = nullptr);

  // interpret_tasks.cpp
  ending run_now(seat& s, const task& t, const variables* names);
  async<ending> run_call(seat* s, const task* t, location at, const variables* names);
  async<ending> run_wait(seat* s, const task* t, location at, const variables* names);
  async<ending> run_do(seat* s, const task* t, location at, const variables* names);
  async<ending> run_for(seat* s, const task* t, location at, const variables* names);
  async<ending> run_fork(seat* s, const task* t, location at, const variables* names);
  async<ending> run_all(seat* s, const fork_task* f, place at, const variables* names);
  async<ending> run_compete(seat* s, const fork_task* f, place at, const variables* names);
  std::vector<async<ending>> branches_of(seat* s, const fork_task* f, const place& at,
                                         const variables* names);
  async<ending> run_branch(place at, const task* t, json data, json ctx, const variables* names);

  // interpret_try.cpp
  struct try_state;
  async<ending> run_try(seat* s, const task* t, location at, const variables* names);
  async<ending> run_attempt(seat* s, const task* t, place at, const variables* names);
  async<ending> run_handler(seat* s, const task* t, place at, const try_state* state,
                            const variables* names);
  /// Decides what follows a failed attempt, and prepares `state` for it. False: the fault in `e`
  /// goes up.
  bool recover(seat& s, const task& t, ending& e, try_state& state, const variables* names);
  /// Whether the clause is for this error. A fault when one of its expressions fails.
  outcome catches(const view& v, const catch_clause& clause, const fault& error);
  /// The due time of the next attempt in nanoseconds since the epoch, or null: no further one.
  outcome next_attempt(const view& v, const retry_policy& policy, std::uint64_t retries_made);

  // interpret_values.cpp: evaluation
  outcome evaluate(const expression_text& e, const json& dot, const view& v);
  outcome evaluate(const template_value& e, const json& dot, const view& v);
  outcome evaluate(const transform& e, const json& dot, const view& v);
  outcome evaluate_text(const std::variant<std::string, expression_text>& e, const json& dot,
                        const view& v);
  /// The value is the duration in nanoseconds.
  outcome evaluate_duration(const duration_value& e, const json& dot, const view& v);
  /// The value is true or false.
  outcome test(const expression_text& e, const json& dot, const view& v);
  arguments arguments_of(const view& v, json& task_storage, bool reads_task) const;

  context root_;
  std::shared_ptr<const definition> what_;
  json input_;
  interpreter_options options_;
  json workflow_; // $workflow
  json runtime_;  // $runtime
  std::uint64_t tasks_at_once_ = 0;
  bool runs_away_ = false; // too many tasks at once: nothing catches that
};

/// {"iso8601", "epoch": {"seconds", "milliseconds"}} (DSL, "DateTime descriptor").
json date_descriptor(time_point t);

std::int64_t to_nanoseconds(time_point t) noexcept;
time_point from_nanoseconds(std::int64_t t) noexcept;
time_point saturating_add(time_point t, duration d) noexcept;

} // namespace pawl::workflows
