#include "sim/directives.hpp"

#include <pawl/outcome.hpp>

#include <charconv>

#include "sim/chat_request.hpp"

namespace pawl::sim {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n";
  const auto first = text.find_first_not_of(spaces);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

// The end of a directive whose argument may be JSON: the "]]" outside of strings and brackets.
std::size_t find_json_end(std::string_view text, std::size_t at) {
  int depth = 0;
  bool in_string = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\')
        ++at;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (depth == 0 && text.substr(at, 2) == "]]") {
      return at;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return std::string_view::npos;
}

void take_call(directives& found, std::string_view argument) {
  const auto name_end = argument.find_first_of(" \t\r\n{");
  const auto name = argument.substr(0, name_end);
  const auto arguments =
      name_end == std::string_view::npos ? "{}" : trimmed(argument.substr(name_end));
  if (name.empty() || !json::accept(arguments))
    found.problem = "directive [[call: ...]] needs a tool's name and a JSON object";
  else if (!found.tool_name) {
    found.tool_name = name;
    found.tool_arguments = arguments;
  }
}

void take(directives& found, std::string_view name, std::string_view argument) {
  if (name == "call") {
    take_call(found, argument);
  } else if (name == "tokens") {
    std::int64_t count = 0;
    const auto [end, failed] =
        std::from_chars(argument.data(), argument.data() + argument.size(), count);
    if (failed != std::errc() || end != argument.data() + argument.size() || count < 1 ||
        count > answer_tokens_max)
      found.problem =
          "directive [[tokens: N]] needs a number from 1 to " + std::to_string(answer_tokens_max);
    else if (!found.word_count)
      found.word_count = count;
  } else if (name == "json" && !json::accept(argument)) {
    found.problem = "directive [[json: ...]] needs a JSON value";
  } else if (!found.text) {
    found.text = argument;
  }
}

} // namespace

directives find_directives(std::string_view prompt) {
  directives found;
  std::size_t at = 0;
  while (found.problem.empty() && (at = prompt.find("[[", at)) != std::string_view::npos) {
    at += 2;
    const auto colon = prompt.find(':', at);
    if (colon == std::string_view::npos)
      break;
    const auto name = prompt.substr(at, colon - at);
    const bool with_json = name == "json" || name == "call";
    if (!with_json && name != "say" && name != "tokens")
      continue;
    const auto end = with_json ? find_json_end(prompt, colon + 1) : prompt.find("]]", colon + 1);
    if (end == std::string_view::npos) {
      found.problem = "directive [[" + std::string(name) + ": ...]] has no end";
      break;
    }
    take(found, name, trimmed(prompt.substr(colon + 1, end - colon - 1)));
    at = end + 2;
  }
  return found;
}

} // namespace pawl::sim
