// Definitions that stand between an expression and those builtins of jq 1.6 which it must not
// reach.
#pragma once

#include <string>
#include <string_view>

namespace pawl::workflows {

/// The definitions whose names occur in `expression`, to be put before it. They use the variable
/// `$__now`.
std::string jq_prelude(std::string_view expression);

} // namespace pawl::workflows
