// The host: a place in which agents live. It wakes runs, restarts agents, routes calls and keeps
// timers.
//
// The face of the actors agent_host and agent. Everything is asynchronous; every function may be
// called from any thread.
#pragma once

#include <pawl/context.hpp>
#include <pawl/limits.hpp>
#include <pawl/observer.hpp>
#include <pawl/options.hpp>
#include <pawl/random.hpp>
#include <pawl/run.hpp>
#include <pawl/stream.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "actors/gateway.hpp"
#include "storage/commit_queue.hpp"
#include "storage/run_journal.hpp"

namespace caf {
class actor_system;
}
namespace spdlog {
class logger;
}

namespace pawl::actors {

/// What an agent executes: an interpreted definition or a native coroutine. It and what it captures
/// live as long as the activation; the context is valid until the coroutine is destroyed.
using agent_program = std::function<async<outcome>(context, json input)>;

/// Finds the program of a run from its pinned definition; an error suspends the run with that
/// cause. Called on any thread, also on several at once.
using program_finder = std::function<result<agent_program>(const storage::run_start&)>;

/// Faults that a test build switches on to see that the tests see them. All are off in production.
struct host_canaries {
  bool skip_intent = false;  ///< submits a call before its intent is durable
  bool forget_epoch = false; ///< an agent's batches expect nothing
  bool drop_outbox = false;  ///< removes outbox entries without delivering them
  bool lose_wakeup = false;  ///< goes to sleep without having read the inbox
};

struct host_options {
  hosting hosts = hosting::named;
  /// A wait longer than this puts the agent to sleep.
  duration moment = limits::agent_moment;
  /// The delay before the nth restart of an agent that threw is restart_delay * 2^(n-1), jittered
  /// to 50-100 %.
  duration restart_delay = std::chrono::milliseconds(100);
  /// Restarts before the run is suspended.
  int restarts_max = limits::agent_restarts_max;
  /// Runs awake at once; more wait for their turn.
  std::size_t awake_max = limits::runs_awake_max;
  /// No delayed message waits longer than this at a stretch: monotonic clocks stand still while a
  /// machine sleeps.
  duration timer_stretch_max = std::chrono::hours(1);
  host_canaries canaries;
};

/// All that a host needs. References and `queue` must outlive the actor system.
struct host_parts {
  caf::actor_system& system;
  const storage::store& store; ///< what `queue` writes to
  storage::commit_queue& queue;
  const pawl::clock& time;
  random_source& random;
  program_finder programs;
  host_options options;
  /// Called once, on an actor's thread, when the store has failed. The host has stopped by then.
  /// May be empty.
  std::function<void(error)> on_store_failure;
  std::shared_ptr<spdlog::logger> log; ///< may be null
};

/// What became of a request to create a run.
enum class creation : std::uint8_t {
  created,
  existed, ///< the same id with the same definition and input: this is that run
};

/// Answers of commands. Called once on any thread, unless the host is stopped before; may be empty.
/// Must not block.
using create_reply = std::function<void(result<creation>)>;
using command_reply = std::function<void(result<void>)>;

struct host_core;

/// A host in this process. Two-phase start: construct it, give `listener()` to the gateway, then
/// `connect` the gateway.
class local_host {
public:
  explicit local_host(host_parts parts);
  /// Stops.
  ~local_host();
  local_host(const local_host&) = delete;
  local_host& operator=(const local_host&) = delete;

  /// What the gateway tells its news. Nothing is submitted before it has said on_link(up).
  [[nodiscard]] std::shared_ptr<gateway_listener> listener() const;
  /// The gateway to ask. Once.
  void connect(std::shared_ptr<gateway> calls);

  /// Creates a run; does not wake it. Errors: conflict (the id exists with another definition or
  /// input: says what differs), store_failed.
  void create(storage::run_start start, json definition_document, create_reply then);
  /// Wakes a run: starts a pending one, goes on with an orphan, a waiting or a suspended one. Joins
  /// it when it is awake. An ended run (also a faulted one) is not touched: the observer gets its
  /// status at once.
  void wake(run_id id, std::shared_ptr<run_observer> observer = nullptr);
  /// Wakes as `wake` does, and lets a faulted run do its failed steps again. Errors: not_found,
  /// conflict (completed, cancelled).
  void resume(run_id id, std::shared_ptr<run_observer> observer = nullptr, command_reply then = {});
  /// Ends a run: durable when answered, carried out soon after. Errors: not_found, conflict (it has
  /// ended otherwise).
  void cancel(run_id id, command_reply then = {});
  /// Suspends a run: it starts nothing new, calls in flight end. Durable when answered. Errors:
  /// not_found, conflict.
  void suspend(run_id id, command_reply then = {});
  /// Ctrl-C: starts nothing new, lets calls in flight end, suspends each awake run with the cause
  /// "interrupted", then calls `then`. Runs that sleep are left asleep (their observers are told by
  /// on_refused). Nothing is woken afterwards.
  void drain(std::function<void()> then);
  /// Leaves at once, as if the process had ended: from its return on nothing is told to anybody,
  /// submitted or committed, except what an actor is doing on another thread right now. Actors are
  /// gone when the actor system is.
  void stop();

private:
  struct handles; // hides CAF
  std::shared_ptr<host_core> core_;
  std::unique_ptr<handles> handles_;
};

} // namespace pawl::actors
