// The provider's own account: one row per request for inference, of which only the reader of the
// bill learns.
#pragma once

#include <pawl/outcome.hpp>
#include <pawl/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pawl::sim {

enum class bill_ending : std::uint8_t {
  open,         ///< under way
  complete,     ///< everything up to the end was sent
  dropped,      ///< the connection was broken, on order
  clean_cut,    ///< ended without the end marker, on order
  stalled,      ///< fell silent, on order
  disconnected, ///< the reader went away before it had everything
  stream_error, ///< ended with an error within the stream, on order
  refused,      ///< 4xx
  rate_limited, ///< 429
  server_error, ///< 5xx
};

std::string_view to_string(bill_ending e) noexcept;

struct bill_row {
  std::string request_id; ///< also the answer's id and its x-request-id header
  std::string model;      ///< normalised; empty where the request named none
  time_point received_at;
  std::optional<time_point> ended_at;
  int status = 200;
  std::int64_t prompt_tokens = 0;    ///< prefix included; 0 where nothing was generated for
  std::int64_t cached_tokens = 0;    ///< part of the prompt's
  std::int64_t generated_tokens = 0; ///< what is charged
  std::int64_t delivered_tokens = 0; ///< those whose bytes were handed over completely
  std::int64_t delivered_events = 0;
  std::int64_t prefix_tokens = 0; ///< tokens of the answer that came in the prefix
  std::string nonce;
  bill_ending ending = bill_ending::open;
  bool stream = false;
};

void to_json(json& out, const bill_row& row);

/// {"rows": [...], "totals": {"requests", "promptTokens", "cachedTokens", "generatedTokens",
/// "deliveredTokens"}}.
json to_bill(const std::vector<bill_row>& rows);

} // namespace pawl::sim
