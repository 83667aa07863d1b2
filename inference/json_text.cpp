#include "inference/json_text.hpp"

#include <pawl/limits.hpp>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace pawl::inference {
namespace {

// Counts brackets outside of strings: a value that is nested too deeply is never built.
bool text_depth_is_bounded(std::string_view text) noexcept {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limits::json_depth_max)
        return false;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return true;
}

} // namespace

std::optional<json> parse_json(std::string_view text) {
  if (!text_depth_is_bounded(text))
    return std::nullopt;
  json value = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded())
    return std::nullopt;
  return value;
}

bool depth_is_bounded(const json& value) {
  std::vector<std::pair<const json*, int>> open{std::pair(&value, 0)};
  while (!open.empty()) {
    const auto [node, depth] = open.back();
    open.pop_back();
    if (!node->is_structured())
      continue;
    if (depth == limits::json_depth_max)
      return false;
    for (const json& child : *node)
      open.emplace_back(&child, depth + 1);
  }
  return true;
}

std::string_view kind_of(const json& value) noexcept {
  switch (value.type()) {
  case json::value_t::null: return "null";
  case json::value_t::boolean: return "a boolean";
  case json::value_t::string: return "a string";
  case json::value_t::array: return "an array";
  case json::value_t::object: return "an object";
  case json::value_t::number_integer:
  case json::value_t::number_unsigned:
  case json::value_t::number_float: return "a number";
  default: return "no JSON value";
  }
}

std::optional<std::int64_t> to_integer(const json& value) noexcept {
  if (value.is_number_unsigned()) {
    const auto n = value.get<std::uint64_t>();
    if (n > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return std::nullopt;
    return static_cast<std::int64_t>(n);
  }
  if (value.is_number_integer())
    return value.get<std::int64_t>();
  if (value.is_number_float()) {
    // Up to 2^53 every integer has a double of its own.
    constexpr double exact_max = 9007199254740992.0;
    const double n = value.get<double>();
    if (std::isfinite(n) && std::trunc(n) == n && std::fabs(n) <= exact_max)
      return static_cast<std::int64_t>(n);
  }
  return std::nullopt;
}

const json& member(const json& object, const char* name) {
  static const json absent;
  if (!object.is_object())
    return absent;
  const auto found = object.find(name);
  return found == object.end() ? absent : *found;
}

} // namespace pawl::inference
