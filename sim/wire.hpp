// How an answer looks on the wire: Chat Completions objects and their server-sent events. Pure.
//
// Source: OpenAI's OpenAPI description, chat.completion and chat.completion.chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/chat_request.hpp"
#include "sim/reply.hpp"

namespace pawl::sim {

/// What all objects of one answer share.
struct answer_identity {
  std::string id;
  std::string model;
  std::int64_t created_s = 0;
  usage_report usage = usage_report::none;
};

struct answer_usage {
  std::int64_t prompt_tokens = 0;
  std::int64_t cached_tokens = 0;
  std::int64_t completion_tokens = 0;
};

// Each function gives one event, "data: ...\n\n".
std::string role_event(const answer_identity& who);
/// The tokens [first, last) of a reply.
std::string token_event(const answer_identity& who, const reply& what, std::size_t first,
                        std::size_t last);
std::string finish_event(const answer_identity& who, std::string_view reason);
std::string usage_event(const answer_identity& who, const answer_usage& usage);
std::string error_event(std::string_view message);
std::string done_event();
/// The event with the second half of its data missing.
std::string garbled(std::string event);

/// The body of an answer that is not streamed.
std::string whole_answer(const answer_identity& who, const reply& what, const answer_usage& usage);

} // namespace pawl::sim
