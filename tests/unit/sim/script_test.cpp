#include <gtest/gtest.h>

#include "sim/script.hpp"

namespace pawl::sim {
namespace {

using place = fault_position::place;

fault_rule rule(std::string_view spec) {
  auto parsed = parse_fault_rule(spec);
  EXPECT_TRUE(parsed.has_value()) << spec;
  return parsed ? *parsed : fault_rule();
}

TEST(script, the_text_form_says_kind_position_model_and_request) {
  const auto r = rule("drop:5@sim/small#2");
  EXPECT_EQ(r.kind, fault_kind::drop);
  EXPECT_EQ(r.position, (fault_position{place::event, 5}));
  EXPECT_TRUE(r.applies_to("small", 2));
  EXPECT_FALSE(r.applies_to("small", 1));
  EXPECT_FALSE(r.applies_to("small", 3));
  EXPECT_FALSE(r.applies_to("large", 2));
}

TEST(script, what_is_left_out_has_its_default) {
  EXPECT_EQ(rule("refuse").status, 400);
  EXPECT_EQ(rule("server-error").status, 500);
  EXPECT_EQ(rule("rate-limit").retry_after_seconds, 1);
  EXPECT_EQ(rule("cut").position, (fault_position{place::event, 3}));
  EXPECT_TRUE(rule("stall").applies_to("anything", 1));
  EXPECT_TRUE(rule("stall").applies_to("anything", 1'000'000));
}

TEST(script, arguments_depend_on_the_kind) {
  EXPECT_EQ(rule("refuse:401").status, 401);
  EXPECT_EQ(rule("server-error:503").status, 503);
  EXPECT_EQ(rule("rate-limit:7").retry_after_seconds, 7);
  EXPECT_EQ(rule("drop:head").position.where, place::head);
  EXPECT_EQ(rule("cut:end").position.where, place::end);
  EXPECT_EQ(rule("malformed:0").position, (fault_position{place::event, 0}));
}

TEST(script, models_may_be_patterns_and_requests_ranges) {
  EXPECT_TRUE(rule("drop@sm*ll").applies_to("small", 1));
  EXPECT_TRUE(rule("drop@*-2026*").applies_to("big-2026-11", 1));
  EXPECT_FALSE(rule("drop@sm*").applies_to("large", 1));
  EXPECT_TRUE(rule("drop@llama:7b#1").applies_to("llama:7b", 1));
  const auto range = rule("drop#2-4");
  EXPECT_FALSE(range.applies_to("small", 1));
  EXPECT_TRUE(range.applies_to("small", 4));
  EXPECT_FALSE(range.applies_to("small", 5));
  EXPECT_TRUE(rule("drop#3+").applies_to("small", 900));
  EXPECT_FALSE(rule("drop#3+").applies_to("small", 2));
}

TEST(script, mistakes_are_named) {
  for (const char* spec :
       {"", "explode", "drop:x", "drop:-1", "drop:", "refuse:500", "refuse:abc", "server-error:404",
        "rate-limit:soon", "malformed:head", "error-event:end", "prefix-refused:1", "drop@",
        "drop#0", "drop#", "drop#4-2", "drop#x+", "drop:99999999999999999999"}) {
    const auto parsed = parse_fault_rule(spec);
    ASSERT_FALSE(parsed.has_value()) << spec;
    EXPECT_EQ(parsed.error().code, errc::invalid_argument) << spec;
    EXPECT_TRUE(parsed.error().message.starts_with("fault rule ")) << parsed.error().message;
  }
  EXPECT_NE(parse_fault_rule("explode").error().message.find("rate-limit"), std::string::npos);
}

TEST(script, json_says_the_same_as_the_text_form) {
  const auto script = json::parse(R"({"faults": [
    {"kind": "drop", "after": 5, "model": "sim/small", "request": 2},
    "rate-limit:2@*#1",
    {"kind": "rate-limit", "retryAfterSeconds": 2, "request": "1"},
    {"kind": "cut", "after": "end", "request": "every"},
    {"kind": "server-error", "status": 503, "request": "3+"}
  ]})");
  const auto rules = parse_fault_rules(script);
  ASSERT_TRUE(rules.has_value());
  ASSERT_EQ(rules->size(), 5u);
  EXPECT_EQ((*rules)[0], rule("drop:5@sim/small#2"));
  EXPECT_EQ((*rules)[1], (*rules)[2]);
  EXPECT_EQ((*rules)[3], rule("cut:end"));
  EXPECT_EQ((*rules)[4], rule("server-error:503#3+"));
  EXPECT_EQ(parse_fault_rules(json::parse(R"("drop:1")"))->front(), rule("drop:1"));
}

TEST(script, json_mistakes_say_where) {
  for (const char* text :
       {R"([{"kind":"drop","after":1.5}])", R"([{"kind":"drop","afterr":1}])", R"([{"after":1}])",
        R"([7])", R"([{"kind":"drop","status":500}])", R"([{"kind":"drop","request":0}])",
        R"([{"kind":"drop","after":-1}])", R"([{"kind":"drop","model":""}])"}) {
    const auto rules = parse_fault_rules(json::parse(text));
    ASSERT_FALSE(rules.has_value()) << text;
    EXPECT_EQ(rules.error().where, "/0") << text;
  }
}

} // namespace
} // namespace pawl::sim
