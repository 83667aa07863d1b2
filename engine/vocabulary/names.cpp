#include <pawl/names.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace pawl {

namespace {

// Nobody misspells a longer one; it bounds the distance's quadratic cost.
constexpr std::size_t word_bytes_max = 64;
constexpr std::size_t quote_bytes_max = 80;
// One change makes another name of a shorter one ("if", "in").
constexpr std::size_t changed_bytes_min = 3;

std::string normal(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (c == '_' || c == '-')
      continue;
    out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

// Optimal string alignment.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::size_t changes_max(const std::string& wanted, const std::string& candidate) {
  if (wanted.size() < changed_bytes_min)
    return 0;
  return std::max<std::size_t>(1, std::max(wanted.size(), candidate.size()) / 3);
}

// At most 3 bytes are left off, so that bytes which are no UTF-8 are cut as well.
std::string_view cut(std::string_view word) {
  std::size_t size = quote_bytes_max;
  const auto is_trail = [&](std::size_t at) {
    return (static_cast<unsigned char>(word[at]) & 0xc0) == 0x80;
  };
  while (size > quote_bytes_max - 3 && is_trail(size))
    --size;
  return word.substr(0, size);
}

} // namespace

std::string nearest_name(std::string_view word, const std::vector<std::string>& names) {
  if (word.empty() || word.size() > word_bytes_max)
    return {};
  const std::string wanted = normal(word);
  std::string best;
  std::size_t best_distance = 0;
  for (const auto& name : names) {
    if (name.size() > word_bytes_max)
      continue;
    const std::string candidate = normal(name);
    const std::size_t d = distance(wanted, candidate);
    if (d <= changes_max(wanted, candidate) && d < candidate.size() &&
        (best.empty() || d < best_distance)) {
      best = name;
      best_distance = d;
    }
  }
  return best;
}

std::string suggest_name(std::string_view word, const std::vector<std::string>& names) {
  if (const std::string near = nearest_name(word, names); !near.empty())
    return "did you mean \"" + near + "\"?";
  return names.empty() ? "none is allowed here" : "allowed are " + join_names(names);
}

std::string join_names(const std::vector<std::string>& names) {
  std::string all;
  for (const auto& name : names)
    all += (all.empty() ? "" : ", ") + name;
  return all;
}

std::string quote(std::string_view word) {
  const std::string_view shown = word.size() > quote_bytes_max ? cut(word) : word;
  std::string out = "\"";
  for (const char c : shown)
    out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
  if (shown.size() < word.size())
    out += "...";
  return out + "\"";
}

} // namespace pawl
