// Reads expressions no further than their tokens: brackets, strings, comments and the names of
// variables.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::workflows {

/// What the brackets of an expression look like to jq 1.6's lexer, which skips strings and
/// comments.
struct bracket_scan {
  enum class verdict {
    balanced, ///< every bracket has its partner
    unopened, ///< a closing bracket at `position` has nothing before it that it could close
    malformed ///< a wrong partner, an open bracket or an open string at the end
  };
  verdict what = verdict::balanced;
  std::size_t position = 0;
};

bracket_scan scan_brackets(std::string_view text);

/// Names that follow a '$', in the order of their appearance, without repetitions. jq allows blanks
/// and comments between the two: `ambiguous` says that some '$' is followed by one, so any name
/// might be meant.
struct variable_scan {
  std::vector<std::string_view> names;
  bool ambiguous = false;
};

variable_scan scan_variables(std::string_view text);

bool is_identifier(std::string_view text) noexcept;

/// Words that jq 1.6's grammar keeps for itself: none of them can name a variable.
bool is_keyword(std::string_view word) noexcept;

std::string_view trim_blanks(std::string_view text) noexcept;

/// At most `bytes_max` bytes of a text for a message, cut between characters; "..." says that there
/// was more.
std::string shorten(std::string_view text, std::size_t bytes_max);

} // namespace pawl::workflows
