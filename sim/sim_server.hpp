// The simulated provider behind a socket, in real time: what `pawl sim` runs.
//
//   POST /v1/chat/completions   streamed or not
//   GET  /v1/models
//   GET  /bill                  every request and what it costs (see to_bill)
//   GET  /health                {"status": "ok"}
//   POST /faults                adds rules (see script.hpp), answers {"added": n}
#pragma once

#include <pawl/result.hpp>
#include <pawl/time.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "sim/options.hpp"

namespace pawl::sim {

struct sim_server_options {
  provider_options provider;
  std::string address = "127.0.0.1"; ///< numeric
  std::uint16_t port = 0;            ///< 0: any free one
};

/// Serves on a thread of its own until it is destroyed. A client that goes away before it has its
/// answer ends its generation as `disconnected`. Delivered is what the operating system has taken
/// for a client that had not gone.
class sim_server {
public:
  /// Errors: invalid_argument (options that make no sense), io (names address and port).
  /// `time` must outlive the server.
  static result<std::unique_ptr<sim_server>> start(sim_server_options options, const clock& time);

  /// Ends every connection.
  ~sim_server();
  sim_server(const sim_server&) = delete;
  sim_server& operator=(const sim_server&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// "http://127.0.0.1:PORT/v1".
  [[nodiscard]] std::string base_url() const;

private:
  class core;
  explicit sim_server(std::unique_ptr<core> c);
  std::unique_ptr<core> core_;
};

} // namespace pawl::sim
