// The ledger rows of one call: how they begin, how they end, what they sum up to. Pure.
#pragma once

#include <pawl/usage.hpp>

#include <string>
#include <vector>

#include "actors/call_plan.hpp"
#include "actors/stream_pump.hpp"

namespace pawl::actors {

/// Who the row is for.
struct row_owner {
  call_id call;
  std::string run;
  std::string step;
  std::string metadata; ///< JSON object text
};

/// A row that reserves the most that the attempt can cost.
ledger_row reserve(const row_owner& who, std::uint32_t attempt, attempt_kind kind,
                   const call_candidate& where, const inference::request& what,
                   const inference::wire_request& wire, time_point now);

/// The provider said that it gave nothing, or nothing was sent: no cost.
void close_unpaid(ledger_row& row, attempt_ending ending, time_point now);
/// The end marker came with usage.
void close_settled(ledger_row& row, const usage& tokens,
                   const std::optional<inference::price_list>& prices, time_point now);
/// Nobody knows: between what the log shows and what was reserved. `output_deltas`: logged in this
/// attempt.
void close_unknown(ledger_row& row, attempt_ending ending, std::int64_t output_deltas,
                   const std::optional<inference::price_list>& prices, time_point now);

/// The price list of a row's deployment as the configuration has it now.
std::optional<inference::price_list> prices_of(const inference::catalog& models,
                                               const ledger_row& row);

/// The answer in the face's output shape (DESIGN §12).
outcome to_outcome(const partial_answer& answer, const inference::request& what,
                   const call_id& call, const std::vector<ledger_row>& rows);

} // namespace pawl::actors
