// When what is sent: the whole course of one answer, faults included, fixed when its request
// arrives. Pure.
#pragma once

#include <pawl/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/chat_request.hpp"
#include "sim/options.hpp"
#include "sim/reply.hpp"

namespace pawl::sim {

/// The model's clock: the token i is finished at first_token_at + i * token_interval.
struct pace {
  time_point first_token_at;
  duration token_interval = duration::zero();

  pace(const provider_options& options, time_point received_at);
  /// When `count` tokens are finished; for 0 tokens when the first would be.
  [[nodiscard]] time_point finished_at(std::size_t count) const;
  /// How many of `total` tokens are finished.
  [[nodiscard]] std::size_t finished_by(time_point now, std::size_t total) const;
};

enum class step_kind : std::uint8_t {
  head,
  role,
  tokens,  ///< an event with the tokens [first, last)
  garbled, ///< the same, cut within its JSON
  finish,
  usage,
  done,
  whole,         ///< the body of an answer that is not streamed
  half,          ///< its first half
  failure,       ///< an error event, or error body
  end,           ///< the body ends in order
  end_early,     ///< the same, though the end marker is missing
  end_of_failed, ///< the same after an error
  reset,
  stall, ///< nothing more comes
};

struct step {
  step_kind kind = step_kind::head;
  time_point due;
  std::size_t first = 0;
  std::size_t last = 0;
};

/// In the order of sending; `due` never falls.
std::vector<step> make_schedule(const provider_options& options, const chat_request& request,
                                const reply& what, const std::optional<fault_rule>& fault,
                                time_point received_at);

} // namespace pawl::sim
