// A Chat Completions request as the simulated provider understands it. Pure.
//
// The last user message may steer the answer with directives; the first of a kind counts:
//
//   [[say: TEXT]]          the answer is exactly TEXT
//   [[json: VALUE]]        the answer is exactly this JSON text
//   [[tokens: N]]          the answer has N words, 1 to 100000
//   [[call: NAME {ARGS}]]  the answer is a call of the tool NAME; ARGS may be left out: {}. Not
//                          repeated once the tool's result follows the user message, nor with
//                          tool_choice "none"
//
// Sources: OpenAI's OpenAPI description of POST /v1/chat/completions.
#pragma once

#include <pawl/outcome.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pawl::sim {

inline constexpr std::int64_t answer_tokens_max = 100'000;

/// An error answer: {"error": {"message", "type", "param", "code"}}.
struct api_error {
  int status = 400;
  std::string message;
  std::string type = "invalid_request_error";
  std::string code; ///< empty: null
};
json to_json_body(const api_error& e);

/// How the answer is given over.
enum class answer_delivery : std::uint8_t { whole, streamed };
enum class usage_report : std::uint8_t { none, last_event };

struct tool_call_request {
  std::string name;
  std::string arguments; ///< JSON text
};

struct chat_request {
  std::string model; ///< normalised
  answer_delivery delivery = answer_delivery::whole;
  usage_report usage = usage_report::none; ///< of a stream
  std::optional<std::int64_t> max_tokens;
  std::vector<std::string> stop;
  std::string prompt; ///< model and messages without the prefix: what decides the text
  std::optional<std::string> prefix;          ///< the assistant's text messages at the end, joined
  std::int64_t prompt_tokens = 0;             ///< prefix included
  std::int64_t prefix_prompt_tokens = 0;      ///< the prefix's share of them
  std::optional<std::string> exact_text;      ///< [[say]] or [[json]]
  std::optional<std::int64_t> word_count;     ///< [[tokens]]
  std::optional<tool_call_request> tool_call; ///< [[call]], or forced by tool_choice
  json answer_schema;                         ///< null: plain text
};

/// Bad requests of any kind give an error of the 4xx kind.
std::variant<chat_request, api_error> parse_chat_request(std::string_view body);

} // namespace pawl::sim
