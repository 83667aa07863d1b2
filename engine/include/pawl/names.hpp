// Names in messages: quoting them, listing them, and finding the one that somebody meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl {

/// The name nearest to `word` by edit distance (insert, delete, replace, swap of neighbours),
/// without regard to case, '_' and '-'. Empty when none is near: more than a third of the longer
/// one would have to change, or anything but that of a word of one or two letters.
[[nodiscard]] std::string nearest_name(std::string_view word,
                                       const std::vector<std::string>& names);

/// `did you mean "maxTokens"?`, or `allowed are a, b, c` when no name is near.
[[nodiscard]] std::string suggest_name(std::string_view word,
                                       const std::vector<std::string>& names);

/// "a, b, c".
[[nodiscard]] std::string join_names(const std::vector<std::string>& names);

/// `"word"` for messages: cut to a readable length (never within a UTF-8 character), control
/// characters as '?'.
[[nodiscard]] std::string quote(std::string_view word);

} // namespace pawl
