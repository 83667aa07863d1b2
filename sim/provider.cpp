#include "sim/provider.hpp"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <utility>
#include <variant>

#include "sim/chat_request.hpp"

namespace pawl::sim {

namespace {

bill_ending ending_of(int status) {
  if (status == 429)
    return bill_ending::rate_limited;
  return status >= 500 ? bill_ending::server_error : bill_ending::refused;
}

api_error ordered_error(const fault_rule& fault) {
  api_error e;
  if (fault.kind == fault_kind::rate_limit) {
    e.status = 429;
    e.message = "rate limit reached (simulated)";
    e.type = "requests";
    e.code = "rate_limit_exceeded";
  } else if (fault.kind == fault_kind::server_error) {
    e.status = fault.status;
    e.message = "the server had an error (simulated)";
    e.type = "server_error";
  } else {
    e.status = fault.status;
    e.message = "request refused (simulated)";
    e.code = fault.status == 401 ? "invalid_api_key" : "";
  }
  return e;
}

bool stops_before_generation(fault_kind kind) {
  return kind == fault_kind::refuse || kind == fault_kind::rate_limit ||
         kind == fault_kind::server_error;
}

prefix_behaviour prefix_of(const provider_options& options,
                           const std::optional<fault_rule>& fault) {
  if (fault && fault->kind == fault_kind::prefix_refused)
    return prefix_behaviour::refused;
  if (fault && fault->kind == fault_kind::prefix_ignored)
    return prefix_behaviour::ignored;
  return options.prefix;
}

std::string request_id(const provider_options& options, std::uint64_t ordinal) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%06llu", static_cast<unsigned long long>(ordinal));
  return "sim-" + options.request_id_tag + digits;
}

} // namespace

provider::provider(provider_options options) : options_(std::move(options)) {
  assert(!find_problem(options_));
}

generation_id provider::open(std::string_view method_path, const net::header_list& headers,
                             std::string_view body, time_point now) {
  generations_.push_back(std::make_unique<generation>(answer(method_path, headers, body, now)));
  return generation_id(generations_.size());
}

generation provider::answer(std::string_view method_path, const net::header_list& headers,
                            std::string_view body, time_point now) {
  const auto route = method_path.substr(0, method_path.find('?'));
  if (route == "POST /v1/chat/completions")
    return answer_chat(headers, body, now);
  if (route == "GET /v1/models")
    return list_models(now);
  api_error e;
  e.status = 404;
  e.message = "no such endpoint; known are POST /v1/chat/completions and GET /v1/models";
  return generation::fixed(e.status, {{"content-type", "application/json"}}, to_json_body(e).dump(),
                           now, std::nullopt);
}

generation provider::answer_chat(const net::header_list& headers, std::string_view body,
                                 time_point now) {
  bill_row row;
  row.request_id = request_id(options_, ++requests_);
  row.received_at = now;
  if (!options_.api_key.empty() &&
      net::find_header(headers, "authorization") != "Bearer " + options_.api_key) {
    api_error e;
    e.status = 401;
    e.message = "incorrect API key";
    e.code = "invalid_api_key";
    return refuse(std::move(row), e);
  }
  const auto parsed = parse_chat_request(body);
  if (const auto* bad = std::get_if<api_error>(&parsed))
    return refuse(std::move(row), *bad);
  const auto& request = std::get<chat_request>(parsed);
  row.model = request.model;
  row.stream = request.delivery == answer_delivery::streamed;
  const auto fault = fault_for(request.model);
  if (const auto problem = admission_problem(request))
    return refuse(std::move(row), *problem);
  if (fault && stops_before_generation(fault->kind)) {
    auto refusal = refuse(std::move(row), ordered_error(*fault));
    if (fault->kind == fault_kind::rate_limit)
      refusal.add_header("retry-after", std::to_string(fault->retry_after_seconds));
    return refusal;
  }
  const auto prefix = prefix_of(options_, fault);
  if (request.prefix && prefix == prefix_behaviour::refused) {
    api_error e;
    e.message =
        "this model takes no assistant message as a beginning; the last message must be the user's";
    return refuse(std::move(row), e);
  }
  row.prompt_tokens = request.prompt_tokens;
  const bool seen = !prompts_served_.insert(hash_of(options_.seed, request.prompt)).second;
  if (seen && options_.cache == cache_behaviour::same_prompt)
    row.cached_tokens = request.prompt_tokens - request.prefix_prompt_tokens;
  const auto nonce =
      options_.mode == text_mode::nonce ? draw_nonce(options_.seed, requests_) : std::string();
  return generation(options_, request, make_reply(options_, request, prefix, nonce), fault,
                    std::move(row));
}

std::optional<api_error> provider::admission_problem(const chat_request& request) const {
  const auto& known = options_.models;
  if (known.empty() || std::any_of(known.begin(), known.end(), [&](const std::string& name) {
        return normalised_model(name) == request.model;
      }))
    return std::nullopt;
  api_error e;
  e.status = 404;
  e.message = "the model \"" + request.model + "\" does not exist";
  e.code = "model_not_found";
  return e;
}

std::optional<fault_rule> provider::fault_for(const std::string& model) {
  const auto request = ++requests_by_model_[model];
  for (const auto& rule : options_.faults)
    if (rule.applies_to(model, request))
      return rule;
  return std::nullopt;
}

generation provider::refuse(bill_row row, const api_error& why) const {
  row.ending = ending_of(why.status);
  net::header_list headers = {{"content-type", "application/json"},
                              {"x-request-id", row.request_id}};
  const auto at = row.received_at + options_.time_to_head;
  return generation::fixed(why.status, std::move(headers), to_json_body(why).dump(), at,
                           std::move(row));
}

generation provider::list_models(time_point now) const {
  json list = json::array();
  const std::vector<std::string> usual = {"small", "medium", "large"};
  for (const auto& name : options_.models.empty() ? usual : options_.models) {
    json model = json::object();
    model["id"] = normalised_model(name);
    model["object"] = "model";
    model["created"] = 0;
    model["owned_by"] = "sim";
    list.push_back(std::move(model));
  }
  json body = json::object();
  body["object"] = "list";
  body["data"] = std::move(list);
  return generation::fixed(200, {{"content-type", "application/json"}}, body.dump(), now,
                           std::nullopt);
}

std::vector<piece> provider::poll(generation_id id, time_point now) {
  auto* g = find(id);
  return g ? g->poll(now) : std::vector<piece>();
}

std::optional<time_point> provider::next_due(generation_id id) const {
  const auto* g = find(id);
  return g ? g->next_due() : std::nullopt;
}

void provider::disconnected(generation_id id, time_point now) {
  if (auto* g = find(id))
    g->disconnected(now);
}

void provider::delivered(generation_id id, std::size_t body_bytes) {
  if (auto* g = find(id))
    g->delivered(body_bytes);
}

void provider::add_faults(std::vector<fault_rule> rules) {
  options_.faults.insert(options_.faults.begin(), std::make_move_iterator(rules.begin()),
                         std::make_move_iterator(rules.end()));
}

std::vector<bill_row> provider::rows(time_point now) const {
  std::vector<bill_row> rows;
  for (const auto& g : generations_)
    if (auto row = g->row(now))
      rows.push_back(*std::move(row));
  return rows;
}

generation* provider::find(generation_id id) {
  const auto index = static_cast<std::uint64_t>(id) - 1;
  return index < generations_.size() ? generations_[index].get() : nullptr;
}

const generation* provider::find(generation_id id) const {
  return const_cast<provider*>(this)->find(id);
}

} // namespace pawl::sim
