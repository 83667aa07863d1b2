// What the interpreter leaves in the journal: what has ended is closed, what is below it is gone,
// and an uncaught fault collapses nothing.
#include "harness.hpp"

namespace pawl::workflows {
namespace {

using namespace testing;

bool has_below(const journal& records, const std::string& key) {
  const auto next = records.lower_bound(key + "/");
  return next != records.end() && next->first.starts_with(key + "/");
}

const outcome& closed_at(const journal& records, const std::string& key) {
  static const outcome none(fault("urn:test:not-closed", 500, "not closed"));
  const auto found = records.find(key);
  return found != records.end() && found->second.closed ? *found->second.closed : none;
}

TEST(ended_lists, are_closed_with_output_and_context) {
  bench b(document_of(tasks(R"([
    {"g": {"do": [{"a": {"call": "inference", "with": {"prompt": "p"}, "output": {"as": ".text"},
                         "export": {"as": {"k": 1}}}}]}},
    {"b": {"call": "inference", "with": {"prompt": "q"}}}])")));
  (void)b.run();
  EXPECT_EQ(closed_at(b.durable, "/do/0/g/do"),
            outcome(json::parse(R"({"output": "answer to p", "context": {"k": 1}})")));
  EXPECT_FALSE(has_below(b.durable, "/do/0/g/do"));
}

TEST(ended_lists, remember_that_they_ended_the_workflow) {
  bench b(document_of(tasks(R"([
    {"g": {"do": [{"a": {"call": "inference", "with": {"prompt": "p"}, "output": {"as": ".text"},
                         "then": "end"}}]}},
    {"b": {"call": "inference", "with": {"prompt": "q"}}}])")));
  EXPECT_EQ(b.run(), outcome(json("answer to p")));
  EXPECT_EQ(closed_at(b.durable, "/do/0/g/do"),
            outcome(json::parse(R"({"output": "answer to p", "context": null, "flow": "end"})")));
  EXPECT_EQ(b.run(), outcome(json("answer to p"))); // from the closed scope
  EXPECT_EQ(b.gateway.order.size(), 1u);
}

TEST(ended_loops_and_tries, are_closed) {
  bench b(document_of(tasks(R"([
    {"l": {"for": {"in": "[1, 2]"}, "do": [{"a": {"call": "inference", "with": {"prompt": "p"}}}]}},
    {"t": {"try": [{"a": {"call": "inference", "with": {"prompt": "p"},
        "output": {"as": ".text"}}}],
           "catch": {}}}])")));
  (void)b.run();
  EXPECT_TRUE(closed_at(b.durable, "/do/0/l").is_value());
  EXPECT_FALSE(has_below(b.durable, "/do/0/l"));
  EXPECT_EQ(closed_at(b.durable, "/do/1/t"),
            outcome(json::parse(R"({"output": "answer to p", "context": null})")));
  EXPECT_FALSE(has_below(b.durable, "/do/1/t"));
}

TEST(a_decided_competition, closes_the_fork_and_drops_the_losers) {
  bench b(document_of(tasks(R"([
    {"f": {"fork": {"compete": true, "branches": [
      {"slow": {"do": [{"w": {"wait": "PT3S"}}]}},
      {"fast": {"call": "inference", "with": {"prompt": "fast"},
                "output": {"as": ".text"}}}]}}}])")));
  EXPECT_EQ(b.run(), outcome(json("answer to fast")));
  EXPECT_EQ(closed_at(b.durable, "/do/0/f/fork"),
            outcome(json::parse(R"({"output": "answer to fast", "context": null})")));
  EXPECT_FALSE(has_below(b.durable, "/do/0/f/fork"));
}

TEST(an_ended_branch, is_closed_while_the_others_go_on) {
  const json document = document_of(tasks(R"([
    {"f": {"fork": {"branches": [
      {"short": {"do": [{"a": {"call": "inference", "with": {"prompt": "a"},
          "output": {"as": ".text"}}}]}},
      {"long": {"do": [{"x": {"wait": "PT5S"}}, {"y": {"wait": "PT5S"}}]}}]}}}])"));
  std::uint64_t at = 1;
  bench b(document);
  while (!b.durable.contains("/do/0/f/fork/branches/1/long/do/1/y")) {
    b = bench(document);
    ASSERT_FALSE(b.activate(at++));
  }
  EXPECT_EQ(closed_at(b.durable, "/do/0/f/fork/branches/0"),
            outcome(json::parse(R"({"output": "answer to a", "context": null})")));
  EXPECT_FALSE(has_below(b.durable, "/do/0/f/fork/branches/0"));
}

TEST(a_timeout, closes_the_task_with_its_fault) {
  bench b(document_of(tasks(R"([{"slow": {"do": [{"a": {"call": "inference", "with": {}}},
      {"w": {"wait": "PT9S"}}], "timeout": {"after": "PT2S"}}}])")));
  const outcome result = b.run();
  ASSERT_TRUE(result.is_fault());
  EXPECT_EQ(closed_at(b.durable, "/do/0/slow"), result);
  EXPECT_FALSE(has_below(b.durable, "/do/0/slow"));
  EXPECT_EQ(b.run(), result);
  // Taken back, the task begins anew, with a new timer.
  fake_world::resume_faulted(b.durable);
  EXPECT_EQ(b.run(), result);
  EXPECT_EQ(b.gateway.order,
            (std::vector<std::string>{"/do/0/slow/do/0/a", "/do/0/slow~1/do/0/a"}));
}

TEST(a_timeout, of_the_workflow_closes_everything) {
  bench b(document_of(tasks(R"([{"g": {"do": [{"w": {"wait": "PT9S"}}]}}])"),
                      json::parse(R"({"timeout": {"after": "PT2S"}})")));
  const outcome result = b.run();
  ASSERT_TRUE(result.is_fault());
  EXPECT_EQ(closed_at(b.durable, "/do"), result);
  EXPECT_FALSE(has_below(b.durable, "/do"));
  EXPECT_EQ(closed_at(b.durable, "/timeout"), result);
}

TEST(a_caught_fault, drops_the_attempt) {
  bench b(document_of(tasks(R"([
    {"t": {"try": [{"a": {"call": "inference", "with": {"prompt": "p"}}},
                   {"r": {"raise": {"error": {"type": "urn:x", "status": 500}}}}],
           "catch": {"do": [{"h": {"wait": "PT1S"}}]}}}])")));
  std::uint64_t at = 1;
  const json document = b.what->raw;
  while (!b.durable.contains("/do/0/t/catch/do/0/h")) {
    b = bench(document);
    ASSERT_FALSE(b.activate(at++));
  }
  EXPECT_FALSE(has_below(b.durable, "/do/0/t/try"));
  EXPECT_EQ(b.durable.at("/do/0/t").lap, 1u);
}

TEST(a_faulted_run, stands_where_it_was_and_goes_on_when_resumed) {
  bench b(document_of(tasks(R"([
    {"a": {"call": "inference", "with": {"prompt": "a"}}},
    {"l": {"for": {"in": "[1, 2, 3]"}, "do": [
      {"t": {"try": [{"b": {"call": "inference", "with": {"prompt": "${ $item }"}}}],
             "catch": {"errors": {"with": {"status": 404}}}}}]}}])")));
  auto broken = std::make_shared<bool>(true);
  b.gateway.script = [broken](const path&, const json& request) {
    if (*broken && request.at("prompt") == 2)
      return answer(outcome(fault(fault_type::communication, 503, "down")));
    return answer(outcome(request));
  };
  const outcome first = b.run();
  ASSERT_TRUE(first.is_fault());
  EXPECT_EQ(first.fault().instance, "/do/1/l/do/0/t/try/0/b");
  EXPECT_EQ(b.gateway.order.size(), 3u);
  EXPECT_EQ(b.run(), first); // the fault is an outcome: asking again buys nothing
  EXPECT_EQ(b.gateway.order.size(), 3u);

  *broken = false;
  fake_world::resume_faulted(b.durable);
  EXPECT_EQ(b.run(), outcome(json::parse(R"({"prompt": 3})")));
  EXPECT_EQ(b.gateway.order, (std::vector<std::string>{
                                 "/do/0/a", "/do/1/l/do/0/t/try/0/b", "/do/1/l~1/do/0/t/try/0/b",
                                 "/do/1/l~1/do/0/t/try/0/b~1", "/do/1/l~2/do/0/t/try/0/b"}));
}

TEST(a_faulted_run, keeps_what_the_nested_lists_have_done) {
  bench b(document_of(tasks(R"([
    {"g": {"do": [{"a": {"call": "inference", "with": {"prompt": "a"}}},
                  {"h": {"do": [{"b": {"call": "inference", "with": {"prompt": "b"}}},
                                {"c": {"call": "inference", "with": {"prompt": "c"}}}]}}]}}])")));
  auto broken = std::make_shared<bool>(true);
  b.gateway.script = [broken](const path&, const json& request) {
    if (*broken && request.at("prompt") == "c")
      return answer(outcome(fault(fault_type::communication, 503, "down")));
    return answer(outcome(request));
  };
  ASSERT_TRUE(b.run().is_fault());
  *broken = false;
  fake_world::resume_faulted(b.durable);
  EXPECT_EQ(b.run(), outcome(json::parse(R"({"prompt": "c"})")));
  EXPECT_EQ(b.gateway.order,
            (std::vector<std::string>{"/do/0/g/do/0/a", "/do/0/g/do/1/h/do/0/b",
                                      "/do/0/g/do/1/h/do/1/c", "/do/0/g/do/1/h/do/1/c~1"}));
}

} // namespace
} // namespace pawl::workflows
