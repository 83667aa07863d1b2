#include "workflows/names.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

namespace pawl::workflows {

namespace {

// What people write who know other languages of this kind, or older versions of this one.
constexpr std::pair<std::string_view, std::string_view> habits[] = {
    {"description", "summary"}, {"steps", "do"},  {"tasks", "do"},        {"condition", "when"},
    {"goto", "then"},           {"next", "then"}, {"details", "detail"},  {"items", "in"},
    {"item", "each"},           {"id", "name"},   {"parameters", "with"}, {"arguments", "with"},
    {"default", "then"},
};

/// Longer names are never near anything: the edit distance costs their product.
constexpr std::size_t compared_bytes_max = 64;

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

/// Insertions, removals, replacements and swaps of neighbours that make `b` of `a`.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1); // the row before the last
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t(0));
  const auto same = [&](std::size_t i, std::size_t j) {
    return lower(a[i - 1]) == lower(b[j - 1]);
  };
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same(i, j) ? 0 : 1)});
      if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

} // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  if (name.size() > compared_bytes_max)
    return best;
  // Of very short names only the case may differ.
  std::size_t best_edits =
      1 + (name.size() <= 2 ? 0 : std::clamp<std::size_t>(name.size() / 3, 1, 3));
  for (const auto& candidate : candidates) {
    if (candidate.size() > compared_bytes_max)
      continue;
    if (const auto distance = edits(name, candidate); distance < best_edits) {
      best_edits = distance;
      best = candidate;
    }
  }
  if (best.empty())
    for (const auto& [habit, meant] : habits)
      if (habit == name &&
          std::find(candidates.begin(), candidates.end(), meant) != candidates.end())
        return std::string(meant);
  return best;
}

std::string join_names(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

} // namespace pawl::workflows
