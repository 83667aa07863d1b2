// The deterministic simulation: host, gateway, link, wire and provider on one thread in virtual
// time, repeatable from a seed.
//
// One step commits one group, makes one delivery, runs one actor, or moves time to the next thing
// that is due; the seed chooses among what is possible. Every commit and delivery is a point,
// before and after, at which a plan may crash either side: the old store is fenced first, then the
// actors are stopped, then a new life begins on what the store kept.
#pragma once

#include <pawl/random.hpp>
#include <pawl/run.hpp>
#include <pawl/usage.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "actors/agent_host.hpp"
#include "actors/local_gateway.hpp"
#include "inference/catalog.hpp"
#include "sim/provider.hpp"
#include "storage/memory_store.hpp"
#include "tests/simulation/crash_plan.hpp"
#include "tests/simulation/scenario.hpp"
#include "tests/simulation/sim_link.hpp"
#include "tests/simulation/sim_wire.hpp"
#include "workflows/expression.hpp"

namespace pawl::simulation {

struct simulation_options {
  std::uint64_t seed = 1;
  crash_plan crashes;
  actors::host_canaries host_canaries;
  actors::gateway_canaries gateway_canaries;
  /// The link goes down and up at times that the seed draws.
  enum class link_weather : std::uint8_t { fair, flaky } link = link_weather::fair;
  /// Somebody cancels the run at this point.
  std::optional<std::uint64_t> cancel_at;
};

/// One request to the provider that a crash or a fault cut short.
struct interruption {
  std::string request_id;
  std::int64_t handed_tokens = 0; ///< that had reached the gateway, and its log, by then
};

/// What is left when a simulation has come to rest.
struct aftermath {
  run_info run;
  std::vector<sim::bill_row> bill;
  std::vector<ledger_row> ledger;
  std::vector<std::string> tasks_completed; ///< names, in the order of their notes
  std::map<std::string, std::string> texts; ///< what an observer of the first life saw, by step
  std::vector<interruption> interruptions;  ///< by crashes of the gateway
  std::int64_t broken_attempts = 0;         ///< attempts that were open when the gateway crashed
  std::size_t calls_left = 0;               ///< open calls in the gateway's store
  std::size_t calls_unreleased = 0;         ///< calls whose answer the host never acknowledged
  std::vector<std::string>
      breaches; ///< what was said before it was durable, or by somebody who may not speak
  std::optional<bool> cancel_accepted; ///< the answer to cancel_at
  double cancelled_at_seconds = 0;     ///< when it was asked
  bool slept = false;                  ///< the run was waiting at some time
  std::size_t outbox_left = 0;
  std::size_t wakes_left = 0;
  std::vector<std::string> error_lines;  ///< log lines of level error
  std::string stuck;                     ///< not empty: it did not come to rest, and why
  std::uint64_t points = 0;              ///< crash points that were passed
  std::vector<std::set<moment>> moments; ///< what happens at each point
  double seconds = 0;                    ///< virtual
};

class simulation {
public:
  /// `compiler` keeps compiled expressions across simulations.
  simulation(const scenario& what, workflows::expressions& compiler, simulation_options options);
  ~simulation();

  /// Runs to rest and reports.
  aftermath run();

private:
  struct virtual_clock;
  struct host_life;
  struct gateway_life;
  class watcher;
  enum class deed : std::uint8_t;

  void start_host(std::unique_ptr<storage::memory_store> on);
  void start_gateway(std::unique_ptr<storage::memory_store> on);
  [[nodiscard]] std::vector<deed> possible();
  bool step();
  void do_with_points(const std::function<std::set<moment>()>& what);
  [[nodiscard]] bool crash_here();
  void crash_now(const crash& planned);
  void replace_host_by_another();
  void crash_gateway(manner how);
  void crash_host();
  bool advance_time();
  void note_handed();
  void check_intent(const actors::call_submission& what);
  void check_logged(const call_id& id, const std::vector<stream_event>& events);
  [[nodiscard]] bool ended() const;
  [[nodiscard]] actors::host_parts host_parts_of(host_life& life);
  [[nodiscard]] actors::gateway_parts gateway_parts_of(gateway_life& life);
  result<actors::agent_program> program_of(const storage::run_start& start);
  void collect(aftermath& out);

  const scenario& what_;
  workflows::expressions& compiler_;
  simulation_options options_;
  seeded_random choices_;       // which step comes next
  seeded_random engine_random_; // what the engine draws
  sim::provider outside_;
  inference::catalog models_;

  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  std::unique_ptr<virtual_clock> time_;
  sim_link link_;
  std::unique_ptr<sim_wire> wire_;
  std::vector<std::unique_ptr<host_life>>
      hosts_; // the last one lives; the others may be referred to by dead actors
  std::vector<std::unique_ptr<gateway_life>> gateways_;
  std::shared_ptr<watcher> watcher_;
  std::vector<std::shared_ptr<watcher>> stale_watchers_;
  std::shared_ptr<spdlog::logger> log_;

  time_point began_;
  std::uint64_t point_ = 0;
  std::size_t next_crash_ = 0;
  bool link_up_ = true;
  std::map<std::string, std::int64_t> handed_; // by request id: tokens that are surely in the log
  std::set<std::string> cut_;                  // requests that a crash cut short
  aftermath result_;
};

} // namespace pawl::simulation
