// What the parts of one gateway share: the world they act on, and the gate through which everything
// leaves.
//
// Nothing is shown or dispatched once the store has failed or the gateway was stopped or killed:
// every way out asks here.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "actors/call_marks.hpp"
#include "actors/deployment_board.hpp"
#include "actors/gateway.hpp"
#include "actors/gateway_options.hpp"

namespace pawl::actors {

class gateway_core {
public:
  gateway_core(gateway_parts parts, std::shared_ptr<gateway_listener> listener);

  [[nodiscard]] const gateway_parts& parts() const noexcept { return parts_; }
  [[nodiscard]] const gateway_canaries& canaries() const noexcept {
    return parts_.options.canaries;
  }
  [[nodiscard]] time_point now() const { return parts_.time.now(); }
  [[nodiscard]] call_marks& marks() noexcept { return marks_; }
  [[nodiscard]] deployment_board& board() noexcept { return board_; }
  [[nodiscard]] std::size_t calls_open_max() const noexcept;

  /// Whether anything may still leave. Thread-safe.
  [[nodiscard]] bool open() const noexcept { return open_.load(std::memory_order_acquire); }
  /// Nothing leaves any more, from this moment on. Thread-safe, idempotent.
  void close() noexcept { open_.store(false, std::memory_order_release); }
  /// A batch failed (`what` was in it), or a read did: closes. When the store has failed,
  /// options.on_store_failure is told, once. Thread-safe.
  void store_failed(const std::string& what);
  void store_failed(const error& why);

  // Ways out to the listener; they tell nothing once the gateway is closed. Thread-safe.
  void tell_accepted(const call_id& id);
  void tell_answer(const call_id& id, const outcome& what);
  void tell_events(const call_id& id, std::vector<stream_event> events);
  void tell_done(const call_id& id, call_command what);
  void tell_link(link_state state);

  /// For people: what a call met with that the ledger does not say. No secrets.
  void note(const call_id& id, const std::string& text);
  void log_error(const std::string& text);

private:
  gateway_parts parts_;
  std::shared_ptr<gateway_listener> listener_;
  call_marks marks_;
  deployment_board board_;
  std::atomic<bool> open_{true};
  std::atomic<bool> failure_told_{false};
};

} // namespace pawl::actors
