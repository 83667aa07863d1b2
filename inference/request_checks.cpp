#include "inference/request_checks.hpp"

#include <pawl/names.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "inference/json_text.hpp"

namespace pawl::inference {
namespace {

// More are counted, not told: a generated list of messages can be wrong a thousand times.
constexpr std::size_t told_max = 12;
constexpr std::int64_t choices_max = 128;

std::string at(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

void check_parts(const json& parts, const std::string& key, mistakes& out) {
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (!member(parts[i], "type").is_string())
      out.add(at(key, i), "expected a content part: an object with a \"type\"");
}

void check_message(const json& message, const std::string& key, mistakes& out) {
  static const std::vector<std::string> roles{"developer", "system", "user",
                                              "assistant", "tool",   "function"};
  if (!message.is_object())
    return out.expected(key, "an object with role and content", message);
  const json& role = member(message, "role");
  if (!role.is_string())
    return out.expected(key + ".role", "a role such as \"user\"", role);
  const auto& name = role.get_ref<const std::string&>();
  if (std::find(roles.begin(), roles.end(), name) == roles.end())
    return out.add(key + ".role", quote(name) + " is no role, " + suggest_name(name, roles));
  const json& content = member(message, "content");
  if (content.is_array())
    check_parts(content, key + ".content", out);
  else if (content.is_null() && name != "assistant")
    out.add(key + ".content", "is missing: expected a string or an array of parts");
  else if (!content.is_string() && !content.is_null())
    out.expected(key + ".content", "a string or an array of parts", content);
  if (name == "tool" && !member(message, "tool_call_id").is_string())
    out.add(key + ".tool_call_id",
            "is missing: expected the id of the tool call that this answers");
}

} // namespace

void mistakes::add(std::string_view key, std::string_view what) {
  list_.push_back(std::string(key) + ": " + std::string(what));
}

void mistakes::expected(std::string_view key, std::string_view what, const json& found) {
  add(key, "expected " + std::string(what) + ", found " + std::string(kind_of(found)));
}

void mistakes::unknown(std::string_view parent, std::string_view key,
                       const std::vector<std::string>& allowed) {
  const std::string shown = quote(key);
  std::string place = shown.substr(1, shown.size() - 2);
  if (!parent.empty())
    place = std::string(parent) + "." + place;
  add(place, "unknown key, " + suggest_name(key, allowed));
}

fault mistakes::to_fault() const {
  std::string detail;
  for (std::size_t i = 0; i < std::min(list_.size(), told_max); ++i)
    detail += (i == 0 ? "" : "; ") + list_[i];
  if (list_.size() > told_max)
    detail += "; and " + std::to_string(list_.size() - told_max) + " more";
  const std::string title =
      list_.size() == 1 ? "the inference request has a mistake"
                        : "the inference request has " + std::to_string(list_.size()) + " mistakes";
  return fault(fault_type::validation, 400, title, detail);
}

void check_messages(const json& messages, mistakes& out) {
  if (!messages.is_array())
    return out.expected("messages", "a list of messages", messages);
  if (messages.empty())
    return out.add("messages", "expected at least one message, found none");
  for (std::size_t i = 0; i < messages.size(); ++i)
    check_message(messages[i], at("messages", i), out);
}

void check_tools(const json& tools, mistakes& out) {
  if (!tools.is_array())
    return out.expected("tools", "a list of tools", tools);
  for (std::size_t i = 0; i < tools.size(); ++i) {
    const json& type = member(tools[i], "type");
    if (!type.is_string())
      out.expected(at("tools", i) + ".type", "a type such as \"function\"", type);
    else if (type == "function" && !member(member(tools[i], "function"), "name").is_string())
      out.add(at("tools", i) + ".function.name", "is missing: expected the function's name");
  }
}

void check_tool_choice(const json& choice, mistakes& out) {
  static const std::vector<std::string> words{"none", "auto", "required"};
  if (choice.is_object())
    return;
  if (!choice.is_string())
    return out.expected("toolChoice", "\"none\", \"auto\", \"required\" or an object", choice);
  const auto& word = choice.get_ref<const std::string&>();
  if (std::find(words.begin(), words.end(), word) == words.end())
    out.add("toolChoice", quote(word) + " is unknown, " + suggest_name(word, words));
}

void check_options(const json& options, const json& with, mistakes& out) {
  if (!options.is_object())
    return out.expected("options", "an object of fields for the provider", options);
  // Field of the wire, and the key that sets it; no key: the engine decides it alone.
  constexpr std::array<std::pair<const char*, const char*>, 10> own{{
      {"model", "model"},
      {"messages", "messages"},
      {"stream", nullptr},
      {"stream_options", nullptr},
      {"temperature", "temperature"},
      {"max_tokens", "maxTokens"},
      {"stop", "stop"},
      {"seed", "seed"},
      {"tools", "tools"},
      {"tool_choice", "toolChoice"},
  }};
  for (const auto& [field, key] : own)
    if (options.contains(field))
      out.add("options." + std::string(field),
              key != nullptr ? "is set by the key \"" + std::string(key) + "\" beside options"
                             : "is set by the engine");
  for (const char* field : {"continue_final_message", "add_generation_prompt"})
    if (options.contains(field))
      out.add("options." + std::string(field), "is set by the engine, when it continues an answer");
  if (options.contains("response_format") && with.contains("responseSchema"))
    out.add("options.response_format", "is set by the key \"responseSchema\" beside options");
  if (const auto limit = options.find("max_completion_tokens"); limit != options.end()) {
    if (to_integer(*limit).value_or(0) < 1)
      out.expected("options.max_completion_tokens", "an integer of at least 1", *limit);
    else if (with.contains("maxTokens") && to_integer(with["maxTokens"]) != to_integer(*limit))
      out.add("options.max_completion_tokens", "differs from maxTokens: give one of them");
  }
  if (const auto n = options.find("n"); n != options.end()) {
    const auto count = to_integer(*n).value_or(0);
    if (count < 1 || count > choices_max)
      out.expected("options.n", "an integer from 1 to " + std::to_string(choices_max), *n);
  }
}

} // namespace pawl::inference
