#include <pawl/time.hpp>

#include <cstdio>
#include <ctime>

namespace pawl {

time_point system_clock::now() const {
  return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

std::int64_t to_epoch_ms(time_point t) noexcept {
  return std::chrono::floor<std::chrono::milliseconds>(t).time_since_epoch().count();
}

time_point from_epoch_ms(std::int64_t ms) noexcept {
  return time_point(std::chrono::milliseconds(ms));
}

std::string to_iso8601(time_point t) {
  const auto ms = to_epoch_ms(t);
  const auto seconds = static_cast<std::time_t>(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(ms - seconds * 1000));
  return text;
}

namespace {
// `count` decimal digits at `at`; -1 when there are other characters.
int digits(std::string_view text, std::size_t at, std::size_t count) noexcept {
  if (at + count > text.size())
    return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9')
      return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}
} // namespace

std::optional<time_point> from_iso8601(std::string_view text) noexcept {
  const bool has_ms = text.size() == 24;
  if ((text.size() != 20 && !has_ms) || text.back() != 'Z' || text[4] != '-' || text[7] != '-' ||
      text[10] != 'T' || text[13] != ':' || text[16] != ':' || (has_ms && text[19] != '.'))
    return std::nullopt;
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  const int ms = has_ms ? digits(text, 20, 3) : 0;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (year < 0 || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60 || ms < 0)
    return std::nullopt;
  return time_point(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                    std::chrono::minutes(minute) + std::chrono::seconds(second) +
                    std::chrono::milliseconds(ms));
}

} // namespace pawl
