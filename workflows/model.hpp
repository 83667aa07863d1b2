// The typed tree of a workflow definition (DSL 1.0), as load.hpp makes it: checked, with names
// resolved.
#pragma once

#include <pawl/outcome.hpp>
#include <pawl/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pawl::workflows {

/// A runtime expression without its "${ }".
struct expression_text {
  std::string text;
  /// Whether the text may read $task; false is certain, true need not be so. Building $task is not
  /// free.
  bool reads_task = false;
};

/// A JSON value in which whole strings of the form "${ }" are expressions.
struct template_value {
  json value;
  bool reads_task = false;
};

/// What `from`, `as` and `set` hold: one expression, or an object with expressions in it.
using transform = std::variant<expression_text, template_value>;

/// A duration that is known, or the expression that yields it (ISO 8601 text or a duration object).
using duration_value = std::variant<duration, expression_text>;

/// Where the flow goes when a task has ended well.
enum class flow_kind : std::uint8_t {
  next, ///< "continue": the next task of the list
  exit, ///< the list ends
  end,  ///< the workflow ends
  jump, ///< the task at `target` of the same list
};

struct flow {
  flow_kind kind = flow_kind::next;
  std::size_t target = 0; ///< jump: a position in the list
  bool operator==(const flow&) const = default;
};

/// An error as a definition writes it. `instance` is not among its members: the runtime sets it.
struct error_template {
  std::variant<std::string, expression_text> type;
  int status = 500;
  std::variant<std::string, expression_text> title;
  std::variant<std::string, expression_text> detail;
};

/// Which errors a `catch` is for: all given members must be equal. The type is compared by alias
/// (fault_alias.hpp).
struct error_filter {
  std::optional<std::string> type;
  std::optional<int> status;
  std::optional<std::string> instance;
  std::optional<std::string> title;
  std::optional<std::string> detail;
};

enum class backoff_kind : std::uint8_t {
  constant,    ///< every delay is `delay`
  linear,      ///< the n-th delay is delay * n, n from 1
  exponential, ///< the n-th delay is delay * 2^(n-1), n from 1
};

struct jitter_range {
  duration_value from;
  duration_value to;
};

struct retry_policy {
  std::optional<expression_text> when;
  std::optional<expression_text> except_when;
  std::optional<duration_value> delay; ///< absent: no delay
  backoff_kind backoff = backoff_kind::constant;
  std::optional<jitter_range> jitter; ///< added to the delay, uniform
  std::optional<std::uint64_t>
      retries_max; ///< limit.attempt.count: retries after the first attempt; absent: no limit
  std::optional<duration_value> attempt_max; ///< limit.attempt.duration: of one attempt
  std::optional<duration_value>
      total_max; ///< limit.duration: no retry begins later than this after the start
  bool waits() const noexcept { return delay.has_value() || jitter.has_value(); }
};

struct task;

/// A list of tasks, in order.
struct task_list {
  std::vector<task> tasks;
  /// Whether any task in it, however deep, asks something of the world. Without that nothing of it
  /// is journaled.
  bool has_effects = false;
};

/// `call: inference`.
struct call_task {
  template_value with;
};

struct do_task {
  task_list body;
};

struct for_task {
  std::string each = "item";
  std::string at = "index";
  expression_text in;
  std::optional<expression_text> while_condition;
  task_list body;
};

enum class fork_mode : std::uint8_t {
  all,     ///< every branch runs to its end; the outputs in declaration order
  compete, ///< the first branch that ends well wins; the others are cancelled
};

struct fork_task {
  fork_mode mode = fork_mode::all;
  task_list branches;
};

struct raise_task {
  error_template error;
};

struct set_task {
  transform value;
};

struct switch_case {
  std::string name;
  std::optional<expression_text> when; ///< absent: the default case
  flow then;
};

struct switch_task {
  std::vector<switch_case> cases;
};

struct catch_clause {
  error_filter errors;
  std::string as = "error";
  std::optional<expression_text> when;
  std::optional<expression_text> except_when;
  std::optional<retry_policy> retry;
  std::optional<task_list> body; ///< `do`
};

struct try_task {
  task_list body;
  catch_clause handler;
};

struct wait_task {
  duration_value time;
};

using task_kind = std::variant<call_task, do_task, for_task, fork_task, raise_task, set_task,
                               switch_task, try_task, wait_task>;

struct task {
  std::string name;
  std::string pointer; ///< JSON pointer in the definition: "/do/0/classify"; a fault's `instance`
  const json* raw = nullptr;                ///< within definition::raw
  std::optional<expression_text> condition; ///< `if`
  std::optional<transform> input_from;
  std::optional<transform> output_as;
  std::optional<transform> export_as;
  std::optional<duration_value> timeout;
  flow then;
  task_kind kind;
  /// Whether the task, or one in it, asks something of the world (a call, a wait).
  bool has_effects = false;

  /// "call", "do", "for", "fork", "raise", "set", "switch", "try", "wait".
  [[nodiscard]] const char* kind_name() const noexcept;
};

/// A whole definition. Immutable once loaded, so it may be shared by runs and threads.
struct definition {
  json raw;        ///< the document as it was given
  std::string dsl; ///< "1.0.3"
  std::string namespace_name;
  std::string name;
  std::string version;
  std::string title;
  std::string summary;
  std::optional<transform> input_from;
  std::optional<transform> output_as;
  std::optional<duration_value> timeout;
  task_list root; ///< `do`

  definition() = default;
  definition(const definition&) = delete; // tasks point into raw
  definition& operator=(const definition&) = delete;

  /// "namespace/name/version".
  [[nodiscard]] std::string display_name() const {
    return namespace_name + "/" + name + "/" + version;
  }
};

} // namespace pawl::workflows
