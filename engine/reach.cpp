#include "engine/reach.hpp"

#include <nlohmann/json.hpp>

namespace pawl {

std::vector<error> unreachable_providers(const json& configuration) {
  std::vector<error> problems;
  if (!configuration.is_object() || !configuration.contains("providers") ||
      !configuration["providers"].is_object())
    return problems;
  for (const auto& [name, provider] : configuration["providers"].items()) {
    if (!provider.is_object() || !provider.contains("baseUrl") || !provider["baseUrl"].is_string())
      continue;
    if (!provider["baseUrl"].get_ref<const std::string&>().starts_with("https://"))
      continue;
    const json::json_pointer where = json::json_pointer("/providers") / name / "baseUrl";
    problems.emplace_back(
        errc::invalid_configuration, "https is not supported yet by this version of pawl",
        where.to_string(),
        "name a server that speaks http, such as a local one or a proxy that adds TLS");
  }
  return problems;
}

} // namespace pawl
