// A host on a memory store, a queue that the test pumps, and a gateway that answers as the test
// says.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actors/agent_host.hpp"
#include "storage/memory_store.hpp"
#include "storage/run_index.hpp"
#include "tests/support/actor_fixture.hpp"

namespace pawl::testing {

/// The gateway as the host sees it: joins known calls, remembers cancellations, answers in the name
/// of a provider.
class fake_gateway final : public actors::gateway {
public:
  struct call {
    json request;
    std::string step;
    int submissions = 0;
    std::optional<outcome> answer;
    bool cancelled = false;
    bool acknowledged = false;
    std::vector<std::uint64_t> cursors; ///< of attaches
  };
  enum class mode { answering, holding };

  std::map<call_id, call> calls;
  std::vector<std::string> log; ///< "submit /a", "cancel /b", "acknowledge /c"
  mode answers = mode::answering;
  std::shared_ptr<actors::gateway_listener> listener;
  std::function<void(const actors::call_submission&)> on_submit; ///< a look at each submission
  bool confirms = true;                                          ///< answers commands

  /// What the provider says to a request: its prompt in brackets.
  static outcome reply_to(const json& request) {
    return outcome(json::object({{"text", "[" + request.value("prompt", "") + "]"}}));
  }

  void submit(actors::call_submission what) override {
    log.push_back("submit " + what.step);
    if (on_submit)
      on_submit(what);
    call& c = calls[what.id];
    if (++c.submissions == 1) {
      c.request = what.request;
      c.step = what.step;
    }
    if (c.cancelled) {
      fault gone(fault_type::runtime, 500, "cancelled");
      listener->on_answer(what.id, outcome(gone));
      return;
    }
    if (!c.answer && answers == mode::answering)
      c.answer = reply_to(c.request);
    if (c.answer)
      listener->on_answer(what.id, *c.answer);
    else
      listener->on_accepted(what.id);
  }
  void attach(const call_id& id, std::uint64_t cursor) override {
    calls[id].cursors.push_back(cursor);
  }
  void detach(const call_id&) override {}
  void cancel(const call_id& id) override {
    log.push_back("cancel " + calls[id].step);
    calls[id].cancelled = true;
    if (confirms)
      listener->on_done(id, actors::call_command::cancel);
  }
  void acknowledge(const call_id& id) override {
    log.push_back("acknowledge " + calls[id].step);
    calls[id].acknowledged = true;
    if (confirms)
      listener->on_done(id, actors::call_command::acknowledge);
  }

  /// The call at a step, the newest submission's when laps share it. Fails the test when there is
  /// none.
  call_id at(const std::string& step) const {
    for (const auto& [id, c] : calls)
      if (c.step == step)
        return id;
    ADD_FAILURE() << "no call was submitted for step " << step;
    return {};
  }
  /// Ends a call that was held.
  void finish(const std::string& step) { finish(step, reply_to(calls.at(at(step)).request)); }
  void finish(const std::string& step, outcome what) {
    const call_id id = at(step);
    calls[id].answer = what;
    listener->on_answer(id, what);
  }
  std::size_t count(const std::string& line) const {
    return static_cast<std::size_t>(std::count(log.begin(), log.end(), line));
  }
};

/// Writes down what it is told.
class watcher final : public run_observer {
public:
  std::vector<run_status> statuses;
  std::optional<outcome> result;
  std::string cause;
  std::vector<error> refusals;
  std::vector<std::string> notes;
  std::string text;

  void on_status(const run_id&, run_status status, const std::optional<outcome>& what,
                 const std::string& why) override {
    statuses.push_back(status);
    result = what;
    cause = why;
  }
  void on_refused(const run_id&, const error& why) override { refusals.push_back(why); }
  void on_note(const run_id&, const task_note& note, time_point) override {
    notes.push_back(note.where.str());
  }
  void on_stream(const run_id&, const path&, const stream_event& event) override {
    text += event.text;
  }
};

/// One life of the host's process: what is gone after a crash.
struct host_process {
  explicit host_process(std::unique_ptr<storage::memory_store> s)
      : store(std::move(s)), queue(std::make_unique<storage::commit_queue>(*store)) {}
  std::unique_ptr<storage::memory_store> store;
  std::unique_ptr<storage::commit_queue> queue;
  std::unique_ptr<actors::local_host> host;
};

class host_test : public actor_test {
protected:
  enum class survival { killed, power_lost };

  void TearDown() override {
    for (auto& process : processes_)
      process->host->stop();
    actor_test::TearDown();
    for (auto& process : processes_) { // answers what is left
      process->queue->fence();
      while (process->queue->pump(64)) {
      }
    }
    actor_test::TearDown();
    gateway->listener.reset();
  }

  // --- verbs
  host_process& boot() { return boot(std::make_unique<storage::memory_store>()); }
  host_process& boot(std::unique_ptr<storage::memory_store> store) {
    processes_.push_back(std::make_unique<host_process>(std::move(store)));
    host_process& born = *processes_.back();
    actors::host_parts parts{system,   *born.store, *born.queue, clock,  random,
                             finder(), options,     {},          nullptr};
    parts.on_store_failure = [this](error why) { store_failures.push_back(std::move(why)); };
    born.host = std::make_unique<actors::local_host>(std::move(parts));
    gateway->listener = born.host->listener();
    born.host->connect(gateway);
    gateway->listener->on_link(actors::link_state::up);
    return born;
  }
  /// The process ends here; a new one begins on what lasted.
  host_process& crash(survival how) {
    host_process& dead = now();
    dead.queue->fence();
    dead.host->stop();
    run_actors();
    auto left =
        how == survival::killed ? dead.store->after_process_kill() : dead.store->after_power_loss();
    return boot(std::move(left));
  }
  host_process& now() { return *processes_.back(); }

  /// Messages and commits until nothing moves; time stands still.
  void settle() {
    for (bool moved = true; moved;) {
      moved = run_actors();
      for (auto& process : processes_)
        moved = process->queue->pump(64) || moved;
    }
  }
  /// Time in steps, as alarms ring.
  void pass(duration by, duration step = std::chrono::milliseconds(10)) {
    for (duration done{}; done < by; done += step) {
      advance(std::min(step, by - done));
      settle();
    }
  }
  storage::run_start start_of(const std::string& id, json input = "in") {
    storage::run_start start;
    start.id = run_id(id);
    start.incarnation = (id + std::string(32, 'a')).substr(0, 32);
    start.definition = "native/test";
    start.definition_digest = digest(std::string(64, 'd'));
    start.input = std::move(input);
    start.created_at = clock.now();
    return start;
  }
  void create(const std::string& id, json input = "in") {
    bool created = false;
    now().host->create(start_of(id, std::move(input)), json::object(),
                       [&](result<actors::creation> what) { created = what.has_value(); });
    settle();
    ASSERT_TRUE(created);
  }
  std::shared_ptr<watcher> wake(const std::string& id) {
    auto by = std::make_shared<watcher>();
    now().host->wake(run_id(id), by);
    return by;
  }
  run_info info(const std::string& id) {
    auto found = storage::read_run(*now().store, run_id(id));
    if (!found || !*found) {
      ADD_FAILURE() << "run " << id << " is not stored";
      return {};
    }
    return **found;
  }
  std::size_t outbox_size(const std::string& id) {
    auto left = storage::read_outbox(*now().store, run_id(id));
    return left ? left->size() : 999;
  }
  /// Every submission must have a durable intent in the store of the process that lives.
  void check_intents() {
    gateway->on_submit = [this](const actors::call_submission& what) {
      auto journal = storage::run_journal::load(*now().store, run_id(what.run), 0);
      ASSERT_TRUE(journal.has_value());
      const auto open = journal->open_intents();
      const bool intended = std::any_of(open.begin(), open.end(),
                                        [&](const auto& step) { return step.call == what.id; });
      if (!intended)
        ++intentless;
    };
  }

  actors::host_options options;
  actors::agent_program program;
  std::shared_ptr<fake_gateway> gateway = std::make_shared<fake_gateway>();
  seeded_random random{7};
  std::vector<error> store_failures;
  int intentless = 0;

private:
  actors::program_finder finder() {
    return [this](const storage::run_start& start) -> result<actors::agent_program> {
      if (!program)
        return error(errc::invalid_definition, "run " + start.id.str() + ": has no program");
      return program;
    };
  }
  std::vector<std::unique_ptr<host_process>> processes_;
};

} // namespace pawl::testing
