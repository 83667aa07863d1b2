// What an engine is made of, in the order in which it is started; destroyed in reverse.
#pragma once

#include <pawl/engine.hpp>
#include <pawl/random.hpp>
#include <pawl/time.hpp>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "actors/agent_host.hpp"
#include "actors/local_gateway.hpp"
#include "inference/catalog.hpp"
#include "net/http_client.hpp"
#include "net/io_thread.hpp"
#include "net/transport_mux.hpp"
#include "storage/commit_queue.hpp"
#include "workflows/expression.hpp"

namespace pawl {

/// Which runs are awake, and why the engine stopped by itself. Thread-safe.
class run_board {
public:
  void awake(const run_id& id);
  /// The run ended, was suspended or refused (with a reason that is not in its record).
  void asleep(const run_id& id, std::optional<error> refused = std::nullopt);
  void failed(const error& why);
  /// Blocks until the run is not awake or the engine failed. The reason why it was refused, if it
  /// was.
  std::optional<error> wait(const run_id& id);
  [[nodiscard]] std::optional<error> failure() const;

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<run_id, int> awake_; // guarded by mutex_: observers that wait for its end
  std::map<run_id, error> refused_;
  std::optional<error> failure_;
};

/// A store, the queue of its one writer, and the thread that pumps it.
struct store_parts {
  std::unique_ptr<storage::store> target;
  std::unique_ptr<storage::commit_queue> queue;
  std::unique_ptr<storage::commit_thread> pump;
};

struct engine::parts {
  explicit parts(engine_options o);
  ~parts();

  /// Opens stores and starts everything.
  result<void> start();
  void stop();
  result<actors::agent_program> find_program(const storage::run_start& start);

  engine_options options;
  system_clock time;
  system_random random;
  run_board board;
  inference::catalog models;
  workflows::expressions compiler;
  std::mutex natives_mutex;
  std::map<std::string, native_agent> natives; // guarded by natives_mutex

  std::shared_ptr<spdlog::logger> log;
  store_parts host_store;
  store_parts gateway_store;
  std::unique_ptr<net::io_thread> io;
  std::unique_ptr<net::transport_mux> wire;
  caf::actor_system_config actors_config;
  std::unique_ptr<caf::actor_system> actors;
  std::shared_ptr<actors::local_gateway> calls;
  std::unique_ptr<actors::local_host> host;
  bool stopped = false;

private:
  result<void> open_stores();
  result<void> start_gateway();
};

} // namespace pawl
