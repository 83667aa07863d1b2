#include "sim/wire.hpp"

#include <utility>

namespace pawl::sim {

namespace {

std::string framed(std::string_view data) {
  return "data: " + std::string(data) + "\n\n";
}

json chunk(const answer_identity& who, json choices) {
  json object = json::object();
  object["id"] = who.id;
  object["object"] = "chat.completion.chunk";
  object["created"] = who.created_s;
  object["model"] = who.model;
  object["choices"] = std::move(choices);
  if (who.usage == usage_report::last_event)
    object["usage"] = nullptr;
  return object;
}

std::string delta_event(const answer_identity& who, json delta, json finish_reason) {
  json choice = json::object();
  choice["index"] = 0;
  choice["delta"] = std::move(delta);
  choice["logprobs"] = nullptr;
  choice["finish_reason"] = std::move(finish_reason);
  json choices = json::array();
  choices.push_back(std::move(choice));
  return framed(chunk(who, std::move(choices)).dump());
}

std::string joined(const token_list& tokens, std::size_t first, std::size_t last) {
  std::string text;
  for (std::size_t i = first; i < last; ++i)
    text += tokens[i];
  return text;
}

// A tool call, or the part of one that the tokens [first, last) are. Id, type and name come with
// the first token.
json tool_calls(const answer_identity& who, const reply& what, std::size_t first,
                std::size_t last) {
  json function = json::object();
  json call = json::object();
  call["index"] = 0;
  if (first == 0 && last > 0) {
    call["id"] = "call_" + who.id;
    call["type"] = "function";
    function["name"] = *what.tool_name;
    ++first;
  }
  function["arguments"] = joined(what.tokens, first, last);
  call["function"] = std::move(function);
  json list = json::array();
  list.push_back(std::move(call));
  return list;
}

json to_json_usage(const answer_usage& usage) {
  json prompt_details = json::object();
  prompt_details["cached_tokens"] = usage.cached_tokens;
  json completion_details = json::object();
  completion_details["reasoning_tokens"] = 0;
  json object = json::object();
  object["prompt_tokens"] = usage.prompt_tokens;
  object["completion_tokens"] = usage.completion_tokens;
  object["total_tokens"] = usage.prompt_tokens + usage.completion_tokens;
  object["prompt_tokens_details"] = std::move(prompt_details);
  object["completion_tokens_details"] = std::move(completion_details);
  return object;
}

} // namespace

std::string role_event(const answer_identity& who) {
  json delta = json::object();
  delta["role"] = "assistant";
  delta["content"] = "";
  return delta_event(who, std::move(delta), nullptr);
}

std::string token_event(const answer_identity& who, const reply& what, std::size_t first,
                        std::size_t last) {
  json delta = json::object();
  if (what.tool_name)
    delta["tool_calls"] = tool_calls(who, what, first, last);
  else
    delta["content"] = joined(what.tokens, first, last);
  return delta_event(who, std::move(delta), nullptr);
}

std::string finish_event(const answer_identity& who, std::string_view reason) {
  return delta_event(who, json::object(), std::string(reason));
}

std::string usage_event(const answer_identity& who, const answer_usage& usage) {
  json object = chunk(who, json::array());
  object["usage"] = to_json_usage(usage);
  return framed(object.dump());
}

std::string error_event(std::string_view message) {
  api_error e;
  e.message = message;
  e.type = "server_error";
  return framed(to_json_body(e).dump());
}

std::string done_event() {
  return framed("[DONE]");
}

std::string garbled(std::string event) {
  std::size_t half = event.size() / 2;
  while (half > 0 && (static_cast<unsigned char>(event[half]) & 0xC0) == 0x80)
    --half;
  event.resize(half);
  return event + "\n\n";
}

std::string whole_answer(const answer_identity& who, const reply& what, const answer_usage& usage) {
  json message = json::object();
  message["role"] = "assistant";
  message["refusal"] = nullptr;
  message["content"] = nullptr;
  if (what.tool_name) {
    auto calls = tool_calls(who, what, 0, what.tokens.size());
    for (auto& call : calls)
      call.erase("index");
    message["tool_calls"] = std::move(calls);
  } else {
    message["content"] = concatenate(what.tokens);
  }
  json choice = json::object();
  choice["index"] = 0;
  choice["message"] = std::move(message);
  choice["logprobs"] = nullptr;
  choice["finish_reason"] = what.finish_reason;
  json object = json::object();
  object["id"] = who.id;
  object["object"] = "chat.completion";
  object["created"] = who.created_s;
  object["model"] = who.model;
  object["choices"] = json::array();
  object["choices"].push_back(std::move(choice));
  object["usage"] = to_json_usage(usage);
  return object.dump();
}

} // namespace pawl::sim
