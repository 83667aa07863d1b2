// Exact cost: everything is summed in 1e-18 dollars and rounded up once.
#include <algorithm>
#include <limits>

#include "inference/catalog.hpp"

namespace pawl::inference {
namespace {

__extension__ using wide = unsigned __int128;

constexpr std::uint64_t atto_per_nano = 1'000'000'000;
constexpr std::int64_t count_max = std::numeric_limits<std::int64_t>::max();

// A product of a count and a price is below 2^63 * 2^64, so sums of two of them may pass 2^128:
// they stop at the end.
wide add(wide a, wide b) noexcept {
  return a > ~wide{0} - b ? ~wide{0} : a + b;
}

// What a provider counts is never negative; a number that is says nothing.
wide times(std::int64_t tokens, token_price price) noexcept {
  return static_cast<wide>(std::max<std::int64_t>(tokens, 0)) * price.atto_usd();
}

nano_usd round_up(wide atto) noexcept {
  const wide nano = atto / atto_per_nano + (atto % atto_per_nano != 0 ? 1 : 0);
  return nano_usd(nano > static_cast<wide>(count_max) ? count_max
                                                      : static_cast<std::int64_t>(nano));
}

std::int64_t product(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? count_max : out;
}

} // namespace

nano_usd cost_of(const usage& tokens, const price_list& prices) {
  const std::int64_t cached = std::max<std::int64_t>(tokens.cached_input, 0);
  const std::int64_t written = std::max<std::int64_t>(tokens.cache_write, 0);
  std::int64_t plain = std::max<std::int64_t>(tokens.input, 0);
  plain -= std::min(plain, cached);
  plain -= std::min(plain, written);
  const wide input = add(times(plain, prices.input), times(cached, prices.cached_input));
  const wide output = add(times(written, prices.cache_write), times(tokens.output, prices.output));
  return round_up(add(input, output));
}

cost_bounds bounds_of(const bounds_input& known, const std::optional<price_list>& prices) {
  cost_bounds out;
  if (!prices)
    return out;
  out.lower = round_up(times(known.output_deltas, prices->output));
  if (!known.output_tokens_max)
    return out;
  // Nobody knows how much of the input the provider finds in its cache or writes to it.
  const token_price input = std::max({prices->input, prices->cached_input, prices->cache_write});
  const std::int64_t output = product(std::max<std::int64_t>(*known.output_tokens_max, 0),
                                      std::max<std::int64_t>(known.choices, 1));
  const nano_usd upper =
      round_up(add(times(known.input_tokens_max, input), times(output, prices->output)));
  out.upper = std::max(upper, out.lower);
  return out;
}

} // namespace pawl::inference
