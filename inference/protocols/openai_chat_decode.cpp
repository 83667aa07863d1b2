#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "inference/json_text.hpp"
#include "inference/protocols/openai_chat.hpp"
#include "inference/utf8.hpp"

namespace pawl::inference {
namespace {

constexpr std::size_t told_bytes_max = 400;
constexpr std::int64_t tool_calls_max = 4096;

delta make_delta(delta_kind kind, std::string text = {}) {
  delta d;
  d.kind = kind;
  d.text = std::move(text);
  return d;
}

delta malformed(std::string_view what) {
  delta d =
      make_delta(delta_kind::error, "the provider's answer is malformed: " + std::string(what));
  d.status = 502;
  return d;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

// For people: one line, of bounded length.
std::string one_line(std::string_view text) {
  std::string out(utf8_prefix(text, told_bytes_max));
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return out;
}

// --- errors

bool is_error_status(std::int64_t status) noexcept {
  return status >= 400 && status <= 599;
}

// "MESSAGE (TYPE, CODE)" of an error object; of any other value the text that it is or has.
std::string error_text(const json& error) {
  std::string text = text_of(error);
  for (const char* key : {"message", "detail"})
    if (text.empty())
      text = text_of(member(error, key));
  std::string marks;
  for (const char* key : {"type", "code"}) {
    const json& value = member(error, key);
    const std::string mark = value.is_string()           ? text_of(value)
                             : value.is_number_integer() ? value.dump()
                                                         : "";
    if (!mark.empty() && mark != marks)
      marks += (marks.empty() ? "" : ", ") + mark;
  }
  if (text.empty())
    text = marks.empty() ? "no reason given" : std::exchange(marks, {});
  return one_line(marks.empty() ? text : text + " (" + marks + ")");
}

// An error within a stream has no HTTP status of its own: it may be in `code` or `status`, as a
// number (OpenRouter) or as one of OpenAI's words.
int error_status(const json& error) {
  for (const char* key : {"code", "status"})
    if (const auto number = to_integer(member(error, key)); number && is_error_status(*number))
      return static_cast<int>(*number);
  constexpr std::array<std::pair<std::string_view, int>, 7> words{{{"rate_limit", 429},
                                                                   {"insufficient_quota", 429},
                                                                   {"overloaded", 503},
                                                                   {"unavailable", 503},
                                                                   {"timeout", 504},
                                                                   {"invalid_request", 400},
                                                                   {"context_length", 400}}};
  const std::string text = text_of(member(error, "code")) + " " + text_of(member(error, "type"));
  for (const auto& [word, status] : words)
    if (text.find(word) != std::string::npos)
      return status;
  return 502;
}

delta error_delta(const json& error) {
  delta d = make_delta(delta_kind::error, error_text(error));
  d.status = error_status(error);
  return d;
}

// --- usage

std::int64_t count_or_zero(const json& object, const char* key) {
  return std::max<std::int64_t>(0, to_integer(member(object, key)).value_or(0));
}

// Empty when the totals are no counts: such a usage settles nothing.
std::optional<usage> read_usage(const json& in) {
  const auto input = to_integer(member(in, "prompt_tokens"));
  const auto output = to_integer(member(in, "completion_tokens"));
  if (!input || !output || *input < 0 || *output < 0)
    return std::nullopt;
  const json& input_details = member(in, "prompt_tokens_details");
  usage u;
  u.input = *input;
  u.output = *output;
  u.cached_input = count_or_zero(input_details, "cached_tokens");
  if (u.cached_input == 0)
    u.cached_input = count_or_zero(in, "prompt_cache_hit_tokens"); // DeepSeek
  u.cache_write = count_or_zero(input_details, "cache_write_tokens");
  u.reasoning = count_or_zero(member(in, "completion_tokens_details"), "reasoning_tokens");
  return u;
}

// --- chunks and bodies

// Reads one document, a chunk of a stream or a whole body: they differ in the name of the choice's
// content only.
class document_reader {
public:
  explicit document_reader(const char* content_key) : content_key_(content_key) {}

  std::vector<delta> read(const json& document) {
    if (!document.is_object())
      return {malformed("expected a JSON object, found " + std::string(kind_of(document)))};
    if (const json& error = member(document, "error"); !error.is_null())
      return {error_delta(error)};
    if (const std::string id = text_of(member(document, "id")); !id.empty())
      out_.push_back(make_delta(delta_kind::response_id, id));
    const json& choices = member(document, "choices");
    if (!choices.is_array() && !choices.is_null())
      fail("choices is " + std::string(kind_of(choices)));
    else if (choices.is_array())
      for (const json& choice : choices)
        read_choice(choice);
    if (const auto tokens = read_usage(member(document, "usage"))) {
      delta d = make_delta(delta_kind::usage);
      d.tokens = *tokens;
      out_.push_back(std::move(d));
    }
    if (problem_)
      return {malformed(*problem_)};
    return std::move(out_);
  }

private:
  void fail(std::string what) {
    if (!problem_)
      problem_ = std::move(what);
  }

  void read_choice(const json& choice) {
    if (!choice.is_object())
      return fail("a choice is " + std::string(kind_of(choice)));
    const json& index = member(choice, "index");
    if (!index.is_null() && index != 0) {
      if (!index.is_number_integer())
        return fail("a choice's index is " + std::string(kind_of(index)));
      out_.push_back(make_delta(delta_kind::unknown));
      return;
    }
    const json& content = member(choice, content_key_);
    if (content.is_object())
      read_content(content);
    else if (!content.is_null())
      return fail(std::string(content_key_) + " is " + std::string(kind_of(content)));
    const json& reason = member(choice, "finish_reason");
    if (reason.is_string())
      out_.push_back(make_delta(delta_kind::finish, text_of(reason)));
    else if (!reason.is_null())
      fail("finish_reason is " + std::string(kind_of(reason)));
  }

  void read_content(const json& content) {
    // DeepSeek, Moonshot: reasoning_content; vLLM, OpenRouter: reasoning. Some send both, with the
    // same text.
    const json& reasoning = member(content, "reasoning_content");
    read_text("reasoning", reasoning.is_null() ? member(content, "reasoning") : reasoning,
              delta_kind::reasoning);
    const json& text = member(content, "content");
    if (text.is_array())
      read_parts(text);
    else
      read_text("content", text, delta_kind::text);
    read_text("refusal", member(content, "refusal"), delta_kind::refusal);
    const json& calls = member(content, "tool_calls");
    if (calls.is_array())
      for (const json& call : calls)
        read_tool_call(call);
    else if (!calls.is_null())
      fail("tool_calls is " + std::string(kind_of(calls)));
  }

  void read_text(const char* name, const json& value, delta_kind kind) {
    if (value.is_string()) {
      if (!value.get_ref<const std::string&>().empty())
        out_.push_back(make_delta(kind, text_of(value)));
    } else if (!value.is_null() &&
               kind != delta_kind::reasoning) { // reasoning is nobody's standard
      fail(std::string(name) + " is " + std::string(kind_of(value)));
    }
  }

  // Mistral's thinking models: content as a list of parts.
  void read_parts(const json& parts) {
    for (const json& part : parts) {
      const json& type = member(part, "type");
      if (type == "text") {
        read_text("text", member(part, "text"), delta_kind::text);
      } else if (type == "thinking") {
        for (const json& thought : member(part, "thinking"))
          read_text("thinking", member(thought, "text"), delta_kind::reasoning);
      } else {
        out_.push_back(make_delta(delta_kind::unknown));
      }
    }
  }

  void read_tool_call(const json& call) {
    if (!call.is_object())
      return fail("a tool call is " + std::string(kind_of(call)));
    delta d = make_delta(delta_kind::tool_call);
    d.index = -1; // Gemini's compatible endpoint, and whole bodies, give none
    if (const json& index = member(call, "index"); !index.is_null()) {
      const auto number = to_integer(index);
      if (!number || *number < 0 || *number >= tool_calls_max)
        return fail("a tool call's index is out of range");
      d.index = static_cast<int>(*number);
    }
    d.id = text_of(member(call, "id"));
    const json& function = member(call, "function");
    d.name = text_of(member(function, "name"));
    const json& arguments = member(function, "arguments");
    if (arguments.is_object())
      d.text = arguments.dump();
    else if (arguments.is_string() || arguments.is_null())
      d.text = text_of(arguments);
    else
      return fail("a tool call's arguments are " + std::string(kind_of(arguments)));
    out_.push_back(std::move(d));
  }

  const char* content_key_;
  std::vector<delta> out_;
  std::optional<std::string> problem_;
};

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

} // namespace

std::vector<delta> openai_chat::decode(std::string_view event_data) const {
  const std::string_view data = trim(event_data);
  if (data == "[DONE]")
    return {make_delta(delta_kind::end)};
  if (data.empty()) // a keep-alive
    return {make_delta(delta_kind::unknown)};
  const auto chunk = parse_json(data);
  if (!chunk)
    return {malformed("an event's data is not JSON")};
  auto deltas = document_reader("delta").read(*chunk);
  if (deltas.empty())
    deltas.push_back(make_delta(delta_kind::unknown));
  return deltas;
}

std::vector<delta> openai_chat::decode_body(std::string_view body) const {
  const auto document = parse_json(body);
  if (!document)
    return {malformed("the body is not JSON")};
  auto deltas = document_reader("message").read(*document);
  if (!deltas.empty() && deltas.back().kind == delta_kind::error)
    return deltas;
  if (member(*document, "choices").empty())
    return {malformed("the body has no choices")};
  deltas.push_back(make_delta(delta_kind::end));
  return deltas;
}

fault openai_chat::decode_error(int status, std::string_view body) const {
  std::string text;
  if (const auto document = parse_json(body)) {
    // OpenAI: {"error": {...}}; Gemini's compatible endpoint wraps it in an array; vLLM has the
    // members at the top, FastAPI servers "detail", others a bare text.
    const json& outer = document->is_array() && !document->empty() ? document->front() : *document;
    const json& error = member(outer, "error");
    text = error_text(error.is_null() ? outer : error);
  } else {
    const std::string_view shown = trim(body);
    text = shown.empty() ? "no reason given" : one_line(shown);
  }
  return fault(fault_type::communication, is_error_status(status) ? status : 502,
               "the provider answered with HTTP status " + std::to_string(status), text);
}

} // namespace pawl::inference
