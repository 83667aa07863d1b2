// Where a call's attempts may go, and what they send: the candidates of its models, with what this
// call met there.
#pragma once

#include <pawl/outcome.hpp>

#include <optional>
#include <string>
#include <vector>

#include "actors/gateway_core.hpp"
#include "actors/policy/ladder.hpp"
#include "actors/policy/routing.hpp"
#include "inference/protocol.hpp"
#include "inference/request.hpp"
#include "net/transport.hpp"

namespace pawl::actors {

struct call_candidate {
  std::string model; ///< as the author named it
  inference::deployment where;
  const inference::protocol* how = nullptr;
  std::uint32_t failures = 0; ///< within this call
  policy::fitness standing = policy::fitness::fit;
};

class call_plan {
public:
  /// All deployments of all models of the request, in its order. A fault (configuration 400) when
  /// none can be used at all: the model is unknown, or the key is not set.
  static std::optional<fault> check(const gateway_core& core, const inference::request& what);

  call_plan(const gateway_core& core, const inference::request& what);

  /// What the attempts of a call's earlier activations met: a deployment whose refusal of a prefix
  /// was followed by a restart is not offered one again.
  void learn(const std::vector<ledger_row>& rows);

  [[nodiscard]] call_candidate& at(std::size_t index) { return candidates_[index]; }
  [[nodiscard]] const call_candidate& at(std::size_t index) const { return candidates_[index]; }
  [[nodiscard]] policy::route_choice choose(gateway_core& core, policy::need what) const;
  /// Why nobody takes the attempt: "sim/a failed too often; sim/b its key is not set".
  [[nodiscard]] std::string explain(const policy::route_choice& choice) const;
  [[nodiscard]] std::size_t size() const noexcept { return candidates_.size(); }

private:
  std::vector<call_candidate> candidates_;
};

/// The protocol that the deployment of a ledger row speaks; null when the configuration does not
/// know it any more.
const inference::protocol* protocol_of(const inference::catalog& models, const ledger_row& row);
/// The protocols of all attempts.
std::vector<const inference::protocol*> protocols_of(const inference::catalog& models,
                                                     const std::vector<ledger_row>& rows);

/// The request on the wire, with its secret. Nullopt: the secret is not set.
std::optional<net::http_request> to_http(const gateway_core& core,
                                         const inference::deployment& where,
                                         const inference::wire_request& wire);
/// What to say then (configuration 400).
fault no_key(const inference::deployment& where);
/// `text` without the deployment's secret, should the other side have repeated it.
std::string without_secret(const gateway_core& core, const inference::deployment& where,
                           std::string text);

/// What of a request a seam would break.
policy::extras extras_of(const inference::request& what);

} // namespace pawl::actors
