// OpenAI Chat Completions, `POST {base}/chat/completions`, as OpenAI's published OpenAPI 2.3.0
// describes it, with the dialects of compatible servers that are named where they are read.
#pragma once

#include "inference/protocol.hpp"

namespace pawl::inference {

/// Stateless: all members may be called from any thread.
///
/// Request: answers are streamed, with usage asked for, unless the deployment can't stream. The
/// limit of output is sent as `max_tokens`, the name that all compatible servers know; when
/// `options` has `max_completion_tokens`, which newer OpenAI models insist on, it is sent under
/// that name instead. `options` are merged in last: they add fields and never replace one that the
/// engine sets (parse_request refuses such options).
///
/// Continuation: `maxTokens` is reduced by the tokens that surely exist (continuation::tokens_min)
/// and stays at least 1. When the author's messages end with an assistant message of plain
/// text, that one is extended.
///
/// Answer: only the first choice (index 0) is derived from; what belongs to others is `unknown`.
class openai_chat final : public protocol {
public:
  /// Precondition: no `from`, or the deployment's `prefix` is not `none`.
  [[nodiscard]] wire_request encode(const request& what, const deployment& where,
                                    const std::optional<continuation>& from) const override;
  [[nodiscard]] std::vector<delta> decode(std::string_view event_data) const override;
  /// Ends with `end`, unless the body is an error or malformed.
  [[nodiscard]] std::vector<delta> decode_body(std::string_view body) const override;
  [[nodiscard]] fault decode_error(int status, std::string_view body) const override;
  /// A token is at least one byte of text, and a text in JSON has at least its own bytes. On top of
  /// the body's bytes come, for what a model sees without its being in the body: 16 per message and
  /// 512 per request for the chat template, and for parts that stand for more than their bytes
  /// 16,384 per image or sound and 1,000,000 per file.
  [[nodiscard]] std::int64_t input_tokens_max(const wire_request& wire) const override;
};

} // namespace pawl::inference
