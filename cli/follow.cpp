#include "cli/follow.hpp"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <thread>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "cli/common.hpp"
#include "cli/exit_code.hpp"

namespace pawl::cli {

namespace {

sigset_t interrupts() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGUSR2); // wakes the watching thread when it is to end
  return set;
}

} // namespace

std::shared_ptr<progress> make_progress(const presentation& how, const clock& time,
                                        progress::subject of) {
  const auto show = how.quiet     ? progress::detail::nothing
                    : how.no_text ? progress::detail::tasks
                                  : progress::detail::text;
  return std::make_shared<progress>(std::cerr, time, show, of);
}

void hold_interrupts() {
  const auto set = interrupts();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

struct interrupt_watch::state {
  std::atomic<int> count{0};
  std::atomic<bool> ending{false};
  std::thread thread;
};

interrupt_watch::interrupt_watch(engine& host, std::shared_ptr<progress> teller)
    : state_(std::make_unique<state>()) {
  state_->thread = std::thread([s = state_.get(), &host, teller = std::move(teller)] {
    const auto set = interrupts();
    for (int signal = 0; sigwait(&set, &signal) == 0 && !s->ending;) {
      if (signal == SIGUSR2)
        continue;
      if (++s->count > 1) {
        teller->say("pawl: left at once; nothing that was paid for is lost: the same command goes "
                    "on from here");
        _exit(exit_interrupted);
      }
      teller->say("pawl: letting calls in flight end, then suspending (again: leaves at once)");
      host.suspend_all();
    }
  });
}

interrupt_watch::~interrupt_watch() {
  state_->ending = true;
  pthread_kill(state_->thread.native_handle(), SIGUSR2);
  state_->thread.join();
}

bool interrupt_watch::interrupted() const {
  return state_->count > 0;
}

int follow(engine& host, const run_id& run, const presentation& how, const interrupt_watch& watch,
           const std::string& where_words) {
  const auto ended = host.wait(run);
  const std::string again = "pawl resume " + run.str() + where_words;
  const auto interrupted = [&] {
    std::cerr << "pawl: interrupted; go on with: " + again + "\n";
    return exit_interrupted;
  };
  // A run that only waits is let go as it is.
  if (!ended && ended.error().code == errc::refused && watch.interrupted())
    return interrupted();
  if (!ended)
    return report(ended.error());
  switch (ended->status) {
  case run_status::completed:
    return print(how.as_json
                     ? one_line(ended->result->value())
                     : ended->result->value().dump(2, ' ', false, json::error_handler_t::replace) +
                           "\n",
                 exit_completed);
  case run_status::faulted:
    report_fault(ended->result->fault());
    std::cerr << "  go on from there with: " + again + "\n";
    return how.as_json ? print(one_line(json(ended->result->fault())), exit_faulted)
                       : static_cast<int>(exit_faulted);
  case run_status::cancelled:
    std::cerr << "pawl: run " + run.str() + " was cancelled\n";
    return exit_cancelled;
  default: break;
  }
  if (watch.interrupted())
    return interrupted();
  std::cerr << "pawl: run " + run.str() + " is " + std::string(to_string(ended->status)) +
                   (ended->cause.empty() ? "" : ": " + ended->cause) + "\n  go on with: " + again +
                   "\n";
  return code_of(ended->status);
}

int follow_all(engine& host, const std::vector<run_id>& runs, const interrupt_watch& watch) {
  int code = exit_completed;
  standard_output out;
  for (const auto& run : runs) {
    const auto ended = host.wait(run);
    if (!ended) {
      const bool is_left = ended.error().code == errc::refused && watch.interrupted();
      code = std::max(code, is_left ? static_cast<int>(exit_interrupted) : report(ended.error()));
      continue;
    }
    json line = {{"id", run.str()}, {"status", to_string(ended->status)}};
    if (!ended->cause.empty())
      line["cause"] = ended->cause;
    if (ended->result)
      ended->result->is_value() ? line["output"] = ended->result->value()
                                : line["error"] = ended->result->fault();
    out.write(one_line(line));
    const bool is_interrupted = watch.interrupted() && !is_ended(ended->status);
    code = std::max(code,
                    is_interrupted ? static_cast<int>(exit_interrupted) : code_of(ended->status));
  }
  return out.finish(code);
}

} // namespace pawl::cli
