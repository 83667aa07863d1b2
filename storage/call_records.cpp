// The records of calls.
#include <limits>
#include <utility>

#include "storage/keys.hpp"
#include "storage/record_codec.hpp"
#include "storage/records.hpp"

namespace pawl::storage {

namespace {

constexpr std::uint64_t count_max = std::numeric_limits<std::uint32_t>::max();

std::uint32_t count(record_reader& in, std::string_view name) {
  return static_cast<std::uint32_t>(in.number(name, count_max));
}

json tokens_of(const usage& u) {
  return json::array({u.input, u.cached_input, u.cache_write, u.output, u.reasoning});
}

} // namespace

std::string encode(const call_record& call) {
  record_writer out;
  out.number("state", static_cast<std::uint64_t>(call.state))
      .text("request", call.request)
      .text("run", call.run)
      .text("step", call.step)
      .number("attempts", call.attempts)
      .number("restarts", call.restarts)
      .number("answer_from", call.answer_from)
      .time("updated_ns", call.updated_at);
  if (call.answer)
    out.result("answer", *call.answer);
  return std::move(out).take();
}

result<call_record> decode_call_record(std::string_view bytes, std::string_view key) {
  record_reader in(bytes, key);
  call_record out;
  out.id = call_id(keys::id_of(table::call, key).value_or(""));
  out.state = in.one_of("state", call_state::admitted, call_state::released);
  out.request = in.text("request");
  out.run = in.text("run");
  out.step = in.text("step");
  out.attempts = count(in, "attempts");
  out.restarts = count(in, "restarts");
  out.answer_from = in.number("answer_from");
  out.updated_at = in.time("updated_ns");
  out.answer = in.optional_result("answer");
  return in.finish(std::move(out));
}

std::string encode(const call_event& event) {
  return std::move(record_writer()
                       .number("kind", static_cast<std::uint64_t>(event.kind))
                       .number("attempt", event.attempt)
                       .text("data", event.data))
      .take();
}

result<call_event> decode_call_event(std::string_view bytes, std::string_view key) {
  record_reader in(bytes, key);
  call_event out;
  if (const auto parts = keys::numbered_of(table::call_event, key))
    out.number = parts->number;
  out.kind = in.one_of("kind", event_kind::data, event_kind::restarted);
  out.attempt = count(in, "attempt");
  out.data = in.text("data");
  return in.finish(std::move(out));
}

std::string encode(const ledger_row& row) {
  record_writer out;
  out.number("kind", static_cast<std::uint64_t>(row.kind))
      .number("state", static_cast<std::uint64_t>(row.state))
      .number("ending", static_cast<std::uint64_t>(row.ending))
      .text("request_id", row.provider_request_id)
      .text("run", row.run)
      .text("step", row.step)
      .text("model", row.model)
      .text("provider", row.provider)
      .text("deployment", row.deployment)
      .value("tokens", tokens_of(row.tokens))
      .signed_number("cost", row.cost.count())
      .number("priced", row.priced ? 1 : 0)
      .signed_number("lower", row.bounds.lower.count())
      .text("metadata", row.metadata)
      .time("started_ns", row.started_at);
  if (row.bounds.upper)
    out.signed_number("upper", row.bounds.upper->count());
  if (row.ended_at)
    out.time("ended_ns", *row.ended_at);
  return std::move(out).take();
}

result<ledger_row> decode_ledger_row(std::string_view bytes, std::string_view key) {
  record_reader in(bytes, key);
  ledger_row out;
  if (const auto parts = keys::numbered_of(table::ledger_row, key)) {
    out.call = call_id(parts->id);
    out.attempt = static_cast<std::uint32_t>(parts->number);
  }
  out.kind = in.one_of("kind", attempt_kind::fresh, attempt_kind::cache);
  out.state = in.one_of("state", attempt_state::reserved, attempt_state::unknown);
  out.ending = in.one_of("ending", attempt_ending::open, attempt_ending::cancelled);
  out.provider_request_id = in.text("request_id");
  out.run = in.text("run");
  out.step = in.text("step");
  out.model = in.text("model");
  out.provider = in.text("provider");
  out.deployment = in.text("deployment");
  const std::vector<std::int64_t> tokens = in.signed_numbers("tokens", 5);
  out.tokens.input = tokens[0];
  out.tokens.cached_input = tokens[1];
  out.tokens.cache_write = tokens[2];
  out.tokens.output = tokens[3];
  out.tokens.reasoning = tokens[4];
  out.cost = nano_usd(in.signed_number("cost"));
  out.priced = in.number("priced", 1) == 1;
  out.bounds.lower = nano_usd(in.signed_number("lower"));
  if (in.has("upper"))
    out.bounds.upper = nano_usd(in.signed_number("upper"));
  out.metadata = in.text("metadata");
  out.started_at = in.time("started_ns");
  out.ended_at = in.optional_time("ended_ns");
  return in.finish(std::move(out));
}

} // namespace pawl::storage
