// Tokens and ledger rows: what an attempt used and what it cost.
#pragma once

#include <pawl/id.hpp>
#include <pawl/money.hpp>
#include <pawl/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace pawl {

/// Token counts of one attempt or a sum of them. cached_input and cache_write count in input,
/// reasoning in output.
struct usage {
  std::int64_t input = 0;
  std::int64_t cached_input = 0;
  std::int64_t cache_write = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;

  usage& operator+=(const usage& o);
  bool operator==(const usage&) const = default;
};

void to_json(nlohmann::json& out,
             const usage& u); // {"input", "cachedInput", "cacheWrite", "output", "reasoning"}
void from_json(const nlohmann::json& in, usage& u); // absent counts are 0

/// Values are stored: never renumber.
enum class attempt_kind : std::uint8_t {
  fresh = 1,
  retry = 2,
  reattach = 3,
  continued = 4,
  restart = 5,
  hedge = 6,
  cache = 7
};
enum class attempt_state : std::uint8_t { reserved = 1, settled = 2, unknown = 3 };
enum class attempt_ending : std::uint8_t {
  open = 0,
  complete = 1,
  interrupted = 2,
  failed = 3,
  cancelled = 4
};

std::string_view to_string(attempt_kind k) noexcept; // "fresh", "retry", "reattach", "continue",
                                                     // "restart", "hedge", "cache"
std::string_view to_string(attempt_state s) noexcept;
std::string_view to_string(attempt_ending e) noexcept; // "open" while reserved

/// What an attempt may have cost at the least and at the most. No upper bound: `upper` is empty.
struct cost_bounds {
  nano_usd lower;
  std::optional<nano_usd> upper;
  bool operator==(const cost_bounds&) const = default;
};

/// One attempt of one call: the only place where its tokens are accounted for.
struct ledger_row {
  call_id call;
  std::uint32_t attempt = 0; ///< 0, 1, ... within the call
  attempt_kind kind = attempt_kind::fresh;
  attempt_state state = attempt_state::reserved;
  attempt_ending ending = attempt_ending::open;
  std::string provider_request_id; ///< as the provider named it, or empty
  std::string run;                 ///< who asked: empty for calls without a run
  std::string step;
  std::string model; ///< as the author named it
  std::string provider;
  std::string deployment; ///< "provider/model at the provider"
  usage tokens;           ///< settled: exact; unknown: what the log shows
  nano_usd cost;          ///< settled: exact; else 0
  bool priced = false;    ///< false: no price is known, cost and bounds are 0
  cost_bounds bounds;     ///< reserved and unknown: what it may come to; settled: both equal cost
  std::string metadata;   ///< JSON object text
  time_point started_at;
  std::optional<time_point> ended_at;
};

/// The row as `pawl ledger export` prints it (DESIGN §12).
void to_json(nlohmann::json& out, const ledger_row& row);
/// Inverse of to_json, for records.
void from_json(const nlohmann::json& in, ledger_row& row);

} // namespace pawl
