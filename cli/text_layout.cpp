#include "cli/text_layout.hpp"

#include <algorithm>
#include <cstdio>

namespace pawl::cli {

std::size_t columns_of(std::string_view text) noexcept {
  std::size_t columns = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) == 0x80)
      continue;
    columns += byte >= 0xE3 ? 2 : 1; // from U+3000 on; a few narrow signs are taken for wide ones
  }
  return columns;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters too.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      ++i;
      continue;
    }
    if (byte == '\t' || byte == '\r')
      out += ' ';
    else if (byte == '\n' || (byte >= 0x20 && byte != 0x7F))
      out += text[i];
  }
  return out;
}

std::vector<std::string> task_names(std::string_view path) {
  std::vector<std::string> names;
  bool is_name = false; // a name follows its position in a list
  std::string_view rest = path;
  while (!rest.empty()) {
    rest.remove_prefix(rest.front() == '/');
    const auto segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    const bool is_position =
        !segment.empty() &&
        std::all_of(segment.begin(), segment.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (is_name)
      names.emplace_back(segment);
    is_name = !is_name && is_position;
  }
  if (names.empty())
    names.emplace_back(path.substr(path.starts_with('/')));
  return names;
}

std::string short_path(std::string_view path) {
  std::string joined;
  for (const auto& name : task_names(path))
    joined += (joined.empty() ? "" : "/") + name;
  return joined;
}

std::string short_duration(duration d) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(d).count());
  const auto whole = static_cast<long long>(seconds);
  char text[40];
  if (seconds < 9.995)
    std::snprintf(text, sizeof text, "%.2fs", seconds);
  else if (seconds < 60)
    std::snprintf(text, sizeof text, "%.1fs", seconds);
  else if (whole < 3600)
    std::snprintf(text, sizeof text, "%lldm%02llds", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%lldh%02lldm", whole / 3600, whole / 60 % 60);
  return text;
}

} // namespace pawl::cli
