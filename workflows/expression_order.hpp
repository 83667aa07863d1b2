// The types of JSON values and their order, as jq has them.
#pragma once

#include <pawl/outcome.hpp>

#include <string_view>

namespace pawl::workflows {

/// jq's name of the value's type. Numbers that are not finite count as null, here and below.
std::string_view jq_type(const json& value) noexcept;

/// jq's order of all values: null, false, true, numbers, strings (by bytes), arrays, objects (keys
/// first). Negative, zero or positive.
int compare_values(const json& a, const json& b);

} // namespace pawl::workflows
