// Verbs for tests of the interpreter: run a definition in the fake world, undisturbed or with
// crashes.
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "fake_world.hpp"
#include "workflows/interpreter.hpp"
#include "workflows/load.hpp"

namespace pawl::workflows::testing {

/// One for all tests: programs take long to compile and outlive the runs.
inline expressions& evaluator() {
  static expressions shared;
  return shared;
}

inline std::string rendered(const std::vector<error>& problems) {
  std::string text;
  for (const auto& p : problems)
    text += p.render() + "\n";
  return text;
}

/// A definition with these tasks and, besides, these members at the root.
inline json document_of(json tasks, const json& members = json::object()) {
  json document = json::parse(
      R"({"document": {"dsl": "1.0.3", "namespace": "test", "name": "sample",
                       "version": "1.0.0"}})");
  document["do"] = std::move(tasks);
  document.update(members);
  return document;
}

inline std::shared_ptr<const definition> load_or_fail(json document) {
  load_options options;
  options.compiler = &evaluator();
  auto answer = load_parsed_definition(std::move(document), "test.json", options);
  EXPECT_TRUE(answer.problems.empty()) << rendered(answer.problems);
  return answer.what;
}

inline answer echo(const path& where, const json& request) {
  json value = json::object();
  value["text"] = "answer to " + request.value("prompt", std::string("?"));
  value["at"] = where.key();
  return answer(outcome(std::move(value)));
}

/// One run, from activation to activation.
class bench {
public:
  explicit bench(json document, json run_input = nullptr)
      : what(load_or_fail(std::move(document))), input(std::move(run_input)) {}

  /// One activation; nothing when it crashed or hangs.
  std::optional<outcome> activate(std::uint64_t crash_at = 0) {
    if (!what)
      return std::nullopt;
    fake_world here(gateway, durable, now, crash_at);
    std::optional<outcome> result;
    try {
      interpreter_options options;
      options.evaluator = &evaluator();
      options.workflow_id = "run-1";
      options.started_at = started;
      options.runtime_metadata["host"] = "fake";
      options.tasks_at_once_max = tasks_at_once_max;
      auto body = interpret(context(here), what, input, std::move(options));
      body.start();
      while (!body.done() && here.deliver_next()) {
      }
      if (body.done()) {
        result = body.take();
        here.commit();
      }
    } catch (const crash&) {
      result.reset();
    }
    operations = here.operations();
    saves = here.saves;
    notes = std::move(here.notes);
    return result;
  }

  outcome run() {
    auto result = activate();
    EXPECT_TRUE(result) << "the workflow waits for something that never comes";
    return result ? *result : outcome(fault("urn:test:hangs", 500, "hangs"));
  }

  std::shared_ptr<const definition> what;
  json input;
  outside gateway{&echo};
  journal durable;
  time_point started = from_epoch_ms(1'700'000'000'000);
  time_point now = started;
  std::uint64_t tasks_at_once_max = 5'000'000;
  std::uint64_t operations = 0;
  std::uint64_t saves = 0;
  std::vector<task_note> notes;

  /// The names of the tasks that completed, in order.
  [[nodiscard]] std::vector<std::string> ran() const {
    std::vector<std::string> names;
    for (const auto& n : notes)
      if (n.phase == task_phase::completed)
        names.emplace_back(n.where.name());
    return names;
  }
};

inline json tasks(const char* text) {
  return json::parse(text);
}

/// Runs the definition and expects this output.
inline void expect_output(const char* list, const json& input, const json& expected,
                          const json& members = json::object()) {
  bench b(document_of(tasks(list), members), input);
  ASSERT_TRUE(b.what);
  const outcome result = b.run();
  ASSERT_TRUE(result.is_value()) << json(result.fault()).dump();
  EXPECT_EQ(result.value(), expected);
}

inline fault run_to_fault(const char* list, const json& input = nullptr,
                          const json& members = json::object()) {
  bench b(document_of(tasks(list), members), input);
  const outcome result = b.run();
  EXPECT_TRUE(result.is_fault()) << result.value().dump();
  return result.is_fault() ? result.fault() : fault();
}

} // namespace pawl::workflows::testing
