// The directives that a prompt may contain (chat_request.hpp describes them). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::sim {

struct directives {
  std::optional<std::string> text;        ///< [[say]] or [[json]]
  std::optional<std::int64_t> word_count; ///< [[tokens]]
  std::optional<std::string> tool_name;   ///< [[call]]
  std::string tool_arguments;
  std::string problem; ///< not empty: a directive is malformed
};

directives find_directives(std::string_view prompt);

} // namespace pawl::sim
