#include "inference/names.hpp"

#include <algorithm>

#include "inference/utf8.hpp"

namespace pawl::inference {
namespace {

// Nobody misspells a longer one; it bounds the distance's quadratic cost.
constexpr std::size_t word_bytes_max = 64;
constexpr std::size_t quote_bytes_max = 80;

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
    const std::size_t near =
        std::max<std::size_t>(1, std::max(wanted.size(), candidate.size()) / 3);
    if (d <= near && d < candidate.size() && (best.empty() || d < best_distance)) {
      best = name;
      best_distance = d;
    }
  }
  return best;
}

std::string suggest_name(std::string_view word, const std::vector<std::string>& names) {
  if (const std::string near = nearest_name(word, names); !near.empty())
    return "did you mean \"" + near + "\"?";
  std::string all;
  for (const auto& name : names)
    all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "none is allowed here" : "allowed are " + all;
}

std::string quote(std::string_view word) {
  const std::string_view shown = utf8_prefix(word, quote_bytes_max);
  std::string out = "\"";
  for (const char c : shown)
    out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
  if (shown.size() < word.size())
    out += "...";
  return out + "\"";
}

} // namespace pawl::inference
