// The "${ }" around expressions, and templates that hold them.
#include "workflows/expression.hpp"
#include "workflows/expression_scan.hpp"

namespace pawl::workflows {

namespace {

constexpr std::string_view opening = "${";
constexpr int depth_max = 256;

/// Puts the evaluated form of `tmpl` in `out`; the fault that stopped it otherwise.
struct template_walk {
  expressions& e;
  const json& dot;
  const arguments& args;
  time_point now;
  std::optional<fault> failed;

  json walk(const json& tmpl, int depth) {
    if (failed)
      return nullptr;
    if (depth > depth_max) {
      failed = fault(fault_type::expression, 400, "The template cannot be evaluated",
                     "the template is nested deeper than " + std::to_string(depth_max) + " levels");
      return nullptr;
    }
    if (tmpl.is_string())
      return text(tmpl);
    if (tmpl.is_object()) {
      json out = json::object();
      for (const auto& [key, value] : tmpl.items())
        out[key] = walk(value, depth + 1);
      return out;
    }
    if (tmpl.is_array()) {
      json out = json::array();
      for (const auto& value : tmpl)
        out.push_back(walk(value, depth + 1));
      return out;
    }
    return tmpl;
  }

  json text(const json& tmpl) {
    const auto expression = unwrap(tmpl.get_ref<const std::string&>());
    if (!expression)
      return tmpl;
    outcome value = e.evaluate(*expression, dot, args, now);
    if (value.is_fault()) {
      failed = value.fault();
      return nullptr;
    }
    return std::move(value).value();
  }
};

} // namespace

std::optional<std::string_view> unwrap(std::string_view text) noexcept {
  text = trim_blanks(text);
  if (!text.starts_with(opening) || !text.ends_with('}') || text.size() <= opening.size())
    return std::nullopt;
  const auto rest = text.substr(opening.size());
  // "${ .a } and ${ .b }": the brace that closes the first opening is not the last character. Where
  // the brackets match nothing at all, the text counts as a whole, so that jq says what is wrong
  // with it.
  const auto scan = scan_brackets(rest);
  if (scan.what == bracket_scan::verdict::unopened && rest[scan.position] == '}' &&
      scan.position + 1 != rest.size())
    return std::nullopt;
  return trim_blanks(rest.substr(0, rest.size() - 1));
}

bool has_embedded(std::string_view text) noexcept {
  return text.find(opening) != std::string_view::npos && !unwrap(text);
}

outcome evaluate_template(expressions& e, const json& tmpl, const json& dot, const arguments& args,
                          time_point now) {
  template_walk walk{e, dot, args, now, std::nullopt};
  json value = walk.walk(tmpl, 0);
  if (walk.failed)
    return std::move(*walk.failed);
  return value;
}

} // namespace pawl::workflows
