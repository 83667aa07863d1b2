#include "inference/stop_matcher.hpp"

#include <algorithm>

namespace pawl::inference {

stop_matcher::stop_matcher(const std::vector<std::string>& stops, std::string_view before)
    : seam_(before.size()) {
  for (const auto& stop : stops) {
    // A stop string of one byte lies across nothing.
    if (stop.size() < 2)
      continue;
    stops_.push_back(stop);
    after_bytes_max_ = std::max(after_bytes_max_, stop.size() - 1);
  }
  const std::size_t kept = std::min(before.size(), after_bytes_max_);
  tail_ = before.substr(before.size() - kept);
  if (tail_.empty())
    after_bytes_max_ = 0;
}

std::optional<std::size_t> stop_matcher::add(std::string_view more) {
  if (settled())
    return cut_;
  const std::size_t looked_at = after_.size();
  after_.append(more.substr(0, after_bytes_max_ - looked_at));
  const std::string whole = tail_ + after_;
  for (std::size_t end = tail_.size() + looked_at + 1; end <= whole.size(); ++end) {
    std::size_t longest = 0;
    for (const auto& stop : stops_) {
      if (stop.size() > end || stop.size() <= end - tail_.size())
        continue; // begins before what is kept, or after the seam
      if (std::string_view(whole).substr(end - stop.size(), stop.size()) == stop)
        longest = std::max(longest, stop.size());
    }
    if (longest > 0) {
      cut_ = seam_ - (tail_.size() - (end - longest));
      return cut_;
    }
  }
  return std::nullopt;
}

} // namespace pawl::inference
