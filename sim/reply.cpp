#include "sim/reply.hpp"

#include <pawl/random.hpp>

#include "sim/schema_value.hpp"

namespace pawl::sim {

namespace {

token_list whole_text(const provider_options& options, const chat_request& request,
                      const std::string& nonce) {
  const auto key = hash_of(options.seed, request.prompt);
  if (request.exact_text)
    return tokenise(*request.exact_text);
  if (!request.answer_schema.is_null())
    return tokenise(draw_schema_value(request.answer_schema, key).dump());
  seeded_random source(key);
  const auto spread =
      static_cast<std::uint64_t>(options.answer_tokens_max - options.answer_tokens_min) + 1;
  auto count = static_cast<std::uint64_t>(options.answer_tokens_min) + draw_below(source, spread);
  if (request.word_count)
    count = static_cast<std::uint64_t>(*request.word_count);
  auto words = draw_words(source.next(), count);
  return nonce.empty() ? words : tag_words(std::move(words), nonce);
}

void limit(reply& r, const std::optional<std::int64_t>& tokens_max) {
  if (tokens_max && static_cast<std::int64_t>(r.tokens.size()) > *tokens_max) {
    r.tokens.resize(static_cast<std::size_t>(*tokens_max));
    r.finish_reason = "length";
  }
  r.generated_tokens = r.tokens.size();
}

// Cuts at the stop string that is complete first. The tokens that made it up were generated, but
// are not sent.
void stop(reply& r, const std::vector<std::string>& stops) {
  const std::string text = concatenate(r.tokens);
  std::size_t begin = std::string::npos, end = std::string::npos;
  for (const auto& stop : stops) {
    const auto at = text.find(stop);
    if (at != std::string::npos && (end == std::string::npos || at + stop.size() < end)) {
      begin = at;
      end = at + stop.size();
    }
  }
  if (end == std::string::npos)
    return;
  token_list sent;
  std::size_t at = 0;
  r.generated_tokens = 0;
  for (const auto& token : r.tokens) {
    if (at >= end)
      break;
    if (at < begin)
      sent.push_back(token.substr(0, begin - at));
    ++r.generated_tokens;
    at += token.size();
  }
  r.tokens = std::move(sent);
  r.finish_reason = "stop";
}

reply make_tool_call(const chat_request& request) {
  reply r;
  r.tool_name = request.tool_call->name;
  r.tokens = tokenise(request.tool_call->arguments);
  r.tokens.insert(r.tokens.begin(), request.tool_call->name);
  r.finish_reason = "tool_calls";
  limit(r, request.max_tokens);
  return r;
}

} // namespace

reply make_reply(const provider_options& options, const chat_request& request,
                 prefix_behaviour prefix, const std::string& fresh_nonce) {
  if (request.tool_call)
    return make_tool_call(request);
  reply r;
  const bool goes_on = request.prefix && prefix == prefix_behaviour::taken;
  if (options.mode == text_mode::nonce)
    r.nonce = goes_on ? nonce_of_prefix(*request.prefix, fresh_nonce) : fresh_nonce;
  r.tokens = whole_text(options, request, r.nonce);
  if (goes_on) {
    auto rest = continue_after(*request.prefix, r.tokens);
    r.tokens = std::move(rest.tokens);
    r.prefix_tokens = rest.prefix_tokens;
  }
  limit(r, request.max_tokens);
  stop(r, request.stop);
  return r;
}

std::string expected_text(const provider_options& options, std::string_view body) {
  const auto parsed = parse_chat_request(body);
  const auto* request = std::get_if<chat_request>(&parsed);
  if (!request || request->tool_call)
    return {};
  provider_options plain = options;
  plain.mode = text_mode::plain;
  return concatenate(make_reply(plain, *request, prefix_behaviour::ignored, {}).tokens);
}

std::string expected_text(const provider_options& options, const std::string& model,
                          const json& messages) {
  json body = json::object();
  body["model"] = model;
  body["messages"] = messages;
  return expected_text(options, body.dump());
}

} // namespace pawl::sim
