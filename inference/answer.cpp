#include "inference/answer.hpp"

#include <pawl/names.hpp>

#include <utility>

#include "inference/json_text.hpp"

namespace pawl::inference {

void answer::apply(const delta& d) {
  switch (d.kind) {
  case delta_kind::text:
    text_ += d.text;
    ++output_deltas_;
    break;
  case delta_kind::reasoning:
    reasoned_ = true;
    ++output_deltas_;
    break;
  case delta_kind::refusal:
    refusal_ += d.text;
    ++output_deltas_;
    break;
  case delta_kind::tool_call:
    apply_tool_call(d);
    ++output_deltas_;
    break;
  case delta_kind::finish: finish_reason_ = d.text; break;
  case delta_kind::usage: usage_ = d.tokens; break;
  case delta_kind::response_id:
    if (response_id_.empty())
      response_id_ = d.text;
    break;
  case delta_kind::end: ended_ = true; break;
  case delta_kind::error:
    if (!failure_)
      failure_ = fault(fault_type::communication, d.status,
                       "the provider reported an error within its answer", d.text);
    break;
  case delta_kind::unknown: break;
  }
}

void answer::apply_tool_call(const delta& d) {
  int index = d.index;
  if (index < 0) {
    const int last = tool_calls_.empty() ? -1 : tool_calls_.rbegin()->first;
    index = last < 0 || !d.id.empty() ? last + 1 : last;
  }
  tool_call& call = tool_calls_[index];
  if (!d.id.empty())
    call.id = d.id;
  if (!d.name.empty())
    call.name = d.name;
  call.arguments += d.text;
}

outcome answer::finish() const {
  if (failure_)
    return *failure_;
  json message = {{"role", "assistant"}, {"content", text_}};
  json calls = json::array();
  json message_calls = json::array();
  for (const auto& [index, call] : tool_calls_) {
    const std::string arguments = call.arguments.empty() ? "{}" : call.arguments;
    std::optional<json> parsed = parse_json(arguments);
    if (!parsed) {
      std::string detail = "the arguments of tool call " + quote(call.name) + " are not JSON";
      if (finish_reason_ == "length")
        detail += " (the answer was cut off: finish reason \"length\"; raise maxTokens)";
      return fault(fault_type::communication, 502, "the provider's tool call cannot be read",
                   std::move(detail));
    }
    calls.push_back({{"id", call.id}, {"name", call.name}, {"arguments", std::move(*parsed)}});
    message_calls.push_back({{"id", call.id},
                             {"type", "function"},
                             {"function", {{"name", call.name}, {"arguments", arguments}}}});
  }
  if (!message_calls.empty()) {
    message["tool_calls"] = std::move(message_calls);
    if (text_.empty())
      message["content"] = nullptr;
  }
  if (!refusal_.empty()) {
    message["refusal"] = refusal_;
    if (text_.empty())
      message["content"] = nullptr;
  }
  json out = json::object();
  out["text"] = text_;
  out["message"] = std::move(message);
  out["toolCalls"] = std::move(calls);
  out["finishReason"] = finish_reason_.empty() ? json() : json(finish_reason_);
  return out;
}

void answer::begin_continuation() {
  finish_reason_.clear();
  response_id_.clear();
  usage_.reset();
  failure_.reset();
  output_deltas_ = 0;
  ended_ = false;
}

} // namespace pawl::inference
