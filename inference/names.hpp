// "Did you mean": the nearest of the names that are allowed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl::inference {

/// The name nearest to `word` by edit distance (insert, delete, replace, swap of neighbours),
/// without regard to case, '_' and '-'. Empty when none is near: more than a third of the longer
/// one would have to change.
[[nodiscard]] std::string nearest_name(std::string_view word,
                                       const std::vector<std::string>& names);

/// `did you mean "maxTokens"?`, or `allowed are a, b, c` when no name is near.
[[nodiscard]] std::string suggest_name(std::string_view word,
                                       const std::vector<std::string>& names);

/// `"word"` for messages: cut to a readable length, control characters as '?'.
[[nodiscard]] std::string quote(std::string_view word);

} // namespace pawl::inference
