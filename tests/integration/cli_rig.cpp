#include "tests/integration/cli_rig.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "tests/integration/rig.hpp"

namespace pawl::testing {

using json = nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr auto deadline = 60s;

json definition(const std::string& name, json tasks) {
  return {
      {"document", {{"dsl", "1.0.3"}, {"namespace", "t"}, {"name", name}, {"version", "1.0.0"}}},
      {"do", std::move(tasks)}};
}

json ask(const std::string& name, const std::string& model, const std::string& prompt) {
  const json with = {{"model", model}, {"prompt", prompt}, {"maxTokens", 64}};
  const json call = {{"call", "inference"}, {"with", with}, {"output", {{"as", "${ { text } }"}}}};
  return {{name, call}};
}

} // namespace

desk::desk() {
  json tasks = json::array();
  tasks.push_back(ask("ask", "sim/small", "${ .q }"));
  write("ask.json", definition("ask", tasks).dump());
  tasks.push_back(ask("again", "sim/small", "${ .text }"));
  write("twice.json", definition("twice", tasks).dump());
  const json fast =
      json::array({ask("ask", "fast", "${ .q }"), ask("again", "fast", "${ .text }")});
  write("fast.json", definition("fast", fast).dump());
  const json nap = json::array({{{"nap", {{"wait", "PT1H"}}}}});
  write("nap.json", definition("nap", nap).dump());
  const json error = {{"type", "https://example.org/no"}, {"status", 422}, {"title", "No"}};
  const json no = json::array({{{"no", {{"raise", {{"error", error}}}}}}});
  write("no.json", definition("no", no).dump());
  write("q.json", R"({"q": "why?"})");
}

void desk::write(const std::string& name, const std::string& text) const {
  write_file(room_ / name, text);
}

std::string desk::read(const std::string& name) const {
  return read_file(room_ / name);
}

std::vector<std::string> desk::command(std::vector<std::string> words) const {
  for (auto& word : words) {
    if (word.starts_with("%"))
      word = file(word.substr(1));
    else if (word.starts_with("@%"))
      word = "@" + file(word.substr(2));
  }
  static const std::vector<std::string> with_data = {"run",    "resume", "runs",
                                                     "cancel", "spend",  "ledger"};
  const bool wants_data =
      !words.empty() &&
      std::find(with_data.begin(), with_data.end(), words[0]) != with_data.end() &&
      std::find(words.begin(), words.end(), "--data") == words.end() &&
      std::find(words.begin(), words.end(), "--help") == words.end();
  words.insert(words.begin(), PAWL_COMMAND);
  if (wants_data)
    words.insert(words.end(), {"--data", file("data")});
  return words;
}

finished desk::pawl(std::vector<std::string> words) const {
  return run_to_end(command(std::move(words)), deadline);
}

std::unique_ptr<process> desk::begin(const std::string& name,
                                     std::vector<std::string> words) const {
  return std::make_unique<process>(command(std::move(words)), room_ / (name + ".out"),
                                   room_ / (name + ".err"));
}

finished desk::shell(const std::string& line) const {
  return run_to_end(
      {"/bin/bash", "-c", "cd '" + room_.path().string() + "' && PAWL='" PAWL_COMMAND "'; " + line},
      deadline);
}

void desk::provider(std::vector<std::string> words, const json& api_key) {
  words.insert(words.begin(), {PAWL_COMMAND, "sim", "--port", "0"});
  provider_ = std::make_unique<process>(words, room_ / "sim.out", room_ / "sim.err");
  const auto url = first_line(room_ / "sim.out", *provider_);
  port_ = std::stoi(url.substr(url.rfind(':') + 1));
  json place = {{"protocol", "openai-chat"}, {"baseUrl", url + "/v1"}};
  if (!api_key.is_null())
    place["apiKey"] = api_key;
  const json deployment = {{"provider", "desk"},
                           {"model", "small"},
                           {"capabilities", {{"prefix", "assistant"}}},
                           {"prices", {{"inputPerMillion", "0.15"}, {"outputPerMillion", "0.60"}}},
                           {"maxOutputTokens", 4096}};
  const json configuration = {
      {"providers", {{"desk", place}}},
      {"models", {{"desk/small", {{"deployments", json::array({deployment})}}}}},
      {"aliases", {{"fast", "desk/small"}}}};
  write("pawl.json", configuration.dump(2));
}

json desk::bill() const {
  return json::parse(http_get(port_, "/bill"));
}

std::vector<json> desk::ledger() const {
  const auto done = pawl({"ledger", "export"});
  if (done.status != 0)
    throw std::runtime_error(done.err);
  std::vector<json> rows;
  std::istringstream lines(done.out);
  for (std::string line; std::getline(lines, line);)
    rows.push_back(json::parse(line));
  return rows;
}

std::string desk::status_of(const std::string& run) const {
  const auto shown = pawl({"runs", run, "--json"});
  if (shown.status != 0)
    throw std::runtime_error(shown.err);
  return json::parse(shown.out).at("status");
}

void desk::await_text(const std::string& name, const std::string& text, process& writer) const {
  testing::await_text(room_ / name, text, writer);
}

} // namespace pawl::testing
