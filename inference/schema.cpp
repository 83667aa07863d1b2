#include "inference/schema.hpp"

#include <pawl/names.hpp>

#include <exception>
#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "inference/json_text.hpp"
#include "inference/schema_patterns.hpp"
#include "inference/utf8.hpp"

namespace pawl::inference {
namespace {

constexpr std::size_t places_max = 3;
constexpr std::size_t explanation_bytes_max = 600;

// Visits every object that may be a schema, and some that aren't.
void visit_objects(const json& root, const std::function<void(const json&)>& visit) {
  std::vector<const json*> open{&root};
  while (!open.empty()) {
    const json* node = open.back();
    open.pop_back();
    if (node->is_object())
      visit(*node);
    if (node->is_structured())
      for (const json& child : *node)
        open.push_back(&child);
  }
}

// Follows the keywords that apply to the same place in the data. A way back to where it came from
// would never end.
class reference_walk {
public:
  explicit reference_walk(const json& root) : root_(root) {}

  std::optional<std::string> check() {
    std::optional<std::string> problem;
    visit_objects(root_, [&](const json& node) {
      if (!problem)
        problem = visit(node);
    });
    return problem;
  }

private:
  std::optional<std::string> visit(const json& node) {
    if (!node.is_object() || done_.count(&node) > 0)
      return std::nullopt;
    if (!open_.insert(&node).second)
      return "has references that lead back to themselves without going into the data";
    auto problem = visit_applicators(node);
    open_.erase(&node);
    done_.insert(&node);
    return problem;
  }

  std::optional<std::string> visit_applicators(const json& node) {
    if (const json& reference = member(node, "$ref"); reference.is_string())
      return visit_reference(reference.get_ref<const std::string&>());
    for (const char* key : {"not", "if", "then", "else"})
      if (auto problem = visit(member(node, key)))
        return problem;
    for (const char* key :
         {"allOf", "anyOf", "oneOf", "extends", "type", "disallow", "dependencies"}) {
      const json& several = member(node, key);
      if (several.is_structured())
        for (const json& one : several)
          if (auto problem = visit(one))
            return problem;
    }
    return std::nullopt;
  }

  std::optional<std::string> visit_reference(const std::string& reference) {
    if (reference.empty() || reference.front() != '#')
      return "refers to another document, " + quote(reference);
    try {
      return visit(root_.at(json::json_pointer(reference.substr(1))));
    } catch (const json::exception&) {
      return "refers to " + quote(reference) + ", which is not in it";
    }
  }

  const json& root_;
  std::set<const json*> open_, done_;
};

void populate(const json& schema, valijson::Schema& out) {
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  const valijson::adapters::NlohmannJsonAdapter adapter(schema);
  parser.populateSchema(adapter, out);
}

fault broken(std::string detail) {
  return fault(fault_type::validation, 400, "the answer is not what responseSchema asks for",
               std::move(detail));
}

} // namespace

std::optional<std::string> check_schema(const json& schema) {
  if (!schema.is_object())
    return "is " + std::string(kind_of(schema)) + ", expected a JSON Schema object";
  if (!depth_is_bounded(schema))
    return "nests too deeply";
  if (auto problem = check_patterns(schema))
    return problem;
  if (auto problem = reference_walk(schema).check())
    return problem;
  try {
    valijson::Schema compiled;
    populate(schema, compiled);
  } catch (const std::exception& e) {
    return "is no JSON Schema (draft 7): " + std::string(e.what());
  }
  return std::nullopt;
}

std::optional<std::string> check_value(const json& value, const json& schema) {
  if (!depth_is_bounded(value))
    return "nests too deeply";
  const pattern_scope scope(schema);
  if (!scope.allows(value))
    return "has a text of more than " + std::to_string(scope.matched_bytes_max()) +
           " bytes where the schema has a pattern or format: it cannot be checked";
  try {
    valijson::Schema compiled;
    populate(schema, compiled);
    valijson::Validator validator;
    valijson::ValidationResults results;
    const valijson::adapters::NlohmannJsonAdapter adapter(value);
    if (validator.validate(compiled, adapter, &results))
      return std::nullopt;
    std::string out;
    valijson::ValidationResults::Error one;
    for (std::size_t n = 0; n < places_max && results.popError(one); ++n) {
      std::string place;
      for (const auto& segment : one.context)
        place += segment;
      out += (out.empty() ? "" : "; ") + place + ": " + one.description;
    }
    return std::string(utf8_prefix(out, explanation_bytes_max));
  } catch (const std::exception& e) {
    return "could not be checked: " + std::string(e.what());
  }
}

std::optional<fault> attach_json(json& output, const json& schema) {
  const json& text = member(output, "text");
  std::optional<json> value =
      text.is_string() ? parse_json(text.get_ref<const std::string&>()) : std::nullopt;
  if (!value) {
    std::string detail = "the text is not JSON";
    if (const json& reason = member(output, "finishReason"); reason == "length")
      detail += " (it was cut off: finishReason is \"length\"; raise maxTokens)";
    else if (member(member(output, "message"), "refusal").is_string())
      detail += " (the model refused to answer)";
    return broken(std::move(detail));
  }
  if (auto problem = check_value(*value, schema))
    return broken(std::move(*problem));
  output["json"] = std::move(*value);
  return std::nullopt;
}

} // namespace pawl::inference
