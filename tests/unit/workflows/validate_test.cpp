// What load refuses, where, and with which words.
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "harness.hpp"
#include "workflows/positions.hpp"

namespace pawl::workflows {
namespace {

using namespace testing;

load_options options() {
  load_options o;
  o.compiler = &evaluator();
  o.inference_keys = {"model", "messages", "prompt", "maxTokens"};
  return o;
}

std::vector<error> problems_of(const json& document) {
  return load_parsed_definition(document, "", options()).problems;
}

/// One row: a list of tasks (or members of the root) with one mistake.
struct row {
  const char* list;
  const char* where;
  const char* message; // a part of it
  const char* hint = "";
};

void expect_refused(const json& document, const row& r) {
  const auto problems = problems_of(document);
  ASSERT_EQ(problems.size(), 1u) << r.list << "\n" << rendered(problems);
  EXPECT_EQ(problems[0].code, errc::invalid_definition);
  EXPECT_EQ(problems[0].where, r.where) << r.list;
  EXPECT_NE(problems[0].message.find(r.message), std::string::npos) << r.list << "\n"
                                                                    << problems[0].render();
  EXPECT_NE(problems[0].hint.find(r.hint), std::string::npos) << r.list << "\n"
                                                              << problems[0].render();
}

const row task_rows[] = {
    // what this version does not have
    {R"([{"a": {"listen": {"to": {"any": []}}}}])", "/do/0/a/listen",
     "task type 'listen' is not supported by this version of pawl"},
    {R"([{"a": {"emit": {}}}])", "/do/0/a/emit", "task type 'emit' is not supported"},
    {R"([{"a": {"run": {}}}])", "/do/0/a/run", "task type 'run' is not supported"},
    {R"([{"a": {"call": "http", "with": {}}}])", "/do/0/a/call",
     "call type 'http' is not supported", "inference"},
    {R"([{"a": {"call": "myFunction"}}])", "/do/0/a/call",
     "function 'myFunction' is not supported"},
    {R"([{"a": {"call": "inference:2.0.0@default", "with": {}}}])", "/do/0/a/call",
     "not supported"},
    {R"([{"a": {"set": {}, "input": {"schema": {"document": {}}}}}])", "/do/0/a/input/schema",
     "'input.schema' is not supported"},
    {R"([{"a": {"set": {}, "output": {"schema": {"document": {}}}}}])", "/do/0/a/output/schema",
     "not supported"},
    {R"([{"a": {"set": {}, "export": {"schema": {"document": {}}}}}])", "/do/0/a/export/schema",
     "not supported"},
    {R"([{"a": {"try": [], "catch": {"then": "end"}}}])", "/do/0/a/catch/then",
     "'then' is not supported"},
    {R"([{"a": {"try": [], "catch": {"retry": {"backoff": {"exponential": {"factor": 3}}}}}}])",
     "/do/0/a/catch/retry/backoff/exponential", "'factor'"},
    // shape
    {R"({"a": {"set": {}}})", "/do", "expected an array of tasks, found an object", "[{"},
    {R"([[]])", "/do/0", "expected an object, found an array"},
    {R"([{"a": {"set": {}}, "b": {"set": {}}}])", "/do/0", "expected one task per item", ""},
    {R"([{}])", "/do/0", "expected one task per item"},
    {R"([{"a": 5}])", "/do/0/a", "expected an object, found a number"},
    {R"([{"a": {"sett": {}}}])", "/do/0/a", "the task has no type", "'set'"},
    {R"([{"a": {"set": {}, "wait": "PT1S"}}])", "/do/0/a", "several types (set, wait)"},
    {R"([{"a": {"set": {}, "iff": "."}}])", "/do/0/a/iff", "unknown key 'iff'", "'if'"},
    {R"([{"a": {"set": 5}}])", "/do/0/a/set",
     "expected an expression or an object, found a number"},
    {R"([{"a": {"set": {}, "metadata": 1}}])", "/do/0/a/metadata", "expected an object"},
    {R"([{"a": {"call": "inference"}}])", "/do/0/a", "'with' is missing"},
    {R"([{"a": {"call": "inference", "with": "${ . }"}}])", "/do/0/a/with",
     "expected an object, found a string"},
    {R"([{"a": {"call": "inference", "with": {"maxToken": 1}}}])", "/do/0/a/with/maxToken",
     "unknown key", "'maxTokens'"},
    {R"([{"a": {"for": {"each": "x"}, "do": []}}])", "/do/0/a/for", "'in' is missing"},
    {R"([{"a": {"for": {"in": "."}}}])", "/do/0/a", "'do' is missing"},
    {R"([{"a": {"for": {"in": ".", "each": "$x"}, "do": []}}])", "/do/0/a/for/each",
     "no name of a variable", "'$'"},
    {R"([{"a": {"for": {"in": ".", "each": "x", "at": "x"}, "do": []}}])", "/do/0/a/for",
     "the same variable"},
    {R"([{"a": {"fork": {"branches": []}}}])", "/do/0/a/fork/branches", "at least one branch"},
    {R"([{"a": {"fork": {"branches": [{"x": {"set": {}}}], "compete": "yes"}}}])",
     "/do/0/a/fork/compete", "expected true or false"},
    {R"([{"a": {"fork": {"branches": [{"x": {"set": {}, "then": "y"}}, {"y": {"set": {}}}]}}}])",
     "/do/0/a/fork/branches/0/x/then", "each branch stands alone"},
    {R"([{"a": {"switch": []}}])", "/do/0/a/switch", "at least one case"},
    {R"([{"a": {"switch": [{"x": {"when": "."}}]}}])", "/do/0/a/switch/0/x", "'then' is missing"},
    {R"([{"a": {"switch": [{"x": {"then": "end"}}, {"y": {"then": "end"}}]}}])",
     "/do/0/a/switch/1/y", "one default case", ""},
    {R"([{"a": {"try": []}}])", "/do/0/a", "'catch' is missing"},
    {R"([{"a": {"try": [], "catch": {"error": {}}}}])", "/do/0/a/catch/error", "unknown key",
     "'errors'"},
    {R"([{"a": {"try": [], "catch": {"errors": {"with": {"status": "503"}}}}}])",
     "/do/0/a/catch/errors/with/status", "expected a status"},
    {R"([{"a": {"try": [], "catch": {"retry": {"limit": {"attempt": {"count": -1}}}}}}])",
     "/do/0/a/catch/retry/limit/attempt/count", "0 or more"},
    {R"([{"a": {"raise": {"error": {"type": "timeout", "status": 408}}}}])",
     "/do/0/a/raise/error/type", "no absolute URI"},
    {R"([{"a": {"raise": {"error": {"type": "urn:x"}}}}])", "/do/0/a/raise/error",
     "'status' is missing"},
    // names and references
    {R"([{"a/b": {"set": {}}}])", "/do/0/a~1b", "cannot name a task", "without '/'"},
    {R"([{"a~b": {"set": {}}}])", "/do/0/a~0b", "cannot name a task"},
    {R"([{"": {"set": {}}}])", "/do/0/", "cannot name a task"},
    {R"([{"end": {"set": {}}}])", "/do/0/end", "cannot name a task"},
    {R"([{"a": {"set": {}}}, {"a": {"set": {}}}])", "/do/1", "used twice", "then"},
    {R"([{"ask": {"set": {}, "then": "asc"}}])", "/do/0/ask/then", "no task 'asc'", "'ask'"},
    {R"([{"a": {"do": [{"x": {"set": {}, "then": "b"}}]}}, {"b": {"set": {}}}])",
     "/do/0/a/do/0/x/then", "no task 'b' in this list", "own list"},
    {R"([{"a": {"set": {}, "timeout": "slow"}}])", "/do/0/a/timeout",
     "not defined in use.timeouts"},
    {R"([{"a": {"try": [], "catch": {"retry": "r"}}}])", "/do/0/a/catch/retry",
     "not defined in use.retries"},
    {R"([{"a": {"raise": {"error": "e"}}}])", "/do/0/a/raise/error", "not defined in use.errors"},
    // durations and expressions
    {R"([{"a": {"wait": "10s"}}])", "/do/0/a/wait", ""},
    {R"([{"a": {"wait": {"second": 1}}}])", "/do/0/a/wait", "second"},
    {R"([{"a": {"wait": {}}}])", "/do/0/a/wait", ""},
    {R"([{"a": {"set": {}, "timeout": {"before": "PT1S", "after": "PT1S"}}}])",
     "/do/0/a/timeout/before", "unknown key", ""},
    {R"([{"a": {"set": {"x": "Hello ${ .name }!"}}}])", "/do/0/a/set/x", "inside a longer string",
     "\\(.name)"},
    {R"([{"a": {"if": "1 +", "set": {}}}])", "/do/0/a/if", "does not compile"},
    {R"([{"a": {"if": "", "set": {}}}])", "/do/0/a/if", "empty"},
    {R"([{"a": {"set": {"x": ["${ $nowhere }"]}}}])", "/do/0/a/set/x/0", "nowhere"},
    {R"([{"a": {"for": {"in": "$item"}, "do": []}}])", "/do/0/a/for/in", "item"},
    {R"([{"a": {"call": "inference", "with": {"prompt": "${ . | }"}}}])", "/do/0/a/with/prompt",
     "does not compile"},
};

TEST(refused_tasks, are_refused_by_name_and_place) {
  for (const row& r : task_rows)
    expect_refused(document_of(tasks(r.list)), r);
}

const row document_rows[] = {
    {R"({"schedule": {"every": "PT1H"}})", "/schedule", "'schedule' is not supported"},
    {R"({"evaluate": {"mode": "loose"}})", "/evaluate", "'evaluate' is not supported"},
    {R"({"use": {"functions": {}}})", "/use/functions", "'functions' is not supported"},
    {R"({"use": {"secrets": ["s"]}})", "/use/secrets", "'secrets' is not supported"},
    {R"({"use": {"extensions": []}})", "/use/extensions", "'extensions' is not supported"},
    {R"({"use": {"catalogs": {}}})", "/use/catalogs", "'catalogs' is not supported"},
    {R"({"use": {"authentications": {}}})", "/use/authentications",
     "'authentications' is not supported"},
    {R"({"use": {"retires": {}}})", "/use/retires", "unknown key", "'retries'"},
    {R"({"usee": {}})", "/usee", "unknown key 'usee'", "'use'"},
    {R"({"input": {"schema": {}}})", "/input/schema", "not supported"},
    {R"({"input": {"form": "."}})", "/input/form", "unknown key", "'from'"},
    {R"({"output": 5})", "/output", "expected an object"},
    {R"({"timeout": 5})", "/timeout", "expected {\"after\": duration}"},
    {R"({"timeout": {"after": "soon"}})", "/timeout/after", ""},
    {R"({"use": {"errors": {"e": {"type": "urn:x", "status": "no"}}}})", "/use/errors/e/status",
     "expected a status"},
    {R"({"document": 1})", "/document", "expected an object"},
    {R"({"document": {"dsl": "1.1.0", "namespace": "a", "name": "b", "version": "1.0.0"}})",
     "/document/dsl", "DSL version '1.1.0' is not supported", "1.0.3"},
    {R"({"document": {"dsl": "1.0.0", "namespace": "a_b", "name": "b", "version": "1.0.0"}})",
     "/document/namespace", "cannot be a namespace"},
    {R"({"document": {"dsl": "1.0.0", "namespace": "a", "name": "-b", "version": "1.0.0"}})",
     "/document/name", "cannot be a name"},
    {R"({"document": {"dsl": "1.0.0", "namespace": "a", "name": "b", "version": "1.0"}})",
     "/document/version", "no semantic version"},
    {R"({"document": {"dsl": "1.0.0", "namespace": "a", "name": "b", "version": "1.0.01"}})",
     "/document/version", "no semantic version"},
    {R"({"document": {"dsl": "1.0.0", "namespace": "a", "name": "b"}})", "/document",
     "'version' is missing"},
    {R"({"document": {"dsl": "1.0.0", "namespace": "a", "name": "b", "version": "1.0.0",
          "description": "d"}})",
     "/document/description", "unknown key", "'summary'"},
};

TEST(refused_documents, are_refused_by_name_and_place) {
  for (const row& r : document_rows)
    expect_refused(document_of(tasks("[]"), json::parse(r.list)), r);
}

TEST(refused_documents, names_every_mistake_at_once_with_line_and_column) {
  const char* text = R"({
  "document": { "dsl": "1.0.3", "namespace": "n", "name": "x", "version": "1.0.0" },
  "do": [
    { "a": { "set": { "v": "${ 1 + }" } } },
    { "b": { "lissten": {} } },
    { "c": { "set": {}, "then": "nowhere",
             "then": "end" } }
  ],
  "schedule": {}
})";
  const auto answer = load_definition(text, "flow.json", options());
  EXPECT_FALSE(answer.what);
  std::vector<std::string> places;
  for (const auto& p : answer.problems)
    places.push_back(p.where);
  // The JSON parser keeps the last of two equal keys, so "nowhere" is not seen; the duplicate is.
  EXPECT_EQ(places,
            (std::vector<std::string>{"flow.json:4:23 /do/0/a/set/v", "flow.json:5:7 /do/1/b",
                                      "flow.json:7:14 /do/2/c/then", "flow.json:9:3 /schedule"}))
      << rendered(answer.problems);
}

TEST(refused_texts, that_are_no_json_have_their_place) {
  const auto answer = load_definition("{\n  \"do\": [,]\n}", "f.json", options());
  ASSERT_EQ(answer.problems.size(), 1u);
  EXPECT_EQ(answer.problems[0].where, "f.json:2:10");
  EXPECT_NE(answer.problems[0].message.find("no valid JSON"), std::string::npos);
  for (const char* text :
       {"", "   ", "nul", "\"", "{\"a\"", "[1", "\xff\xfe", "{\"a\": \"\xff\"}", "5", "[]", "null"})
    EXPECT_FALSE(load_definition(text, "", options()).problems.empty()) << text;
}

TEST(refused_texts, that_are_hostile_neither_crash_nor_hang) {
  EXPECT_NE(
      rendered(load_definition(std::string(10'000'000, '['), "", options()).problems).find("limit"),
      std::string::npos);
  const auto deep = load_definition(std::string(1'000'000, '['), "", options());
  ASSERT_EQ(deep.problems.size(), 1u);
  EXPECT_NE(deep.problems[0].message.find("nests deeper"), std::string::npos);
  EXPECT_EQ(deep.problems[0].where, "1:129");
  // Brackets in strings do not nest.
  const json in_string = std::string(1000, '[');
  json document = document_of(tasks(R"([{"a": {"set": {}}}])"));
  document["do"][0]["a"]["set"]["v"] = in_string;
  EXPECT_TRUE(load_definition(document.dump(), "", options()).what);
  // Very many mistakes are cut short.
  json list = json::array();
  for (int i = 0; i < 5000; ++i)
    list.push_back(i);
  const auto many = load_definition(document_of(list).dump(), "", options());
  EXPECT_LT(many.problems.size(), 500u);
  EXPECT_NE(many.problems.back().message.find("more mistakes"), std::string::npos);
  json jumps = json::array(); // each to a name that is not there
  for (int i = 0; i < 20'000; ++i) {
    json item = json::object();
    item["a" + std::to_string(i)]["set"] = json::object();
    item["a" + std::to_string(i)]["then"] = "b" + std::to_string(i);
    jumps.push_back(std::move(item));
  }
  EXPECT_FALSE(load_definition(document_of(jumps).dump(), "", options()).what);
  std::string twice = "{";
  for (int i = 0; i < 100'000; ++i)
    twice += "\"a\":1,";
  twice += "\"a\":1}";
  EXPECT_FALSE(load_definition(twice, "", options()).problems.empty());
}

TEST(refused_texts, tasks_nested_too_deep) {
  json list = tasks(R"([{"t": {"set": {}}}])");
  for (int i = 0; i < 100; ++i) {
    json outer = json::object();
    outer["t"]["do"] = std::move(list);
    list = json::array();
    list.push_back(std::move(outer));
  }
  EXPECT_FALSE(problems_of(document_of(list)).empty());
}

/// Every value in the document, one after the other, becomes `with`.
void replace_each(const json& whole, const json& with,
                  const std::function<void(const json&)>& use) {
  const json flat = whole.flatten();
  for (const auto& [pointer, unused] : flat.items()) {
    (void)unused;
    for (auto at = json::json_pointer(pointer); !at.empty(); at = at.parent_pointer()) {
      json copy = whole;
      copy[at] = with;
      use(copy);
    }
  }
}

const char* const rich = R"([
  {"a": {"if": ".x", "set": {"v": 1}, "input": {"from": "."}, "output": {"as": {"k": "${ . }"}},
         "export": {"as": "."}, "timeout": {"after": {"seconds": 1}}, "then": "b",
             "metadata": {"m": 1}}},
  {"b": {"try": [{"c": {"call": "inference", "with": {"prompt": "p"}}}],
         "catch": {"errors": {"with": {"status": 1, "type": "urn:x"}}, "as": "e", "when": ".",
             "exceptWhen": ".",
                   "retry": {"when": ".", "delay": "PT1S", "backoff": {"linear": {}},
                             "limit": {"attempt": {"count": 1, "duration": "PT1S"},
                                 "duration": "PT1S"},
                             "jitter": {"from": "PT1S", "to": "PT2S"}},
                   "do": [{"d": {"raise": {"error": {"type": "urn:x", "status": 1, "title": "t",
                       "detail": "d"}}}}]}}},
  {"e": {"for": {"each": "x", "in": ".", "at": "i"}, "while": ".",
      "do": [{"f": {"wait": {"seconds": 1}}}]}},
  {"g": {"fork": {"compete": true, "branches": [{"h": {"do": []}}]}}},
  {"i": {"switch": [{"j": {"when": ".", "then": "exit"}}, {"k": {"then": "a"}}]}}])";

TEST(refused_texts, with_any_value_replaced_by_another_are_handled) {
  const json whole = document_of(tasks(rich), json::parse(R"({"timeout": "t", "use": {
      "timeouts": {"t": {"after": "PT1S"}}, "retries": {"r": {"delay": "PT1S"}},
      "errors": {"e": {"type": "urn:x", "status": 1}}}})"));
  ASSERT_TRUE(load_parsed_definition(whole, "", options()).what);
  int loads = 0;
  for (const char* value : {"null", "5", "-1", "18446744073709551615", "1.5", "\"x\"", "\"\"", "[]",
                            "{}", "[1]", "[{}]", "{\"x\": 1}", "true"})
    replace_each(whole, json::parse(value), [&](const json& document) {
      const auto answer = load_parsed_definition(document, "", options());
      EXPECT_NE(answer.what != nullptr, !answer.problems.empty());
      ++loads;
    });
  EXPECT_GT(loads, 1000);
}

TEST(refused_texts, that_are_cut_anywhere_are_handled) {
  const std::string whole = document_of(tasks(rich)).dump();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(load_definition(whole.substr(0, size), "", options()).what) << size;
}

TEST(text_map, finds_members_elements_and_duplicates) {
  const char* text = "{ \"a\": [1,\n {\"b/c\": null, \"b/c\": \"x,]\\\"}\"}],\n\"d\": -2.5e3 }";
  const auto map = map_text(text, {"/a/1/b~1c", "/d", "/a/0", "/a/1/b~1c/gone"});
  EXPECT_EQ(map.find("/a/0"), (text_position{1, 9}));
  EXPECT_EQ(map.find("/a/1/b~1c"), (text_position{2, 3}));
  EXPECT_EQ(map.find("/a/1/b~1c/gone"), (text_position{2, 3}));
  EXPECT_EQ(map.find("/d"), (text_position{3, 1}));
  ASSERT_EQ(map.duplicates.size(), 1u);
  EXPECT_EQ(map.duplicates[0].second, (text_position{2, 16}));
}

// --- the official examples
// -----------------------------------------------------------------------------------------------

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::filesystem::path dsl_folder() {
  return std::filesystem::path(PAWL_SHARED_DIR) / "workflow-dsl" / "v1.0.3";
}

TEST(official_examples, load_or_are_refused_by_name_only) {
  const auto folder = dsl_folder() / "examples";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "the reference data is not there: " << folder;
  load_options any = options();
  any.inference_keys.clear();
  int seen = 0;
  std::vector<std::string> loaded_names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    ++seen;
    const auto name = entry.path().stem().string();
    const auto answer = load_definition(read_text(entry.path()), name, any);
    if (answer.what)
      loaded_names.push_back(name);
    // They are right, so what is said of them can only be that something is not supported.
    for (const auto& p : answer.problems)
      EXPECT_NE(p.message.find("is not supported by this version of pawl"), std::string::npos)
          << p.render();
  }
  EXPECT_EQ(seen, 66);
  std::sort(loaded_names.begin(), loaded_names.end());
  EXPECT_EQ(loaded_names,
            (std::vector<std::string>{"raise-inline", "raise-reusable", "switch-then-string",
                                      "wait-duration-inline", "wait-duration-iso8601"}));
}

TEST(official_examples, the_invalid_ones_are_refused) {
  const auto folder = dsl_folder() / "invalid";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "the reference data is not there: " << folder;
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    ++seen;
    EXPECT_FALSE(load_definition(read_text(entry.path()), "", options()).what) << entry.path();
  }
  EXPECT_EQ(seen, 3);
}

} // namespace
} // namespace pawl::workflows
