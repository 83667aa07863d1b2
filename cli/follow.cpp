#include "cli/follow.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <iostream>
#include <thread>

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

std::shared_ptr<progress> make_progress(const presentation& how) {
  const auto show = how.quiet     ? progress::detail::nothing
                    : how.no_text ? progress::detail::tasks
                                  : progress::detail::text;
  return std::make_shared<progress>(std::cerr, show);
}

void hold_interrupts() {
  const auto set = interrupts();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

struct interrupt_watch::state {
  std::atomic<int> count{0};
  std::atomic<bool> ending{false};
  std::thread thread;
};

interrupt_watch::interrupt_watch(engine& host) : state_(std::make_unique<state>()) {
  state_->thread = std::thread([s = state_.get(), &host] {
    const auto set = interrupts();
    for (int signal = 0; sigwait(&set, &signal) == 0 && !s->ending;) {
      if (signal == SIGUSR2)
        continue;
      if (++s->count > 1)
        _exit(exit_interrupted);
      std::cerr << "\npawl: letting calls in flight end, then suspending (again: leaves at once)\n";
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

int follow(engine& host, const run_id& run, const presentation& how) {
  result<run_info> ended = [&]() -> result<run_info> {
    const interrupt_watch watch(host);
    auto info = host.wait(run);
    if (info && watch.interrupted() && info->status == run_status::suspended) {
      std::cerr << "pawl: interrupted; go on with: pawl resume " << run.str() << "\n";
      return error(errc::cancelled, "interrupted");
    }
    return info;
  }();
  if (!ended)
    return ended.error().code == errc::cancelled ? static_cast<int>(exit_interrupted) : report(ended.error());
  switch (ended->status) {
    case run_status::completed:
      std::cout << ended->result->value().dump(how.as_json ? -1 : 2, ' ', false, json::error_handler_t::replace) << "\n";
      break;
    case run_status::faulted:
      report_fault(ended->result->fault());
      std::cerr << "  go on from there with: pawl resume " << run.str() << "\n";
      if (how.as_json)
        std::cout << json(ended->result->fault()).dump() << "\n";
      break;
    case run_status::cancelled: std::cerr << "pawl: run " << run.str() << " was cancelled\n"; break;
    default:
      std::cerr << "pawl: run " << run.str() << " is " << to_string(ended->status)
                << (ended->cause.empty() ? "" : ": " + ended->cause) << "\n";
  }
  std::cout.flush();
  return code_of(ended->status);
}

} // namespace pawl::cli
