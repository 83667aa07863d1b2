#include <pawl/usage.hpp>

#include <nlohmann/json.hpp>

namespace pawl {

using nlohmann::json;

namespace {

template <class Enum>
Enum enum_from(const json& in, const char* key, std::initializer_list<Enum> all, Enum fallback) {
  const auto text = in.value(key, std::string());
  for (const auto e : all)
    if (to_string(e) == text)
      return e;
  return fallback;
}

json bounds_json(const cost_bounds& b) {
  json out = {{"lower", b.lower.count()}};
  out["upper"] = b.upper ? json(b.upper->count()) : json(nullptr);
  return out;
}

} // namespace

usage& usage::operator+=(const usage& o) {
  input += o.input;
  cached_input += o.cached_input;
  cache_write += o.cache_write;
  output += o.output;
  reasoning += o.reasoning;
  return *this;
}

void to_json(json& out, const usage& u) {
  out = json::object();
  out["input"] = u.input;
  out["cachedInput"] = u.cached_input;
  out["cacheWrite"] = u.cache_write;
  out["output"] = u.output;
  out["reasoning"] = u.reasoning;
}

void from_json(const json& in, usage& u) {
  u.input = in.value("input", std::int64_t{0});
  u.cached_input = in.value("cachedInput", std::int64_t{0});
  u.cache_write = in.value("cacheWrite", std::int64_t{0});
  u.output = in.value("output", std::int64_t{0});
  u.reasoning = in.value("reasoning", std::int64_t{0});
}

std::string_view to_string(attempt_kind k) noexcept {
  switch (k) {
  case attempt_kind::fresh: return "fresh";
  case attempt_kind::retry: return "retry";
  case attempt_kind::reattach: return "reattach";
  case attempt_kind::continued: return "continue";
  case attempt_kind::restart: return "restart";
  case attempt_kind::hedge: return "hedge";
  case attempt_kind::cache: return "cache";
  }
  return "unknown";
}

std::string_view to_string(attempt_state s) noexcept {
  switch (s) {
  case attempt_state::reserved: return "reserved";
  case attempt_state::settled: return "settled";
  case attempt_state::unknown: return "unknown";
  }
  return "unknown";
}

std::string_view to_string(attempt_ending e) noexcept {
  switch (e) {
  case attempt_ending::open: return "open";
  case attempt_ending::complete: return "complete";
  case attempt_ending::interrupted: return "interrupted";
  case attempt_ending::failed: return "failed";
  case attempt_ending::cancelled: return "cancelled";
  }
  return "unknown";
}

void to_json(json& out, const ledger_row& row) {
  out = json::object();
  out["callId"] = row.call.str();
  out["attempt"] = row.attempt;
  out["kind"] = to_string(row.kind);
  out["state"] = to_string(row.state);
  out["ending"] = to_string(row.ending);
  out["providerRequestId"] = row.provider_request_id;
  out["runId"] = row.run;
  out["step"] = row.step;
  out["model"] = row.model;
  out["provider"] = row.provider;
  out["deployment"] = row.deployment;
  out["usage"] = row.tokens;
  out["nanoUsd"] = row.cost.count();
  out["priced"] = row.priced;
  out["bounds"] = bounds_json(row.bounds);
  const json metadata = json::parse(row.metadata.empty() ? "{}" : row.metadata, nullptr, false);
  out["metadata"] = metadata.is_object() ? metadata : json::object();
  out["startedAt"] = to_iso8601(row.started_at);
  out["endedAt"] = row.ended_at ? json(to_iso8601(*row.ended_at)) : json(nullptr);
}

void from_json(const json& in, ledger_row& row) {
  using k = attempt_kind;
  using s = attempt_state;
  using e = attempt_ending;
  row.call = call_id(in.value("callId", std::string()));
  row.attempt = in.value("attempt", std::uint32_t{0});
  row.kind = enum_from(
      in, "kind", {k::fresh, k::retry, k::reattach, k::continued, k::restart, k::hedge, k::cache},
      k::fresh);
  row.state = enum_from(in, "state", {s::reserved, s::settled, s::unknown}, s::unknown);
  row.ending = enum_from(in, "ending",
                         {e::open, e::complete, e::interrupted, e::failed, e::cancelled}, e::open);
  row.provider_request_id = in.value("providerRequestId", std::string());
  row.run = in.value("runId", std::string());
  row.step = in.value("step", std::string());
  row.model = in.value("model", std::string());
  row.provider = in.value("provider", std::string());
  row.deployment = in.value("deployment", std::string());
  row.tokens = in.value("usage", usage{});
  row.cost = nano_usd(in.value("nanoUsd", std::int64_t{0}));
  row.priced = in.value("priced", false);
  const json bounds = in.value("bounds", json::object());
  row.bounds.lower = nano_usd(bounds.value("lower", std::int64_t{0}));
  if (const auto upper = bounds.find("upper"); upper != bounds.end() && upper->is_number_integer())
    row.bounds.upper = nano_usd(upper->get<std::int64_t>());
  row.metadata = in.value("metadata", json::object()).dump();
  row.started_at = from_iso8601(in.value("startedAt", std::string())).value_or(time_point());
  if (const auto ended = in.find("endedAt"); ended != in.end() && ended->is_string())
    row.ended_at = from_iso8601(ended->get<std::string>());
}

} // namespace pawl
