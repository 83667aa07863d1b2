#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <utility>

#include "inference/json_text.hpp"
#include "inference/protocols/openai_chat.hpp"

namespace pawl::inference {
namespace {

std::string quoted_instruction(const std::string& text) {
  return "Your answer was cut off. This is all that has arrived of it, between the two marker "
         "lines:\n"
         "<<<<<<<<\n" +
         text +
         "\n>>>>>>>>\n"
         "Write what follows, starting exactly where it was cut off, be it in the middle of a "
         "word. "
         "Repeat nothing of it, and add no remark.";
}

// The message that the model is to go on with: a new one, or the author's own beginning of the
// answer, extended.
json& assistant_tail(json& messages, const std::string& text) {
  if (!messages.empty()) {
    json& last = messages.back();
    if (member(last, "role") == "assistant" && member(last, "content").is_string() &&
        member(last, "tool_calls").is_null()) {
      last["content"] = last["content"].get<std::string>() + text;
      return last;
    }
  }
  messages.push_back({{"role", "assistant"}, {"content", text}});
  return messages.back();
}

// Where each server looks for the prefix: facts of their documentation, one field each.
void add_continuation(json& body, prefix_mode how, const continuation& from) {
  json& messages = body["messages"];
  switch (how) {
  case prefix_mode::assistant: assistant_tail(messages, from.text); break;
  case prefix_mode::prefix_true: // Mistral, DeepSeek
    assistant_tail(messages, from.text)["prefix"] = true;
    break;
  case prefix_mode::partial_true: // Moonshot, DashScope
    assistant_tail(messages, from.text)["partial"] = true;
    break;
  case prefix_mode::continue_final_message: // vLLM, SGLang
    assistant_tail(messages, from.text);
    body["continue_final_message"] = true;
    body["add_generation_prompt"] = false;
    break;
  case prefix_mode::quoted:
    messages.push_back({{"role", "user"}, {"content", quoted_instruction(from.text)}});
    break;
  case prefix_mode::none: assert(false && "a deployment without a prefix mode cannot continue");
  }
}

void add_limit(json& body, const request& what, const std::optional<continuation>& from) {
  if (!what.max_tokens)
    return;
  const char* field =
      what.options.contains("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
  // What exists counts at its least: an estimate above the truth would end the answer earlier than
  // an undisturbed one.
  const std::int64_t existing = from ? from->tokens_min : 0;
  body[field] = std::max<std::int64_t>(1, *what.max_tokens - existing);
}

std::int64_t count_of(std::string_view text, std::string_view needle) {
  std::int64_t n = 0;
  for (auto at = text.find(needle); at != std::string_view::npos;
       at = text.find(needle, at + needle.size()))
    ++n;
  return n;
}

} // namespace

wire_request openai_chat::encode(const request& what, const deployment& where,
                                 const std::optional<continuation>& from) const {
  json body = {{"model", where.model}, {"messages", what.messages}, {"stream", where.stream}};
  if (where.stream)
    body["stream_options"] = {{"include_usage", true}};
  add_limit(body, what, from);
  if (what.temperature)
    body["temperature"] = *what.temperature;
  if (!what.stop.empty())
    body["stop"] = what.stop;
  if (what.seed)
    body["seed"] = *what.seed;
  if (!what.tools.empty())
    body["tools"] = what.tools;
  if (!what.tool_choice.is_null())
    body["tool_choice"] = what.tool_choice;
  if (!what.response_schema.is_null())
    body["response_format"] = {
        {"type", "json_schema"},
        {"json_schema", {{"name", "response"}, {"schema", what.response_schema}}}};
  if (from)
    add_continuation(body, where.prefix, *from);
  for (const auto& [field, value] : what.options.items())
    if (!body.contains(field))
      body[field] = value;

  wire_request wire;
  wire.path = "/chat/completions";
  wire.headers = {{"Content-Type", "application/json"},
                  {"Accept", where.stream ? "text/event-stream" : "application/json"}};
  wire.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return wire;
}

std::int64_t openai_chat::input_tokens_max(const wire_request& wire) const {
  struct margin {
    std::string_view needle; // a key: within a string its quotes would be escaped
    std::int64_t tokens;
  };
  constexpr std::array<margin, 4> margins{{
      {"\"role\":", 16},
      {"\"image_url\":", 16'384},
      {"\"input_audio\":", 16'384},
      {"\"file\":", 1'000'000},
  }};
  auto tokens = static_cast<std::int64_t>(wire.body.size()) + 512;
  for (const auto& m : margins)
    tokens += count_of(wire.body, m.needle) * m.tokens;
  return tokens;
}

} // namespace pawl::inference
