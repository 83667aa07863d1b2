// Configurations for tests: right ones, and the example with one mistake each.
#pragma once

#include <pawl/outcome.hpp>

#include <string>
#include <vector>

namespace pawl::inference {

/// The example of DESIGN §12.
extern const char* const example_configuration;
/// What the example leaves out: several providers and deployments, every kind of value.
extern const char* const rich_configuration;

enum class mistake_kind {
  shape,   ///< the published schema refuses it as well
  meaning, ///< only the catalog can know: a name leads nowhere, or this version cannot do it
};

struct configuration_mistake {
  mistake_kind kind;
  std::string pointer, patch; ///< what is put at the pointer of the example
  std::string where, message; ///< of the one error; where empty: it is no mistake
};
const std::vector<configuration_mistake>& configuration_mistakes();

/// The example with the mistake in it.
json apply(const configuration_mistake& mistake);

} // namespace pawl::inference
