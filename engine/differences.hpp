// Where two documents differ, for people.
#pragma once

#include <pawl/outcome.hpp>

#include <string>
#include <string_view>

namespace pawl {

/// "NAME differs at /do/0/ask: "a" there, "b" here", of the first place; empty when they are equal.
/// Long values are cut.
[[nodiscard]] std::string first_difference(std::string_view name, const json& there,
                                           const json& here);

} // namespace pawl
