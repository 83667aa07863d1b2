// What load makes of a definition that is right.
#include "harness.hpp"

namespace pawl::workflows {
namespace {

using namespace testing;

TEST(definition_model, has_pointers_names_and_resolved_references) {
  const auto d = load_or_fail(json::parse(R"({
    "document": {"dsl": "1.0.0", "namespace": "ns", "name": "n", "version": "1.2.3-rc.1+b5",
        "title": "T",
                 "summary": "S", "tags": {"k": "v"}, "metadata": {"free": [1]}},
    "use": {"retries": {"r": {"delay": "PT1S", "backoff": {"linear": {}},
        "limit": {"attempt": {"count": 4},
            "duration": {"minutes": 1}}}},
            "timeouts": {"t": {"after": {"hours": 1}}}},
    "timeout": "t",
    "do": [
      {"first": {"set": {"a": 1}, "then": "third"}},
      {"a b": {"try": [{"ask": {"call": "inference", "with": {}}}], "catch": {"retry": "r"},
          "timeout": "t"}},
      {"third": {"fork": {"branches": [{"x": {"do": [{"y": {"set": {}}}]}}]}, "then": "end"}}]})"));
  ASSERT_TRUE(d);
  EXPECT_EQ(d->display_name(), "ns/n/1.2.3-rc.1+b5");
  EXPECT_EQ(d->title, "T");
  EXPECT_EQ(std::get<duration>(*d->timeout), std::chrono::hours(1));
  const auto& list = d->root.tasks;
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].then, (flow{flow_kind::jump, 2}));
  EXPECT_EQ(list[0].pointer, "/do/0/first");
  EXPECT_EQ(list[1].pointer, "/do/1/a b");
  EXPECT_EQ(*list[1].raw, d->raw.at(json::json_pointer("/do/1/a b")));
  EXPECT_EQ(std::get<duration>(*list[1].timeout), std::chrono::hours(1));
  const auto& attempt = std::get<try_task>(list[1].kind);
  EXPECT_EQ(attempt.body.tasks[0].pointer, "/do/1/a b/try/0/ask");
  ASSERT_TRUE(attempt.handler.retry);
  EXPECT_EQ(attempt.handler.retry->backoff, backoff_kind::linear);
  EXPECT_EQ(attempt.handler.retry->retries_max, 4u);
  EXPECT_EQ(std::get<duration>(*attempt.handler.retry->total_max), std::chrono::minutes(1));
  EXPECT_EQ(attempt.handler.as, "error");
  const auto& fork = std::get<fork_task>(list[2].kind);
  EXPECT_EQ(std::get<do_task>(fork.branches.tasks[0].kind).body.tasks[0].pointer,
            "/do/2/third/fork/branches/0/x/do/0/y");
  EXPECT_EQ(list[2].then, (flow{flow_kind::end, 0}));
}

TEST(definition_model, knows_which_tasks_have_effects) {
  const auto d = load_or_fail(document_of(tasks(R"([
    {"s": {"set": {}}},
    {"l": {"for": {"in": "[]"}, "do": [{"s": {"set": {}}}]}},
    {"c": {"do": [{"w": {"wait": "PT1S"}}]}},
    {"t": {"try": [], "catch": {"retry": {"delay": "PT1S"}}}},
    {"u": {"try": [], "catch": {"retry": {}}}}])")));
  ASSERT_TRUE(d);
  std::vector<bool> effects;
  for (const auto& t : d->root.tasks)
    effects.push_back(t.has_effects);
  EXPECT_EQ(effects, (std::vector<bool>{false, false, true, true, false}));
}

TEST(definition_model, kind_names_are_the_keywords) {
  const auto d = load_or_fail(document_of(tasks(R"([
    {"a": {"call": "inference", "with": {}}}, {"b": {"do": []}}, {"c": {"for": {"in": "[]"},
        "do": []}},
    {"d": {"fork": {"branches": [{"x": {"set": {}}}]}}}, {"e": {"raise": {"error": {"type": "urn:x",
        "status": 400}}}},
    {"f": {"set": {}}}, {"g": {"switch": [{"x": {"then": "end"}}]}}, {"h": {"try": [],
        "catch": {}}},
    {"i": {"wait": "PT1S"}}])")));
  ASSERT_TRUE(d);
  std::vector<std::string> names;
  for (const auto& t : d->root.tasks)
    names.emplace_back(t.kind_name());
  EXPECT_EQ(names, (std::vector<std::string>{"call", "do", "for", "fork", "raise", "set", "switch",
                                             "try", "wait"}));
}

} // namespace
} // namespace pawl::workflows
