#include "sim/schema_value.hpp"

#include <pawl/random.hpp>

#include <algorithm>
#include <cmath>

#include "sim/text.hpp"

namespace pawl::sim {

namespace {

constexpr int depth_max = 16;
constexpr std::int64_t items_max = 64;
constexpr std::int64_t string_bytes_max = 4096;

class drawer {
public:
  drawer(const json& root, std::uint64_t key) : root_(root), source_(key) {}

  json draw(const json& schema, int depth) {
    if (!schema.is_object() || depth > depth_max)
      return nullptr;
    if (schema.contains("const"))
      return schema["const"];
    if (schema.contains("enum") && schema["enum"].is_array() && !schema["enum"].empty())
      return schema["enum"][draw_below(source_, schema["enum"].size())];
    if (schema.contains("$ref"))
      return draw(resolve(schema["$ref"]), depth + 1);
    for (const char* choice : {"anyOf", "oneOf", "allOf"})
      if (schema.contains(choice) && schema[choice].is_array() && !schema[choice].empty())
        return draw(schema[choice][0], depth + 1);
    return draw_type(schema, type_of(schema), depth);
  }

private:
  const json& resolve(const json& reference) const {
    static const json nothing;
    if (!reference.is_string())
      return nothing;
    const auto& text = reference.get_ref<const std::string&>();
    if (!text.starts_with("#"))
      return nothing;
    try {
      const json::json_pointer pointer(text.substr(1));
      return root_.contains(pointer) ? root_.at(pointer) : nothing;
    } catch (const json::exception&) { // no pointer
      return nothing;
    }
  }

  static std::string type_of(const json& schema) {
    const auto type = schema.find("type");
    if (type != schema.end() && type->is_string())
      return type->get<std::string>();
    if (type != schema.end() && type->is_array() && !type->empty() && (*type)[0].is_string())
      return (*type)[0].get<std::string>();
    return schema.contains("properties") ? "object" : schema.contains("items") ? "array" : "string";
  }

  json draw_type(const json& schema, const std::string& type, int depth) {
    if (type == "object")
      return draw_object(schema, depth);
    if (type == "array")
      return draw_array(schema, depth);
    if (type == "string")
      return draw_string(schema);
    if (type == "boolean")
      return draw_below(source_, 2) == 1;
    if (type == "integer" || type == "number")
      return draw_number(schema, type);
    return nullptr;
  }

  json draw_object(const json& schema, int depth) {
    json value = json::object();
    const json properties = schema.value("properties", json::object());
    if (schema.contains("required") && schema["required"].is_array()) {
      for (const auto& name : schema["required"])
        if (name.is_string()) {
          const auto& text = name.get_ref<const std::string&>();
          value[text] = draw(
              properties.is_object() ? properties.value(text, json::object()) : json(), depth + 1);
        }
    } else if (properties.is_object()) {
      for (const auto& [name, property] : properties.items())
        value[name] = draw(property, depth + 1);
    }
    return value;
  }

  json draw_array(const json& schema, int depth) {
    const auto most = std::min(integer(schema, "maxItems", items_max), items_max);
    const auto count = std::min(std::max<std::int64_t>(integer(schema, "minItems", 1), 1), most);
    json value = json::array();
    for (std::int64_t i = 0; i < count; ++i)
      value.push_back(draw(schema.contains("items") ? schema["items"] : json::object(), depth + 1));
    return value;
  }

  json draw_string(const json& schema) {
    const auto least =
        std::clamp<std::int64_t>(integer(schema, "minLength", 0), 0, string_bytes_max);
    const auto most = std::clamp<std::int64_t>(integer(schema, "maxLength", string_bytes_max), 0,
                                               string_bytes_max);
    std::string text;
    // ASCII only: the schema counts characters.
    while (text.empty() || static_cast<std::int64_t>(text.size()) < least) {
      const auto word = draw_words(source_.next(), 1).front();
      if (std::all_of(word.begin(), word.end(), [](char c) { return c > 0; }))
        text += (text.empty() ? "" : " ") + word;
    }
    return text.substr(
        0, static_cast<std::size_t>(std::max(least, std::min(most, std::int64_t(text.size())))));
  }

  json draw_number(const json& schema, const std::string& type) {
    double least = number(schema, "minimum", 0);
    if (schema.contains("exclusiveMinimum"))
      least = std::floor(number(schema, "exclusiveMinimum", 0)) + 1;
    double most = number(schema, "maximum", least + 100);
    if (schema.contains("exclusiveMaximum"))
      most = std::ceil(number(schema, "exclusiveMaximum", 0)) - 1;
    if (!schema.contains("minimum") && !schema.contains("exclusiveMinimum") && most < least)
      least = most - 100;
    const double span = std::clamp(std::floor(most) - std::ceil(least), 0.0, 1e6);
    double value = std::ceil(least) +
                   static_cast<double>(draw_below(source_, static_cast<std::uint64_t>(span) + 1));
    if (value > most)
      value = least;
    if (type == "integer" && std::abs(value) < 9e15)
      return static_cast<std::int64_t>(value);
    return value;
  }

  static std::int64_t integer(const json& schema, const char* key, std::int64_t otherwise) {
    const auto found = schema.find(key);
    return found != schema.end() && found->is_number_integer() ? found->get<std::int64_t>()
                                                               : otherwise;
  }

  static double number(const json& schema, const char* key, double otherwise) {
    const auto found = schema.find(key);
    return found != schema.end() && found->is_number() ? found->get<double>() : otherwise;
  }

  const json& root_;
  seeded_random source_;
};

} // namespace

json draw_schema_value(const json& schema, std::uint64_t key) {
  return drawer(schema, key).draw(schema, 0);
}

} // namespace pawl::sim
