// How words from elsewhere stand on a terminal: widths, safe characters, short names, durations.
#pragma once

#include <pawl/time.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace pawl::cli {

/// Columns that UTF-8 text takes on a terminal: East Asian characters and emoji count two.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;

/// A model's text without what could steer a terminal: control characters are dropped (tabs and
/// carriage returns become spaces), line feeds stay.
[[nodiscard]] std::string printable(std::string_view text);

/// The names of the tasks around a step, from the outside: "/do/2/draft/fork/branches/1/friendly"
/// is {"draft", "friendly"}. Laps stay ("rounds~2"). A path that follows no definition is one name.
[[nodiscard]] std::vector<std::string> task_names(std::string_view path);
/// They, joined: "draft/friendly".
[[nodiscard]] std::string short_path(std::string_view path);

/// "0.63s", "12.3s", "3m12s", "2h05m".
[[nodiscard]] std::string short_duration(duration d);

} // namespace pawl::cli
