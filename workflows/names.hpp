// Finding what somebody meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl::workflows {

/// The candidate nearest to `name` by edits (letters of either case count as equal); empty when
/// none is near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// "a, b, c".
std::string join_names(const std::vector<std::string>& names);

} // namespace pawl::workflows
