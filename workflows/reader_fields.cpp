#include <pawl/duration.hpp>
#include <pawl/limits.hpp>
#include <pawl/names.hpp>

#include <algorithm>

#include "workflows/positions.hpp"
#include "workflows/reader.hpp"

namespace pawl::workflows {

namespace {

// What people write who know other languages of this kind, or older versions of this one.
constexpr std::pair<std::string_view, std::string_view> habits[] = {
    {"description", "summary"}, {"steps", "do"},  {"tasks", "do"},        {"condition", "when"},
    {"goto", "then"},           {"next", "then"}, {"details", "detail"},  {"items", "in"},
    {"item", "each"},           {"id", "name"},   {"parameters", "with"}, {"arguments", "with"},
    {"default", "then"},
};

std::string meant_by_habit(std::string_view name, const std::vector<std::string>& candidates) {
  for (const auto& [habit, meant] : habits)
    if (habit == name && std::find(candidates.begin(), candidates.end(), meant) != candidates.end())
      return std::string(meant);
  return {};
}

/// A check can cost 15 ms: hostile documents are not worth more than half a minute.
constexpr std::size_t expressions_max = 2000;
/// Beyond these many, problems get no hints that cost time, and then are only counted.
constexpr std::size_t problems_guessed_max = 200;
constexpr std::size_t problems_kept_max = 2000;

constexpr const char* interpolation_hint = "an expression is the whole string; inside it jq builds "
                                           "texts: \"${ \\\"Hello \\\\(.name)\\\" }\"";

bool may_read_task(std::string_view expression) {
  return expression.find("task") != std::string_view::npos;
}

bool is_variable_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || !letter(text[0]))
    return false;
  for (const char c : text)
    if (!letter(c) && !(c >= '0' && c <= '9'))
      return false;
  return true;
}

} // namespace

node node::at(std::string_view key) const {
  return {&value->at(std::string(key)), pointer + "/" + pointer_token(key)};
}

node node::at(std::size_t index) const {
  return {&value->at(index), pointer + "/" + std::to_string(index)};
}

std::string_view type_phrase(const json& value) noexcept {
  switch (value.type()) {
  case json::value_t::null: return "null";
  case json::value_t::object: return "an object";
  case json::value_t::array: return "an array";
  case json::value_t::string: return "a string";
  case json::value_t::boolean: return "a boolean";
  default: return "a number";
  }
}

bool reader::has_many_problems() const noexcept {
  return problems_.size() >= problems_guessed_max;
}

std::string reader::guess(std::string_view name, const std::vector<std::string>& candidates) const {
  if (has_many_problems())
    return {};
  auto near = nearest_name(name, candidates);
  if (near.empty())
    near = meant_by_habit(name, candidates);
  return near.empty() ? std::string() : "did you mean '" + near + "'?";
}

void reader::add(std::string pointer, std::string message, std::string hint) {
  if (problems_.size() >= problems_kept_max) {
    ++dropped_;
    return;
  }
  if (seen_.emplace(pointer, message).second)
    problems_.push_back({std::move(pointer), std::move(message), std::move(hint)});
}

void reader::add_unsupported(std::string pointer, std::string_view what, std::string hint) {
  add(std::move(pointer), std::string(what) + " is not supported by this version of pawl",
      std::move(hint));
}

void reader::check_keys(const node& at, std::vector<std::string> allowed,
                        const std::vector<std::string>& later) {
  for (const auto& [key, unused] : at.value->items()) {
    (void)unused;
    const auto is = [&key = key](const std::string& name) { return name == key; };
    if (std::any_of(allowed.begin(), allowed.end(), is))
      continue;
    const auto pointer = at.pointer + "/" + pointer_token(key);
    if (std::any_of(later.begin(), later.end(), is)) {
      add_unsupported(pointer, "'" + key + "'");
      continue;
    }
    add(pointer, "unknown key '" + key + "', expected one of: " + join_names(allowed),
        guess(key, allowed));
  }
}

bool reader::expect_object(const node& at) {
  if (!at.value->is_object())
    add(at.pointer, "expected an object, found " + std::string(type_phrase(*at.value)));
  return at.value->is_object();
}

bool reader::expect_string(const node& at) {
  if (!at.value->is_string())
    add(at.pointer, "expected a string, found " + std::string(type_phrase(*at.value)));
  return at.value->is_string();
}

bool reader::expect_array(const node& at) {
  if (!at.value->is_array())
    add(at.pointer, "expected an array, found " + std::string(type_phrase(*at.value)));
  return at.value->is_array();
}

bool reader::require(const node& parent, const char* key, std::string_view expected) {
  if (parent.has(key))
    return true;
  add(parent.pointer, "'" + std::string(key) + "' is missing, expected " + std::string(expected));
  return false;
}

std::optional<expression_text> reader::read_expression(const node& at) {
  if (!expect_string(at))
    return std::nullopt;
  const auto& text = at.value->get_ref<const std::string&>();
  if (has_embedded(text)) {
    add(at.pointer, "'${' inside a longer string is no expression of the DSL", interpolation_hint);
    return std::nullopt;
  }
  expression_text read;
  read.text = unwrap(text).value_or(text);
  if (read.text.find_first_not_of(" \t\r\n") == std::string::npos) {
    add(at.pointer, "the expression is empty", "write '.' for the value itself");
    return std::nullopt;
  }
  if (expressions_.insert(read.text).second && expressions_.size() > expressions_max) {
    add("",
        "the document has more than " + std::to_string(expressions_max) + " different expressions");
    return std::nullopt;
  }
  if (auto ok = compiler_.check(read.text, variables_); !ok) {
    add(at.pointer, ok.error().message, ok.error().hint);
    return std::nullopt;
  }
  read.reads_task = may_read_task(read.text);
  return read;
}

std::optional<expression_text> reader::read_optional_expression(const node& parent,
                                                                const char* key) {
  return parent.has(key) ? read_expression(parent.at(key)) : std::nullopt;
}

template_value reader::read_template(const node& at) {
  template_value read;
  read.value = *at.value;
  check_template(at, read);
  return read;
}

void reader::check_template(const node& at, template_value& into) {
  if (at.value->is_object()) {
    for (const auto& [key, unused] : at.value->items()) {
      (void)unused;
      check_template(at.at(std::string_view(key)), into);
    }
  } else if (at.value->is_array()) {
    for (std::size_t i = 0; i < at.value->size(); ++i)
      check_template(at.at(i), into);
  } else if (at.value->is_string()) {
    const auto& text = at.value->get_ref<const std::string&>();
    if (unwrap(text) || has_embedded(text))
      if (const auto read = read_expression(at))
        into.reads_task = into.reads_task || read->reads_task;
  }
}

std::optional<transform> reader::read_transform(const node& at) {
  if (at.value->is_object())
    return read_template(at);
  if (at.value->is_string()) {
    if (auto read = read_expression(at))
      return *std::move(read);
    return std::nullopt;
  }
  add(at.pointer,
      "expected an expression or an object, found " + std::string(type_phrase(*at.value)));
  return std::nullopt;
}

std::optional<transform> reader::read_data_flow(const node& parent, const char* key,
                                                const char* member) {
  if (!parent.has(key))
    return std::nullopt;
  const node at = parent.at(key);
  if (!expect_object(at))
    return std::nullopt;
  if (at.has("schema"))
    add_unsupported(at.pointer + "/schema", "'" + std::string(key) + ".schema'");
  check_keys(at, {member, "schema"});
  return at.has(member) ? read_transform(at.at(member)) : std::nullopt;
}

std::optional<duration_value> reader::read_duration(const node& at) {
  if (at.value->is_string()) {
    const auto& text = at.value->get_ref<const std::string&>();
    if (unwrap(text) || has_embedded(text)) {
      if (auto read = read_expression(at))
        return *std::move(read);
      return std::nullopt;
    }
  }
  auto parsed = parse_duration(*at.value);
  if (parsed)
    return *parsed;
  add(at.pointer, parsed.error().message, parsed.error().hint);
  return std::nullopt;
}

std::optional<duration_value> reader::read_timeout(const node& at) {
  if (at.value->is_string()) {
    const auto entry = resolve(at, "timeouts");
    return entry ? read_timeout(*entry) : std::nullopt;
  }
  if (!at.value->is_object()) {
    add(at.pointer, "expected {\"after\": duration} or a name of use.timeouts, found " +
                        std::string(type_phrase(*at.value)));
    return std::nullopt;
  }
  check_keys(at, {"after"});
  return require(at, "after", "a duration") ? read_duration(at.at("after")) : std::nullopt;
}

std::optional<std::variant<std::string, expression_text>>
reader::read_text_or_expression(const node& at) {
  if (!expect_string(at))
    return std::nullopt;
  const auto& text = at.value->get_ref<const std::string&>();
  if (!unwrap(text) && !has_embedded(text))
    return text;
  if (auto read = read_expression(at))
    return *std::move(read);
  return std::nullopt;
}

std::optional<std::string> reader::read_variable_name(const node& parent, const char* key) {
  if (!parent.has(key))
    return std::nullopt;
  const node at = parent.at(key);
  if (!expect_string(at))
    return std::nullopt;
  const auto& name = at.value->get_ref<const std::string&>();
  if (is_variable_name(name) && name.size() <= limits::task_name_bytes_max)
    return name;
  add(at.pointer, "'" + name + "' is no name of a variable",
      "letters, digits and '_', the first no digit, without '$'");
  return std::nullopt;
}

std::optional<node> reader::resolve(const node& reference, const char* section) {
  const auto& name = reference.value->get_ref<const std::string&>();
  std::vector<std::string> names;
  if (use_ && use_->is_object() && use_->contains(section) && use_->at(section).is_object()) {
    const json& entries = use_->at(section);
    if (!entries.contains(name) && !has_many_problems())
      for (const auto& [key, unused] : entries.items()) {
        (void)unused;
        names.push_back(key);
      }
    if (entries.contains(name)) {
      const node entry =
          node{use_, "/use"}.at(std::string_view(section)).at(std::string_view(name));
      referred_.insert(entry.pointer);
      if (!expect_object(entry))
        return std::nullopt;
      return entry;
    }
  }
  auto hint = guess(name, names);
  if (hint.empty() && !has_many_problems())
    hint = names.empty() ? "the document has no use." + std::string(section)
                         : "defined are: " + join_names(names);
  add(reference.pointer, "'" + name + "' is not defined in use." + section, std::move(hint));
  return std::nullopt;
}

} // namespace pawl::workflows
