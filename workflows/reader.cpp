#include "workflows/reader.hpp"

#include <algorithm>
#include <array>

namespace pawl::workflows {

namespace {

constexpr std::array<std::string_view, 4> dsl_versions = {"1.0.0", "1.0.1", "1.0.2", "1.0.3"};
constexpr std::size_t label_bytes_max = 63; // DSL schema: document.name, document.namespace

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= label_bytes_max && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '-';
         });
}

/// numbers: digits only, without leading zeros.
enum class identifiers : std::uint8_t { numbers, any };

/// How many identifiers the dot-separated text has; 0 when one of them is malformed.
std::size_t count_identifiers(std::string_view text, identifiers what) {
  std::size_t count = 0;
  for (;;) {
    const auto dot = text.find('.');
    const auto part = text.substr(0, dot);
    const bool digits =
        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    const bool plain = std::all_of(part.begin(), part.end(),
                                   [](char c) { return is_alphanumeric(c) || c == '-'; });
    if (part.empty() || !plain ||
        (what == identifiers::numbers && (!digits || (part.size() > 1 && part[0] == '0'))))
      return 0;
    ++count;
    if (dot == std::string_view::npos)
      return count;
    text.remove_prefix(dot + 1);
  }
}

/// Semantic Versioning 2.0.0.
bool is_semantic_version(std::string_view text) {
  const auto plus = text.find('+');
  if (plus != std::string_view::npos &&
      count_identifiers(text.substr(plus + 1), identifiers::any) == 0)
    return false;
  text = text.substr(0, plus);
  const auto dash = text.find('-');
  if (dash != std::string_view::npos &&
      count_identifiers(text.substr(dash + 1), identifiers::any) == 0)
    return false;
  return count_identifiers(text.substr(0, dash), identifiers::numbers) == 3;
}

} // namespace

void reader::read(definition& into) {
  const node root{&into.raw, ""};
  if (!root.value->is_object()) {
    add("", "a workflow definition is an object, found " + std::string(type_phrase(*root.value)));
    return;
  }
  // Editors use $schema; it says nothing about the workflow.
  check_keys(root, {"document", "input", "use", "do", "timeout", "output", "$schema"},
             {"schedule", "evaluate"});
  if (root.has("use"))
    use_ = &into.raw.at("use");
  if (require(root, "document", "an object with dsl, namespace, name and version"))
    read_document(root.at("document"), into);
  into.input_from = read_data_flow(root, "input", "from");
  into.output_as = read_data_flow(root, "output", "as");
  if (root.has("timeout"))
    into.timeout = read_timeout(root.at("timeout"));
  if (require(root, "do", "the list of tasks"))
    into.root = read_list(root.at("do"));
  if (use_)
    read_use(root.at("use"));
}

void reader::read_document(const node& at, definition& into) {
  if (!expect_object(at))
    return;
  check_keys(at, {"dsl", "namespace", "name", "version", "title", "summary", "tags", "metadata"});
  if (require(at, "dsl", "the version of the DSL, \"1.0.3\"") && expect_string(at.at("dsl"))) {
    into.dsl = at.value->at("dsl").get<std::string>();
    if (std::find(dsl_versions.begin(), dsl_versions.end(), into.dsl) == dsl_versions.end())
      add(at.pointer + "/dsl", "DSL version '" + into.dsl + "' is not supported",
          "1.0.0 to 1.0.3 are");
  }
  into.namespace_name = read_label(at, "namespace");
  into.name = read_label(at, "name");
  if (require(at, "version", "a semantic version such as \"1.0.0\"") &&
      expect_string(at.at("version"))) {
    into.version = at.value->at("version").get<std::string>();
    if (!is_semantic_version(into.version))
      add(at.pointer + "/version", "'" + into.version + "' is no semantic version",
          "for example 1.0.0");
  }
  if (at.has("title") && expect_string(at.at("title")))
    into.title = at.value->at("title").get<std::string>();
  if (at.has("summary") && expect_string(at.at("summary")))
    into.summary = at.value->at("summary").get<std::string>();
  for (const char* key : {"tags", "metadata"})
    if (at.has(key))
      (void)expect_object(at.at(key));
}

std::string reader::read_label(const node& parent, const char* key) {
  if (!require(parent, key, "a name") || !expect_string(parent.at(key)))
    return {};
  auto text = parent.value->at(key).get<std::string>();
  if (!is_label(text))
    add(parent.at(key).pointer, "'" + text + "' cannot be a " + key,
        "1 to 63 letters, digits and '-', beginning and ending with a letter or digit");
  return text;
}

// What is referred to was read where it is used, with the variables of that place; this reads the
// rest.
void reader::read_use(const node& at) {
  if (!expect_object(at))
    return;
  check_keys(at, {"errors", "retries", "timeouts"},
             {"authentications", "catalogs", "extensions", "functions", "secrets"});
  const auto each = [&](const char* section, auto&& read_entry) {
    if (!at.has(section) || !expect_object(at.at(section)))
      return;
    const node entries = at.at(section);
    for (const auto& [key, unused] : entries.value->items()) {
      (void)unused;
      const node entry = entries.at(std::string_view(key));
      if (referred_.insert(entry.pointer).second && expect_object(entry))
        read_entry(entry);
    }
  };
  const in_scope names(*this, {"error"});
  each("errors", [this](const node& entry) { (void)read_error(entry); });
  each("retries", [this](const node& entry) { (void)read_retry(entry); });
  each("timeouts", [this](const node& entry) { (void)read_timeout(entry); });
}

} // namespace pawl::workflows
