// The records of runs.
#include <limits>
#include <utility>

#include "storage/keys.hpp"
#include "storage/record_codec.hpp"
#include "storage/records.hpp"

namespace pawl::storage {

namespace {
constexpr std::uint64_t lap_max = std::numeric_limits<std::uint32_t>::max();
}

std::string encode_number(std::uint64_t n) {
  return std::move(record_writer().number("n", n)).take();
}

result<std::uint64_t> decode_number(std::string_view bytes, std::string_view key) {
  record_reader in(bytes, key);
  const std::uint64_t n = in.number("n");
  return in.finish(n);
}

std::string encode_mark() {
  return record_writer().take();
}

std::string encode(const run_start& start) {
  return std::move(record_writer()
                       .text("incarnation", start.incarnation)
                       .text("definition", start.definition)
                       .text("digest", start.definition_digest.str())
                       .value("input", start.input)
                       .value("metadata", start.metadata)
                       .time("created_ns", start.created_at))
      .take();
}

result<run_start> decode_run_start(std::string_view bytes, std::string_view key) {
  record_reader in(bytes, key);
  run_start out;
  out.id = run_id(keys::id_of(table::run_start, key).value_or(""));
  out.incarnation = in.text("incarnation");
  out.definition = in.text("definition");
  out.definition_digest = digest(in.text("digest"));
  out.input = in.value("input");
  out.metadata = in.value("metadata");
  out.created_at = in.time("created_ns");
  return in.finish(std::move(out));
}

std::string encode(const run_state& state) {
  record_writer out;
  out.number("status", static_cast<std::uint64_t>(state.status))
      .time("updated_ns", state.updated_at)
      .number("inbox_read", state.inbox_read);
  if (state.wake_at)
    out.time("wake_ns", *state.wake_at);
  if (state.result)
    out.result("result", *state.result);
  if (!state.cause.empty())
    out.text("cause", state.cause);
  return std::move(out).take();
}

result<run_state> decode_run_state(std::string_view bytes, std::string_view key) {
  record_reader in(bytes, key);
  run_state out;
  out.status = in.one_of("status", run_status::pending, run_status::completed);
  out.updated_at = in.time("updated_ns");
  out.inbox_read = in.number("inbox_read");
  out.wake_at = in.optional_time("wake_ns");
  out.result = in.optional_result("result");
  if (in.has("cause"))
    out.cause = in.text("cause");
  return in.finish(std::move(out));
}

std::string encode(const run_counters& counters) {
  return std::move(record_writer()
                       .number("outbox_next", counters.outbox_next)
                       .number("history_next", counters.history_next))
      .take();
}

result<run_counters> decode_run_counters(std::string_view bytes, std::string_view key) {
  record_reader in(bytes, key);
  run_counters out;
  out.outbox_next = in.number("outbox_next");
  out.history_next = in.number("history_next");
  return in.finish(out);
}

std::string encode(const journal_record& record) {
  record_writer out;
  out.number("kind", static_cast<std::uint64_t>(record.kind)).text("at", record.at);
  if (record.lap > 0)
    out.number("lap", record.lap);
  if (record.kind == journal_kind::scope) {
    if (record.saved)
      out.value("saved", *record.saved);
  } else {
    out.number("state", static_cast<std::uint64_t>(record.state));
    if (record.state == step_state::intent)
      out.text("call", record.call.str());
    if (record.state == step_state::timer)
      out.time("due_ns", record.due);
  }
  if (record.result)
    out.result("result", *record.result);
  return std::move(out).take();
}

result<journal_record> decode_journal_record(std::string_view bytes, std::string_view key) {
  record_reader in(bytes, key);
  journal_record out;
  out.kind = in.one_of("kind", journal_kind::scope, journal_kind::step);
  out.at = in.text("at");
  if (in.has("lap"))
    out.lap = static_cast<std::uint32_t>(in.number("lap", lap_max));
  out.result = in.optional_result("result");
  if (out.kind == journal_kind::scope) {
    if (in.has("saved"))
      out.saved = in.value("saved");
    return in.finish(std::move(out));
  }
  out.state = in.one_of("state", step_state::none, step_state::timer);
  if (out.state == step_state::intent)
    out.call = call_id(in.text("call"));
  if (out.state == step_state::timer)
    out.due = in.time("due_ns");
  if (out.state == step_state::outcome && !out.result)
    in.require("result");
  return in.finish(std::move(out));
}

std::string encode(const outbox_entry& entry) {
  return std::move(record_writer()
                       .number("kind", static_cast<std::uint64_t>(entry.kind))
                       .text("call", entry.call.str()))
      .take();
}

result<outbox_entry> decode_outbox_entry(std::string_view bytes, std::string_view key) {
  record_reader in(bytes, key);
  outbox_entry out;
  if (const auto parts = keys::numbered_of(table::outbox, key))
    out.number = parts->number;
  out.kind = in.one_of("kind", outbox_kind::cancel_call, outbox_kind::acknowledge_call);
  out.call = call_id(in.text("call"));
  return in.finish(std::move(out));
}

std::string encode(const inbox_entry& entry) {
  return std::move(record_writer()
                       .number("kind", static_cast<std::uint64_t>(entry.kind))
                       .value("data", entry.data))
      .take();
}

result<inbox_entry> decode_inbox_entry(std::string_view bytes, std::string_view key) {
  record_reader in(bytes, key);
  inbox_entry out;
  if (const auto parts = keys::numbered_of(table::inbox, key))
    out.number = parts->number;
  out.kind = in.one_of("kind", inbox_kind::cancel, inbox_kind::resume);
  out.data = in.value("data");
  return in.finish(std::move(out));
}

std::string encode_document(const json& document) {
  return std::move(record_writer().value("document", document)).take();
}

result<json> decode_document(std::string_view bytes, std::string_view key) {
  record_reader in(bytes, key);
  json document = in.value("document");
  return in.finish(std::move(document));
}

} // namespace pawl::storage
