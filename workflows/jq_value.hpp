// Conversion between JSON and jq's values. Included by jq_*.cpp only.
#pragma once

#include <pawl/outcome.hpp>

#include <cstddef>
#include <optional>
#include <string>

#include "workflows/jq_library.hpp"

namespace pawl::workflows {

/// How deep a value may be nested: jq frees, compares and prints recursively.
inline constexpr int jq_depth_max = 256;

/// A value of the caller's own, made of fresh parts only; nullopt when it is nested too deeply or
/// has a text of 512 MiB or more. Invalid UTF-8 is replaced by U+FFFD; numbers that are not finite
/// become null.
std::optional<jv> to_jv(const json& value);

/// Why reading had to stop.
enum class jv_refusal { too_deep, too_big };

/// Reads values of one evaluation, whose sizes count together against `bytes_max`.
class jv_reader {
public:
  explicit jv_reader(std::size_t bytes_max) : bytes_left_(bytes_max) {}

  /// Consumes `value`. nullopt: see `refusal`.
  std::optional<json> read(jv value);
  [[nodiscard]] jv_refusal refusal() const noexcept { return refusal_; }

private:
  bool convert(jv value, json& out, int depth);
  bool spend(std::size_t bytes);

  std::size_t bytes_left_;
  jv_refusal refusal_ = jv_refusal::too_big;
};

} // namespace pawl::workflows
