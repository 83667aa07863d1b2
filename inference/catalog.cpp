#include "inference/catalog.hpp"

#include <array>
#include <utility>

namespace pawl::inference {
namespace {

constexpr std::array<std::pair<prefix_mode, std::string_view>, 6> prefix_names{{
    {prefix_mode::none, "none"},
    {prefix_mode::assistant, "assistant"},
    {prefix_mode::prefix_true, "prefix-true"},
    {prefix_mode::partial_true, "partial-true"},
    {prefix_mode::continue_final_message, "continue-final-message"},
    {prefix_mode::quoted, "quoted"},
}};

constexpr std::string_view simulated = "sim";
constexpr std::int64_t simulated_output_tokens_max = 4096;

token_price price(std::string_view usd_per_million) {
  return token_price::from_usd_per_million(usd_per_million).value();
}

struct simulated_model {
  std::string_view name;
  prefix_mode prefix;
  std::string_view input, cached_input, cache_write, output; // US dollars per million tokens
};

// Prices differ in every place, so that a sum taken over the wrong model or kind of token is seen.
constexpr std::array<simulated_model, 5> simulated_models{{
    {"small", prefix_mode::assistant, "0.15", "0.075", "0.1875", "0.6"},
    {"medium", prefix_mode::assistant, "1.1", "0.275", "1.375", "4.4"},
    {"large", prefix_mode::assistant, "5", "0.5", "6.25", "25"},
    {"no-prefix", prefix_mode::none, "0.21", "0.105", "0.2625", "0.84"},
    {"refuses-prefix", prefix_mode::assistant, "0.33", "0.165", "0.4125", "1.32"},
}};

deployment deployed_at(const provider& at, std::string model) {
  deployment d;
  d.provider = at.name;
  d.protocol = at.protocol;
  d.base_url = at.base_url;
  d.api_key = at.api_key;
  d.model = std::move(model);
  return d;
}

} // namespace

std::string_view to_string(prefix_mode m) noexcept {
  for (const auto& [mode, name] : prefix_names)
    if (mode == m)
      return name;
  return "none";
}

std::optional<prefix_mode> parse_prefix_mode(std::string_view name) noexcept {
  for (const auto& [mode, known] : prefix_names)
    if (known == name)
      return mode;
  return std::nullopt;
}

catalog::catalog() {
  provider sim;
  sim.name = simulated;
  sim.protocol = "openai-chat";
  sim.base_url = "sim:///v1";
  for (const auto& m : simulated_models) {
    deployment d = deployed_at(sim, std::string(m.name));
    d.prefix = m.prefix;
    d.prices =
        price_list{price(m.input), price(m.cached_input), price(m.cache_write), price(m.output)};
    d.output_tokens_max = simulated_output_tokens_max;
    models_[d.name()] = {d};
  }
  providers_[sim.name] = std::move(sim);
}

std::vector<deployment> catalog::resolve(const std::string& model) const {
  std::string name = model;
  // add() refuses cycles, so the way through the aliases ends.
  for (auto alias = aliases_.find(name); alias != aliases_.end(); alias = aliases_.find(name))
    name = alias->second;
  if (const auto entry = models_.find(name); entry != models_.end())
    return entry->second;
  const auto slash = name.find('/');
  if (slash == std::string::npos || slash + 1 == name.size())
    return {};
  const auto at = providers_.find(name.substr(0, slash));
  if (at == providers_.end())
    return {};
  deployment d = deployed_at(at->second, name.substr(slash + 1));
  if (at->first == simulated)
    d.prefix = prefix_mode::assistant;
  return {std::move(d)};
}

std::vector<std::string> catalog::model_names() const {
  std::vector<std::string> names;
  for (const auto& [name, deployments] : models_)
    names.push_back(name);
  for (const auto& [name, target] : aliases_)
    names.push_back(name);
  return names;
}

} // namespace pawl::inference
