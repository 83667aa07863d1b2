// A request for inference, in the face's shape (DESIGN §12), parsed and checked.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/outcome.hpp>

namespace pawl::inference {

enum class on_interrupt : std::uint8_t { restart, fault };

/// Never an aggregate in a co_await: it has a constructor.
struct request {
  std::vector<std::string> models;        ///< in order of preference, at least one
  json messages = json::array();          ///< Chat Completions shape; `prompt` and `system` are folded in
  json tools = json::array();             ///< Chat Completions shape
  json tool_choice;                       ///< null: not given
  json response_schema;                   ///< null: plain text
  std::optional<double> temperature;
  std::optional<std::int64_t> max_tokens;
  std::vector<std::string> stop;
  std::optional<std::int64_t> seed;
  json options = json::object();          ///< passed through to the provider
  on_interrupt interrupted = on_interrupt::restart;
  std::optional<std::chrono::milliseconds> first_event_timeout;
  std::optional<std::chrono::milliseconds> between_events_timeout;
  std::optional<std::chrono::milliseconds> total_timeout;
  json metadata = json::object();
  request() {}
};

/// Parses `with`. A fault of type validation (400) names every mistake by its key and the allowed values.
/// `timeout` members are ISO 8601 durations or the DSL's duration objects.
struct parsed_request {
  std::optional<request> value;
  std::optional<fault> problem; ///< set when value is not
};
parsed_request parse_request(const json& with);

/// The keys `call: inference` allows in `with`, for validation at load.
const std::vector<std::string>& request_keys();

} // namespace pawl::inference
