// What the gateway is made of and how it is set up. No CAF here but the name of the actor system.
#pragma once

#include <pawl/error.hpp>
#include <pawl/random.hpp>
#include <pawl/time.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <caf/fwd.hpp>

#include "inference/catalog.hpp"
#include "net/transport.hpp"
#include "storage/commit_queue.hpp"
#include "storage/store.hpp"

namespace spdlog {
class logger;
}

namespace pawl::actors {

/// Faults that a test build of the wiring can switch on: each must fail the crash sweep. None by
/// default.
struct gateway_canaries {
  bool publish_before_write = false; ///< subscribers see events that are not in the log yet
  bool skip_intent = false;          ///< a request goes out before its attempt is durable
  bool settle_twice = false;         ///< a finished attempt is accounted for under two rows
  bool log_late = false; ///< events are logged only when the stream has ended, and shown before
};

struct gateway_options {
  /// Calls open at once; further ones get a fault (communication, 429).
  std::size_t calls_open_max = 0; ///< 0: limits::calls_open_max
  /// Called once, on any thread, when the store has failed: nothing more is shown or dispatched.
  /// Must not block.
  std::function<void(const error&)> on_store_failure;
  gateway_canaries canaries;
};

/// Everything is owned by the caller and outlives the gateway.
struct gateway_parts {
  caf::actor_system& system;
  const storage::store& store;  ///< the gateway's own
  storage::commit_queue& queue; ///< of that store
  net::transport& wire;
  const inference::catalog& models;
  const pawl::clock& time;
  pawl::random_source& random;
  /// The value of a secret, at dispatch; nullopt: it is not set. Thread-safe.
  std::function<std::optional<std::string>(const inference::secret_ref&)> secrets;
  gateway_options options;
  std::shared_ptr<spdlog::logger> log; ///< may be null
};

} // namespace pawl::actors
