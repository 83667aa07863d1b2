// The short way of a stream's events: from the wire into the call log, without an actor in between
// (DESIGN §6.3).
//
// A pump takes one attempt's answer from the transport, splits it into events, numbers them and
// appends each read's events in one batch. The log's verdict raises the call's mark; nothing is
// shown before. The owner hears of the attempt's life only: that it begun, and, after everything
// that came is in the log, that it is over and how.
#pragma once

#include <pawl/outcome.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/gateway_core.hpp"
#include "actors/gateway_messages.hpp"
#include "actors/partial_answer.hpp"
#include "inference/protocol.hpp"
#include "inference/sse_decoder.hpp"
#include "net/transport.hpp"

namespace pawl::actors {

/// How an attempt ended.
enum class attempt_fate : std::uint8_t {
  complete,      ///< the end marker came (or a stop string across the seam)
  not_connected, ///< nothing was sent
  refused,       ///< an answer that is none: `status` is not 2xx
  broken,        ///< after sending: EOF, reset, stall, malformed or error event, no end marker
  repeated_head, ///< the continuation is none, and it may not become a restart
  overflow,      ///< more than the log takes
  stopped,       ///< by the owner
};

struct attempt_end {
  attempt_fate fate = attempt_fate::broken;
  std::uint32_t attempt = 0;
  int status = 0; ///< refused
  fault cause;    ///< all but complete and stopped: what went wrong
  std::optional<std::chrono::milliseconds> retry_after; ///< refused
  partial_answer answer;                                ///< with what this attempt brought
  std::int64_t events = 0;                              ///< logged in this attempt
  std::size_t bytes = 0;                                ///< what they weigh
  std::string request_id;                               ///< as the provider named it in its headers
  bool became_restart = false; ///< a continuation that repeated the answer's head
};

/// What may be done with a continuation that is none.
enum class repeat_rule : std::uint8_t { becomes_restart, ends };

struct pump_task {
  call_id call;
  std::uint32_t attempt = 0;
  const inference::protocol* how = nullptr;
  partial_answer base; ///< what this attempt goes on from
  repeat_rule on_repeat = repeat_rule::becomes_restart;
  std::size_t bytes_max = 0; ///< what the attempt's events may weigh
  call_actor owner;
  subscriptions_actor watchers;
};

/// Called by the transport's thread and by the log's; stop() by any.
class stream_pump final : public net::exchange_sink,
                          public std::enable_shared_from_this<stream_pump> {
public:
  stream_pump(std::shared_ptr<gateway_core> core, pump_task task);

  void on_head(int status, const net::header_list& headers) override;
  void on_body(std::string_view bytes) override;
  void on_end() override;
  void on_failure(const net::transport_failure& why) override;

  /// Takes nothing more. The owner hears attempt_over (stopped, unless it was over already) once
  /// the log has answered.
  void stop();
  /// When the last event came, or the pump was made. Thread-safe.
  [[nodiscard]] time_point last_event_at() const noexcept;

private:
  using event_list = std::vector<storage::call_event>;
  enum class body_kind : std::uint8_t { none, stream, whole, error_text };
  struct log_write {
    event_list events;
    std::optional<std::uint64_t>
        raise_to; // nullopt: it is not decided yet whether this is a continuation
  };

  /// Runs one step under the lock, then hands to the log what came of it.
  template <class Step>
  void work(Step step);

  // All of these expect that mutex_ is held.
  void take_stream(std::string_view bytes, event_list& events);
  void take_event(std::string data, event_list& events);
  void decide_seam(event_list& events);
  std::optional<log_write> to_log(event_list events);
  void end(attempt_fate fate, fault cause = {});
  void settle();
  void raise(std::uint64_t mark);
  void show_unlogged(const event_list& events);

  // These expect that it is free.
  void submit(log_write what);
  void answered(storage::verdict what, std::optional<std::uint64_t> raise_to);

  const std::shared_ptr<gateway_core> core_;
  const pump_task task_;
  std::atomic<std::int64_t> last_event_ns_;

  std::mutex mutex_; // guards all below
  attempt_end end_;
  inference::sse_decoder decoder_;
  body_kind body_ = body_kind::none;
  std::string text_; // whole, error_text
  std::uint64_t next_number_;
  bool seam_decided_ = false;
  bool begun_ = false;
  bool over_ = false;
  bool announced_ = false;
  std::size_t unanswered_ = 0; // batches without a verdict
  partial_answer alone_;       // this attempt's own, until the seam is decided
  event_list late_;            // canary log_late
};

} // namespace pawl::actors
