// The conformance test kit of DSL 1.0.3: the scenarios whose tasks exist here, with their own
// assertions; the others must be refused by name. The data lies beside the repository
// (PAWL_SHARED_DIR).
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include "harness.hpp"

namespace pawl::workflows {
namespace {

using namespace testing;

/// The names in '...' of an assertion.
std::vector<std::string> quoted(const std::string& text) {
  static const std::regex name("'([^']*)'");
  std::vector<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it)
    names.push_back((*it)[1]);
  return names;
}

const json* find_property(const json& value, const std::string& dotted) {
  const json* at = &value;
  for (std::size_t from = 0; from <= dotted.size();) {
    const auto dot = std::min(dotted.find('.', from), dotted.size());
    const auto key = dotted.substr(from, dot - from);
    if (!at->is_object() || !at->contains(key))
      return nullptr;
    at = &at->at(key);
    from = dot + 1;
  }
  return at;
}

/// True when the assertion is one of the kit's.
bool check(const json& assertion, const outcome& result, const bench& b) {
  const auto text = assertion.at("text").get<std::string>();
  static const std::regex first(R"((\w+) should run first)");
  static const std::regex last(R"((\w+) should run last)");
  static const std::regex after(R"((\w+) should run after (\w+))");
  static const std::regex items(
      R"(the workflow output should have a '(\w+)' property containing (\d+) items)");
  const auto ran = b.ran();
  std::smatch m;
  if (text == "the workflow should complete") {
    EXPECT_TRUE(result.is_value());
  } else if (text == "the workflow should fault") {
    EXPECT_TRUE(result.is_fault());
  } else if (text == "the workflow should complete with output:") {
    EXPECT_EQ(result, outcome(assertion.at("doc")));
  } else if (text == "the workflow should fault with error:") {
    EXPECT_TRUE(result.is_fault());
    EXPECT_EQ(result.is_fault() ? json(result.fault()) : json(), assertion.at("doc"));
  } else if (std::regex_match(text, m, items)) {
    const json* found = result.is_value() ? find_property(result.value(), m[1]) : nullptr;
    EXPECT_TRUE(found && found->size() == std::stoul(m[2]));
  } else if (std::regex_match(text, m, first)) {
    EXPECT_EQ(ran.front(), m[1]);
  } else if (std::regex_match(text, m, last)) {
    EXPECT_EQ(ran.back(), m[1]);
  } else if (std::regex_match(text, m, after)) {
    EXPECT_LT(std::find(ran.begin(), ran.end(), m[2]), std::find(ran.begin(), ran.end(), m[1]));
  } else if (text.find("should have properties") != std::string::npos) {
    for (const auto& name : quoted(text))
      EXPECT_TRUE(result.is_value() && find_property(result.value(), name)) << name;
  } else if (text.find("property with value:") != std::string::npos) {
    const json* found =
        result.is_value() ? find_property(result.value(), quoted(text).front()) : nullptr;
    EXPECT_TRUE(found && *found == assertion.at("doc")) << text;
  } else {
    return false;
  }
  return true;
}

/// The kit's `call: http` as the call that exists here, so that the two scenarios of `try` run as
/// well.
void replace_http_calls(json& value) {
  if (value.is_object() && value.contains("call") && value.at("call") == "http") {
    value["call"] = "inference";
    value["with"] = json::object();
  } else if (value.is_structured()) {
    for (json& inner : value)
      replace_http_calls(inner);
  }
}

TEST(conformance_kit, scenarios_whose_tasks_exist_here_pass) {
  const auto file =
      std::filesystem::path(PAWL_SHARED_DIR) / "workflow-dsl" / "v1.0.3" / "ctk-scenarios.json";
  if (!std::filesystem::exists(file))
    GTEST_SKIP() << "the reference data is not there: " << file;
  std::ifstream in(file);
  const json scenarios = json::parse(in);
  load_options options;
  options.compiler = &evaluator();
  int passed = 0;
  for (const json& scenario : scenarios) {
    const auto name = scenario.at("feature").get<std::string>() + ": " +
                      scenario.at("scenario").get<std::string>();
    SCOPED_TRACE(name);
    json document = scenario.at("definition");
    if (scenario.at("feature") == "try")
      replace_http_calls(document);
    const auto answer = load_parsed_definition(document, "", options);
    if (!answer.what) {
      for (const auto& p : answer.problems)
        EXPECT_NE(p.message.find("is not supported by this version of pawl"), std::string::npos)
            << p.render();
      continue;
    }
    bench b(document, scenario.at("input"));
    b.gateway.script = [](const path&, const json&) { // the kit's server knows no such pet
      return ::pawl::workflows::testing::answer(
          outcome(fault(fault_type::communication, 404, "Not Found")));
    };
    const outcome result = b.run();
    for (const json& assertion : scenario.at("assertions"))
      EXPECT_TRUE(check(assertion, result, b)) << "unknown assertion: " << assertion.at("text");
    ++passed;
  }
  EXPECT_EQ(scenarios.size(), 21u);
  // 11 as they are, and the two of `try`; the others call http or openapi, or emit.
  EXPECT_EQ(passed, 13);
}

} // namespace
} // namespace pawl::workflows
