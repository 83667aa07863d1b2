#include <pawl/duration.hpp>
#include <pawl/names.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

namespace {

constexpr std::string_view iso_example =
    "write an ISO 8601 duration like \"PT1M30S\", or an object like {\"seconds\": 90}";

struct unit {
  char letter;
  std::int64_t nanoseconds;
};
constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t day = 86'400 * second;
// In the order in which ISO 8601 has them.
constexpr std::array<unit, 2> date_units{{{'W', 7 * day}, {'D', day}}};
constexpr std::array<unit, 3> time_units{
    {{'H', 3'600 * second}, {'M', 60 * second}, {'S', second}}};

/// Adds count * unit to `total`; false on overflow.
bool add(std::int64_t& total, std::uint64_t count, std::int64_t nanoseconds) {
  const auto left = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() - total);
  if (count > left / static_cast<std::uint64_t>(nanoseconds))
    return false;
  total += static_cast<std::int64_t>(count) * nanoseconds;
  return true;
}

error refused(const std::string& what, std::string_view why) {
  return error(errc::invalid_argument, "duration " + what + " " + std::string(why), {},
               std::string(iso_example));
}

/// Reads "P[nW][nD][T[nH][nM][nS]]".
class iso_reader {
public:
  explicit iso_reader(std::string_view text) : text_(text), rest_(text) {}

  result<duration> read() {
    if (rest_.empty())
      return fail("is empty");
    if (rest_.front() == '-' || rest_.front() == '+')
      return fail("has a sign; durations are never negative");
    if (rest_.front() != 'P')
      return fail("does not start with 'P'");
    rest_.remove_prefix(1);
    if (const char* const why = units(date_units.data(), date_units.size()))
      return fail(why);
    if (!rest_.empty() && rest_.front() == 'T') {
      if (fraction_seen_)
        return fail("has a fraction before its last number");
      rest_.remove_prefix(1);
      if (rest_.empty())
        return fail("has nothing after 'T'");
      if (const char* const why = units(time_units.data(), time_units.size()))
        return fail(why);
    }
    if (!rest_.empty())
      return fail("has a part that is out of place: " + quote(rest_));
    if (!any_)
      return fail("has no number");
    return duration(total_);
  }

private:
  /// nullptr, or why it cannot go on. Stops in front of 'T' or at the end.
  const char* units(const unit* all, std::size_t count) {
    const bool in_date = all == date_units.data();
    std::size_t next = 0;
    while (!rest_.empty() && rest_.front() != 'T') {
      std::string_view whole = digits();
      std::string_view fraction;
      if (whole.empty())
        return "has a part without a number";
      const bool fractional = !rest_.empty() && (rest_.front() == '.' || rest_.front() == ',');
      if (fraction_seen_)
        return "has a fraction before its last number";
      if (fractional) {
        rest_.remove_prefix(1);
        fraction = digits();
        if (fraction.empty())
          return "has no digits after its decimal sign";
        fraction_seen_ = true;
      }
      if (rest_.empty())
        return "ends with a number that has no unit";
      const char letter = rest_.front();
      if (in_date && (letter == 'Y' || letter == 'M'))
        return "has years or months, whose length depends on the calendar; use days "
               "(minutes come after 'T')";
      while (next < count && all[next].letter != letter)
        ++next;
      if (next == count)
        return "has a unit that is unknown, repeated or out of order (W, D, then T, H, M, S)";
      rest_.remove_prefix(1);
      if (!number(whole, fraction, all[next++].nanoseconds))
        return "is longer than about 292 years";
      any_ = true;
    }
    return nullptr;
  }

  std::string_view digits() {
    std::size_t length = 0;
    while (length < rest_.size() && rest_[length] >= '0' && rest_[length] <= '9')
      ++length;
    const auto found = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return found;
  }

  bool number(std::string_view whole, std::string_view fraction, std::int64_t nanoseconds) {
    std::uint64_t count = 0;
    for (const char c : whole) {
      if (count > (std::numeric_limits<std::uint64_t>::max() - 9) / 10)
        return false;
      count = count * 10 + static_cast<std::uint64_t>(c - '0');
    }
    // 18 digits of the longest unit are finer than a nanosecond.
    using wide = unsigned __int128;
    wide numerator = 0;
    wide denominator = 1;
    for (const char c : fraction.substr(0, 18)) {
      numerator = numerator * 10 + static_cast<unsigned>(c - '0');
      denominator *= 10;
    }
    const auto part =
        static_cast<std::uint64_t>(numerator * static_cast<wide>(nanoseconds) / denominator);
    return add(total_, count, nanoseconds) && add(total_, part, 1);
  }

  result<duration> fail(const std::string& why) const { return refused(quote(text_), why); }

  std::string_view text_;
  std::string_view rest_;
  std::int64_t total_ = 0;
  bool any_ = false;
  bool fraction_seen_ = false;
};

/// A float without a fraction is an integer too; every one up to 2^53 is exact.
std::optional<std::uint64_t> count_of(const json& value) {
  constexpr double exact_max = 9007199254740992;
  if (value.is_number_unsigned())
    return value.get<std::uint64_t>();
  if (value.is_number_integer() && value.get<std::int64_t>() >= 0)
    return value.get<std::uint64_t>();
  if (value.is_number_float())
    if (const double d = value.get<double>(); d >= 0 && d <= exact_max && std::trunc(d) == d)
      return static_cast<std::uint64_t>(d);
  return std::nullopt;
}

result<duration> from_object(const json& object) {
  static const std::vector<std::string> names{"days", "hours", "minutes", "seconds",
                                              "milliseconds"};
  constexpr std::array<std::int64_t, 5> units{day, 3'600 * second, 60 * second, second, 1'000'000};
  if (object.empty())
    return refused("{}", "is empty");
  std::int64_t total = 0;
  for (const auto& [key, value] : object.items()) {
    std::size_t i = 0;
    while (i < names.size() && names[i] != key)
      ++i;
    if (i == names.size())
      return refused("key " + quote(key), "is unknown, " + suggest_name(key, names));
    const auto count = count_of(value);
    if (!count)
      return refused("key " + quote(key), "is not a non-negative integer");
    if (!add(total, *count, units[i]))
      return refused("key " + quote(key), "makes it longer than about 292 years");
  }
  return duration(total);
}

} // namespace

result<duration> parse_duration(const json& literal) {
  if (literal.is_string())
    return iso_reader(literal.get_ref<const std::string&>()).read();
  if (literal.is_object())
    return from_object(literal);
  return refused("of type " + std::string(literal.type_name()), "is neither a text nor an object");
}

} // namespace pawl
