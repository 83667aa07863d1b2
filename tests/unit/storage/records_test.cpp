// Records: what was written is read back; what no pawl wrote is refused, and never throws.
#include <pawl/random.hpp>

#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "storage/keys.hpp"
#include "storage/record_codec.hpp"
#include "storage/records.hpp"

namespace pawl::storage {
namespace {

const call_id c1("0123456789abcdef0123456789abcdef");

time_point at_ns(std::int64_t ns) {
  return time_point(duration(ns));
}

outcome some_fault() {
  fault f(fault_type::timeout, 408, "too slow", "after 3 s");
  f.instance = "/do/0/a";
  return outcome(f);
}

std::string cbor(const json& j) {
  std::string out;
  json::to_cbor(j, out);
  return out;
}

TEST(records, of_a_run_start_round_trip) {
  run_start in;
  in.id = run_id("r1");
  in.incarnation = "00112233445566778899aabbccddeeff";
  in.definition = "default/chain/1.0.0";
  in.definition_digest = digest("d1");
  in.input =
      json::parse(R"({"n": -1, "x": 1.5, "big": 18446744073709551615, "a": [null, true, "ü"]})");
  in.metadata = json::parse(R"({"team": "a"})");
  in.created_at = at_ns(1'700'000'000'123'456'789);
  const auto out = decode_run_start(encode(in), keys::run_start(in.id));
  ASSERT_TRUE(out) << out.error().render();
  EXPECT_EQ(out->id, in.id);
  EXPECT_EQ(out->incarnation, in.incarnation);
  EXPECT_EQ(out->definition, in.definition);
  EXPECT_EQ(out->definition_digest, in.definition_digest);
  EXPECT_EQ(out->input, in.input);
  EXPECT_EQ(out->metadata, in.metadata);
  EXPECT_EQ(out->created_at, in.created_at);
}

TEST(records, of_a_run_state_round_trip) {
  run_state in;
  in.status = run_status::suspended;
  in.updated_at = at_ns(-7);
  in.wake_at = at_ns(99);
  in.result = some_fault();
  in.cause = "somebody must look";
  in.inbox_read = 12;
  auto out = decode_run_state(encode(in), "k");
  ASSERT_TRUE(out) << out.error().render();
  EXPECT_EQ(out->status, in.status);
  EXPECT_EQ(out->updated_at, in.updated_at);
  EXPECT_EQ(out->wake_at, in.wake_at);
  EXPECT_EQ(out->result, in.result);
  EXPECT_EQ(out->cause, in.cause);
  EXPECT_EQ(out->inbox_read, 12u);

  out = decode_run_state(encode(run_state()), "k");
  ASSERT_TRUE(out);
  EXPECT_EQ(out->status, run_status::pending);
  EXPECT_FALSE(out->wake_at || out->result);
  EXPECT_EQ(out->cause, "");
}

TEST(records, tell_a_null_result_from_none) {
  run_state in;
  in.result = outcome(json(nullptr));
  const auto out = decode_run_state(encode(in), "k");
  ASSERT_TRUE(out && out->result);
  EXPECT_EQ(out->result->value(), nullptr);
}

TEST(records, of_scopes_and_steps_round_trip) {
  std::vector<journal_record> all(6);
  all[0].kind = journal_kind::scope;
  all[0].at = "/do/2~1/refine";
  all[0].lap = 17;
  all[0].saved = json::parse(R"({"position": 3})");
  all[1].kind = journal_kind::scope;
  all[1].result = some_fault();
  all[2].at = "/a";
  all[2].state = step_state::intent;
  all[2].call = c1;
  all[3].state = step_state::timer;
  all[3].due = at_ns(5);
  all[4].state = step_state::outcome;
  all[4].lap = UINT32_MAX;
  all[4].result = outcome(json("done"));
  all[5].state = step_state::none;
  all[5].lap = 1;
  for (const journal_record& in : all) {
    const auto out = decode_journal_record(encode(in), "k");
    ASSERT_TRUE(out) << out.error().render();
    EXPECT_EQ(out->kind, in.kind);
    EXPECT_EQ(out->at, in.at);
    EXPECT_EQ(out->lap, in.lap);
    EXPECT_EQ(out->saved, in.saved);
    EXPECT_EQ(out->state, in.state);
    EXPECT_EQ(out->call, in.call);
    EXPECT_EQ(out->due, in.due);
    EXPECT_EQ(out->result, in.result);
  }
}

TEST(records, of_a_ledger_row_round_trip) {
  ledger_row in;
  in.call = c1;
  in.attempt = 3;
  in.kind = attempt_kind::continued;
  in.state = attempt_state::unknown;
  in.ending = attempt_ending::interrupted;
  in.provider_request_id = "req-1";
  in.run = "r1";
  in.step = "/do/0/a";
  in.model = "fast";
  in.provider = "local";
  in.deployment = "local/small";
  in.tokens.input = 1;
  in.tokens.cached_input = 2;
  in.tokens.cache_write = 3;
  in.tokens.output = 4;
  in.tokens.reasoning = 5;
  in.cost = nano_usd(6);
  in.priced = true;
  in.bounds.lower = nano_usd(7);
  in.bounds.upper = nano_usd(INT64_MAX);
  in.metadata = "{}";
  in.started_at = at_ns(8);
  in.ended_at = at_ns(9);
  const std::string key = keys::ledger_row(in.call, in.attempt);
  auto out = decode_ledger_row(encode(in), key);
  ASSERT_TRUE(out) << out.error().render();
  EXPECT_EQ(out->call, in.call);
  EXPECT_EQ(out->attempt, in.attempt);
  EXPECT_EQ(out->kind, in.kind);
  EXPECT_EQ(out->state, in.state);
  EXPECT_EQ(out->ending, in.ending);
  EXPECT_EQ(out->provider_request_id, in.provider_request_id);
  EXPECT_EQ(out->run, in.run);
  EXPECT_EQ(out->step, in.step);
  EXPECT_EQ(out->model, in.model);
  EXPECT_EQ(out->provider, in.provider);
  EXPECT_EQ(out->deployment, in.deployment);
  EXPECT_EQ(out->tokens, in.tokens);
  EXPECT_EQ(out->cost, in.cost);
  EXPECT_TRUE(out->priced);
  EXPECT_EQ(out->bounds, in.bounds);
  EXPECT_EQ(out->metadata, in.metadata);
  EXPECT_EQ(out->started_at, in.started_at);
  EXPECT_EQ(out->ended_at, in.ended_at);

  in.bounds.upper.reset();
  in.ended_at.reset();
  in.priced = false;
  out = decode_ledger_row(encode(in), key);
  ASSERT_TRUE(out);
  EXPECT_FALSE(out->bounds.upper || out->ended_at || out->priced);
}

TEST(records, of_events_keep_any_bytes) {
  call_event in;
  in.number = 7;
  in.attempt = 2;
  in.kind = event_kind::restarted;
  in.data = std::string("\xff\0\xc3", 3);
  const auto out = decode_call_event(encode(in), keys::call_event(c1, 7));
  ASSERT_TRUE(out) << out.error().render();
  EXPECT_EQ(out->number, 7u);
  EXPECT_EQ(out->attempt, 2u);
  EXPECT_EQ(out->kind, event_kind::restarted);
  EXPECT_EQ(out->data, in.data);
}

// Every decoder, as "what is wrong with these bytes".
using probe = std::function<std::optional<error>(std::string_view)>;
template <class Decode>
probe probe_of(Decode decode) {
  return [decode](std::string_view bytes) -> std::optional<error> {
    auto out = decode(bytes, "k");
    if (out)
      return std::nullopt;
    return std::move(out).error();
  };
}

std::vector<probe> decoders() {
  return {
      probe_of(decode_number),       probe_of(decode_run_start),      probe_of(decode_run_state),
      probe_of(decode_run_counters), probe_of(decode_journal_record), probe_of(decode_outbox_entry),
      probe_of(decode_inbox_entry),  probe_of(decode_document),       probe_of(decode_call_record),
      probe_of(decode_call_event),   probe_of(decode_ledger_row)};
}

std::vector<std::string> samples() {
  run_start start;
  start.input = json::parse(R"({"a": [1, 2.5, "x"]})");
  run_state state;
  state.result = some_fault();
  journal_record step;
  step.state = step_state::intent;
  step.call = c1;
  call_record call;
  call.answer = outcome(json("x"));
  return {encode_number(1), encode(start),          encode(state),         encode(run_counters()),
          encode(step),     encode(outbox_entry()), encode(inbox_entry()), encode_document("d"),
          encode(call),     encode(call_event()),   encode(ledger_row())};
}

TEST(records, of_a_newer_version_are_refused_as_such) {
  for (const probe& wrong : decoders()) {
    const auto e = wrong(cbor({{"v", 2}, {"whatever", 1}}));
    ASSERT_TRUE(e);
    EXPECT_EQ(e->code, errc::format_too_new);
    EXPECT_EQ(e->where, "key k");
  }
}

TEST(records, that_are_no_records_are_corrupt) {
  const std::vector<std::string> garbage{
      "",
      "x",
      cbor(1),
      cbor(json::array()),
      cbor(json::object()),
      cbor({{"v", "1"}}),
      cbor({{"v", 0}}),
      cbor({{"v", -1}}),
      cbor({{"v", 1}}) + "x",
      "\xbf\xff",
      std::string(100'000, '\x81'),           // an attack on recursive readers
      "\x9b\xff\xff\xff\xff\xff\xff\xff\xff", // an array longer than memory
      "\x7b\xff\xff\xff\xff\xff\xff\xff\xff", // a text longer than its bytes
      cbor({{"v", 1}})};                      // every field is missing
  for (const probe& wrong : decoders()) {
    for (const std::string& bytes : garbage) {
      const auto e = wrong(bytes);
      ASSERT_TRUE(e) << keys::printable(bytes.substr(0, 20));
      EXPECT_EQ(e->code, errc::corrupt) << keys::printable(bytes.substr(0, 20));
    }
  }
}

TEST(records, with_unknown_enumerators_or_wrong_types_are_corrupt) {
  const auto broken = [](std::string bytes, const json& patch) {
    json fields = json::from_cbor(bytes);
    fields.update(patch);
    return cbor(fields);
  };
  journal_record step;
  step.state = step_state::outcome;
  step.result = outcome(json(1));
  const std::vector<json> patches{
      {{"kind", 0}},         {{"kind", 3}},         {{"kind", "step"}},
      {{"state", 4}},        {{"state", -1}},       {{"at", 1}},
      {{"lap", 4294967296}}, {{"result_fault", 1}}, {{"result_fault", {{"type", "t"}}}}};
  for (const json& patch : patches) {
    const auto out = decode_journal_record(broken(encode(step), patch), "k");
    ASSERT_FALSE(out) << patch;
    EXPECT_EQ(out.error().code, errc::corrupt);
  }
  const auto row = decode_ledger_row(broken(encode(ledger_row()), {{"tokens", {1, 2}}}), "k");
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().message, "record's field \"tokens\" is not an array of 5 integers");
}

TEST(records, of_a_step_with_an_outcome_have_one) {
  journal_record step;
  step.state = step_state::outcome;
  const auto out = decode_journal_record(encode(step), "k");
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, errc::corrupt);
}

// Fields that this version does not know are not an error: only a raised version is.
TEST(records, may_have_more_fields) {
  EXPECT_EQ(*decode_number(cbor({{"v", 1}, {"n", 5}, {"more", 1}}), "k"), 5u);
}

TEST(records, that_were_damaged_are_read_or_refused_and_nothing_else) {
  seeded_random dice(20261122);
  const auto all = decoders();
  const auto good = samples();
  for (std::size_t kind = 0; kind < good.size(); ++kind) {
    ASSERT_FALSE(all[kind](good[kind])) << kind;
    for (int round = 0; round < 2000; ++round) {
      std::string bytes = good[kind];
      for (std::uint64_t hits = draw_below(dice, 3) + 1; hits > 0; --hits)
        bytes[draw_below(dice, bytes.size())] = static_cast<char>(dice.next());
      if (draw_below(dice, 4) == 0)
        bytes.resize(draw_below(dice, bytes.size()));
      const auto e = all[kind](bytes);
      EXPECT_TRUE(!e || e->code == errc::corrupt || e->code == errc::format_too_new);
    }
  }
}

} // namespace
} // namespace pawl::storage
