#include "sim/bill.hpp"

namespace pawl::sim {

std::string_view to_string(bill_ending e) noexcept {
  switch (e) {
  case bill_ending::open: return "open";
  case bill_ending::complete: return "complete";
  case bill_ending::dropped: return "dropped";
  case bill_ending::clean_cut: return "clean-cut";
  case bill_ending::stalled: return "stalled";
  case bill_ending::disconnected: return "disconnected";
  case bill_ending::stream_error: return "stream-error";
  case bill_ending::refused: return "refused";
  case bill_ending::rate_limited: return "rate-limited";
  case bill_ending::server_error: return "server-error";
  }
  return "unknown";
}

void to_json(json& out, const bill_row& row) {
  out = json::object();
  out["requestId"] = row.request_id;
  out["model"] = row.model;
  out["receivedAt"] = to_iso8601(row.received_at);
  if (row.ended_at)
    out["endedAt"] = to_iso8601(*row.ended_at);
  out["status"] = row.status;
  out["promptTokens"] = row.prompt_tokens;
  out["cachedTokens"] = row.cached_tokens;
  out["generatedTokens"] = row.generated_tokens;
  out["deliveredTokens"] = row.delivered_tokens;
  out["deliveredEvents"] = row.delivered_events;
  out["prefixTokens"] = row.prefix_tokens;
  if (!row.nonce.empty())
    out["nonce"] = row.nonce;
  out["ending"] = to_string(row.ending);
  out["stream"] = row.stream;
}

json to_bill(const std::vector<bill_row>& rows) {
  json list = json::array();
  bill_row sum;
  for (const auto& row : rows) {
    json entry;
    to_json(entry, row);
    list.push_back(std::move(entry));
    sum.prompt_tokens += row.prompt_tokens;
    sum.cached_tokens += row.cached_tokens;
    sum.generated_tokens += row.generated_tokens;
    sum.delivered_tokens += row.delivered_tokens;
  }
  json totals = json::object();
  totals["requests"] = rows.size();
  totals["promptTokens"] = sum.prompt_tokens;
  totals["cachedTokens"] = sum.cached_tokens;
  totals["generatedTokens"] = sum.generated_tokens;
  totals["deliveredTokens"] = sum.delivered_tokens;
  json bill = json::object();
  bill["rows"] = std::move(list);
  bill["totals"] = std::move(totals);
  return bill;
}

} // namespace pawl::sim
