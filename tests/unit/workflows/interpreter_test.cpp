// The tasks one by one: what each outputs, and how data, $context and expressions flow (DSL 1.0,
// "Data flow").
#include "harness.hpp"

namespace pawl::workflows {
namespace {

using namespace testing;

TEST(set_task, replaces_the_data_and_walks_deeply) {
  expect_output(
      R"([{"a": {"set": {"x": {"y": ["${ .n + 1 }", "plain", 7]}, "z": "${ $input.n }"}}}])",
      json::parse(R"({"n": 1, "lost": true})"),
      json::parse(R"({"x": {"y": [2, "plain", 7]}, "z": 1})"));
}

TEST(set_task, takes_one_expression) {
  expect_output(R"([{"a": {"set": "${ .list | length }"}}])", json::parse(R"({"list": [1, 2, 3]})"),
                3);
}

TEST(set_task, leaves_expressions_in_data_alone) {
  // What looks like an expression in data must stay what it is, also after several tasks.
  expect_output(
      R"([{"a": {"set": {"copy": "${ .evil }"}}}, {"b": {"set": {"again": "${ .copy }"}}}])",
      json::parse(R"({"evil": "${ 1 + 1 }"})"), json::parse(R"({"again": "${ 1 + 1 }"})"));
}

TEST(data_flow, input_output_and_export_see_what_the_dsl_says) {
  expect_output(R"([
    {"first": {
      "input": {"from": "${ .outer }"},
      "set": {"dot": "${ . }", "input": "${ $input }"},
      "output": {"as": {"raw": "${ .dot.v }", "in": "${ $input.v }"}},
      "export": {"as": {"dot": "${ . }", "out": "${ $output.raw }", "in": "${ $input.v }"}}}},
    {"second": {"set": {"data": "${ . }", "context": "${ $context }"}}}])",
                json::parse(R"({"outer": {"v": 5}})"), json::parse(R"({"data": {"raw": 5, "in": 5},
                                "context": {"dot": {"raw": 5, "in": 5}, "out": 5, "in": 5}})"));
}

TEST(data_flow, context_begins_as_null_and_export_replaces_it) {
  expect_output(R"([
    {"a": {"set": {"was": "${ $context }"}, "export": {"as": "${ {a: 1} }"}}},
    {"b": {"set": "${ . }", "export": {"as": "${ $context + {b: 2} }"}}},
    {"c": {"set": "${ $context }", "export": {"as": "${ {c: 3} }"}}},
    {"d": {"set": {"before": "${ . }", "now": "${ $context }"}}}])",
                nullptr, json::parse(R"({"before": {"a": 1, "b": 2}, "now": {"c": 3}})"));
}

TEST(data_flow, the_workflow_transforms_its_input_and_output) {
  expect_output(R"([{"a": {"set": "${ {n: (. + 1)} }", "export": {"as": ".n"}}}])",
                json::parse(R"({"value": 1})"), json::parse(R"({"final": 2, "context": 2})"),
                json::parse(R"({"input": {"from": ".value"},
                                "output": {"as": {"final": "${ .n }",
                                                  "context": "${ $context }"}}})"));
}

TEST(data_flow, context_flows_into_nested_lists_and_out_again) {
  expect_output(R"([
    {"a": {"set": {}, "export": {"as": {"seen": ["a"]}}}},
    {"b": {"do": [{"c": {"set": "${ . }", "export": {"as":
        "${ {seen: ($context.seen + [\"c\"])} }"}}}]}},
    {"d": {"set": "${ $context }"}}])",
                nullptr, json::parse(R"({"seen": ["a", "c"]})"));
}

TEST(expression_arguments, task_workflow_and_runtime_describe_themselves) {
  bench b(document_of(tasks(R"([{"outer": {"do": [{"inner": {"metadata": {"k": "v"},
          "input": {"from": "${ .a }"},
      "set": {"name": "${ $task.name }", "reference": "${ $task.reference }",
          "raw": "${ $task.input }",
              "meta": "${ $task.definition.metadata.k }",
                  "taskStart": "${ $task.startedAt.epoch.milliseconds }",
              "id": "${ $workflow.id }", "wfName": "${ $workflow.definition.document.name }",
              "wfInput": "${ $workflow.input }", "wfStart": "${ $workflow.startedAt.iso8601 }",
              "wfSeconds": "${ $workflow.startedAt.epoch.seconds }",
              "runtime": "${ $runtime.name }", "host": "${ $runtime.metadata.host }"}}}]}}])")),
          json::parse(R"({"a": 1})"));
  const outcome result = b.run();
  ASSERT_TRUE(result.is_value()) << json(result.fault()).dump();
  EXPECT_EQ(result.value(), json::parse(R"({"name": "inner", "reference": "/do/0/outer/do/0/inner",
          "raw": {"a": 1},
      "meta": "v", "taskStart": 1700000000000, "id": "run-1", "wfName": "sample",
          "wfInput": {"a": 1},
      "wfStart": "2023-11-14T22:13:20.000Z", "wfSeconds": 1700000000, "runtime": "pawl",
          "host": "fake"})"));
}

TEST(expression_arguments, task_output_is_the_raw_output) {
  expect_output(R"([{"a": {"set": {"x": 1}, "output": {"as": {"raw": "${ $task.output }"}}}}])",
                nullptr, json::parse(R"({"raw": {"x": 1}})"));
}

TEST(if_condition, is_on_the_raw_input_and_skips_everything) {
  bench b(document_of(tasks(R"([
    {"a": {"if": ".go", "input": {"from": ".gone"}, "set": {"x": 1}, "output": {"as": "${ 9 }"},
           "export": {"as": "${ 9 }"}, "then": "end"}},
    {"b": {"set": {"data": "${ . }", "context": "${ $context }"}}}])")),
          json::parse(R"({"go": false})"));
  const outcome result = b.run();
  EXPECT_EQ(result, outcome(json::parse(R"({"data": {"go": false}, "context": null})")));
  ASSERT_GE(b.notes.size(), 1u);
  EXPECT_EQ(b.notes[0].phase, task_phase::skipped);
}

TEST(if_condition, null_is_false_and_other_values_are_true) {
  const char* list = R"([{"a": {"if": "${ .v }", "set": {"ran": true}}}])";
  expect_output(list, json::parse(R"({"v": null})"), json::parse(R"({"v": null})"));
  expect_output(list, json::parse(R"({"v": 0})"), json::parse(R"({"ran": true})"));
}

TEST(call_task, sends_the_evaluated_request_and_outputs_the_answer) {
  bench b(document_of(tasks(R"([{"ask": {"call": "inference:1.0.0@default",
      "with": {"model": "m", "prompt": "${ \"Hello \\(.name)\" }",
          "options": {"deep": ["${ .name }"]}}}}])")),
          json::parse(R"({"name": "Ann"})"));
  const outcome result = b.run();
  EXPECT_EQ(result, outcome(json::parse(R"({"text": "answer to Hello Ann", "at": "/do/0/ask"})")));
  ASSERT_EQ(b.gateway.order, std::vector<std::string>{"/do/0/ask"});
  EXPECT_EQ(b.gateway.executions.at("/do/0/ask").request,
            json::parse(R"({"model": "m", "prompt": "Hello Ann", "options": {"deep": ["Ann"]}})"));
}

TEST(call_task, a_models_output_is_data) {
  bench b(document_of(tasks(R"([{"ask": {"call": "inference", "with": {"prompt": "p"}}},
                                {"keep": {"set": {"said": "${ .text }"}}},
                                {"again": {"call": "inference",
                                           "with": {"prompt": "${ .said }"}}}])")));
  b.gateway.script = [](const path&, const json&) {
    json value = json::object();
    value["text"] = "${ $workflow.id }";
    return answer(outcome(std::move(value)));
  };
  EXPECT_EQ(b.run(), outcome(json::parse(R"({"text": "${ $workflow.id }"})")));
  EXPECT_EQ(b.gateway.executions.at("/do/2/again").request.at("prompt"), "${ $workflow.id }");
}

TEST(call_task, the_note_tells_what_it_cost) {
  bench b(document_of(tasks(R"([{"ask": {"call": "inference", "with": {},
          "output": {"as": ".text"}}}])")));
  b.gateway.script = [](const path&, const json&) {
    return answer(outcome(json::parse(
        R"({"text": "t", "usage": {"input": 3}, "cost": {"nanoUsd": 9}, "model": "m",
            "callId": "c"})")));
  };
  EXPECT_EQ(b.run(), outcome(json("t")));
  ASSERT_EQ(b.notes.size(), 2u);
  EXPECT_EQ(b.notes[0].phase, task_phase::started);
  EXPECT_EQ(b.notes[1].phase, task_phase::completed);
  EXPECT_EQ(b.notes[1].kind, "call");
  EXPECT_EQ(b.notes[1].where.str(), "/do/0/ask");
  EXPECT_EQ(b.notes[1].detail, json::parse(R"({"usage": {"input": 3}, "cost": {"nanoUsd": 9},
          "model": "m"})"));
}

TEST(call_task, its_fault_gets_the_tasks_pointer) {
  bench b(
      document_of(tasks(R"([{"group": {"do": [{"ask": {"call": "inference", "with": {}}}]}}])")));
  b.gateway.script = [](const path&, const json&) {
    return answer(outcome(fault(fault_type::communication, 503, "down")));
  };
  const outcome result = b.run();
  ASSERT_TRUE(result.is_fault());
  EXPECT_EQ(result.fault().instance, "/do/0/group/do/0/ask");
  EXPECT_EQ(result.fault().status, 503);
}

TEST(wait_task, lets_time_pass_and_the_data_be) {
  bench b(document_of(tasks(R"([{"a": {"wait": {"seconds": 30}}}, {"b": {"wait": "PT1M"}},
                                {"c": {"wait": "${ .pause }"}}])")),
          json::parse(R"({"pause": "PT0.5S"})"));
  EXPECT_EQ(b.run(), outcome(b.input));
  EXPECT_EQ(b.now - b.started, std::chrono::milliseconds(90'500));
}

TEST(wait_task, a_duration_that_is_none_faults) {
  const fault f = run_to_fault(R"([{"c": {"wait": "${ .pause }"}}])", json::parse(R"({"pause":
          "soon"})"));
  EXPECT_EQ(f.type, std::string(fault_type::base) + "expression");
  EXPECT_EQ(f.instance, "/do/0/c");
}

TEST(raise_task, raises_what_it_says) {
  const fault f = run_to_fault(R"([{"a": {"raise": {"error":
          {"type": "https://example.com/errors/x", "status": 409,
      "title": "${ \"Title \\(.n)\" }", "detail": "plain"}}}}])",
                               json::parse(R"({"n": 1})"));
  EXPECT_EQ(json(f), json::parse(R"({"type": "https://example.com/errors/x", "status": 409,
          "title": "Title 1",
      "detail": "plain", "instance": "/do/0/a"})"));
}

TEST(raise_task, takes_an_error_from_use) {
  const fault f = run_to_fault(R"([{"a": {"raise": {"error": "gone"}}}])", nullptr,
                               json::parse(R"({"use": {"errors": {"gone": {
                                   "type": "https://example.com/gone", "status": 410,
                                       "title": "Gone"}}}})"));
  EXPECT_EQ(f.status, 410);
  EXPECT_EQ(f.title, "Gone");
}

TEST(expression_fault, is_a_400_at_its_task) {
  const fault f = run_to_fault(R"([{"a": {"set": "${ .x.y.z | error(\"no\") }"}}])", nullptr);
  EXPECT_EQ(f.type, std::string(fault_type::base) + "expression");
  EXPECT_EQ(f.status, 400);
  EXPECT_EQ(f.instance, "/do/0/a");
}

TEST(do_task, an_empty_list_outputs_its_input) {
  expect_output(R"([{"a": {"do": []}}])", 5, 5);
  expect_output("[]", 5, 5);
}

TEST(fork_task, all_gives_the_outputs_in_declaration_order) {
  bench b(document_of(tasks(R"([{"f": {"fork": {"branches": [
      {"slow": {"call": "inference", "with": {"prompt": "slow"}, "output": {"as": ".text"},
                "export": {"as": {"leaks": true}}}},
      {"fast": {"set": {"v": "${ .n }"}}},
      {"list": {"do": [{"w": {"wait": {"milliseconds": 1}}}, {"s": {"set": "${ \"done\" }"}}]}}]}}},
    {"after": {"set": {"data": "${ . }", "context": "${ $context }"}}}])")),
          json::parse(R"({"n": 1})"));
  b.what = load_or_fail(b.what->raw);
  EXPECT_EQ(b.run(), outcome(json::parse(R"({"data": ["answer to slow", {"v": 1}, "done"],
          "context": null})")));
}

TEST(fork_task, faults_with_the_first_fault_in_order_after_all_have_ended) {
  bench b(document_of(tasks(R"([{"f": {"fork": {"branches": [
      {"late": {"do": [{"w": {"wait": "PT9S"}}, {"r": {"raise": {"error": {"type": "urn:late",
          "status": 500}}}}]}},
      {"early": {"raise": {"error": {"type": "urn:early", "status": 500}}}},
      {"good": {"call": "inference", "with": {}}}]}}}])")));
  const outcome result = b.run();
  ASSERT_TRUE(result.is_fault());
  EXPECT_EQ(result.fault().type, "urn:late");
  EXPECT_EQ(result.fault().instance, "/do/0/f/fork/branches/0/late/do/1/r");
  EXPECT_EQ(b.gateway.order.size(), 1u);
}

TEST(fork_task, compete_is_won_by_the_first_that_succeeds) {
  bench b(document_of(tasks(R"([{"f": {"fork": {"compete": true, "branches": [
      {"faulty": {"raise": {"error": {"type": "urn:x", "status": 500}}}},
      {"slow": {"call": "inference", "with": {"prompt": "slow", "ms": 500}}},
      {"quick": {"call": "inference", "with": {"prompt": "quick", "ms": 20},
          "export": {"as": {"won": "quick"}}}}]}}},
    {"after": {"set": {"text": "${ .text }", "context": "${ $context }"}}}])")));
  b.gateway.script = [](const path& where, const json& request) {
    answer said = echo(where, request);
    said.after = std::chrono::milliseconds(request.at("ms").get<int>());
    return said;
  };
  EXPECT_EQ(b.run(),
            outcome(json::parse(R"({"text": "answer to quick", "context": {"won": "quick"}})")));
  EXPECT_EQ(b.now - b.started, std::chrono::milliseconds(20));
}

TEST(fork_task, compete_faults_when_all_fault) {
  const fault f = run_to_fault(R"([{"f": {"fork": {"compete": true, "branches": [
      {"a": {"do": [{"w": {"wait": "PT2S"}}, {"r": {"raise": {"error": {"type": "urn:a",
          "status": 500}}}}]}},
      {"b": {"raise": {"error": {"type": "urn:b", "status": 500}}}}]}}}])");
  EXPECT_EQ(f.type, "urn:a"); // the last to leave
}

TEST(timeouts, interrupt_the_task_with_408) {
  bench b(document_of(tasks(R"([{"slow": {"do": [{"ask": {"call": "inference", "with": {}}},
                                                 {"never": {"call": "inference", "with": {}}}],
                                          "timeout": {"after": "PT0.15S"}}}])")));
  const outcome result = b.run();
  ASSERT_TRUE(result.is_fault());
  EXPECT_EQ(result.fault().type, std::string(fault_type::base) + "timeout");
  EXPECT_EQ(result.fault().status, 408);
  EXPECT_EQ(result.fault().instance, "/do/0/slow");
  EXPECT_EQ(b.now - b.started, std::chrono::milliseconds(150));
}

TEST(timeouts, of_a_call_for_and_try_leave_results_alone) {
  for (const char* body :
       {R"("call": "inference", "with": {"prompt": "x"})",
        R"("for": {"in": "[1]"}, "do": [{"c": {"call": "inference", "with": {"prompt": "x"}}}])",
        R"("try": [{"c": {"call": "inference", "with": {"prompt": "x"}}}], "catch": {})"}) {
    const std::string list = std::string(R"([{"a": {)") + body +
                             R"(, "timeout": "short", "output": {"as": ".text"}}},
          {"b": {"wait": "PT10S"}}])";
    expect_output(list.c_str(), nullptr, "answer to x",
                  json::parse(R"({"use": {"timeouts": {"short": {"after": {"seconds": 1}}}}})"));
  }
}

TEST(timeouts, of_the_whole_workflow) {
  bench b(document_of(tasks(R"([{"a": {"wait": "PT5S"}}, {"b": {"wait": "PT5S"}}])"),
                      json::parse(R"({"timeout": {"after": "PT7S"}})")));
  const outcome result = b.run();
  ASSERT_TRUE(result.is_fault());
  EXPECT_EQ(result.fault().status, 408);
  EXPECT_EQ(b.now - b.started, std::chrono::seconds(7));
  EXPECT_EQ(b.run(), result); // closed: it does not begin again
}

TEST(timeouts, can_be_caught) {
  expect_output(R"([{"t": {"try": [{"ask": {"call": "inference", "with": {},
          "timeout": {"after": "PT0.01S"}}}],
      "catch": {"errors": {"with": {"type":
          "https://serverlessworkflow.io/spec/1.0.0/errors/timeout", "status": 408}},
                "do": [{"fallback": {"set": {"status": "${ $error.status }"}}}]}}}])",
                nullptr, json::parse(R"({"status": 408})"));
}

} // namespace
} // namespace pawl::workflows
