// What a configuration asks of the network that this build cannot do.
#pragma once

#include <pawl/error.hpp>
#include <pawl/outcome.hpp>

#include <vector>

namespace pawl {

/// A mistake for each provider whose address needs TLS. Anything else wrong is the catalog's to
/// say.
[[nodiscard]] std::vector<error> unreachable_providers(const json& configuration);

} // namespace pawl
