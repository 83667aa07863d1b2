#include <pawl/money.hpp>

namespace pawl {

namespace {
std::string without_trailing_zeros(std::string fraction) {
  while (!fraction.empty() && fraction.back() == '0')
    fraction.pop_back();
  return fraction;
}
} // namespace

std::string to_usd_text(nano_usd amount) {
  constexpr std::uint64_t per_dollar = 1'000'000'000;
  const bool negative = amount.count() < 0;
  const auto size = negative ? ~static_cast<std::uint64_t>(amount.count()) + 1
                             : static_cast<std::uint64_t>(amount.count());
  std::string fraction = std::to_string(size % per_dollar);
  fraction = without_trailing_zeros(std::string(9 - fraction.size(), '0') + fraction);
  std::string text = (negative ? "-" : "") + std::to_string(size / per_dollar);
  return fraction.empty() ? text : text + "." + fraction;
}

result<token_price> token_price::from_usd_per_million(std::string_view decimal) {
  const auto refuse = [&](const std::string& why) {
    return error(errc::invalid_argument, "price '" + std::string(decimal) + "' " + why, {},
                 "write US dollars per million tokens as a decimal string such as \"0.15\"");
  };
  const auto dot = decimal.find('.');
  const auto whole = decimal.substr(0, dot);
  const auto fraction =
      dot == std::string_view::npos ? std::string_view() : decimal.substr(dot + 1);
  if (whole.empty() || (dot != std::string_view::npos && fraction.empty()))
    return refuse("is no decimal number");
  for (const auto part : {whole, fraction})
    for (const char c : part)
      if (c < '0' || c > '9')
        return refuse("is no decimal number");
  if (whole.size() > 6)
    return refuse("is not below 1000000");
  if (fraction.size() > 12)
    return refuse("has more than 12 decimals");
  // A dollar per million tokens is 1e-6 dollars per token: 1e12 of our unit, so 12 decimals are
  // whole units.
  std::uint64_t atto = 0;
  for (const char c : whole)
    atto = atto * 10 + static_cast<std::uint64_t>(c - '0');
  for (std::size_t i = 0; i < 12; ++i)
    atto = atto * 10 + (i < fraction.size() ? static_cast<std::uint64_t>(fraction[i] - '0') : 0);
  return token_price(atto);
}

} // namespace pawl
