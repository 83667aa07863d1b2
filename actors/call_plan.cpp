#include "actors/call_plan.hpp"

#include <algorithm>

namespace pawl::actors {

namespace {

bool has_secret(const gateway_core& core, const inference::deployment& where) {
  return where.api_key.env.empty() || core.parts().secrets(where.api_key).has_value();
}

fault unknown_model(const gateway_core& core, const inference::request& what) {
  std::string detail = "nobody is configured who has it";
  auto names = core.parts().models.model_names();
  if (!names.empty()) {
    detail += "; known models:";
    constexpr std::size_t names_shown_max = 12;
    for (std::size_t i = 0; i < names.size() && i < names_shown_max; ++i)
      detail += (i == 0 ? " " : ", ") + names[i];
    if (names.size() > names_shown_max)
      detail += ", ...";
  }
  return fault(fault_type::configuration, 400, "model " + what.models.front() + " is unknown",
               std::move(detail));
}

} // namespace

call_plan::call_plan(const gateway_core& core, const inference::request& what) {
  for (const auto& model : what.models) {
    for (auto& where : core.parts().models.resolve(model)) {
      call_candidate one;
      one.model = model;
      one.how = inference::find_protocol(where.protocol);
      if (one.how == nullptr)
        one.standing = policy::fitness::no_protocol;
      else if (!has_secret(core, where))
        one.standing = policy::fitness::no_secret;
      one.where = std::move(where);
      candidates_.push_back(std::move(one));
    }
  }
}

std::optional<fault> call_plan::check(const gateway_core& core, const inference::request& what) {
  call_plan plan(core, what);
  if (plan.candidates_.empty())
    return unknown_model(core, what);
  for (const auto& c : plan.candidates_)
    if (c.standing == policy::fitness::fit)
      return std::nullopt;
  const auto& first = plan.candidates_.front();
  if (first.standing == policy::fitness::no_secret)
    return no_key(first.where);
  return fault(fault_type::configuration, 400,
               "the protocol of provider " + first.where.provider + " is unknown",
               "protocol \"" + first.where.protocol + "\" is none that this engine speaks");
}

void call_plan::learn(const std::vector<ledger_row>& rows) {
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    const bool refused = rows[i].kind == attempt_kind::continued &&
                         rows[i].state == attempt_state::settled &&
                         rows[i].ending == attempt_ending::failed &&
                         rows[i + 1].kind == attempt_kind::restart;
    for (auto& candidate : candidates_)
      if (refused && candidate.where.name() == rows[i].deployment)
        candidate.standing = policy::fitness::prefix_refused;
  }
}

policy::route_choice call_plan::choose(gateway_core& core, policy::need what) const {
  std::vector<policy::route_option> options;
  const auto now = core.now();
  for (const auto& c : candidates_) {
    policy::route_option o;
    o.prefix = c.where.prefix;
    o.passage = core.board().ask(c.where.name(), now);
    o.failures = c.failures;
    o.standing = c.standing;
    options.push_back(o);
  }
  return policy::choose_route(options, what);
}

std::string call_plan::explain(const policy::route_choice& choice) const {
  std::string text;
  for (std::size_t i = 0; i < candidates_.size(); ++i)
    text += (i == 0 ? "" : "; ") + candidates_[i].where.name() + ": " +
            std::string(policy::to_string(choice.fitness_of[i]));
  return text;
}

const inference::protocol* protocol_of(const inference::catalog& models, const ledger_row& row) {
  for (const auto& where : models.resolve(row.model))
    if (where.name() == row.deployment)
      return inference::find_protocol(where.protocol);
  return nullptr;
}

std::vector<const inference::protocol*> protocols_of(const inference::catalog& models,
                                                     const std::vector<ledger_row>& rows) {
  std::vector<const inference::protocol*> all;
  for (const auto& row : rows) {
    if (all.size() <= row.attempt)
      all.resize(row.attempt + 1, nullptr);
    all[row.attempt] = protocol_of(models, row);
  }
  return all;
}

std::optional<net::http_request> to_http(const gateway_core& core,
                                         const inference::deployment& where,
                                         const inference::wire_request& wire) {
  net::http_request out;
  out.url = where.base_url + wire.path;
  out.headers = wire.headers;
  out.body = wire.body;
  if (!where.api_key.env.empty()) {
    auto secret = core.parts().secrets(where.api_key);
    if (!secret)
      return std::nullopt;
    out.headers.emplace_back("Authorization", "Bearer " + *secret);
  }
  return out;
}

fault no_key(const inference::deployment& where) {
  return fault(fault_type::configuration, 400,
               "the key of provider " + where.provider + " is not set",
               "set the environment variable " + where.api_key.env);
}

std::string without_secret(const gateway_core& core, const inference::deployment& where,
                           std::string text) {
  if (where.api_key.env.empty())
    return text;
  auto secret = core.parts().secrets(where.api_key);
  // A secret this short would be found in every text.
  if (!secret || secret->size() < 4)
    return text;
  for (auto at = text.find(*secret); at != std::string::npos; at = text.find(*secret, at))
    text.replace(at, secret->size(), "***");
  return text;
}

policy::extras extras_of(const inference::request& what) {
  if (!what.response_schema.is_null())
    return policy::extras::schema;
  if (inference::choices_of(what) > 1)
    return policy::extras::several_choices;
  auto logprobs = what.options.find("logprobs");
  if (logprobs != what.options.end() && *logprobs != json(false))
    return policy::extras::logprobs;
  return inference::allows_continuation(what) ? policy::extras::none : policy::extras::others;
}

} // namespace pawl::actors
