#include "inference/request.hpp"

#include <pawl/duration.hpp>
#include <pawl/names.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include "inference/json_text.hpp"
#include "inference/request_checks.hpp"
#include "inference/schema.hpp"

namespace pawl::inference {
namespace {

// Ten years, leap days included.
constexpr std::chrono::hours timeout_max(3653 * 24);

// Reads one request; each function takes one key, if it is there, and notes what is wrong with it.
class reader {
public:
  explicit reader(const json& with) : with_(with) {}

  parsed_request read() {
    for (const auto& [key, value] : with_.items())
      if (std::find(request_keys().begin(), request_keys().end(), key) == request_keys().end())
        wrong_.unknown({}, key, request_keys());
    read_model();
    read_messages();
    read_tools();
    read_schema();
    read_numbers();
    read_strings("stop", out_.stop);
    read_options();
    read_on_interrupt();
    read_timeout();
    if (const json* stream = find("stream"); stream != nullptr && !stream->is_boolean())
      wrong_.expected("stream", "a boolean", *stream);
    parsed_request parsed;
    if (wrong_.empty())
      parsed.value = std::move(out_);
    else
      parsed.problem = wrong_.to_fault();
    return parsed;
  }

private:
  const json* find(const char* key) const {
    const auto found = with_.find(key);
    return found == with_.end() ? nullptr : &*found;
  }

  // A string or a list of strings, none of them empty.
  void read_strings(const char* key, std::vector<std::string>& out) {
    const json* value = find(key);
    if (value == nullptr)
      return;
    const bool one = value->is_string();
    if (!one && !value->is_array())
      return wrong_.expected(key, "a string or a list of strings", *value);
    const json list = one ? json::array({*value}) : *value;
    for (const json& entry : list) {
      if (!entry.is_string())
        return wrong_.expected(key, "a string or a list of strings", entry);
      if (entry.get_ref<const std::string&>().empty())
        return wrong_.add(key, "expected a string that is not empty");
      out.push_back(entry.get<std::string>());
    }
  }

  void read_model() {
    const json* value = find("model");
    if (value == nullptr)
      return wrong_.add(
          "model", "is missing: expected a model's name or a list of names in order of preference");
    if (value->is_array() && value->empty())
      return wrong_.add("model", "expected at least one name");
    read_strings("model", out_.models);
  }

  void read_messages() {
    const json* messages = find("messages");
    const json* prompt = find("prompt");
    const json* system = find("system");
    if (messages == nullptr && prompt == nullptr)
      wrong_.add("messages", "is missing: expected either messages or prompt");
    if (messages != nullptr && prompt != nullptr)
      wrong_.add("prompt", "stands beside messages: expected one of them, not both");
    if (system != nullptr && !system->is_string())
      wrong_.expected("system", "a string", *system);
    else if (system != nullptr)
      out_.messages.push_back({{"role", "system"}, {"content", *system}});
    if (prompt != nullptr && !prompt->is_string())
      wrong_.expected("prompt", "a string", *prompt);
    else if (prompt != nullptr)
      out_.messages.push_back({{"role", "user"}, {"content", *prompt}});
    if (messages == nullptr)
      return;
    check_messages(*messages, wrong_);
    if (messages->is_array())
      out_.messages.insert(out_.messages.end(), messages->begin(), messages->end());
  }

  void read_tools() {
    if (const json* tools = find("tools")) {
      check_tools(*tools, wrong_);
      out_.tools = *tools;
    }
    if (const json* choice = find("toolChoice")) {
      check_tool_choice(*choice, wrong_);
      out_.tool_choice = *choice;
    }
  }

  void read_schema() {
    const json* schema = find("responseSchema");
    if (schema == nullptr)
      return;
    if (const auto problem = check_schema(*schema))
      return wrong_.add("responseSchema", *problem);
    out_.response_schema = *schema;
  }

  void read_numbers() {
    if (const json* temperature = find("temperature")) {
      const double t = temperature->is_number() ? temperature->get<double>() : -1;
      if (!(t >= 0 && t <= 2))
        wrong_.expected("temperature", "a number from 0 to 2", *temperature);
      else
        out_.temperature = t;
    }
    if (const json* most = find("maxTokens")) {
      out_.max_tokens = to_integer(*most);
      if (out_.max_tokens.value_or(0) < 1)
        wrong_.expected("maxTokens", "an integer of at least 1", *most);
    }
    if (const json* seed = find("seed")) {
      out_.seed = to_integer(*seed);
      if (!out_.seed)
        wrong_.expected("seed", "an integer", *seed);
    }
  }

  void read_options() {
    if (const json* options = find("options")) {
      check_options(*options, with_, wrong_);
      out_.options = *options;
      if (const json& most = member(*options, "max_completion_tokens");
          !out_.max_tokens && !most.is_null())
        out_.max_tokens = to_integer(most);
    }
    if (const json* metadata = find("metadata")) {
      if (!metadata->is_object())
        wrong_.expected("metadata", "an object", *metadata);
      out_.metadata = *metadata;
    }
  }

  void read_on_interrupt() {
    static const std::vector<std::string> words{"restart", "fault"};
    const json* value = find("onInterrupt");
    if (value == nullptr)
      return;
    if (!value->is_string())
      return wrong_.expected("onInterrupt", "\"restart\" or \"fault\"", *value);
    const auto& word = value->get_ref<const std::string&>();
    if (word != "restart" && word != "fault")
      return wrong_.add("onInterrupt", quote(word) + " is unknown, " + suggest_name(word, words));
    out_.interrupted = word == "fault" ? on_interrupt::fault : on_interrupt::restart;
  }

  void read_timeout() {
    static const std::vector<std::string> keys{"firstEvent", "betweenEvents", "total"};
    const json* timeout = find("timeout");
    if (timeout == nullptr)
      return;
    if (!timeout->is_object())
      return wrong_.expected("timeout", "an object of firstEvent, betweenEvents and total",
                             *timeout);
    for (const auto& [key, value] : timeout->items()) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        wrong_.unknown("timeout", key, keys);
        continue;
      }
      auto& limit = key == "firstEvent"      ? out_.first_event_timeout
                    : key == "betweenEvents" ? out_.between_events_timeout
                                             : out_.total_timeout;
      limit = read_limit("timeout." + key, value);
    }
  }

  // Rounded up to milliseconds: a limit may come late, never early.
  std::optional<std::chrono::milliseconds> read_limit(const std::string& key, const json& value) {
    const auto parsed = parse_duration(value);
    if (!parsed)
      wrong_.add(key, parsed.error().message + "; " + parsed.error().hint);
    else if (*parsed <= duration::zero())
      wrong_.add(key, "duration is zero, expected more than that");
    else if (*parsed > timeout_max)
      wrong_.add(key, "duration is longer than ten years, expected at most that");
    else
      return std::chrono::ceil<std::chrono::milliseconds>(*parsed);
    return std::nullopt;
  }

  const json& with_;
  request out_;
  mistakes wrong_;
};

} // namespace

parsed_request parse_request(const json& with) {
  if (!with.is_object() || !depth_is_bounded(with)) {
    mistakes wrong;
    if (with.is_object())
      wrong.add("with", "nests too deeply");
    else
      wrong.expected("with", "an object with model and messages or prompt", with);
    parsed_request parsed;
    parsed.problem = wrong.to_fault();
    return parsed;
  }
  return reader(with).read();
}

const std::vector<std::string>& request_keys() {
  static const std::vector<std::string> keys{
      "model",          "messages",    "prompt",    "system", "tools", "toolChoice",
      "responseSchema", "temperature", "maxTokens", "stop",   "seed",  "options",
      "onInterrupt",    "timeout",     "metadata",  "stream"};
  return keys;
}

std::int64_t choices_of(const request& what) {
  return std::max<std::int64_t>(1, to_integer(member(what.options, "n")).value_or(1));
}

bool allows_continuation(const request& what) {
  if (choices_of(what) != 1 || !what.response_schema.is_null())
    return false;
  const auto asked = [&](const char* field) {
    const json& value = member(what.options, field);
    return !value.is_null() && value != false && value != "none";
  };
  return !asked("logprobs") && !asked("top_logprobs") && !asked("response_format") &&
         !asked("reasoning_effort") && !asked("reasoning");
}

} // namespace pawl::inference
