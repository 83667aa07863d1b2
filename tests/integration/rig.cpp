#include "tests/integration/rig.hpp"

#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace pawl::testing {

using json = nlohmann::json;
using namespace std::chrono_literals;

namespace {

// The first line of a file that another process writes; waits for changes of its folder, not for
// time.
std::string first_line(const std::filesystem::path& file, process& writer) {
  const int watch = inotify_init1(IN_CLOEXEC);
  inotify_add_watch(watch, file.parent_path().c_str(), IN_MODIFY | IN_CREATE);
  std::string line;
  for (int i = 0; i < 200 && line.empty() && writer.running(); ++i) {
    const auto text = read_file(file);
    if (const auto end = text.find('\n'); end != std::string::npos)
      line = text.substr(0, end);
    pollfd changed{watch, POLLIN, 0};
    char events[4096];
    if (line.empty() && poll(&changed, 1, 100) > 0)
      (void)!read(watch, events, sizeof events);
  }
  close(watch);
  if (line.empty())
    throw std::runtime_error(file.string() + ": no line came");
  return line;
}

} // namespace

rig::rig(std::vector<std::string> provider) {
  std::vector<std::string> words = {
      PAWL_COMMAND, "sim", "--port", "0", "--tokens-per-second", "200", "--time-to-first-token",
      "15"};
  words.insert(words.end(), provider.begin(), provider.end());
  provider_ = std::make_unique<process>(words, room() / "sim.out", room() / "sim.err");
  const auto url = first_line(room() / "sim.out", *provider_);
  port_ = std::stoi(url.substr(url.rfind(':') + 1));
  json models = json::object();
  for (const std::string name : {"small", "medium", "large"}) {
    const json place = {{"provider", "desk"},
                        {"model", name},
                        {"capabilities", {{"prefix", "assistant"}}},
                        {"prices", {{"inputPerMillion", "0.15"}, {"outputPerMillion", "0.60"}}},
                        {"maxOutputTokens", 4096}};
    models["sim/" + name] = {{"deployments", json::array({place})}};
  }
  const json configuration = {
      {"providers",
       {{"desk",
         {{"protocol", "openai-chat"},
          {"baseUrl", "http://127.0.0.1:" + std::to_string(port_) + "/v1"}}}}},
      {"models", models}};
  write_file(room() / "pawl.json", configuration.dump(2));
}

std::vector<std::string> rig::run_command(const std::string& input) const {
  return command({"run", std::string(PAWL_EXAMPLES) + "/support-triage.json", "--id", "r",
                  "--input", input, "--config", (room() / "pawl.json").string()});
}

std::vector<std::string> rig::command(std::vector<std::string> words) const {
  words.insert(words.begin(), PAWL_COMMAND);
  words.insert(words.end(), {"--data", (room() / "data").string()});
  return words;
}

json rig::bill() const {
  return json::parse(http_get(port_, "/bill"));
}

std::vector<json> rig::ledger() const {
  const auto done = run_to_end(command({"ledger", "export"}), 30s);
  if (done.status != 0)
    throw std::runtime_error(done.err);
  std::vector<json> rows;
  std::istringstream lines(done.out);
  for (std::string line; std::getline(lines, line);)
    rows.push_back(json::parse(line));
  return rows;
}

} // namespace pawl::testing
