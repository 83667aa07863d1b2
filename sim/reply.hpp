// What the model says to a request: all its tokens, before any of them is sent. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "sim/chat_request.hpp"
#include "sim/options.hpp"
#include "sim/text.hpp"

namespace pawl::sim {

struct reply {
  /// What is sent: pieces of text, or of a tool call's arguments after its name (the first token).
  token_list tokens;
  /// What is generated and billed: at least tokens.size(). More where a stop string took tokens
  /// that are not sent.
  std::size_t generated_tokens = 0;
  std::optional<std::string> tool_name; ///< set: a tool call
  std::string finish_reason = "stop";
  std::size_t prefix_tokens =
      0;             ///< tokens of the whole answer that were taken from the prefix, not generated
  std::string nonce; ///< text_mode::nonce
};

/// The answer to a request. `fresh_nonce` is used where the prefix brings none. `prefix` here is
/// what is made of the request's: taken or ignored.
///
/// The whole text depends on the options' seed, the model and the messages before the prefix; in
/// text_mode::nonce also on the nonce. Continued at any character it therefore goes on as if it had
/// never been cut.
reply make_reply(const provider_options& options, const chat_request& request,
                 prefix_behaviour prefix, const std::string& fresh_nonce);

/// For tests: the whole text that the provider would answer, without tags, as if nothing ever
/// broke. The body's prefix is left out of account; stop strings and the maximum of tokens count
/// from the beginning. Empty for a bad request.
std::string expected_text(const provider_options& options, std::string_view body);
/// The same for a model and messages alone.
std::string expected_text(const provider_options& options, const std::string& model,
                          const json& messages);

} // namespace pawl::sim
