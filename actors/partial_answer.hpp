// What the events of a call amount to so far, over all attempts that count: the provider's deltas,
// joined at the seams.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/policy/ladder.hpp"
#include "inference/answer.hpp"
#include "inference/protocol.hpp"
#include "inference/stop_matcher.hpp"
#include "storage/call_log.hpp"

namespace pawl::actors {

/// Attempt k's events are numbered from k * 2^24: no number is used twice whatever a lost machine
/// forgets, for the attempt is durable before its first event. Numbers rise; they are not dense.
/// call_log_bytes_max keeps an attempt within its block.
constexpr std::uint64_t event_block_size = std::uint64_t(1) << 24;
constexpr std::uint64_t first_number_of(std::uint32_t attempt) {
  return attempt * event_block_size;
}
/// A later attempt's block begins with its seam, then a place for the `restarted` seam of a
/// continuation that turns out to be none (it has to come before the events that it lets stand).
constexpr std::uint64_t late_seam_number_of(std::uint32_t attempt) {
  return first_number_of(attempt) + 1;
}
constexpr std::uint64_t first_data_number_of(std::uint32_t attempt) {
  return attempt == 0 ? 0 : first_number_of(attempt) + 2;
}

/// What an event counts for in call_log_bytes_max: its data, and its key and record.
constexpr std::size_t event_weight(std::string_view data) {
  return data.size() + 32;
}

/// An answer that was not streamed is one event; this byte before it tells it from an SSE event's
/// data, in which it would be no JSON. The log alone knows it.
constexpr char whole_body_mark = '\x1e';
/// The deltas of one logged event.
std::vector<inference::delta> decode_logged(const inference::protocol& how, std::string_view data);

class partial_answer {
public:
  /// Deltas of the attempt that is under way, in order.
  void apply(const std::vector<inference::delta>& deltas);
  /// A new attempt goes on from here. `stops`: the request's stop strings, matched across the seam.
  void begin_continuation(const std::vector<std::string>& stops);

  [[nodiscard]] const inference::answer& answer() const noexcept { return answer_; }
  /// The length to which the text is cut, for a stop string lies across a seam.
  [[nodiscard]] const std::optional<std::size_t>& cut() const noexcept { return cut_; }
  /// Whether there is nothing more to come: the end marker, or a stop string across the seam.
  [[nodiscard]] bool complete() const noexcept { return answer_.ended() || cut_.has_value(); }
  /// Text of the attempt that is under way.
  [[nodiscard]] std::string_view fresh_text() const noexcept;
  /// This answer as one that has all the tokens that were allowed.
  [[nodiscard]] partial_answer ended_by_length() const;
  /// Tokens that the text has at the least: one for each delta with output.
  [[nodiscard]] std::int64_t tokens_min() const noexcept {
    return tokens_before_ + answer_.output_deltas();
  }
  /// Whether the attempt that is under way repeats the answer's head. `continues` where there is no
  /// seam.
  [[nodiscard]] policy::seam_verdict seam() const noexcept;
  /// Whether it could be handed back as a prefix: plain text that ends with a whole character.
  [[nodiscard]] policy::text_form form() const noexcept;

private:
  inference::answer answer_;
  std::int64_t tokens_before_ = 0; // tokens at the least, before the attempt that is under way
  std::size_t seam_at_ = 0; // bytes of text before the attempt that is under way
  std::optional<inference::stop_matcher> stops_;
  std::optional<std::size_t> cut_;
};

/// The log of a call, folded.
struct folded_log {
  partial_answer answer;          ///< over what counts
  std::size_t bytes = 0;          ///< what the events weigh, see event_weight
  std::uint32_t last_attempt = 0; ///< of the last event that counts
  std::int64_t last_events = 0;   ///< data events of `last_attempt`
  bool late_restart = false; ///< the last attempt was a continuation that turned out to be none
};

/// `protocols`: of each attempt. `stops`: the request's stop strings.
folded_log fold(const std::vector<storage::call_event>& events,
                const std::vector<const inference::protocol*>& protocols,
                const std::vector<std::string>& stops);

} // namespace pawl::actors
