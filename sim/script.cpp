#include "sim/script.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace pawl::sim {

namespace {

constexpr std::array<std::pair<std::string_view, fault_kind>, 10> kinds = {{
    {"refuse", fault_kind::refuse},
    {"rate-limit", fault_kind::rate_limit},
    {"server-error", fault_kind::server_error},
    {"drop", fault_kind::drop},
    {"cut", fault_kind::cut},
    {"stall", fault_kind::stall},
    {"malformed", fault_kind::malformed},
    {"error-event", fault_kind::error_event},
    {"prefix-refused", fault_kind::prefix_refused},
    {"prefix-ignored", fault_kind::prefix_ignored},
}};

error mistake(std::string message) {
  return error(errc::invalid_argument, "fault rule " + std::move(message), {},
               "write KIND[:ARGUMENT][@MODEL][#REQUESTS], for example drop:5@sim/small#2");
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

bool matches(std::string_view pattern, std::string_view name) {
  // The place to go back to is behind the last '*'; what it stands for grows by one each time.
  std::size_t p = 0, n = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*')
    ++p;
  return p == pattern.size();
}

std::optional<error> set_kind(fault_rule& rule, std::string_view name) {
  std::string allowed;
  for (const auto& [text, kind] : kinds) {
    if (text == name) {
      rule.kind = kind;
      rule.status = kind == fault_kind::refuse ? 400 : kind == fault_kind::server_error ? 500 : 0;
      return std::nullopt;
    }
    allowed += (allowed.empty() ? "" : ", ") + std::string(text);
  }
  return mistake("has the unknown kind \"" + std::string(name) + "\"; known are " + allowed);
}

std::optional<error> set_status(fault_rule& rule, int status) {
  const int class_wanted = rule.kind == fault_kind::refuse ? 4 : 5;
  if (status / 100 != class_wanted)
    return mistake("needs a status from " + std::to_string(class_wanted * 100) + " to " +
                   std::to_string(class_wanted * 100 + 99) + " for " +
                   std::string(to_string(rule.kind)));
  rule.status = status;
  return std::nullopt;
}

std::optional<error> set_position(fault_rule& rule, std::string_view text) {
  using place = fault_position::place;
  const bool within_events =
      rule.kind == fault_kind::malformed || rule.kind == fault_kind::error_event;
  if (!within_events && (text == "head" || text == "end")) {
    rule.position.where = text == "head" ? place::head : place::end;
    return std::nullopt;
  }
  const auto events = parse_number<std::uint32_t>(text);
  if (!events)
    return mistake("has the position \"" + std::string(text) + "\"; expected a number of events" +
                   (within_events ? "" : ", \"head\" or \"end\""));
  rule.position = {place::event, *events};
  return std::nullopt;
}

std::optional<error> set_argument(fault_rule& rule, std::string_view text) {
  switch (rule.kind) {
  case fault_kind::refuse:
  case fault_kind::server_error: return set_status(rule, parse_number<int>(text).value_or(0));
  case fault_kind::rate_limit: {
    const auto seconds = parse_number<int>(text);
    if (!seconds || *seconds < 0)
      return mistake("needs whole seconds for rate-limit, not \"" + std::string(text) + "\"");
    rule.retry_after_seconds = *seconds;
    return std::nullopt;
  }
  case fault_kind::prefix_refused:
  case fault_kind::prefix_ignored:
    return mistake("of kind " + std::string(to_string(rule.kind)) + " takes no argument");
  default: return set_position(rule, text);
  }
}

std::optional<error> set_requests(fault_rule& rule, std::string_view text) {
  if (text == "every" || text == "*")
    return std::nullopt;
  const auto dash = text.find('-');
  const bool open = !text.empty() && text.back() == '+';
  const auto first = parse_number<std::uint64_t>(text.substr(0, open ? text.size() - 1 : dash));
  const auto last =
      dash == std::string_view::npos ? first : parse_number<std::uint64_t>(text.substr(dash + 1));
  if (!first || !last || *first == 0 || *last < *first)
    return mistake("has the requests \"" + std::string(text) +
                   "\"; expected a number from 1, \"2-4\" or \"3+\"");
  rule.request_first = *first;
  if (!open)
    rule.request_last = *last;
  return std::nullopt;
}

std::optional<error> set_model(fault_rule& rule, std::string_view text) {
  if (text.empty())
    return mistake("names no model after '@'; leave '@' out for every model");
  rule.model = normalised_model(text);
  return std::nullopt;
}

std::optional<error> set_member(fault_rule& rule, const std::string& key, const json& value) {
  const bool number = value.is_number_integer() && value >= 0 && value <= 1'000'000'000;
  if (key == "after" && (number || value.is_string()))
    return set_position(rule, number ? std::to_string(value.get<std::int64_t>())
                                     : value.get<std::string>());
  if (key == "status" && number &&
      (rule.kind == fault_kind::refuse || rule.kind == fault_kind::server_error))
    return set_status(rule, value.get<int>());
  if (key == "retryAfterSeconds" && number && rule.kind == fault_kind::rate_limit) {
    rule.retry_after_seconds = value.get<int>();
    return std::nullopt;
  }
  if (key == "model" && value.is_string())
    return set_model(rule, value.get_ref<const std::string&>());
  if (key == "request" && (number || value.is_string()))
    return set_requests(rule, number ? std::to_string(value.get<std::int64_t>())
                                     : value.get<std::string>());
  return mistake(
      "of kind " + std::string(to_string(rule.kind)) + " cannot use the member \"" + key +
      "\" or its value; known are kind, after, status, retryAfterSeconds, model, request");
}

result<fault_rule> parse_rule(const json& value) {
  if (value.is_string())
    return parse_fault_rule(value.get_ref<const std::string&>());
  if (!value.is_object() || !value.contains("kind") || !value["kind"].is_string())
    return mistake("must be a text or an object with a \"kind\"");
  fault_rule rule;
  if (auto bad = set_kind(rule, value["kind"].get_ref<const std::string&>()))
    return *bad;
  for (const auto& [key, member] : value.items()) {
    if (key == "kind")
      continue;
    if (auto bad = set_member(rule, key, member))
      return *bad;
  }
  return rule;
}

} // namespace

std::string_view to_string(fault_kind k) noexcept {
  for (const auto& [text, kind] : kinds)
    if (kind == k)
      return text;
  return "unknown";
}

bool fault_rule::applies_to(std::string_view model_name, std::uint64_t request) const {
  return request >= request_first && request <= request_last && matches(model, model_name);
}

std::string_view normalised_model(std::string_view name) noexcept {
  constexpr std::string_view own = "sim/";
  return name.starts_with(own) ? name.substr(own.size()) : name;
}

result<fault_rule> parse_fault_rule(std::string_view spec) {
  fault_rule rule;
  std::string_view rest = spec;
  // From the right, since a model's name may contain ':'.
  if (const auto hash = rest.rfind('#'); hash != std::string_view::npos) {
    if (auto bad = set_requests(rule, rest.substr(hash + 1)))
      return *bad;
    rest = rest.substr(0, hash);
  }
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    if (auto bad = set_model(rule, rest.substr(at + 1)))
      return *bad;
    rest = rest.substr(0, at);
  }
  const auto colon = rest.find(':');
  if (auto bad = set_kind(rule, rest.substr(0, colon)))
    return *bad;
  if (colon != std::string_view::npos)
    if (auto bad = set_argument(rule, rest.substr(colon + 1)))
      return *bad;
  return rule;
}

result<std::vector<fault_rule>> parse_fault_rules(const json& script) {
  std::vector<fault_rule> rules;
  const json& list = script.is_object() && script.contains("faults") ? script["faults"] : script;
  if (!list.is_array()) {
    auto rule = parse_rule(list);
    if (!rule)
      return rule.error();
    rules.push_back(*std::move(rule));
    return rules;
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto rule = parse_rule(list[i]);
    if (!rule) {
      error bad = rule.error();
      bad.where = "/" + std::to_string(i);
      return bad;
    }
    rules.push_back(*std::move(rule));
  }
  return rules;
}

} // namespace pawl::sim
