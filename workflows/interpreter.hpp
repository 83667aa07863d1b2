// The interpreter: runs a definition over a context (DESIGN §4, "scopes, not replay").
#pragma once

#include <pawl/async.hpp>
#include <pawl/context.hpp>
#include <pawl/outcome.hpp>
#include <pawl/time.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "workflows/expression.hpp"
#include "workflows/model.hpp"

namespace pawl::workflows {

/// What is the same in every activation of a run.
struct interpreter_options {
  /// Compiles and evaluates; must outlive the coroutine.
  expressions* evaluator = nullptr;
  std::string workflow_id;                ///< $workflow.id
  time_point started_at;                  ///< $workflow.startedAt
  json runtime_metadata = json::object(); ///< $runtime.metadata
  /// Tasks that may run without one call or wait between them: what is above is taken for an
  /// endless loop and faults, past every `catch`. At some microseconds each, the default is well
  /// under a minute.
  std::uint64_t tasks_at_once_max = 5'000'000;
};

/// Runs `what` in the run whose root is `root`, from its beginning or from where the journal has
/// it, to the workflow's output or an uncaught fault. `input` is the raw workflow input, the same
/// in every activation.
///
/// Paths. A task's step or scope is at its JSON pointer in the definition, with laps in it:
/// "/do/2/refine~17/do/1/act". A task with a timeout is one deeper: the scope at "/do/2/slow" has
/// the timer "timeout" and the task itself at "/do/2/slow/call" (or for, try, wait). A delay before
/// a retry is the step "retry" of the try's scope, the time limit of an attempt its step "attempt".
/// The timeout of the whole workflow is at "/timeout/timer".
///
/// Decisions where DSL 1.0 is silent:
/// - $context begins as null. Every attempt of a `try` begins with the same input and the same
///   $context, so what a failed attempt exported is forgotten when it is retried; `catch.do`, the
///   clause's conditions and what follows the try see $context as the fault left it.
/// - A `catch` that caught, without `do`: when it has no `retry`, the task's output is its input;
///   when its retries are exhausted, the last error is raised again. With `do`, that runs once.
/// - Branches of a fork have copies of $context. The winner's copy becomes $context; those of a
///   fork of all are dropped. A fork of all faults after its last branch has ended, with the first
///   fault in declaration order; a fork that competes faults when all have, with the last one.
/// - if, when, exceptWhen, while: null and false are false, everything else is true.
/// - for.in must yield an array.
/// - The `then` of a skipped task does not apply. `end` passes through the enclosing tasks, whose
///   output.as and export.as apply.
/// - Backoff: constant d; linear d * n; exponential d * 2^(n-1), n from 1; jitter is added.
///   limit.attempt.count counts retries; limit.attempt.duration is of one attempt (a timeout
///   fault); limit.duration: no retry begins later than that after the task's start.
/// - A timeout interrupts calls and waits; a task without any is too short to be interrupted.
/// - A fault's `instance` is the pointer of the innermost task that raised it.
async<outcome> interpret(context root, std::shared_ptr<const definition> what, json input,
                         interpreter_options options);

} // namespace pawl::workflows
