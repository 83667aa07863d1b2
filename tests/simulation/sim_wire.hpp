// The wire of the simulation: the simulated provider behind net::transport, in virtual time. Each
// request and each piece of an answer is a delivery of its own, made by the simulation.
#pragma once

#include <pawl/time.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/transport.hpp"
#include "sim/provider.hpp"

namespace pawl::simulation {

class sim_wire final : public net::transport {
public:
  /// Both must outlive the wire.
  sim_wire(sim::provider& outside, const clock& time) : outside_(outside), time_(time) {}

  std::shared_ptr<net::exchange> start(net::http_request request,
                                       std::shared_ptr<net::exchange_sink> sink) override;

  /// The gateway died: its connections break, and nothing reaches it any more.
  void lose_gateway();

  [[nodiscard]] bool has_request() const noexcept { return !requests_.empty(); }
  void deliver_request();
  /// Collects what the provider has sent up to now.
  [[nodiscard]] bool has_response();
  /// Returns what was delivered: "head", "body", "end", "reset" or "cancelled".
  std::string deliver_response();
  /// When the provider will send something next.
  [[nodiscard]] std::optional<time_point> next_due() const;
  /// Answers under way.
  [[nodiscard]] std::size_t open() const noexcept;

private:
  class line; // one exchange
  struct arrival {
    std::shared_ptr<line> where;
    sim::piece what;
  };
  void collect();

  sim::provider& outside_;
  const clock& time_;
  std::deque<std::shared_ptr<line>> requests_;
  std::vector<std::shared_ptr<line>> lines_;
  std::deque<arrival> arrivals_;
  std::deque<std::shared_ptr<line>> cancelled_;
};

} // namespace pawl::simulation
