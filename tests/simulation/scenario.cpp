#include "tests/simulation/scenario.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "sim/script.hpp"

namespace pawl::simulation {

namespace fs = std::filesystem;

namespace {

const std::set<std::string> known_keys = {"name",  "shows",    "do",      "definition", "with",
                                          "input", "provider", "models",  "expect",     "tasks",
                                          "calls", "seconds",  "restarts"};

std::string slurp(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

template <class T>
T need(result<T> r, const std::string& where) {
  if (!r)
    throw std::runtime_error(where + ": " + r.error().render());
  return std::move(*r);
}

json document_of(const json& entry, const fs::path& examples) {
  if (entry.contains("definition")) {
    const auto& given = entry["definition"];
    return given.is_string() ? json::parse(slurp(examples / given.get<std::string>())) : given;
  }
  json document = {
      {"document",
       {{"dsl", "1.0.3"}, {"namespace", "scenarios"}, {"name", "scenario"}, {"version", "1.0.0"}}}};
  if (entry.contains("with"))
    document.update(entry["with"]);
  document["do"] = entry.at("do");
  return document;
}

sim::provider_options provider_of(const json& given, const std::string& where) {
  sim::provider_options options;
  options.mode = given.value("nonce", false) ? sim::text_mode::nonce : sim::text_mode::plain;
  options.tokens_per_event = given.value("tokensPerEvent", 3);
  options.tokens_per_second = given.value("tokensPerSecond", 100.0);
  const auto prefix = given.value("prefix", "taken");
  options.prefix = prefix == "refused"   ? sim::prefix_behaviour::refused
                   : prefix == "ignored" ? sim::prefix_behaviour::ignored
                                         : sim::prefix_behaviour::taken;
  if (given.contains("faults"))
    options.faults = need(sim::parse_fault_rules(given["faults"]), where);
  return options;
}

expectation expectation_of(const json& given, const std::string& where) {
  expectation e;
  const auto status = given.value("status", "completed");
  if (status == "faulted")
    e.status = run_status::faulted;
  else if (status == "cancelled")
    e.status = run_status::cancelled;
  else if (status != "completed")
    throw std::runtime_error(where + ": unknown status " + status);
  if (given.contains("output"))
    e.outputs = {given["output"]};
  if (given.contains("outputs"))
    e.outputs = given["outputs"].get<std::vector<json>>();
  e.output_has = given.value("outputHas", json());
  e.fault_has = given.value("fault", json());
  return e;
}

scenario scenario_of(const json& entry, const fs::path& file, const fs::path& examples) {
  scenario s;
  s.name = entry.at("name").get<std::string>();
  s.file = file.filename().string();
  const auto where = s.file + ": " + s.name;
  for (const auto& [key, value] : entry.items())
    if (!known_keys.contains(key))
      throw std::runtime_error(where + ": unknown key " + key);
  s.definition = document_of(entry, examples).dump(1);
  s.input = entry.value("input", json());
  s.configuration = entry.value("models", json());
  s.provider = provider_of(entry.value("provider", json::object()), where);
  s.expect = expectation_of(entry.at("expect"), where);
  s.tasks = entry.value("tasks", std::vector<std::string>());
  if (entry.contains("calls"))
    s.calls = entry["calls"].get<int>();
  if (entry.contains("seconds"))
    s.seconds = entry["seconds"].get<double>();
  s.restarts = entry.value("restarts", false);
  return s;
}

// "" when every member of `expected` equals that of `given`.
std::string differs(const json& expected, const json& given) {
  for (const auto& [key, value] : expected.items())
    if (!given.is_object() || !given.contains(key) || given[key] != value)
      return "member " + key + " is " +
             (given.is_object() && given.contains(key) ? given[key].dump() : "absent") +
             ", expected " + value.dump();
  return {};
}

} // namespace

std::vector<scenario> load_scenarios(const fs::path& folder, const fs::path& examples) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".json")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<scenario> all;
  std::set<std::string> names;
  for (const auto& file : files)
    for (const auto& entry : json::parse(slurp(file))) {
      all.push_back(scenario_of(entry, file, examples));
      if (!names.insert(all.back().name).second)
        throw std::runtime_error(file.string() + ": two scenarios are named " + all.back().name);
    }
  return all;
}

std::string judge(const expectation& expected, const run_info& run) {
  const std::string result = !run.result              ? "nothing"
                             : run.result->is_value() ? run.result->value().dump()
                                                      : json(run.result->fault()).dump();
  if (run.status != expected.status)
    return "status is " + std::string(to_string(run.status)) + " (" + run.cause + ") with " +
           result + ", expected " + std::string(to_string(expected.status));
  if (!expected.outputs.empty()) {
    if (!run.result || !run.result->is_value())
      return "there is no output";
    if (std::find(expected.outputs.begin(), expected.outputs.end(), run.result->value()) ==
        expected.outputs.end())
      return "output is " + result + ", expected " + json(expected.outputs).dump();
  }
  if (!expected.output_has.is_null())
    if (auto wrong = differs(expected.output_has,
                             run.result && run.result->is_value() ? run.result->value() : json());
        !wrong.empty())
      return "output: " + wrong;
  if (!expected.fault_has.is_null())
    if (auto wrong =
            differs(expected.fault_has,
                    run.result && run.result->is_fault() ? json(run.result->fault()) : json());
        !wrong.empty())
      return "fault: " + wrong;
  return {};
}

} // namespace pawl::simulation
