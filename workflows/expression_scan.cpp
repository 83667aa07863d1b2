#include "workflows/expression_scan.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace pawl::workflows {

namespace {

bool starts_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool continues_name(char c) noexcept {
  return starts_name(c) || (c >= '0' && c <= '9');
}

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t name_end(std::string_view text, std::size_t from) noexcept {
  while (from < text.size() && continues_name(text[from]))
    ++from;
  return from;
}

} // namespace

bracket_scan scan_brackets(std::string_view text) {
  using verdict = bracket_scan::verdict;
  constexpr char in_string = '"';
  constexpr char interpolation = 'i';
  std::string
      open; // what is still to be closed: its closing bracket, a string, or an interpolation
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!open.empty() && open.back() == in_string) {
      if (c == '"') {
        open.pop_back();
      } else if (c == '\\') {
        ++i;
        if (i < text.size() && text[i] == '(')
          open.push_back(interpolation);
      }
      continue;
    }
    switch (c) {
    case '"': open.push_back(in_string); break;
    case '(': open.push_back(')'); break;
    case '[': open.push_back(']'); break;
    case '{': open.push_back('}'); break;
    case '#':
      while (i + 1 < text.size() && text[i + 1] != '\n')
        ++i;
      break;
    case ')':
    case ']':
    case '}':
      if (open.empty())
        return {verdict::unopened, i};
      if (open.back() != c && !(c == ')' && open.back() == interpolation))
        return {verdict::malformed, i};
      open.pop_back();
      break;
    default: break;
    }
  }
  return {open.empty() ? verdict::balanced : verdict::malformed, text.size()};
}

variable_scan scan_variables(std::string_view text) {
  variable_scan found;
  for (auto at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    if (at + 1 == text.size())
      break;
    const char next = text[at + 1];
    if (is_blank(next) || next == '#') {
      found.ambiguous = true;
    } else if (starts_name(next)) {
      const auto name = text.substr(at + 1, name_end(text, at + 1) - at - 1);
      if (std::find(found.names.begin(), found.names.end(), name) == found.names.end())
        found.names.push_back(name);
    }
  }
  return found;
}

bool is_identifier(std::string_view text) noexcept {
  return !text.empty() && starts_name(text.front()) && name_end(text, 0) == text.size();
}

bool is_keyword(std::string_view word) noexcept {
  // The keyword tokens of jq 1.6's lexer.
  constexpr std::array<std::string_view, 19> words{
      "module", "import", "include", "def", "if",  "then",  "else",  "elif",    "reduce", "foreach",
      "end",    "and",    "or",      "as",  "try", "catch", "label", "__loc__", "break"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view trim_blanks(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

std::string shorten(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return std::string(text);
  auto end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end; // a continuation byte of UTF-8
  return std::string(text.substr(0, end)) + "...";
}

} // namespace pawl::workflows
