// A request for inference, in the face's shape (DESIGN §12), parsed and checked.
#pragma once

#include <pawl/outcome.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pawl::inference {

enum class on_interrupt : std::uint8_t { restart, fault };

/// Never an aggregate in a co_await: it has a constructor.
struct request {
  std::vector<std::string> models; ///< in order of preference, at least one
  json messages = json::array();   ///< Chat Completions shape; `prompt` and `system` are folded in
  json tools = json::array();      ///< Chat Completions shape
  json tool_choice;                ///< null: not given
  json response_schema;            ///< null: plain text
  std::optional<double> temperature;
  std::optional<std::int64_t> max_tokens; ///< from `maxTokens` or `options.max_completion_tokens`
  std::vector<std::string> stop;
  std::optional<std::int64_t> seed;
  json options = json::object(); ///< passed through to the provider
  on_interrupt interrupted = on_interrupt::restart;
  std::optional<std::chrono::milliseconds> first_event_timeout;
  std::optional<std::chrono::milliseconds> between_events_timeout;
  std::optional<std::chrono::milliseconds> total_timeout;
  json metadata = json::object();
  request() {}
};

/// Parses `with`. A fault of type validation (400) names every mistake by its key and the allowed
/// values. `timeout` members are durations (see parse_duration) above zero and of at most ten
/// years, rounded up to milliseconds. `stream` may be given and changes nothing: answers are always
/// streamed from the provider.
///
/// `options` may add any field to the provider's request, but none that the engine sets itself:
/// such a field is a mistake that names the key to use. One exception: `max_completion_tokens` asks
/// for the limit under that name (max_tokens is the default); its number counts as `maxTokens`.
struct parsed_request {
  std::optional<request> value;
  std::optional<fault> problem; ///< set when value is not
};
parsed_request parse_request(const json& with);

/// The keys `call: inference` allows in `with`, for validation at load.
const std::vector<std::string>& request_keys();

/// Answers that are generated, and paid, side by side: `options.n`, or 1.
[[nodiscard]] std::int64_t choices_of(const request& what);

/// Whether a broken answer to this request may be continued from its text: one choice, no schema,
/// no logprobs, no hidden reasoning asked for. The answer itself has to be plain text too
/// (answer::plain_text).
[[nodiscard]] bool allows_continuation(const request& what);

} // namespace pawl::inference
