// The part of the language that is evaluated without jq says what jq says.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "workflows/expression_detail.hpp"
#include "workflows/expression_fast.hpp"
#include "workflows/expression_order.hpp"
#include "workflows/expression_scan.hpp"

namespace pawl::workflows {
namespace {

const std::vector<std::string> variables{"item", "error"};

const char* const fast_texts[] = {
    ".",
    " . ",
    ".a",
    ".a.b",
    ".a.b.c",
    ".a[\"b\"]",
    ".[\"a\"]",
    ".[\"a\"].b",
    ".[0]",
    ".[-1]",
    ".[7]",
    ".[-7]",
    ".a[0]",
    ".a[0].b",
    ".[0][0]",
    ".[0].a",
    ".and",
    ".null",
    ".a.true",
    "$context",
    "$context.a",
    "$context.a.b",
    "$item",
    "$item.a",
    "$item[0]",
    "$item[\"a\"]",
    "$input",
    "$workflow.input.x",
    "$error.title",
    "$authorization.scheme",
    "null",
    "true",
    "false",
    "\"\"",
    "\"text\"",
    "\"a b # c ) \"",
    "0",
    "1",
    "-1",
    "-0",
    "1.5",
    "-2.25",
    "007",
    "1.0",
    "123456789012345",
    ".a == 1",
    ".a==1",
    ".a != 1",
    ".a < 1",
    ".a <= 1",
    ".a > 1",
    ".a >= 1",
    ".a == -1",
    ".a == \"b\"",
    ".a == null",
    ".a == true",
    ".a == .b",
    ". == $item",
    ".a < .b",
    ".a <= .b",
    "$context == $item",
    "$context < $item",
    "$context <= $item",
    "$context >= $item",
    "1 == 1",
    "1 == 1.0",
    "\"a\" == \"a\"",
    "\"a\" < \"b\"",
    "1 < \"a\"",
    "null == false",
    "null < false",
    "true != true",
    "1 != 2",
    "-1 < 0",
    "\"b\" <= \"a\"",
    "\"\" < \"a\"",
    ".a and .b",
    ".a or .b",
    ".a and .b or .c",
    ".a or .b and .c",
    "(.a or .b) and .c",
    ".a == 1 and .b == 2",
    ".a == 1 or .b == 2",
    ".a < 1 and .b > 2 and .c",
    "true and false",
    "null or null",
    "\"\" and 0",
    ".a == 1 and true | not",
    ".|not",
    ". | not",
    ".a | not",
    ".a | not | not",
    "(.a | not) and .b",
    "(.a == 1 | not) == true",
    "(.a)",
    "((.a))",
    "(.a.b) == (.c)",
    "(.a == .b) == false",
    "(.a and .b) == (.c or .a)",
    ".a.b == .c.d",
    ".a.b and .c",
    "false and .a.b",
    "true or .a.b",
    "(1) == (1)",
};

const char* const values[] = {
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "1.5",
    "1e300",
    "\"\"",
    "\"b\"",
    "\"text\"",
    "\"\\u00e9\"",
    "\"a\\u0000b\"",
    "[]",
    "[1]",
    "[1,2]",
    "[[1],2]",
    "[{\"a\":1}]",
    "{}",
    R"({"a":1})",
    R"({"a":null,"b":2})",
    R"({"a":{"b":{"c":[1,2]}}})",
    R"({"a":{"b":1},"c":{"d":1}})",
    R"({"a":1,"b":2,"c":false})",
    R"({"a":[{"b":true}],"b":[{"b":true}]})",
    R"({"a":"b","c":0})",
    R"({"and":3,"null":4})",
    R"({"a":false,"b":null,"c":true})",
    R"({"b":1})",
    R"({"a":-0.0})",
    R"({"title":"x","input":{"x":[]},"scheme":"s"})",
};

/// Equal as values; what a fault says is compared too.
void expect_same(const outcome& fast, const outcome& jq, const std::string& about) {
  ASSERT_EQ(fast.is_value(), jq.is_value()) << about;
  if (fast.is_fault())
    EXPECT_EQ(fast.fault(), jq.fault()) << about;
  else
    EXPECT_EQ(compare_values(fast.value(), jq.value()), 0)
        << about << "\nfast: " << fast.value() << "\njq:   " << jq.value();
}

TEST(fast_expression, says_what_jq_says) {
  expressions e;
  int compared = 0;
  int faults = 0;
  for (const auto* text : fast_texts) {
    ASSERT_TRUE(expression_access::is_fast(text, variables)) << text;
    for (std::size_t i = 0; i < std::size(values); ++i) {
      const auto dot = json::parse(values[i]);
      const auto other = json::parse(values[(i * 7 + 3) % std::size(values)]);
      arguments args;
      args.context = &other;
      args.workflow = &dot;
      args.authorization = &dot;
      args.variables = {{"item", &dot}, {"error", &other}};
      const auto fast = e.evaluate(text, dot, args, time_point());
      const auto jq = expression_access::evaluate_by_jq(e, text, dot, args, time_point());
      expect_same(fast, jq, std::string(text) + " on " + values[i] + ", other " + other.dump());
      ++compared;
      faults += fast.is_fault();
    }
  }
  EXPECT_EQ(compared, static_cast<int>(std::size(fast_texts) * std::size(values)));
  EXPECT_GT(faults, 100);
}

TEST(fast_expression, orders_all_pairs_like_jq) {
  expressions e;
  for (const auto* a : values)
    for (const auto* b : values) {
      const auto left = json::parse(a);
      const auto right = json::parse(b);
      arguments args;
      args.context = &left;
      args.input = &right;
      const auto order =
          e.evaluate("if $context < $input then -1 elif $context == $input then 0 else 1 end", {},
                     args, time_point());
      ASSERT_TRUE(order.is_value());
      const int mine = compare_values(left, right);
      EXPECT_EQ(mine < 0 ? -1 : (mine > 0 ? 1 : 0), order.value().get<int>()) << a << " and " << b;
    }
}

TEST(fast_expression, leaves_the_rest_to_jq) {
  for (const auto* text : {"",
                           " ",
                           "..",
                           ".a.",
                           ".a..b",
                           ".[]",
                           ".a[]",
                           ".a[1:2]",
                           ".a?",
                           ".a // 1",
                           ".a|.b",
                           ".a,.b",
                           ". a",
                           ".a .b",
                           ".[ 0 ]",
                           ".[\"\\u0061\"]",
                           "\"\\(1)\"",
                           "\"a",
                           "$unknown",
                           "$ context",
                           "$ENV",
                           "$__loc__",
                           "$context.",
                           "(.a).b",
                           "(.a)[0]",
                           "(.a",
                           ".a)",
                           "1 == 1 == 1",
                           ".a = 1",
                           ".a |= 1",
                           ".a += 1",
                           "1.",
                           ".5",
                           "1e3",
                           "1234567890123456",
                           "--1",
                           "- 1",
                           "-.a",
                           "1.a",
                           "true.a",
                           "nullx",
                           "truex",
                           "not",
                           "not .a",
                           ".a not",
                           "and",
                           ".a and",
                           ".a & .b",
                           ".a or or",
                           "#c",
                           ". #c",
                           ".a#",
                           "\"\xc3\xa9\"",
                           "[]",
                           "{}",
                           "@json",
                           "\"a\".b",
                           "null?",
                           ".a::b",
                           "true1",
                           ".[1.5]",
                           ".[--1]",
                           ".[-]",
                           ".[1234567890]",
                           ".a[b]",
                           "env",
                           "halt",
                           "1 | not x"})
    EXPECT_FALSE(expression_access::is_fast(text, variables)) << text;
}

TEST(fast_expression, takes_no_keyword_for_a_variable) {
  EXPECT_FALSE(expression_access::is_fast("$end", {"end"}));
  EXPECT_TRUE(expression_access::is_fast("$ends", {"ends"}));
}

TEST(fast_expression, keeps_integers_exact) {
  expressions e;
  const auto evaluate = [&](std::string_view text, const json& dot) {
    return e.evaluate(text, dot, {}, time_point()).value();
  };
  const auto dot = json::parse(R"({"a":9007199254740993,"b":9007199254740992,
      "c":18446744073709551615,"d":-1,"e":9223372036854775807})");
  EXPECT_EQ(evaluate(".a", dot).dump(), "9007199254740993");
  EXPECT_EQ(evaluate(".c", dot).dump(), "18446744073709551615");
  EXPECT_EQ(evaluate(".a == .b", dot), false);
  EXPECT_EQ(evaluate(".d < .c", dot), true);
  EXPECT_EQ(evaluate(".c < .d", dot), false);
  EXPECT_EQ(evaluate(".e < .c", dot), true);
  EXPECT_EQ(evaluate("[.a][0]", dot).dump(), "9007199254740992") << "jq's numbers are doubles";
}

TEST(fast_expression, numbers_that_are_none_are_null) {
  expressions e;
  const json dot = {{"a", std::numeric_limits<double>::quiet_NaN()},
                    {"b", std::numeric_limits<double>::infinity()}};
  EXPECT_TRUE(e.evaluate(".a", dot, {}, time_point()).value().is_null());
  EXPECT_TRUE(e.evaluate(".b.x", dot, {}, time_point()).value().is_null());
  EXPECT_EQ(e.evaluate(".a == null", dot, {}, time_point()).value(), true);
  EXPECT_EQ(e.evaluate(".b | not", dot, {}, time_point()).value(), true);
}

TEST(bracket_scan, skips_strings_and_comments) {
  using verdict = bracket_scan::verdict;
  const std::pair<const char*, verdict> table[] = {
      {"", verdict::balanced},
      {"(.a[0] | {b: 1})", verdict::balanced},
      {"\"(\"", verdict::balanced},
      {"\"\\\"(\"", verdict::balanced},
      {"\"\\\\\" | (1)", verdict::balanced},
      {"\"a \\(.b | \"c\\(1)\") d\"", verdict::balanced},
      {". # ) comment", verdict::balanced},
      {". # )\n)", verdict::unopened},
      {"1) | (2", verdict::unopened},
      {"(", verdict::malformed},
      {"(]", verdict::malformed},
      {"\"", verdict::malformed},
      {"\"\\(\"", verdict::malformed},
      {"\"\\(1]\"", verdict::malformed},
  };
  for (const auto& [text, expected] : table)
    EXPECT_EQ(scan_brackets(text).what, expected) << text;
}

} // namespace
} // namespace pawl::workflows
