// Money is integer nano-dollars: 1 USD = 1'000'000'000 nano_usd. No floating point, no implicit
// conversions.
#pragma once

#include <pawl/result.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl {

class nano_usd {
public:
  constexpr nano_usd() = default;
  constexpr explicit nano_usd(std::int64_t count) : count_(count) {}

  [[nodiscard]] constexpr std::int64_t count() const noexcept { return count_; }
  auto operator<=>(const nano_usd&) const = default;
  constexpr nano_usd& operator+=(nano_usd o) {
    count_ += o.count_;
    return *this;
  }
  friend constexpr nano_usd operator+(nano_usd a, nano_usd b) {
    return nano_usd(a.count_ + b.count_);
  }
  friend constexpr nano_usd operator-(nano_usd a, nano_usd b) {
    return nano_usd(a.count_ - b.count_);
  }

private:
  std::int64_t count_ = 0;
};

/// Exact decimal in US dollars without trailing zeros: "0.000123", "0", "12.5".
std::string to_usd_text(nano_usd amount);

/// A price of one token, exact: an integer count of 1e-18 USD. Made from "US dollars per million
/// tokens".
class token_price {
public:
  constexpr token_price() = default;
  /// "0.15" (dollars per million tokens), at most 12 decimals, not negative, below 1'000'000. An
  /// error says what is wrong.
  static result<token_price> from_usd_per_million(std::string_view decimal);

  [[nodiscard]] constexpr std::uint64_t atto_usd() const noexcept { return atto_usd_; }
  auto operator<=>(const token_price&) const = default;

private:
  constexpr explicit token_price(std::uint64_t atto) : atto_usd_(atto) {}
  std::uint64_t atto_usd_ = 0;
};

} // namespace pawl
