// The names that an expression may use, and their values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workflows/expression.hpp"

namespace pawl::workflows {

/// The value of `$name`, or nullptr when it is null or not given.
const json* find_value(const arguments& args, std::string_view name) noexcept;

/// The names in scope that `expression` mentions, sorted: the eight arguments of the DSL and
/// `variables`.
std::vector<std::string> mentioned_names(std::string_view expression,
                                         const std::vector<std::string_view>& variables);

} // namespace pawl::workflows
