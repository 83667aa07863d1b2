// try, catch and retries.
#include "harness.hpp"
#include "workflows/fault_alias.hpp"

namespace pawl::workflows {
namespace {

using namespace testing;

/// Faults so often, then answers.
auto failing(int times) {
  auto left = std::make_shared<int>(times);
  return [left](const path& where, const json& request) {
    return (*left)-- > 0 ? answer(outcome(fault(fault_type::communication, 503, "down")))
                         : echo(where, request);
  };
}

json try_with(const char* handler) {
  json list = tasks(R"([{"t": {"try": [{"ask": {"call": "inference", "with": {"prompt": "p"}}}],
          "catch": {}}}])");
  list[0]["t"]["catch"] = json::parse(handler);
  return document_of(std::move(list));
}

TEST(catch_clause, without_do_swallows_and_outputs_the_input) {
  bench b(try_with("{}"), 5);
  b.gateway.script = failing(1);
  EXPECT_EQ(b.run(), outcome(json(5)));
}

TEST(catch_clause, catches_by_every_member_of_the_filter) {
  const struct {
    const char* filter;
    bool caught;
  } rows[] = {
      {R"({"status": 503})", true},
      {R"({"status": 500})", false},
      {R"({"type": "https://serverlessworkflow.io/spec/1.0.0/errors/communication"})", true},
      {R"({"type": "https://open-workflow-specification.org/spec/1.0.0/errors/communication"})",
       true},
      {R"({"type": "https://serverlessworkflow.io/dsl/errors/types/communication", "status": 503})",
       true},
      {R"({"type": "https://serverlessworkflow.io/spec/1.0.0/errors/timeout"})", false},
      {R"({"type": "https://example.com/spec/1.0.0/errors/communication"})", false},
      {R"({"title": "down"})", true},
      {R"({"title": "up"})", false},
      {R"({"instance": "/do/0/t/try/0/ask"})", true},
      {R"({"instance": "/do/0/t"})", false},
      {R"({"details": "none"})", false},
  };
  for (const auto& row : rows) {
    bench b(try_with((std::string(R"({"errors": {"with": )") + row.filter + "}}").c_str()), "in");
    b.gateway.script = failing(1);
    EXPECT_EQ(b.run().is_value(), row.caught) << row.filter;
  }
}

TEST(catch_clause, when_and_except_when_see_the_error_by_its_name) {
  const struct {
    const char* handler;
    bool caught;
  } rows[] = {
      {R"({"as": "e", "when": "$e.status == 503"})", true},
      {R"({"as": "e", "when": "${ $e.status == 500 }"})", false},
      {R"({"exceptWhen": "$error.title == \"down\""})", false},
      {R"({"exceptWhen": "$error.title == \"up\""})", true},
      {R"({"when": ".never"})", false},
  };
  for (const auto& row : rows) {
    bench b(try_with(row.handler), json::object());
    b.gateway.script = failing(1);
    EXPECT_EQ(b.run().is_value(), row.caught) << row.handler;
  }
}

TEST(catch_clause, do_sees_error_input_and_context_as_the_fault_left_it) {
  expect_output(R"([
    {"t": {"try": [{"a": {"set": "${ \"lost\" }", "export": {"as": {"reached": "a"}}}},
                   {"r": {"raise": {"error": {"type": "urn:x", "status": 418,
                       "title": "Teapot"}}}}],
           "catch": {"as": "err", "do": [
             {"h": {"set": {"error": "${ $err }", "data": "${ . }",
                 "context": "${ $context }"}}}]}}}])",
                "input", json::parse(R"({"error": {"type": "urn:x", "status": 418,
          "title": "Teapot",
                                         "instance": "/do/0/t/try/1/r"},
                                         "data": "input", "context": {"reached": "a"}})"));
}

TEST(catch_clause, a_fault_in_do_goes_up) {
  const fault f = run_to_fault(R"([{"t": {"try": [{"r": {"raise": {"error": {"type": "urn:x",
          "status": 500}}}}],
      "catch": {"do": [{"again": {"raise": {"error": {"type": "urn:y", "status": 501}}}}]}}}])");
  EXPECT_EQ(f.type, "urn:y");
  EXPECT_EQ(f.instance, "/do/0/t/catch/do/0/again");
}

TEST(catch_clause, an_outer_one_gets_what_the_inner_does_not_want) {
  expect_output(R"([{"outer": {"try": [{"inner": {
      "try": [{"r": {"raise": {"error": {"type": "urn:x", "status": 500}}}}],
      "catch": {"errors": {"with": {"status": 404}}}}}],
    "catch": {"do": [{"h": {"set": "${ $error.instance }"}}]}}}])",
                nullptr, "/do/0/outer/try/0/inner/try/0/r");
}

TEST(retry, goes_on_until_it_succeeds) {
  bench b(try_with(R"({"retry": {"delay": {"seconds": 3}, "limit": {"attempt": {"count": 5}}}})"));
  b.gateway.script = failing(2);
  const outcome result = b.run();
  ASSERT_TRUE(result.is_value());
  EXPECT_EQ(result.value().at("text"), "answer to p");
  EXPECT_EQ(b.gateway.order, (std::vector<std::string>{"/do/0/t/try/0/ask", "/do/0/t~1/try/0/ask",
                                                       "/do/0/t~2/try/0/ask"}));
  // Three calls of 100 ms and two constant delays.
  EXPECT_EQ(b.now - b.started, std::chrono::milliseconds(6'300));
  EXPECT_EQ(std::count_if(b.notes.begin(), b.notes.end(),
                          [](const task_note& n) { return n.phase == task_phase::retried; }),
            2);
}

TEST(retry, backs_off_as_documented) {
  const struct {
    const char* backoff;
    int seconds; // of all delays together, three retries with a delay of 1 s
  } rows[] = {{"constant", 3}, {"linear", 1 + 2 + 3}, {"exponential", 1 + 2 + 4}};
  for (const auto& row : rows) {
    bench b(try_with(
        (std::string(R"({"retry": {"delay": "PT1S", "backoff": {")") + row.backoff + R"(": {}}}})")
            .c_str()));
    b.gateway.script = failing(3);
    ASSERT_TRUE(b.run().is_value());
    EXPECT_EQ(b.now - b.started, std::chrono::milliseconds(row.seconds * 1000 + 400))
        << row.backoff;
  }
}

TEST(retry, raises_the_last_error_when_exhausted_without_do) {
  bench b(try_with(R"({"retry": {"limit": {"attempt": {"count": 2}}}})"));
  b.gateway.script = failing(9);
  const outcome result = b.run();
  ASSERT_TRUE(result.is_fault());
  EXPECT_EQ(result.fault().status, 503);
  EXPECT_EQ(b.gateway.order.size(), 3u); // one attempt and two retries
}

TEST(retry, comes_before_do_which_runs_once) {
  bench b(try_with(R"({"retry": {"limit": {"attempt": {"count": 2}}},
          "do": [{"h": {"set": "${ \"handled\" }"}}]})"));
  b.gateway.script = failing(9);
  EXPECT_EQ(b.run(), outcome(json("handled")));
  EXPECT_EQ(b.gateway.order.size(), 3u);
  EXPECT_EQ(b.ran(), (std::vector<std::string>{"h", "t"}));
}

TEST(retry, asks_when_and_except_when) {
  for (const char* policy : {R"({"when": "$error.status == 429"})", R"({"exceptWhen":
          "$error.status == 503"})"}) {
    bench b(try_with((std::string(R"({"retry": )") + policy + "}").c_str()));
    b.gateway.script = failing(1);
    EXPECT_TRUE(b.run().is_fault()) << policy;
  }
}

TEST(retry, begins_none_after_the_total_duration) {
  bench b(try_with(R"({"retry": {"delay": "PT10S", "limit": {"duration": "PT25S"}}})"));
  b.gateway.script = failing(99);
  EXPECT_TRUE(b.run().is_fault());
  EXPECT_EQ(b.gateway.order.size(), 3u); // at 0, 10.1 and 20.2 s
}

TEST(retry, limits_one_attempt) {
  bench b(try_with(R"({"errors": {"with": {"status": 408}},
                       "retry": {"limit": {"attempt": {"count": 1, "duration": "PT0.05S"}}},
                       "do": [{"h": {"set": "${ $error.status }"}}]})"));
  EXPECT_EQ(b.run(), outcome(json(408)));
  EXPECT_EQ(b.gateway.order.size(), 2u);
  EXPECT_EQ(b.now - b.started, std::chrono::milliseconds(100));
}

TEST(retry, adds_jitter_within_its_range) {
  bench b(try_with(R"({"retry": {"delay": "PT1S", "jitter": {"from": "PT1S", "to": "PT2S"}}})"));
  b.gateway.script = failing(1);
  ASSERT_TRUE(b.run().is_value());
  const auto waited = b.now - b.started - std::chrono::milliseconds(200);
  EXPECT_GE(waited, std::chrono::seconds(2));
  EXPECT_LE(waited, std::chrono::seconds(3));
  EXPECT_NE(waited, std::chrono::seconds(2));
}

TEST(retry, takes_a_policy_from_use) {
  json document = try_with(R"({"as": "err", "retry": "patient"})");
  document["use"] = json::parse(
      R"({"retries": {"patient": {"when": "$err.status == 503", "delay": "PT1S",
          "limit": {"attempt": {"count": 1}}}}})");
  bench b(document);
  b.gateway.script = failing(1);
  EXPECT_TRUE(b.run().is_value());
}

TEST(retry, forgets_what_the_attempt_exported) {
  bench b(document_of(tasks(R"([
    {"init": {"set": "${ 0 }", "export": {"as": {"n": 0}}}},
    {"t": {"try": [{"count": {"set": "${ . + 1 }", "export": {"as": {"n": "${ $context.n + 1 }"}}}},
                   {"ask": {"call": "inference", "with": {"prompt": "${ . }"}}}],
           "catch": {"retry": {}}}},
    {"after": {"set": "${ $context }"}}])")));
  b.gateway.script = [left = std::make_shared<int>(2)](const path& where, const json&) {
    return (*left)-- > 0 ? answer(outcome(fault(fault_type::runtime, 500, "no")))
                         : echo(where, json::object());
  };
  EXPECT_EQ(b.run(), outcome(json::parse(R"({"n": 1})")));
  for (const auto& [id, request] : b.gateway.requests())
    EXPECT_EQ(request.at("prompt"), 1) << id;
}

TEST(fault_aliases, compare_standard_types_across_their_bases) {
  EXPECT_TRUE(
      is_same_fault_type("https://serverlessworkflow.io/spec/1.0.0/errors/timeout",
                         "https://open-workflow-specification.org/dsl/errors/types/timeout"));
  EXPECT_FALSE(is_same_fault_type("https://serverlessworkflow.io/spec/1.0.0/errors/custom",
                                  "https://serverlessworkflow.io/dsl/errors/types/custom"));
  EXPECT_TRUE(is_same_fault_type("urn:x", "urn:x"));
  EXPECT_FALSE(is_same_fault_type("urn:x", "urn:y"));
}

} // namespace
} // namespace pawl::workflows
