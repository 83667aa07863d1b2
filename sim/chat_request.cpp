#include "sim/chat_request.hpp"

#include <pawl/limits.hpp>

#include "sim/directives.hpp"
#include "sim/schema_value.hpp"
#include "sim/script.hpp"
#include "sim/text.hpp"

namespace pawl::sim {

namespace {

// Thrown and caught within this file only: a request has many ways to be bad and one way to say so.
struct bad_request {
  std::string message;
};

json parse_body(std::string_view body) {
  bool too_deep = false;
  const auto watch_depth = [&](int depth, json::parse_event_t, json&) {
    too_deep = too_deep || depth > limits::json_depth_max;
    return !too_deep;
  };
  json value = json::parse(body, watch_depth, false);
  if (too_deep)
    throw bad_request{"request body nests deeper than " + std::to_string(limits::json_depth_max) +
                      " levels"};
  if (!value.is_object())
    throw bad_request{"request body is not a JSON object"};
  return value;
}

// null and absent mean the same.
const json& member(const json& object, const char* key) {
  static const json nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

std::string text_of_content(const json& content) {
  if (content.is_null())
    return {};
  if (content.is_string())
    return content.get<std::string>();
  if (!content.is_array())
    throw bad_request{"message content must be a string, an array of parts or null"};
  std::string text;
  for (const auto& part : content)
    text += part.is_object() && member(part, "text").is_string() ? part["text"].get<std::string>()
                                                                 : part.dump();
  return text;
}

struct message {
  std::string role;
  std::string text;
  std::string tool_calls; // JSON text, or empty
  [[nodiscard]] bool is_assistant_text() const { return role == "assistant" && tool_calls.empty(); }
  [[nodiscard]] std::int64_t tokens() const {
    return static_cast<std::int64_t>(count_prompt_tokens(text) + count_prompt_tokens(tool_calls));
  }
};

std::vector<message> parse_messages(const json& list) {
  if (!list.is_array() || list.empty())
    throw bad_request{"messages must be an array with at least one message"};
  std::vector<message> messages;
  for (const auto& entry : list) {
    if (!entry.is_object() || !member(entry, "role").is_string())
      throw bad_request{"each of messages must be an object with a role"};
    message m;
    m.role = entry["role"].get<std::string>();
    m.text = text_of_content(member(entry, "content"));
    if (member(entry, "tool_calls").is_array() && !entry["tool_calls"].empty())
      m.tool_calls = entry["tool_calls"].dump();
    messages.push_back(std::move(m));
  }
  return messages;
}

void read_messages(chat_request& request, const std::vector<message>& messages) {
  std::size_t prompt_end = messages.size();
  while (prompt_end > 0 && messages[prompt_end - 1].is_assistant_text())
    --prompt_end;
  request.prompt = request.model + '\n';
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto& m = messages[i];
    request.prompt_tokens += m.tokens();
    if (i < prompt_end) {
      // Lengths keep two different conversations from having one text.
      for (const auto* part : {&m.role, &m.text, &m.tool_calls})
        request.prompt += std::to_string(part->size()) + ':' + *part;
    } else {
      request.prefix = request.prefix.value_or("") + m.text;
      request.prefix_prompt_tokens += m.tokens();
    }
  }
}

void read_directives(chat_request& request, const std::vector<message>& messages,
                     const json& body) {
  std::size_t last_user = messages.size();
  bool tool_answered = false;
  while (last_user > 0 && messages[last_user - 1].role != "user") {
    --last_user;
    tool_answered = tool_answered || messages[last_user].role == "tool";
  }
  if (last_user == 0)
    return;
  auto found = find_directives(messages[last_user - 1].text);
  if (!found.problem.empty())
    throw bad_request{found.problem};
  request.exact_text = std::move(found.text);
  request.word_count = found.word_count;
  if (found.tool_name && !tool_answered && member(body, "tool_choice") != "none")
    request.tool_call = tool_call_request{*found.tool_name, found.tool_arguments};
}

// The function that tool_choice forces, or null.
const json& forced_function(const json& body) {
  static const json nothing;
  const json& choice = member(body, "tool_choice");
  const json& tools = member(body, "tools");
  std::string wanted;
  if (choice.is_object()) {
    const json& function = member(choice, "function");
    if (!function.is_object() || !member(function, "name").is_string())
      throw bad_request{"tool_choice must name a function"};
    wanted = function["name"].get<std::string>();
  } else if (choice != "required") {
    return nothing;
  }
  if (tools.is_array())
    for (const auto& tool : tools)
      if (tool.is_object() && member(tool, "function").is_object()) {
        const json& function = tool["function"];
        if (member(function, "name").is_string() && (wanted.empty() || function["name"] == wanted))
          return function;
      }
  throw bad_request{"tool_choice asks for a tool that is not among tools"};
}

void read_tools(chat_request& request, const json& body) {
  if (member(body, "tools").is_array() && !body["tools"].empty())
    request.prompt_tokens += static_cast<std::int64_t>(count_prompt_tokens(body["tools"].dump()));
  const json& function = forced_function(body);
  if (request.tool_call || function.is_null())
    return;
  const auto value = draw_schema_value(member(function, "parameters"), hash_of(0, request.prompt));
  const json arguments = value.is_object() ? value : json::object();
  request.tool_call = tool_call_request{function["name"].get<std::string>(), arguments.dump()};
}

void read_format(chat_request& request, const json& body) {
  const json& format = member(body, "response_format");
  if (format.is_null())
    return;
  if (!format.is_object() || !member(format, "type").is_string())
    throw bad_request{"response_format must be an object with a type"};
  if (format["type"] == "json_schema") {
    const json& named = member(format, "json_schema");
    if (!named.is_object() || !member(named, "schema").is_object())
      throw bad_request{"response_format of type json_schema needs json_schema.schema"};
    request.answer_schema = named["schema"];
    request.prompt_tokens += static_cast<std::int64_t>(count_prompt_tokens(format.dump()));
  } else if (format["type"] == "json_object") {
    request.answer_schema =
        json::parse(R"({"type":"object","properties":{"answer":{"type":"string"}}})");
  } else if (format["type"] != "text") {
    throw bad_request{"response_format must be of type text, json_object or json_schema"};
  }
}

void read_limits(chat_request& request, const json& body) {
  for (const char* key : {"max_tokens", "max_completion_tokens"}) {
    const json& value = member(body, key);
    if (value.is_null())
      continue;
    if (!value.is_number_integer() || value < 1)
      throw bad_request{std::string(key) + " must be an integer of at least 1"};
    // What does not fit is larger than any answer.
    request.max_tokens = value > answer_tokens_max ? answer_tokens_max : value.get<std::int64_t>();
  }
  const json& stop = member(body, "stop");
  if (stop.is_string())
    request.stop.push_back(stop.get<std::string>());
  else if (stop.is_array() && stop.size() <= 4)
    for (const auto& text : stop)
      request.stop.push_back(text.is_string() ? text.get<std::string>() : "");
  else if (!stop.is_null())
    throw bad_request{"stop must be a string or an array of up to 4 strings"};
  for (const auto& text : request.stop)
    if (text.empty())
      throw bad_request{"stop must consist of strings that are not empty"};
  const json& n = member(body, "n");
  if (!n.is_null() && n != 1)
    throw bad_request{"n must be 1: the simulated provider gives one choice"};
}

void read_delivery(chat_request& request, const json& body) {
  const json& stream = member(body, "stream");
  if (!stream.is_null() && !stream.is_boolean())
    throw bad_request{"stream must be true or false"};
  if (stream == true)
    request.delivery = answer_delivery::streamed;
  const json& options = member(body, "stream_options");
  if (options.is_null())
    return;
  if (!options.is_object() || stream != true)
    throw bad_request{"stream_options must be an object, and only with stream"};
  if (member(options, "include_usage") == true)
    request.usage = usage_report::last_event;
}

} // namespace

json to_json_body(const api_error& e) {
  json inner = json::object();
  inner["message"] = e.message;
  inner["type"] = e.type;
  inner["param"] = nullptr;
  inner["code"] = e.code.empty() ? json() : json(e.code);
  json body = json::object();
  body["error"] = std::move(inner);
  return body;
}

std::variant<chat_request, api_error> parse_chat_request(std::string_view body) {
  try {
    const json value = parse_body(body);
    chat_request request;
    if (!member(value, "model").is_string() || value["model"].get_ref<const std::string&>().empty())
      throw bad_request{"model must be a string that is not empty"};
    request.model = normalised_model(value["model"].get_ref<const std::string&>());
    const auto messages = parse_messages(member(value, "messages"));
    read_messages(request, messages);
    read_directives(request, messages, value);
    read_tools(request, value);
    read_format(request, value);
    read_limits(request, value);
    read_delivery(request, value);
    return request;
  } catch (const bad_request& bad) {
    api_error error;
    error.message = bad.message;
    return error;
  }
}

} // namespace pawl::sim
