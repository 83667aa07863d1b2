// A wire protocol: pure encoding of requests and decoding of answers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inference/answer.hpp"
#include "inference/catalog.hpp"
#include "inference/request.hpp"

namespace pawl::inference {

/// What goes on the wire, without the secret: the caller adds the authorization header.
struct wire_request {
  std::string path; ///< appended to the deployment's base URL: "/chat/completions"
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// A partial answer to go on from.
struct continuation {
  std::string text;            ///< ends at a UTF-8 boundary
  std::int64_t tokens_min = 0; ///< how many tokens it has at the least
};

class protocol {
public:
  virtual ~protocol() = default;

  /// `from`: continue this partial answer the way the deployment's `prefix` capability says.
  [[nodiscard]] virtual wire_request encode(const request& what, const deployment& where,
                                            const std::optional<continuation>& from) const = 0;
  /// One SSE event's data to deltas. Pure and stateless; malformed data gives one `error` delta
  /// (502).
  [[nodiscard]] virtual std::vector<delta> decode(std::string_view event_data) const = 0;
  /// A body that was not streamed (status 200), to the same deltas.
  [[nodiscard]] virtual std::vector<delta> decode_body(std::string_view body) const = 0;
  /// The body of a non-2xx answer: a communication fault with the status; secrets in it are the
  /// caller's to mask.
  [[nodiscard]] virtual fault decode_error(int status, std::string_view body) const = 0;
  /// Tokens that the request can have at the most, from its bytes and the protocol's margin.
  [[nodiscard]] virtual std::int64_t input_tokens_max(const wire_request& wire) const = 0;
};

/// Null when the name is unknown. Known: "openai-chat".
const protocol* find_protocol(std::string_view name);

} // namespace pawl::inference
