// What a stream amounts to: deltas in, one final message out. Shared by all protocols.
#pragma once

#include <pawl/outcome.hpp>
#include <pawl/usage.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace pawl::inference {

enum class delta_kind : std::uint8_t {
  text,
  reasoning,
  refusal,
  tool_call, ///< `index` (-1: not given; with an id a new call, else the last one's); id and name
             ///< once, `text` are argument fragments
  finish,      ///< `text` is the finish reason
  usage,       ///< `tokens`: whole request, overwrites
  response_id, ///< `text` is the provider's id of the answer
  end,         ///< the provider's end marker
  error,       ///< an error within the stream: `status`, `text`
  unknown,     ///< kept in the log, nothing is derived from it
};

struct delta {
  delta_kind kind = delta_kind::unknown;
  std::string text;
  int index = 0;
  std::string id;
  std::string name;
  usage tokens;
  int status = 0;
};

/// Accumulates the deltas of one coherent generation (a continuation's deltas follow those of what
/// it continues).
class answer {
public:
  void apply(const delta& d);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const std::string& finish_reason() const noexcept { return finish_reason_; }
  [[nodiscard]] const std::optional<usage>& tokens() const noexcept { return usage_; }
  [[nodiscard]] const std::string& response_id() const noexcept { return response_id_; }
  [[nodiscard]] const std::optional<fault>& failure() const noexcept { return failure_; }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// Whether this is one plain text so far: no tool call, refusal or reasoning. Only such an answer
  /// can be continued.
  [[nodiscard]] bool plain_text() const noexcept {
    return tool_calls_.empty() && refusal_.empty() && !reasoned_;
  }
  /// Deltas of the current attempt that carried output (text, reasoning, refusal, tool call), each
  /// at least one token: the attempt's lower bound.
  [[nodiscard]] std::int64_t output_deltas() const noexcept { return output_deltas_; }

  /// The face's output without model, provider, usage, cost and callId: text, message, toolCalls,
  /// finishReason (null when the provider gave none). A tool call whose arguments are no JSON gives
  /// a fault (communication 502); empty arguments are {}. An error within the stream (`failure`) is
  /// returned as it is.
  [[nodiscard]] outcome finish() const;

  /// A new attempt begins that goes on where this one stopped: the text stays; usage, end, failure,
  /// finish reason, response id and the count of output deltas are the new attempt's own.
  void begin_continuation();

private:
  struct tool_call {
    std::string id, name, arguments;
  };
  void apply_tool_call(const delta& d);

  std::string text_, refusal_, finish_reason_, response_id_;
  std::map<int, tool_call> tool_calls_; // by index: providers may interleave them
  std::optional<usage> usage_;
  std::optional<fault> failure_;
  std::int64_t output_deltas_ = 0;
  bool ended_ = false;
  bool reasoned_ = false;
};

} // namespace pawl::inference
