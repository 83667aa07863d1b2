#include "inference/duration.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "inference/json_text.hpp"
#include "inference/names.hpp"

namespace pawl::inference {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t day_ms = 24LL * 60 * 60 * 1000;
constexpr std::int64_t duration_ms_max = 3653 * day_ms;

error refused(std::string what) {
  return error(
      errc::invalid_argument, std::move(what), {},
      "expected an ISO 8601 duration such as \"PT30S\" or an object such as {\"seconds\": 30}");
}

struct unit {
  char letter;
  std::string_view key;
  std::int64_t ms;
};
// In the order in which ISO 8601 wants them; weeks, days, then the time.
constexpr std::array<unit, 2> date_units{{{'W', "weeks", 7 * day_ms}, {'D', "days", day_ms}}};
constexpr std::array<unit, 3> time_units{
    {{'H', "hours", 3'600'000}, {'M', "minutes", 60'000}, {'S', "seconds", 1000}}};

// Adds n units; false when the sum leaves what a duration may be.
bool add(std::int64_t& total_ms, std::int64_t n, std::int64_t unit_ms) noexcept {
  if (n < 0 || n > (duration_ms_max - total_ms) / unit_ms)
    return false;
  total_ms += n * unit_ms;
  return true;
}

struct amount {
  std::int64_t whole = 0;
  std::int64_t fraction_ms = 0; // of one second, rounded up
  bool has_fraction = false;
};

// Reads digits[.digits] from the front of `text`; empty when there is no digit or too many.
std::optional<amount> take_amount(std::string_view& text) {
  amount out;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    if (digits == 15)
      return std::nullopt;
    out.whole = out.whole * 10 + (text[digits++] - '0');
  }
  if (digits == 0)
    return std::nullopt;
  text.remove_prefix(digits);
  if (text.empty() || (text.front() != '.' && text.front() != ','))
    return out;
  out.has_fraction = true;
  text.remove_prefix(1);
  std::int64_t place_ms = 100;
  bool finer = false;
  std::size_t count = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9';
       text.remove_prefix(1), ++count) {
    out.fraction_ms += (text.front() - '0') * place_ms;
    finer = finer || (place_ms == 0 && text.front() != '0');
    place_ms /= 10;
  }
  if (count == 0)
    return std::nullopt;
  out.fraction_ms += finer ? 1 : 0;
  return out;
}

// Reads the parts that `units` allow, in their order. False on anything else.
template <std::size_t N>
bool take_parts(std::string_view& text, const std::array<unit, N>& units, std::int64_t& total_ms,
                int& parts) {
  std::size_t next = 0;
  while (!text.empty() && text.front() != 'T') {
    const auto n = take_amount(text);
    if (!n || text.empty())
      return false;
    while (next < N && units[next].letter != text.front())
      ++next;
    if (next == N || (n->has_fraction && text.front() != 'S'))
      return false;
    if (!add(total_ms, n->whole, units[next].ms) || !add(total_ms, n->fraction_ms, 1))
      return false;
    text.remove_prefix(1);
    ++next;
    ++parts;
  }
  return true;
}

std::optional<std::int64_t> parse_iso8601(std::string_view text) {
  if (text.size() < 3 || text.front() != 'P')
    return std::nullopt;
  text.remove_prefix(1);
  std::int64_t total_ms = 0;
  int parts = 0;
  if (!take_parts(text, date_units, total_ms, parts))
    return std::nullopt;
  if (!text.empty()) { // at the 'T', which stands before a time only
    text.remove_prefix(1);
    if (text.empty() || !take_parts(text, time_units, total_ms, parts) || !text.empty())
      return std::nullopt;
  }
  return parts > 0 ? std::optional(total_ms) : std::nullopt;
}

result<std::int64_t> parse_object(const json& value) {
  static const std::vector<std::string> keys{"days", "hours", "minutes", "seconds", "milliseconds"};
  constexpr std::array<std::int64_t, 5> units_ms{day_ms, 3'600'000, 60'000, 1000, 1};
  std::int64_t total_ms = 0;
  for (const auto& [key, count] : value.items()) {
    std::size_t i = 0;
    while (i < keys.size() && keys[i] != key)
      ++i;
    if (i == keys.size())
      return refused("duration has the unknown key " + quote(key) + ", " + suggest_name(key, keys));
    const auto n = to_integer(count);
    if (!n || !add(total_ms, *n, units_ms[i]))
      return refused("duration's " + key + " is not an integer from 0 to ten years");
  }
  return total_ms;
}

} // namespace

result<milliseconds> parse_duration(const json& value) {
  std::int64_t total_ms = 0;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    const auto parsed = parse_iso8601(text);
    if (!parsed)
      return refused(quote(text) + " is not a duration");
    total_ms = *parsed;
  } else if (value.is_object()) {
    const auto parsed = parse_object(value);
    if (!parsed)
      return parsed.error();
    total_ms = *parsed;
  } else {
    return refused("duration is " + std::string(kind_of(value)));
  }
  if (total_ms == 0)
    return refused("duration is zero");
  return milliseconds(total_ms);
}

} // namespace pawl::inference
