// Following a run to its end: what `run` and `resume` share.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <pawl/engine.hpp>

#include "cli/progress.hpp"

namespace pawl::cli {

/// How results and progress are shown.
struct presentation {
  bool as_json = false; ///< one line of JSON on stdout, also for faults
  bool quiet = false;   ///< no progress
  bool no_text = false; ///< no streaming text
};

[[nodiscard]] std::shared_ptr<progress> make_progress(const presentation& how);

/// Before the engine is opened: Ctrl-C and SIGTERM go to whoever calls watch_interrupts.
void hold_interrupts();
/// First signal: suspends every run once calls in flight have ended. Second: leaves at once with 130.
/// Returned object ends the watch.
class interrupt_watch {
public:
  explicit interrupt_watch(engine& host);
  ~interrupt_watch();
  [[nodiscard]] bool interrupted() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Waits for the run, prints its result on stdout and what went wrong on stderr. Returns the exit code.
int follow(engine& host, const run_id& run, const presentation& how);

} // namespace pawl::cli
