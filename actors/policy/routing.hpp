// Which of the deployments that have the model takes the next attempt. Pure.
//
// In the order of the route, those that failed this call least come first. A deployment that may
// not be used says why.
#pragma once

#include <pawl/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "actors/policy/breaker.hpp"
#include "inference/catalog.hpp"

namespace pawl::actors::policy {

/// What the attempt needs of a deployment.
enum class need : std::uint8_t { any, prefix };

enum class fitness : std::uint8_t {
  fit,
  no_secret,      ///< its key is not set
  no_protocol,    ///< nobody here speaks its protocol
  no_prefix,      ///< it takes no partial answer
  prefix_refused, ///< it refused the partial answer of this call
  given_up,       ///< it said that it will not have this request (401, 403, 404)
  broken,         ///< its breaker is open
  cooling,        ///< it asked for patience
};
std::string_view to_string(fitness f) noexcept;

/// What is known of one deployment, in the order of preference.
struct route_option {
  inference::prefix_mode prefix = inference::prefix_mode::none;
  passage_decision passage;
  std::uint32_t failures = 0;      ///< within this call
  fitness standing = fitness::fit; ///< no_secret, no_protocol, prefix_refused, given_up; else fit
};

struct route_choice {
  std::optional<std::size_t> index; ///< who takes it now
  std::optional<time_point>
      earliest; ///< nobody now: when the first that is only broken or cooling may be asked again
  std::vector<fitness> fitness_of; ///< one for each option
};

route_choice choose_route(const std::vector<route_option>& options, need what);

} // namespace pawl::actors::policy
