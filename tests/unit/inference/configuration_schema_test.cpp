// docs/pawl.schema.json, held to the catalog that reads pawl.json.
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "inference/catalog.hpp"
#include "inference/schema.hpp"
#include "tests/unit/inference/configuration_cases.hpp"

namespace pawl::inference {
namespace {

const json& schema() {
  static const json read = [] {
    std::ifstream file(PAWL_SOURCE_DIR "/docs/pawl.schema.json");
    EXPECT_TRUE(file) << "docs/pawl.schema.json is not there";
    return json::parse(file);
  }();
  return read;
}

bool accepts(const json& configuration) {
  return !check_value(configuration, schema());
}

bool is_read(const json& configuration) {
  catalog target;
  return target.add(configuration).empty();
}

TEST(configuration_schema, is_a_schema) {
  EXPECT_EQ(check_schema(schema()), std::nullopt);
}

TEST(configuration_schema, accepts_what_the_catalog_accepts) {
  for (const char* text : {example_configuration, rich_configuration, "{}",
                           R"({"aliases": {"a": "b", "b": "sim/small"}})"}) {
    const json configuration = json::parse(text);
    EXPECT_TRUE(is_read(configuration)) << text;
    EXPECT_EQ(check_value(configuration, schema()), std::nullopt) << text;
  }
}

TEST(configuration_schema, refuses_the_shapes_that_the_catalog_refuses) {
  std::set<mistake_kind> seen;
  for (const auto& c : configuration_mistakes()) {
    EXPECT_EQ(accepts(apply(c)), c.kind == mistake_kind::meaning) << c.pointer << " " << c.patch;
    seen.insert(c.kind);
  }
  EXPECT_EQ(seen.size(), 2U);
  // For the catalog an empty name is one that leads nowhere.
  EXPECT_FALSE(accepts(json::parse(R"({"aliases": {"a": ""}})")));
  for (const std::string text : {"null", "[]", "5", "\"x\""}) {
    EXPECT_FALSE(is_read(json::parse(text))) << text;
    EXPECT_FALSE(accepts(json::parse(text))) << text;
  }
}

// Each key of the example goes, and each value becomes another: what the catalog takes, the schema
// takes, and what the schema takes and the catalog does not is a matter of names.
TEST(configuration_schema, agrees_with_the_catalog_on_changed_configurations) {
  const json flat = json::parse(rich_configuration).flatten();
  int refused = 0;
  for (const auto& [leaf, unused] : flat.items())
    for (json::json_pointer at(leaf); !at.empty(); at = at.parent_pointer())
      for (const char* value : {"null", "true", "5", "-1", "1.5", "\"\"", "\"a b\"", "\"x\"", "[]",
                                "{}", "[{}]", "{\"x\": 1}"}) {
        json configuration = json::parse(rich_configuration);
        configuration[at] = json::parse(value);
        const std::string shown = at.to_string() + " " + value;
        catalog target;
        const auto errors = target.add(configuration);
        if (errors.empty())
          EXPECT_EQ(check_value(configuration, schema()), std::nullopt) << shown;
        else if (!accepts(configuration))
          ++refused;
        else
          for (const auto& e : errors)
            EXPECT_TRUE(e.message.find("is not configured") != std::string::npos ||
                        e.message.find("which is no model") != std::string::npos)
                << shown << "\n"
                << e.render();
      }
  EXPECT_GT(refused, 100);
}

TEST(configuration_schema, names) {
  const json whole = json::parse(R"({"protocol": "openai-chat", "baseUrl": "http://x"})");
  for (const std::string name : {"p", "p.q-r_s", "P1", "\xc3\xa9", "simulated", "a b", "a\tb", "",
                                 "a\x7f", "a/b", "sim", "/", "\n"}) {
    json configuration = json::object();
    configuration["providers"][name] = whole;
    EXPECT_EQ(accepts(configuration), is_read(configuration)) << name;
    for (const std::string section : {"models", "aliases"}) {
      json other = json::object();
      other[section][name] = section == "aliases" ? json("sim/small") : json::parse(R"(
          {"deployments": [{"provider": "sim", "model": "small"}]})");
      EXPECT_EQ(accepts(other), is_read(other)) << section << " " << name;
    }
  }
}

TEST(configuration_schema, base_urls_variables_and_prices) {
  const auto check = [](const std::string& pointer, const std::vector<std::string>& texts) {
    int right = 0;
    for (const auto& text : texts) {
      json configuration = json::parse(example_configuration);
      configuration[json::json_pointer(pointer)] = text;
      EXPECT_EQ(accepts(configuration), is_read(configuration)) << pointer << " " << text;
      right += is_read(configuration) ? 1 : 0;
    }
    EXPECT_GT(right, 0) << pointer;
    EXPECT_LT(right, static_cast<int>(texts.size())) << pointer;
  };
  check("/providers/local/baseUrl", {"http://x",
                                     "https://x:80/",
                                     "http://[::1]:80/v1",
                                     "http://x/a@b",
                                     "sim://",
                                     "sim:///v1",
                                     "sim://other/a",
                                     "sim://a@b/",
                                     "http:///x",
                                     "https://",
                                     "HTTP://x",
                                     "http:/x",
                                     "http://x y",
                                     "http://x/a b",
                                     "http://a@b",
                                     "http://a:b@c/d",
                                     "http://x?a",
                                     "http://x/?a",
                                     "http://x/#a",
                                     "http://x#a",
                                     "http://x/\x7f",
                                     "http://x\n",
                                     "ftp://x",
                                     " http://x",
                                     "",
                                     "http://x/\xc3\xa9",
                                     "https:/"
                                     "/x/v1//"});
  check("/providers/local/apiKey/env",
        {"A", "_", "a_1", "A1B2", "1A", "", "A-B", "A B", "A\n", "$A", "\xc3\x84"});
  check("/models/local~1small/deployments/0/prices/inputPerMillion",
        {"0", "0.15", "999999.999999999999", "1000000", "000001", "0.1234567890123", ".5", "5.", "",
         "-1", "+1", "1e3", "1,5", " 1", "1\n", "0x1"});
}

struct object_place {
  const char* configuration; // pointer of an object, or of a word
  const char* schema;        // pointer of its properties, or of the words
};

std::set<std::string> words_of(const json& list) {
  std::set<std::string> words;
  for (const auto& [key, value] : list.items())
    words.insert(list.is_object() ? key : value.get<std::string>());
  return words;
}

// The catalog says what is allowed where it finds what nobody can have meant.
std::set<std::string> words_the_catalog_allows(json configuration, const std::string& pointer) {
  json& place = configuration[json::json_pointer(pointer)];
  if (place.is_object())
    place["zzzzzzzz"] = 1;
  else
    place = "zzzzzzzz";
  catalog target;
  const auto errors = target.add(configuration);
  EXPECT_EQ(errors.size(), 1U) << pointer;
  const std::string begin = "allowed are ";
  std::string list = errors.empty() ? "" : errors[0].hint;
  EXPECT_EQ(list.rfind(begin, 0), 0U) << pointer << ": " << list;
  std::set<std::string> words;
  list.erase(0, begin.size());
  for (std::size_t comma = list.find(", "); comma != std::string::npos; comma = list.find(", ")) {
    words.insert(list.substr(0, comma));
    list.erase(0, comma + 2);
  }
  words.insert(list);
  return words;
}

TEST(configuration_schema, has_every_key_and_word_that_the_catalog_knows) {
  const object_place places[] = {
      {"", "/properties"},
      {"/providers/local", "/definitions/provider/properties"},
      {"/providers/local/protocol", "/definitions/provider/properties/protocol/enum"},
      {"/providers/local/apiKey", "/definitions/provider/properties/apiKey/properties"},
      {"/models/local~1small", "/definitions/model/properties"},
      {"/models/local~1small/deployments/0", "/definitions/deployment/properties"},
      {"/models/local~1small/deployments/0/capabilities", "/definitions/capabilities/properties"},
      {"/models/local~1small/deployments/0/capabilities/prefix",
       "/definitions/capabilities/properties/prefix/enum"},
      {"/models/local~1small/deployments/0/capabilities/resume",
       "/definitions/capabilities/properties/resume/enum"},
      {"/models/local~1small/deployments/0/prices", "/definitions/prices/properties"},
  };
  for (const auto& place : places)
    EXPECT_EQ(words_of(schema().at(json::json_pointer(place.schema))),
              words_the_catalog_allows(json::parse(example_configuration), place.configuration))
        << place.configuration;
}

void expect_described(const json& node, const std::string& where) {
  if (!node.is_structured())
    return;
  if (node.is_object() && node.value("type", json()) == "object") {
    EXPECT_TRUE(node.contains("additionalProperties")) << where;
  }
  for (const auto& [key, child] : node.items()) {
    const std::string here = where + "/" + key;
    if (node.is_object() && (key == "properties" || key == "definitions")) {
      for (const auto& [name, described] : child.items())
        EXPECT_TRUE(described.contains("description") || described.contains("$ref"))
            << here << "/" << name;
    }
    expect_described(child, here);
  }
}

TEST(configuration_schema, describes_every_key_and_leaves_no_object_open) {
  expect_described(schema(), "");
}

} // namespace
} // namespace pawl::inference
