#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/schema.hpp"

namespace pawl::inference {
namespace {

using testing::HasSubstr;

TEST(schema, accepted) {
  for (
      const std::string text : {
          R"({})",
          R"({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}})",
          R"({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}})",
          // Recursion through the data ends with the data.
          R"({"type": "object", "properties": {"next": {"$ref": "#"}}})",
          R"({"definitions": {"t": {"type": "array", "items": {"$ref": "#/definitions/t"}}},
      "$ref": "#/definitions/t"})",
          R"({"properties": {"pattern": {"type": "string"}, "$ref": {"type": "string"}}})",
      })
    EXPECT_EQ(check_schema(json::parse(text)), std::nullopt) << text;
}

TEST(schema, refused) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"("string")", "is a string"},
      {R"(true)", "is a boolean"},
      {R"({"type": 5})", "is no JSON Schema"},
      {R"({"$ref": "#"})", "lead back to themselves"},
      {R"({"allOf": [{"$ref": "#"}]})", "lead back to themselves"},
      {R"({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"not": {"$ref": "#/$defs/a"}}}})",
       "lead back to themselves"},
      {R"({"$ref": "#/nowhere"})", "which is not in it"},
      {R"({"$ref": "http://example.com/schema"})", "another document"},
      {R"({"$ref": "other.json"})", "another document"},
      {R"({"pattern": "("})", "no ECMAScript regular expression"},
      {R"({"patternProperties": {"[": {}}})", "no ECMAScript regular expression"},
      {R"({"pattern": "(((((((((a)))))))))*"})", "nest more than 8 deep"},
      {R"({"pattern": "(a?){50000}"})", "repeat counts are too large"},
      {R"({"pattern": "(a{100}){100}"})", "repeat counts are too large"},
      {R"({"pattern": ")" + std::string(2000, '(') + R"("})", "more than 1024 bytes"},
  };
  for (const auto& [text, reason] : cases) {
    const auto problem = check_schema(json::parse(text));
    ASSERT_TRUE(problem) << text;
    EXPECT_THAT(*problem, HasSubstr(reason)) << text;
  }
  EXPECT_TRUE(check_schema(
      json::parse(R"({"not":)" + std::string(200, '[') + std::string(200, ']') + "}")));
}

TEST(schema, values) {
  const json schema =
      json::parse(R"({"type": "object", "required": ["kind"], "additionalProperties": false,
    "properties": {"kind": {"enum": ["bug", "question"]}, "score": {"type": "number",
      "minimum": 0}}})");
  EXPECT_EQ(check_value(json::parse(R"({"kind": "bug", "score": 0.5})"), schema), std::nullopt);
  for (const std::string text : {R"({})", R"({"kind": "x"})", R"({"kind": "bug", "score": "1"})",
                                 R"({"kind": "bug", "score": -1})",
                                 R"({"kind": "bug", "extra": 1})", R"([])", R"("bug")", R"(null)"})
    EXPECT_TRUE(check_value(json::parse(text), schema)) << text;
  EXPECT_THAT(*check_value(json::parse(R"({"kind": "bug", "score": -1})"), schema),
              HasSubstr("score"));
}

TEST(schema, long_texts_are_not_given_to_regular_expressions) {
  const json pattern = json::parse(R"({"type": "string", "pattern": "^(a|b)*$"})");
  const json format = json::parse(R"({"type": "string", "format": "date"})");
  const json text(std::string(1'000'000, 'a'));
  EXPECT_EQ(check_value(json(std::string(1000, 'a')), pattern), std::nullopt);
  EXPECT_THAT(check_value(text, pattern).value_or(""), HasSubstr("cannot be checked"));
  EXPECT_THAT(check_value(json(std::string(1'000'000, '1')), format).value_or(""),
              HasSubstr("cannot be checked"));
  EXPECT_EQ(check_value(text, json::parse(R"({"type": "string"})")), std::nullopt);
  json by_key;
  by_key[text.get<std::string>()] = 1;
  EXPECT_TRUE(check_value(by_key, json::parse(R"({"patternProperties": {"^(a|b)*$": {}}})")));
}

// A long text beside a field with a pattern is nobody's problem.
TEST(schema, patterns_bound_only_what_they_may_apply_to) {
  const json schema = json::parse(R"({"properties": {"date": {"pattern": "^[0-9-]+$"},
    "days": {"type": "array", "items": {"pattern": "^[0-9-]+$"}}, "essay": {"type": "string"}}})");
  const std::string text(1'000'000, '1');
  EXPECT_EQ(check_value(json({{"date", "2026-11-22"}, {"essay", text}}), schema), std::nullopt);
  EXPECT_TRUE(check_value(json({{"date", text}}), schema));
  EXPECT_TRUE(check_value(json({{"days", json::array({text})}}), schema));
  json referring = schema;
  referring["properties"]["essay"] = {{"$ref", "#/properties/date"}};
  EXPECT_TRUE(check_value(json({{"essay", text}}), referring));
}

json output(const std::string& text, const std::string& reason = "stop") {
  json out = json::object();
  out["text"] = text;
  out["message"] = {{"role", "assistant"}, {"content", text}};
  out["finishReason"] = reason;
  return out;
}

TEST(schema, attach_json) {
  const json schema = json::parse(R"({"type": "object", "required": ["a"]})");
  json good = output("  {\"a\": [1]}\n");
  EXPECT_EQ(attach_json(good, schema), std::nullopt);
  EXPECT_EQ(good["json"], json::parse(R"({"a": [1]})"));

  const auto refused = [&](json out) {
    const json before = out;
    const auto f = attach_json(out, schema);
    EXPECT_TRUE(f);
    EXPECT_EQ(out, before);
    EXPECT_EQ(f->type, std::string(fault_type::base) + "validation");
    EXPECT_EQ(f->status, 400);
    return f->detail;
  };
  EXPECT_THAT(refused(output("Sure! {\"a\": 1}")), HasSubstr("not JSON"));
  EXPECT_THAT(refused(output("{\"a\":", "length")), HasSubstr("maxTokens"));
  EXPECT_THAT(refused(output("")), HasSubstr("not JSON"));
  EXPECT_THAT(refused(output("{\"b\": 1}")), HasSubstr("'a'"));
  EXPECT_THAT(refused(output(std::string(1'000'000, '['))), HasSubstr("not JSON"));
  json refusal = output("");
  refusal["message"]["refusal"] = "no";
  EXPECT_THAT(refused(refusal), HasSubstr("refused to answer"));
}

} // namespace
} // namespace pawl::inference
