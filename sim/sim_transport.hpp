// The simulated provider in this process, in real time: the transport for sim:// URLs.
#pragma once

#include <pawl/result.hpp>
#include <pawl/time.hpp>

#include <memory>
#include <string>

#include "net/io_thread.hpp"
#include "net/transport.hpp"
#include "sim/provider.hpp"

namespace pawl::sim {

/// Serves "sim:///v1/chat/completions" and "sim:///v1/models"; a host in the URL means nothing.
/// What it adds to transport's contract:
/// - Sinks are called on the io thread; only when that has stopped, start() itself reports
/// `cancelled` on its caller's
///   thread. Sinks must not throw.
/// - A cancelled exchange is a reader who has gone: the provider stops generating and charging, as
/// its options say.
/// - What a sink was given counts as delivered.
class sim_transport final : public net::transport {
public:
  /// Errors (invalid_argument): options that make no sense. `time` must outlive the transport.
  static result<std::unique_ptr<sim_transport>> make(const net::io_thread& io, const clock& time,
                                                     provider_options options);
  /// Cancels what is under way; its sinks are told on the io thread, perhaps later than this
  /// returns.
  ~sim_transport() override;

  std::shared_ptr<net::exchange> start(net::http_request request,
                                       std::shared_ptr<net::exchange_sink> sink) override;

  /// See provider. Thread-safe.
  [[nodiscard]] std::vector<bill_row> rows() const;
  void add_faults(std::vector<fault_rule> rules);

private:
  class core;
  class answer;
  explicit sim_transport(std::shared_ptr<core> c);
  std::shared_ptr<core> core_;
};

} // namespace pawl::sim
