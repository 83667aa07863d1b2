#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "workflows/expression.hpp"
#include "workflows/expression_detail.hpp"

// libjq 1.6 itself loses a few bytes on some syntax errors and in `indices` of an array.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libjq.so";
}

namespace pawl::workflows {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class expression : public testing::Test {
protected:
  outcome evaluate(std::string_view text, const json& dot = nullptr, const arguments& args = {}) {
    return e.evaluate(text, dot, args, now);
  }

  json value(std::string_view text, const json& dot = nullptr, const arguments& args = {}) {
    const auto got = evaluate(text, dot, args);
    EXPECT_TRUE(got.is_value()) << text << ": " << (got.is_fault() ? got.fault().detail : "");
    return got.is_value() ? got.value() : json("a fault");
  }

  std::string failure(std::string_view text, const json& dot = nullptr,
                      const arguments& args = {}) {
    const auto got = evaluate(text, dot, args);
    EXPECT_TRUE(got.is_fault()) << text;
    if (!got.is_fault())
      return {};
    EXPECT_EQ(got.fault().type, "https://serverlessworkflow.io/spec/1.0.0/errors/expression");
    EXPECT_EQ(got.fault().status, 400);
    EXPECT_FALSE(got.fault().title.empty());
    return got.fault().detail;
  }

  std::string refusal(std::string_view text, const std::vector<std::string>& variables = {}) {
    const auto checked = e.check(text, variables);
    EXPECT_FALSE(checked.has_value()) << text;
    if (checked)
      return {};
    EXPECT_EQ(checked.error().code, errc::invalid_definition);
    return checked.error().message;
  }

  expressions e;
  const time_point now = from_epoch_ms(1'764'000'000'250);
};

TEST_F(expression, names_the_arguments) {
  const json values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  arguments args;
  args.context = &values[0];
  args.input = &values[1];
  args.output = &values[2];
  args.secrets = &values[3];
  args.task = &values[4];
  args.workflow = &values[5];
  args.runtime = &values[6];
  args.authorization = &values[7];
  args.variables = {{"item", &values[8]}};
  EXPECT_EQ(value("[$context, $input, $output, $secrets, $task, $workflow, $runtime, "
                  "$authorization, $item, .]",
                  0, args),
            json::parse("[1,2,3,4,5,6,7,8,9,0]"));
  EXPECT_EQ(value("[$ context, $ # comment\n item]", 0, args), json::parse("[1,9]"));
}

TEST_F(expression, absent_arguments_are_null) {
  EXPECT_EQ(value("[$context, $input, $output, $secrets, $task, $workflow, $runtime, "
                  "$authorization]"),
            json::parse("[null,null,null,null,null,null,null,null]"));
  EXPECT_EQ(value("$context"), nullptr);
  EXPECT_EQ(value("$context + {a: 1}"), json({{"a", 1}}));
}

TEST_F(expression, a_variable_hides_an_argument) {
  const json context = "outer";
  const json inner = "inner";
  const json innermost = "innermost";
  arguments args;
  args.context = &context;
  args.variables = {{"context", &inner}, {"context", &innermost}};
  EXPECT_EQ(value("$context", nullptr, args), "innermost");
  EXPECT_EQ(value("[$context]", nullptr, args), json::array({"innermost"}));
}

TEST_F(expression, unknown_variables_are_refused) {
  EXPECT_EQ(refusal("$item"), "expression does not compile: $item is not defined");
  EXPECT_TRUE(e.check("$item", {"item"}).has_value());
  EXPECT_TRUE(e.check("[$item]", {"item"}).has_value());
  EXPECT_THAT(failure("[$item]"), HasSubstr("$item is not defined"));
}

TEST_F(expression, results_none_one_many) {
  EXPECT_EQ(value("empty"), nullptr);
  EXPECT_EQ(value("1, 2"), json::parse("[1,2]"));
  EXPECT_EQ(value(".[]", json::parse("[[1]]")), json::parse("[1]"));
  EXPECT_EQ(value("[]"), json::array());
}

TEST_F(expression, refusals_have_jqs_own_words) {
  EXPECT_EQ(refusal("1 +"), "expression does not compile: syntax error, unexpected $end");
  EXPECT_EQ(refusal("foo(1)"), "expression does not compile: foo/1 is not defined");
  EXPECT_THAT(refusal(".a ."), HasSubstr("syntax error"));
  EXPECT_THAT(refusal(""), HasSubstr("is empty"));
  EXPECT_THAT(refusal(" # only a comment"), HasSubstr("syntax error"));
  EXPECT_THAT(refusal(std::string("1\0+ 1", 6)), HasSubstr("zero byte"));
  EXPECT_THAT(refusal(std::string(70000, ' ') + "1 + 1"), HasSubstr("longer than"));
  EXPECT_THAT(refusal("foo(1)"), Not(HasSubstr("__dot"))) << "the wrapper is not the author's";
}

TEST_F(expression, cannot_leave_its_wrapper) {
  EXPECT_THAT(refusal("1) | (2"), HasSubstr("syntax error"));
  EXPECT_THAT(refusal("1)) | ((2"), HasSubstr("syntax error"));
  EXPECT_THAT(refusal("1) as $x | (2"), HasSubstr("syntax error"));
  EXPECT_THAT(refusal("\"\\(1\" | (\")"), HasSubstr("syntax error"));
  EXPECT_THAT(failure("1) | (2"), HasSubstr("syntax error"));
  EXPECT_EQ(value("[.] # a comment", 1), json::parse("[1]"));
  EXPECT_EQ(value("\") | (\" + \"\""), ") | (");
  EXPECT_EQ(value("[1 # )\n]"), json::parse("[1]"));
}

TEST_F(expression, cannot_reach_the_process) {
  ::setenv("PAWL_EXPRESSION_TEST", "visible", 1);
  EXPECT_EQ(value("env"), json::object());
  EXPECT_EQ(value("$ENV"), json::object());
  EXPECT_EQ(value("[env.PAWL_EXPRESSION_TEST, $ENV.PAWL_EXPRESSION_TEST]"),
            json::parse("[null,null]"));
  EXPECT_THAT(failure("input"), HasSubstr("not available"));
  EXPECT_THAT(failure("[inputs]"), HasSubstr("not available"));
  EXPECT_EQ(value("[input_filename, input_line_number, get_search_list]"),
            json::parse("[null,null,[]]"));
  EXPECT_THAT(failure("halt"), HasSubstr("not available"));
  EXPECT_THAT(failure("\"x\" | halt_error"), HasSubstr("not available"));
  EXPECT_THAT(failure("halt_error(3)"), HasSubstr("not available"));
  EXPECT_THAT(failure("\"x\" | modulemeta"), HasSubstr("not available"));
  EXPECT_THAT(refusal("include \"x\"; ."), HasSubstr("syntax error"));
  EXPECT_THAT(refusal("import \"x\" as x; ."), HasSubstr("syntax error"));
  EXPECT_THAT(refusal("include \"x\"; 1) | (2"), HasSubstr("syntax error"));
  EXPECT_THAT(refusal("$__prog_args"), HasSubstr("not defined"));
}

TEST_F(expression, prints_nothing) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  EXPECT_EQ(value("[1 | debug | stderr]"), json::parse("[1]"));
  failure("error(\"x\")");
  refusal("1 +");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST_F(expression, now_is_the_given_time) {
  EXPECT_EQ(value("now"), 1'764'000'000.25);
  EXPECT_EQ(value("now | floor | todate"), "2025-11-24T16:00:00Z");
  EXPECT_EQ(e.evaluate("now", nullptr, {}, from_epoch_ms(2'000)).value(), 2);
}

TEST_F(expression, traps_of_jq_1_6) {
  EXPECT_EQ(value("[limit(0; 1, 2)]"), json::array());
  EXPECT_EQ(value("[limit(1; 1, 2)]"), json::parse("[1]"));
  EXPECT_EQ(value("[limit(0, 2; 1, 2, 3)]"), json::parse("[1,2]"));
  EXPECT_EQ(value("[indices(\"\"), index(\"\"), rindex(\"\"), _strindices(\"\")]", "abc"),
            json::parse("[[],null,null,[]]"));
  EXPECT_EQ(value("[indices(\"b\"), index(\"b\"), rindex(\"b\")]", "abcb"),
            json::parse("[[1,3],1,3]"));
  EXPECT_EQ(value("indices(\"\")", json::parse(R"(["", 1])")), json::parse("[0]"));
  EXPECT_THAT(failure("todate", 1e300), HasSubstr("out of range"));
  EXPECT_THAT(failure("strftime(\"%Y\")", 1e300), HasSubstr("out of range"));
  EXPECT_THAT(failure("strftime(1)", 0), HasSubstr("string format"));
  EXPECT_EQ(value("[todate, date, strftime(\"%Y\"), strflocaltime(\"%H\")]", 0),
            json::parse(R"(["1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970", "00"])"));
}

TEST_F(expression, failures_have_jqs_own_words) {
  EXPECT_EQ(failure(".a + {}", json({{"a", 1}})),
            "${ .a + {} }: number (1) and object ({}) cannot be added");
  EXPECT_EQ(failure(".a.b", json({{"a", 1}})), "${ .a.b }: Cannot index number with string \"b\"");
  const std::string umlauts = [] {
    std::string text = "x";
    for (int i = 0; i < 2000; ++i)
      text += "\xc3\xa4";
    return text;
  }();
  EXPECT_NO_THROW((void)json(failure("error(\"" + umlauts + "\")")).dump()) << "cut in a character";
  EXPECT_LT(failure("error(\"" + umlauts + "\")").size(), 1300u);
  EXPECT_THAT(failure("error({code: 7})"), HasSubstr("{\"code\":7}"));
  EXPECT_EQ(value("[.[] | try error(\"x\") catch .]", json::parse("[1]")), json::parse("[\"x\"]"));
  EXPECT_EQ(value(".a + 1", json({{"a", 1}})), 2) << "a program is whole again after it failed";
}

TEST_F(expression, numbers) {
  EXPECT_EQ(value("[1.0, 1.5, -2, 1e3] | .[1:]").dump(), "[1.5,-2,1000]");
  EXPECT_EQ(value("1 / 2 * 2").dump(), "1");
  EXPECT_EQ(value("9007199254740992 + 0").dump(), "9007199254740992");
  EXPECT_EQ(value("1e18 + 0").dump(), "1000000000000000000");
  EXPECT_EQ(value("pow(2; 63)").dump(), "9223372036854775808");
  EXPECT_TRUE(value("pow(2; 64)").is_number_float());
  EXPECT_EQ(value("[nan, infinite, -infinite]"), json::parse("[null,null,null]"));
  EXPECT_EQ(value("map(isnan)", json::array({1})), json::parse("[false]"));
}

TEST_F(expression, texts) {
  EXPECT_EQ(value("[.]", "a\xff"
                         "b"),
            json::array({"a\xef\xbf\xbd"
                         "b"}));
  EXPECT_EQ(value("{(.): length}", "\xc3\xa9\xf0\x9f\x98\x80"),
            json({{"\xc3\xa9\xf0\x9f\x98\x80", 2}}));
  EXPECT_EQ(value("[.]", std::string("a\0b", 3)), json::array({std::string("a\0b", 3)}));
}

TEST_F(expression, endless_ones_are_stopped) {
  expressions quick(expression_limits{50ms, std::size_t(1) << 20});
  const auto stop = [&](std::string_view text) {
    const auto got = quick.evaluate(text, nullptr, {}, now);
    EXPECT_TRUE(got.is_fault()) << text;
    return got.is_fault() ? got.fault().detail : std::string();
  };
  EXPECT_THAT(stop("[recurse]|[range(1e12)]|length"), HasSubstr("took longer than 50 ms"));
  EXPECT_THAT(stop("last(repeat(1))"), HasSubstr("took longer than 50 ms"));
  EXPECT_THAT(stop("def f: f; f"), HasSubstr("took longer than 50 ms"));
  EXPECT_THAT(stop("\"abc\" | gsub(\"\"; \"x\")"), HasSubstr("took longer than 50 ms"));
  EXPECT_THAT(stop("repeat(1)"),
              testing::AnyOf(HasSubstr("bigger than"), HasSubstr("took longer")));
  EXPECT_EQ(quick.evaluate("[1] | length", nullptr, {}, now).value(), 1);
  EXPECT_THAT(stop("last(repeat(1))"), HasSubstr("took longer than 50 ms")) << "a second time too";
}

TEST_F(expression, big_or_deep_results_are_refused) {
  expressions small(expression_limits{2000ms, 1000});
  EXPECT_THAT(small.evaluate("\"x\" * 2000", nullptr, {}, now).fault().detail,
              HasSubstr("bigger than 1000 bytes"));
  EXPECT_THAT(small.evaluate("[range(2000)]", nullptr, {}, now).fault().detail,
              HasSubstr("bigger than 1000 bytes"));
  EXPECT_THAT(small.evaluate("range(2000)", nullptr, {}, now).fault().detail,
              HasSubstr("bigger than 1000 bytes"));
  EXPECT_THAT(failure("reduce range(300) as $i (0; [.])"), HasSubstr("deeper than 256"));
  json deep = 0;
  for (int i = 0; i < 300; ++i)
    deep = json::array({std::move(deep)});
  EXPECT_THAT(failure("length", deep), HasSubstr("deeper than 256"));
  arguments args;
  args.context = &deep;
  EXPECT_THAT(failure("$context | length", nullptr, args), HasSubstr("$context is nested deeper"));
  EXPECT_EQ(value("1 + 1", nullptr, args), 2) << "what is not mentioned is not converted";
}

TEST_F(expression, serves_many_threads) {
  constexpr int threads = 8;
  constexpr int rounds = 200;
  const std::string texts[] = {".a.b", "[.a.b, $context.n] | add", "{n: ($item + 1)}",
                               "\"n=\\(.a.b)\"", "error(\"no\")"};
  std::atomic<int> right = 0;
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      for (int i = 0; i < rounds; ++i) {
        const json dot = {{"a", {{"b", i}}}};
        const json context = {{"n", t}};
        const json item = i + t;
        arguments args;
        args.context = &context;
        args.variables = {{"item", &item}};
        const outcome expected[] = {json(i), json(i + t), json({{"n", i + t + 1}}),
                                    json("n=" + std::to_string(i)), fault()};
        const auto which = static_cast<std::size_t>(i + t) % std::size(texts);
        const auto got = e.evaluate(texts[which], dot, args, now);
        right += which == 4 ? got.is_fault() : got == expected[which];
      }
    });
  for (auto& thread : all)
    thread.join();
  EXPECT_EQ(right, threads * rounds);
}

TEST_F(expression, unwraps_whole_strings_only) {
  const std::pair<const char*, const char*> whole[] = {
      {"${ .a }", ".a"},
      {"${.a}", ".a"},
      {" ${ .a } ", ".a"},
      {"${ {a: {b: 1}} }", "{a: {b: 1}}"},
      {"${ \"a } b ${\" }", "\"a } b ${\""},
      {"${ \"\\(\"}\")\" }", "\"\\(\"}\")\""},
      {"${}", ""},
      {"${ .a) }", ".a)"},
  };
  for (const auto& [text, expected] : whole) {
    EXPECT_EQ(unwrap(text), expected) << text;
    EXPECT_FALSE(has_embedded(text)) << text;
  }
  for (const auto* text : {"Hello ${ .a }", "${ .a }!", "${ .a } and ${ .b }", "${ .a", "a ${"}) {
    EXPECT_EQ(unwrap(text), std::nullopt) << text;
    EXPECT_TRUE(has_embedded(text)) << text;
  }
  for (const auto* text : {"", ".a", "$", "{}", "$ {.a}", "{{ .a }}", "}"}) {
    EXPECT_EQ(unwrap(text), std::nullopt) << text;
    EXPECT_FALSE(has_embedded(text)) << text;
  }
}

TEST_F(expression, templates) {
  const json tmpl = json::parse(R"({"a": "${ .x }", "b": ["${ .x + 1 }", ".x", 1, null, true],
      "c": {"${ .x }": "Hello ${ .x }"}, "d": "${ .evil }", "e": {}, "f": []})");
  const json dot = json::parse(R"({"x": 1, "evil": {"t": "${ .x }", "u": ["${ env }"]}})");
  const auto got = evaluate_template(e, tmpl, dot, {}, now);
  ASSERT_TRUE(got.is_value()) << got.fault().detail;
  EXPECT_EQ(got.value(), json::parse(R"({"a": 1, "b": [2, ".x", 1, null, true],
      "c": {"${ .x }": "Hello ${ .x }"}, "d": {"t": "${ .x }", "u": ["${ env }"]}, "e": {},
      "f": []})"))
      << "only the template's own whole strings are evaluated, never data";
  EXPECT_EQ(evaluate_template(e, "${ .x }", dot, {}, now).value(), 1);
  const auto failed =
      evaluate_template(e, json::parse(R"(["${ .x.y }", "${ .x.z }"])"), dot, {}, now);
  ASSERT_TRUE(failed.is_fault());
  EXPECT_THAT(failed.fault().detail, HasSubstr(".x.y"));
  json deep = "${ .x }";
  for (int i = 0; i < 300; ++i)
    deep = json::array({std::move(deep)});
  EXPECT_TRUE(evaluate_template(e, deep, dot, {}, now).is_fault());
}

void collect_expressions(const json& document, std::set<std::string>& found) {
  if (document.is_string()) {
    if (const auto inner = unwrap(document.get_ref<const std::string&>()))
      found.emplace(*inner);
  } else if (document.is_structured()) {
    for (const auto& part : document)
      collect_expressions(part, found);
  }
}

TEST_F(expression, those_of_the_published_examples_compile) {
  const auto root =
      std::filesystem::path(PAWL_TEST_SOURCE_DIR).parent_path() / "shared" / "workflow-dsl";
  if (!std::filesystem::exists(root))
    GTEST_SKIP() << "no examples at " << root;
  std::set<std::string> found;
  for (const auto& file : std::filesystem::recursive_directory_iterator(root))
    if (file.path().extension() == ".json") {
      std::ifstream in(file.path());
      collect_expressions(json::parse(in), found);
    }
  EXPECT_GT(found.size(), 60u);
  // The names that the examples give to what they iterate over and to what they catch.
  const std::vector<std::string> names{"item", "index", "error", "err",    "toolCall", "event",
                                       "i",    "pet",   "color", "number", "message"};
  std::size_t fast = 0;
  for (const auto& text : found) {
    const auto checked = e.check(text, names);
    EXPECT_TRUE(checked.has_value()) << (checked ? "" : checked.error().render());
    fast += expression_access::is_fast(text, names);
  }
  std::cout << found.size() << " expressions, " << fast << " of them without jq\n";
}

TEST_F(expression, what_an_evaluation_costs) {
  const json dot = json::parse(R"({"a": {"b": [1, 2, 3]}})");
  constexpr int rounds = 20'000;
  const auto measure = [&](std::string_view text) {
    (void)evaluate(text, dot);
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i)
      (void)evaluate(text, dot);
    const std::chrono::duration<double, std::micro> spent =
        std::chrono::steady_clock::now() - start;
    return spent.count() / rounds;
  };
  const auto fast = measure(".a.b[0]");
  const auto by_jq = measure(".a.b | add");
  std::cout << "one evaluation: path " << fast << " us, jq " << by_jq << " us\n";
  EXPECT_LT(fast, by_jq);
}

} // namespace
} // namespace pawl::workflows
