#include "inference/schema_patterns.hpp"

#include <pawl/names.hpp>

#include <algorithm>
#include <regex>
#include <utility>
#include <vector>

#include "inference/json_text.hpp"

namespace pawl::inference {
namespace {

constexpr std::size_t pattern_bytes_max = 1024;
constexpr std::size_t group_depth_max = 8;
constexpr std::size_t states_max = 4096;
// Frames of up to 300 bytes (g++ 12, x86-64): 5 MiB of a thread's 8 MiB.
constexpr std::size_t frames_max = 16 * 1024;

struct pattern_size {
  std::size_t group_depth = 0;
  std::size_t states = 0; // an upper bound: every byte, times all repeat counts
};

pattern_size measure(const std::string& pattern) {
  pattern_size size;
  size.states = pattern.size();
  std::size_t depth = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '(') {
      size.group_depth = std::max(size.group_depth, ++depth);
    } else if (pattern[i] == ')') {
      depth -= depth > 0 ? 1 : 0;
    } else if (pattern[i] == '{') {
      std::size_t most = 1, number = 0;
      for (++i; i < pattern.size() && pattern[i] != '}'; ++i) {
        const bool digit = pattern[i] >= '0' && pattern[i] <= '9';
        number =
            digit ? std::min<std::size_t>(number * 10 + (pattern[i] - '0'), states_max + 1) : 0;
        most = std::max(most, number);
      }
      size.states = std::min<std::size_t>(size.states * most, states_max + 1);
    }
  }
  return size;
}

std::optional<std::string> check_pattern(const std::string& pattern) {
  if (pattern.size() > pattern_bytes_max)
    return "has a pattern of more than " + std::to_string(pattern_bytes_max) + " bytes";
  const pattern_size size = measure(pattern);
  if (size.group_depth > group_depth_max)
    return "has the pattern " + quote(pattern) + ", whose groups nest more than " +
           std::to_string(group_depth_max) + " deep";
  if (size.states > states_max)
    return "has the pattern " + quote(pattern) + ", whose repeat counts are too large";
  try {
    const std::regex compiled(pattern);
  } catch (const std::regex_error&) {
    return "has the pattern " + quote(pattern) + ", which is no ECMAScript regular expression";
  }
  return std::nullopt;
}

// All that may be a pattern. Some isn't (a property may be named "pattern"): too strict, never too
// lax.
std::vector<std::string> patterns_of(const json& schema) {
  std::vector<std::string> patterns;
  std::vector<const json*> open{&schema};
  while (!open.empty()) {
    const json* node = open.back();
    open.pop_back();
    if (const json& pattern = member(*node, "pattern"); pattern.is_string())
      patterns.push_back(pattern.get<std::string>());
    if (const json& by_pattern = member(*node, "patternProperties"); by_pattern.is_object())
      for (const auto& [pattern, unused] : by_pattern.items())
        patterns.push_back(pattern);
    if (node->is_structured())
      for (const json& child : *node)
        open.push_back(&child);
  }
  return patterns;
}

bool has_references(const json& schema) {
  std::vector<const json*> open{&schema};
  while (!open.empty()) {
    const json* node = open.back();
    open.pop_back();
    if (member(*node, "$ref").is_string())
      return true;
    if (node->is_structured())
      for (const json& child : *node)
        open.push_back(&child);
  }
  return false;
}

} // namespace

std::optional<std::string> check_patterns(const json& schema) {
  for (const auto& pattern : patterns_of(schema))
    if (auto problem = check_pattern(pattern))
      return problem;
  return std::nullopt;
}

pattern_scope::pattern_scope(const json& schema) {
  std::size_t depth = 1; // of the validator's own patterns for formats
  for (const auto& pattern : patterns_of(schema))
    depth = std::max(depth, measure(pattern).group_depth);
  matched_bytes_max_ = frames_max / (depth + 2);
  collect(schema, nullptr);
  // A reference may apply a part of the schema anywhere.
  if (has_references(schema) && !properties_.empty())
    everywhere_ = true;
}

// `property`: the name under which the values stand that this node applies to; null: not known.
void pattern_scope::collect(const json& node, const std::string* property) {
  if (node.is_array()) {
    for (const json& child : node)
      collect(child, property);
    return;
  }
  if (!node.is_object())
    return;
  if (node.contains("pattern") || node.contains("format")) {
    if (property == nullptr)
      everywhere_ = true;
    else
      properties_.insert(*property);
  }
  keys_are_matched_ =
      keys_are_matched_ || node.contains("patternProperties") || node.contains("propertyNames");
  static const std::set<std::string> same_place{
      "items", "additionalItems", "contains", "allOf", "anyOf", "oneOf", "not", "if", "then",
      "else"};
  for (const auto& [key, child] : node.items()) {
    if (key == "properties" && child.is_object())
      for (const auto& [name, schema] : child.items())
        collect(schema, &name);
    else
      collect(child, same_place.count(key) > 0 ? property : nullptr);
  }
}

bool pattern_scope::allows(const json& value) const {
  // Each value with the name of the property that it, or the list around it, is the value of.
  std::vector<std::pair<const json*, const std::string*>> open{{&value, nullptr}};
  while (!open.empty()) {
    const auto [node, property] = open.back();
    open.pop_back();
    if (node->is_string()) {
      const bool matched = everywhere_ || (property != nullptr && properties_.count(*property) > 0);
      if (matched && node->get_ref<const std::string&>().size() > matched_bytes_max_)
        return false;
    } else if (node->is_array()) {
      for (const json& child : *node)
        open.emplace_back(&child, property);
    } else if (node->is_object()) {
      for (auto it = node->begin(); it != node->end(); ++it) {
        if (keys_are_matched_ && it.key().size() > matched_bytes_max_)
          return false;
        open.emplace_back(&it.value(), &it.key());
      }
    }
  }
  return true;
}

} // namespace pawl::inference
