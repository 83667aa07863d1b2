#include "actors/call_accounts.hpp"

#include <algorithm>

#include "inference/schema.hpp"

namespace pawl::actors {

namespace {

std::optional<std::int64_t> output_tokens_max(const inference::request& what,
                                              const inference::deployment& where) {
  if (what.max_tokens && where.output_tokens_max)
    return std::min(*what.max_tokens, *where.output_tokens_max);
  return what.max_tokens ? what.max_tokens : where.output_tokens_max;
}

json sums(const std::vector<ledger_row>& rows, json& cost) {
  usage tokens;
  nano_usd paid;
  bool exact = true;
  for (const auto& row : rows) {
    if (row.state == attempt_state::settled) {
      tokens += row.tokens;
      paid += row.cost;
    }
    // Without a price a row's cost is not known, but for those that cost nothing.
    exact = exact && row.state == attempt_state::settled &&
            (row.priced || row.ending == attempt_ending::failed);
  }
  cost = {{"nanoUsd", paid.count()}, {"usd", to_usd_text(paid)}, {"exact", exact}};
  return tokens;
}

} // namespace

ledger_row reserve(const row_owner& who, std::uint32_t attempt, attempt_kind kind,
                   const call_candidate& where, const inference::request& what,
                   const inference::wire_request& wire, time_point now) {
  ledger_row row;
  row.call = who.call;
  row.attempt = attempt;
  row.kind = kind;
  row.run = who.run;
  row.step = who.step;
  row.metadata = who.metadata;
  row.model = where.model;
  row.provider = where.where.provider;
  row.deployment = where.where.name();
  row.priced = where.where.prices.has_value();
  row.started_at = now;
  inference::bounds_input known;
  known.input_tokens_max = where.how->input_tokens_max(wire);
  known.output_tokens_max = output_tokens_max(what, where.where);
  known.choices = inference::choices_of(what);
  row.bounds = inference::bounds_of(known, where.where.prices);
  return row;
}

void close_unpaid(ledger_row& row, attempt_ending ending, time_point now) {
  row.state = attempt_state::settled;
  row.ending = ending;
  row.tokens = {};
  row.cost = nano_usd(0);
  row.bounds = {nano_usd(0), nano_usd(0)};
  row.ended_at = now;
}

void close_settled(ledger_row& row, const usage& tokens,
                   const std::optional<inference::price_list>& prices, time_point now) {
  row.state = attempt_state::settled;
  row.ending = attempt_ending::complete;
  row.tokens = tokens;
  row.priced = prices.has_value();
  row.cost = prices ? inference::cost_of(tokens, *prices) : nano_usd(0);
  row.bounds = {row.cost, row.cost};
  row.ended_at = now;
}

void close_unknown(ledger_row& row, attempt_ending ending, std::int64_t output_deltas,
                   const std::optional<inference::price_list>& prices, time_point now) {
  row.state = attempt_state::unknown;
  row.ending = ending;
  row.tokens = {};
  row.tokens.output = output_deltas;
  row.cost = nano_usd(0);
  inference::bounds_input known;
  known.output_deltas = output_deltas;
  row.bounds.lower =
      inference::bounds_of(known, prices).lower; // the upper bound is what was reserved
  if (row.bounds.upper && *row.bounds.upper < row.bounds.lower)
    row.bounds.upper = row.bounds.lower;
  row.ended_at = now;
}

std::optional<inference::price_list> prices_of(const inference::catalog& models,
                                               const ledger_row& row) {
  for (const auto& where : models.resolve(row.model))
    if (where.name() == row.deployment)
      return where.prices;
  return std::nullopt;
}

outcome to_outcome(const partial_answer& answer, const inference::request& what,
                   const call_id& call, const std::vector<ledger_row>& rows) {
  auto finished = answer.answer().finish();
  if (finished.is_fault())
    return finished;
  json value = std::move(finished).value();
  if (answer.cut()) {
    auto text = answer.answer().text().substr(0, *answer.cut());
    value["message"]["content"] = text;
    value["text"] = std::move(text);
    value["finishReason"] = "stop";
  }
  if (!what.response_schema.is_null())
    if (auto broken = inference::attach_json(value, what.response_schema))
      return *broken;
  json cost;
  value["usage"] = sums(rows, cost);
  value["cost"] = std::move(cost);
  value["model"] = rows.back().model;
  value["provider"] = rows.back().provider;
  value["callId"] = call.str();
  return value;
}

} // namespace pawl::actors
