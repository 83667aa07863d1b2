// Stop strings across the seam of a continuation.
//
// A provider that continues a text looks for stop strings in what it generates itself. One that
// began before the interruption and ends after it is seen by nobody else.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::inference {

/// Watches one seam. The result does not depend on how the text after the seam is divided.
class stop_matcher {
public:
  /// `before`: all text before the seam; it is not kept. Empty stop strings are ignored.
  stop_matcher(const std::vector<std::string>& stops, std::string_view before);

  /// More text after the seam. Once a stop string lies across the seam: the length in bytes to
  /// which the whole text (before and after) is to be cut; it lies before the seam. Of several, the
  /// one that ends first, then the longest.
  std::optional<std::size_t> add(std::string_view more);

  /// No stop string can lie across the seam any more; add() need not be called again.
  [[nodiscard]] bool settled() const noexcept {
    return cut_.has_value() || after_.size() >= after_bytes_max_;
  }

private:
  std::vector<std::string> stops_;
  std::size_t seam_;  // bytes of all text before the seam
  std::string tail_;  // the last of them that a stop string could begin in
  std::string after_; // the first bytes after the seam that one could end in
  std::size_t after_bytes_max_ = 0;
  std::optional<std::size_t> cut_;
};

} // namespace pawl::inference
