// Where the flow goes: then, switch, loops.
#include <algorithm>

#include "harness.hpp"

namespace pawl::workflows {
namespace {

using namespace testing;

TEST(flow_directives, jump_over_tasks_and_back) {
  bench b(document_of(tasks(R"([
    {"a": {"set": {"n": 0}, "then": "c"}},
    {"b": {"set": "${ . + {b: true} }", "then": "exit"}},
    {"c": {"set": "${ {n: (.n + 1)} }", "then": "d"}},
    {"d": {"switch": [{"again": {"when": ".n < 3", "then": "c"}}, {"done": {"then": "b"}}]}}])")));
  EXPECT_EQ(b.run(), outcome(json::parse(R"({"n": 3, "b": true})")));
  EXPECT_EQ(b.ran(), (std::vector<std::string>{"a", "c", "d", "c", "d", "c", "d", "b"}));
}

TEST(flow_directives, exit_ends_the_list_and_end_the_workflow) {
  expect_output(R"([
    {"inner": {"do": [{"x": {"set": "${ 1 }", "then": "exit"}}, {"never": {"set": "${ 2 }"}}],
        "output": {"as": "${ [.] }"}}},
    {"outer": {"do": [{"y": {"set": "${ . + [3] }", "then": "end"}}, {"never": {"set": "${ 4 }"}}],
               "output": {"as": {"wrapped": "${ . }"}}}},
    {"never": {"set": "${ 5 }"}}])",
                nullptr, json::parse(R"({"wrapped": [1, 3]})"));
}

TEST(flow_directives, end_leaves_loops_tries_and_forks) {
  expect_output(R"([{"l": {"for": {"in": "[1, 2, 3]"}, "do": [{"x": {"set": "${ $item }"}},
      {"t": {"try": [{"s": {"switch": [{"two": {"when": ". == 2", "then": "end"}}]}}],
          "catch": {}}}]}},
    {"never": {"set": "${ \"no\" }"}}])",
                nullptr, 2);
  expect_output(R"([{"f": {"fork": {"branches": [{"x": {"set": "${ 1 }", "then": "end"}},
          {"y": {"set": "${ 2 }"}}]}}},
    {"never": {"set": "${ \"no\" }"}}])",
                nullptr, json::parse("[1, 2]"));
}

TEST(switch_task, takes_the_first_match_else_the_default_else_its_own_then) {
  const char* list = R"([
    {"s": {"switch": [{"fallback": {"then": "c"}}, {"one": {"when": ".v == 1", "then": "a"}},
                      {"small": {"when": ".v < 5", "then": "b"}}]}},
    {"a": {"set": "${ \"a\" }", "then": "end"}}, {"b": {"set": "${ \"b\" }", "then": "end"}},
        {"c": {"set": "${ \"c\" }"}}])";
  expect_output(list, json::parse(R"({"v": 1})"), "a");
  expect_output(list, json::parse(R"({"v": 2})"), "b");
  expect_output(list, json::parse(R"({"v": 9})"), "c");
  expect_output(R"([{"s": {"switch": [{"one": {"when": ". == 1", "then": "end"}}], "then": "b"}},
                    {"a": {"set": "${ \"a\" }"}}, {"b": {"set": "${ [.] }"}}])",
                7, json::parse("[7]"));
}

TEST(for_task, feeds_each_iteration_with_the_last_ones_output) {
  expect_output(R"([{"l": {"for": {"each": "c", "in": ".list", "at": "i"},
                           "do": [{"x": {"set": "${ {sum: ((.sum // 0) + $c), last: $i} }"}}]}}])",
                json::parse(R"({"list": [5, 6, 7]})"), json::parse(R"({"sum": 18, "last": 2})"));
}

TEST(for_task, of_no_items_outputs_its_input) {
  expect_output(R"([{"l": {"for": {"in": "[]"}, "do": [{"x": {"set": "${ 1 }"}}]}}])", "same",
                "same");
}

TEST(for_task, asks_while_before_each_iteration) {
  bench b(document_of(tasks(R"([{"l": {"for": {"in": "[range(10)]"},
          "while": "$index < 2 and . != \"stop\"",
                                       "do": [{"x": {"set": "${ $item }"}}]}}])")),
          "start");
  EXPECT_EQ(b.run(), outcome(json(1)));
  expect_output(R"([{"l": {"for": {"in": "[1, 2]"}, "while": ". != \"stop\"",
          "do": [{"x": {"set": "${ 1 }"}}]}}])",
                "stop", "stop");
}

TEST(for_task, while_sees_the_loops_context) {
  expect_output(R"([{"l": {"for": {"in": "[1, 2, 3]"}, "while": "($context.n // 0) < 2",
      "do": [{"x": {"set": "${ $item }", "export": {"as": {"n": "${ $item }"}}}}]}},
      {"after": {"set": {"data": "${ . }", "context": "${ $context }"}}}])",
                nullptr, json::parse(R"({"data": 2, "context": {"n": 2}})"));
}

TEST(for_task, wants_an_array) {
  const fault f = run_to_fault(R"([{"l": {"for": {"in": ".missing"},
          "do": [{"x": {"set": "${ 1 }"}}]}}])",
                               json::object());
  EXPECT_EQ(f.status, 400);
  EXPECT_NE(f.detail.find("expected an array"), std::string::npos);
}

TEST(for_task, nested_loops_see_both_items_and_the_inner_hides_the_outer) {
  expect_output(R"([{"o": {"for": {"each": "a", "in": "[1, 2]"}, "do": [
      {"i": {"for": {"each": "b", "in": "[10, 20]"}, "do": [
        {"x": {"set": "${ (. // []) + [$a + $b, $index] }"}}]}}]}}])",
                nullptr, json::parse("[11, 0, 21, 1, 12, 0, 22, 1]"));
}

TEST(for_task, a_hundred_thousand_items_need_no_stack_and_no_journal) {
  bench b(document_of(tasks(R"([{"l": {"for": {"in": "[range(100000)]"},
          "do": [{"x": {"set": "${ $index }"}}]}}])")));
  EXPECT_EQ(b.run(), outcome(json(99'999)));
  EXPECT_EQ(b.saves, 0u);
}

TEST(for_task, a_loop_of_calls_keeps_one_iteration_in_the_journal) {
  bench b(document_of(tasks(R"([{"l": {"for": {"in": "[range(200)]"}, "do": [
      {"ask": {"call": "inference", "with": {"prompt": "${ $index }"},
               "output": {"as": ".at"}}}]}}])")));
  b.gateway.script = [](const path& where, const json&) {
    json value = json::object();
    value["at"] = where.str();
    return answer(outcome(std::move(value)));
  };
  EXPECT_EQ(b.run(), outcome(json("/do/0/l~199/do/0/ask")));
  EXPECT_EQ(b.gateway.order.size(), 200u);
  EXPECT_LE(b.durable.size(), 4u);
  // The items are kept once, by the list; the loop's own state does not grow with them.
  EXPECT_EQ(b.durable.at("/do").saved->at("task").at("items").size(), 200u);
}

TEST(laps, a_back_jump_gives_the_steps_new_ids) {
  bench b(document_of(tasks(R"([
    {"ask": {"call": "inference", "with": {"prompt": "p"}, "output": {"as": "${ $input + 1 }"}}},
    {"s": {"switch": [{"again": {"when": ". < 3", "then": "ask"}}]}}])")),
          0);
  EXPECT_EQ(b.run(), outcome(json(3)));
  EXPECT_EQ(b.gateway.order, (std::vector<std::string>{"/do/0/ask", "/do~1/0/ask", "/do~2/0/ask"}));
}

TEST(endless_loops, of_pure_tasks_fault_past_every_catch) {
  bench b(document_of(tasks(R"([{"t": {"try": [{"a": {"set": "${ 1 }"}}, {"b": {"set": "${ 2 }",
          "then": "a"}}],
                                       "catch": {"retry": {}}}}])")));
  b.tasks_at_once_max = 1000;
  const outcome result = b.run();
  ASSERT_TRUE(result.is_fault());
  EXPECT_EQ(result.fault().title, "endless loop");
}

TEST(endless_loops, that_wait_are_none) {
  bench b(document_of(tasks(R"([{"w": {"wait": "PT1S"}}, {"c": {"set": "${ . + 1 }"}},
                                {"s": {"switch": [{"more": {"when": ". < 50", "then": "w"}}]}}])")),
          0);
  b.tasks_at_once_max = 10;
  EXPECT_EQ(b.run(), outcome(json(50)));
}

} // namespace
} // namespace pawl::workflows
