// Following a run to its end: what `run` and `resume` share.
#pragma once

#include <pawl/engine.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/progress.hpp"

namespace pawl::cli {

/// How results and progress are shown.
struct presentation {
  bool as_json = false; ///< one line of JSON on stdout, also for faults
  bool quiet = false;   ///< no progress
  bool no_text = false; ///< no streaming text
};

[[nodiscard]] std::shared_ptr<progress> make_progress(const presentation& how, const clock& time,
                                                      progress::subject of);

/// Before the engine is opened: Ctrl-C and SIGTERM go to whoever watches for them.
void hold_interrupts();
/// First signal: suspends every run once calls in flight have ended. Second: leaves at once with
/// 130. The watch ends with the object.
class interrupt_watch {
public:
  interrupt_watch(engine& host, std::shared_ptr<progress> teller);
  ~interrupt_watch();
  [[nodiscard]] bool interrupted() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Waits for the run, prints its result on stdout and what went wrong on stderr. Returns the exit
/// code. `where_words`: what has to follow "pawl resume ID" to find this run again.
int follow(engine& host, const run_id& run, const presentation& how, const interrupt_watch& watch,
           const std::string& where_words);
/// Waits for each of the runs; prints one line of JSON per run: id, status, and output, error or
/// cause. Returns the worst exit code.
int follow_all(engine& host, const std::vector<run_id>& runs, const interrupt_watch& watch);

} // namespace pawl::cli
