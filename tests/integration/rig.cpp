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

// Reads the file whenever its folder changes, until `found` says that it is enough.
template <class Found>
void read_until(const std::filesystem::path& file, process& writer, Found found) {
  const int watch = inotify_init1(IN_CLOEXEC);
  inotify_add_watch(watch, file.parent_path().c_str(), IN_MODIFY | IN_CREATE);
  bool is_running = true, is_found = false;
  for (int i = 0; i < 400 && is_running && !is_found; ++i) {
    is_running = writer.running(); // before reading: what it wrote last counts
    is_found = found(read_file(file));
    pollfd changed{watch, POLLIN, 0};
    char events[4096];
    if (!is_found && is_running && poll(&changed, 1, 100) > 0)
      (void)!read(watch, events, sizeof events);
  }
  close(watch);
  if (!is_found)
    throw std::runtime_error(file.string() + ": what was waited for did not come:\n" +
                             read_file(file));
}

} // namespace

std::string first_line(const std::filesystem::path& file, process& writer) {
  std::string line;
  read_until(file, writer, [&](const std::string& text) {
    const auto end = text.find('\n');
    line = text.substr(0, end);
    return end != std::string::npos;
  });
  return line;
}

void await_text(const std::filesystem::path& file, const std::string& text, process& writer) {
  read_until(file, writer,
             [&](const std::string& all) { return all.find(text) != std::string::npos; });
}

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
