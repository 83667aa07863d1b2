// A gateway in this process, with a store of its own.
#pragma once

#include <memory>
#include <vector>

#include <caf/fwd.hpp>

#include "actors/gateway.hpp"
#include "actors/gateway_options.hpp"

namespace pawl::actors {

/// All requests may be made on any thread. Answers come to the listener on CAF's threads.
///
/// Calls that the last process left open are accounted for at the start; money is spent only for
/// calls that are submitted. on_link(up) is told once that is under way.
///
/// Event numbers rise and are not dense: attempt k of a call numbers its events from k * 2^24.
class local_gateway final : public gateway {
public:
  static std::unique_ptr<local_gateway> start(gateway_parts parts,
                                              std::shared_ptr<gateway_listener> listener);
  ~local_gateway() override; ///< stops
  local_gateway(const local_gateway&) = delete;
  local_gateway& operator=(const local_gateway&) = delete;

  void submit(call_submission what) override;
  void attach(const call_id& id, std::uint64_t cursor) override;
  void detach(const call_id& id) override;
  void cancel(const call_id& id) override;
  void acknowledge(const call_id& id) override;

  /// Nothing is told or sent after this returns, but for what other threads are just doing.
  /// Connections are closed; what they cost is accounted for at the next start, as after a crash.
  /// The actors end by themselves. Idempotent.
  void stop();
  /// For the simulation: as stop(), for a process that dies. The caller fences the store's queue
  /// first. Silent: nobody is told anything, not even of a store that failed; the actors end when
  /// they next run.
  void kill() { stop(); }
  /// The actors that last as long as the gateway (router, subscriptions), for harnesses that wait
  /// for their end.
  [[nodiscard]] std::vector<caf::actor> actors() const;

private:
  struct state;
  explicit local_gateway(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace pawl::actors
