// The lives that a simulation consists of. Only its own sources include this.
#pragma once

#include <pawl/observer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tests/simulation/simulation.hpp"
#include "tests/simulation/watched_store.hpp"

namespace pawl::simulation {

inline const run_id the_run("run");

struct simulation::virtual_clock final : public pawl::clock {
  explicit virtual_clock(caf::scheduler::test_coordinator& s) : scheduler(s) {}
  [[nodiscard]] time_point now() const override {
    return from_epoch_ms(1'800'000'000'000) +
           std::chrono::duration_cast<duration>(scheduler.clock().now().time_since_epoch());
  }
  caf::scheduler::test_coordinator& scheduler;
};

struct simulation::host_life {
  std::unique_ptr<watched_store> store;
  std::unique_ptr<storage::commit_queue> queue;
  std::unique_ptr<actors::local_host> host;
  std::unique_ptr<actors::local_host>
      successor; // on the same store, beside a host that does not know that it is stale
};

struct simulation::gateway_life {
  std::unique_ptr<watched_store> store;
  std::unique_ptr<storage::commit_queue> queue;
  std::shared_ptr<actors::local_gateway> gateway;
};

// Sees what a person would see: it keeps the end of the run and the order of tasks.
class simulation::watcher final : public run_observer {
public:
  explicit watcher(aftermath& out) : out_(out) {}
  void on_status(const run_id&, run_status status, const std::optional<outcome>&,
                 const std::string&) override {
    if (status == run_status::running) {
      // One that found the run ended took nothing over.
      is_active_ = !has_ended || !has_ended();
      if (is_active_)
        *last_active = this;
    } else {
      // Over a run that sleeps hosts may take turns, and what they say of it crosses.
      out_.slept = out_.slept || status == run_status::waiting;
      if (is_active_ && is_ended(status) && *last_active != this && !out_.slept)
        out_.breaches.push_back("a stale activation ended the run as " +
                                std::string(to_string(status)));
      is_active_ = false;
    }
    last = status;
  }
  void on_refused(const run_id&, const error& why) override {
    is_active_ = false;
    refused = why.render();
  }
  void on_note(const run_id&, const task_note& note, time_point) override {
    if (note.phase == task_phase::completed)
      out_.tasks_completed.emplace_back(note.where.name());
  }
  void on_stream(const run_id&, const path& step, const stream_event& event) override {
    auto& text = out_.texts[step.str()];
    if (event.kind == stream_event_kind::restarted)
      text.clear();
    if (event.kind == stream_event_kind::text)
      text += event.text;
  }

  std::optional<run_status> last;
  std::string refused;
  std::function<bool()> has_ended; // what the store says of the run
  std::shared_ptr<const watcher*> last_active =
      std::make_shared<const watcher*>(nullptr); // shared by rivals

private:
  aftermath& out_;
  bool is_active_ = false; // between `running` and the next rest
};

} // namespace pawl::simulation
