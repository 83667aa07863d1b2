// Time comes in through an interface: no part of the engine reads a clock of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

using duration = std::chrono::nanoseconds;
/// Wall-clock time, nanoseconds since 1970-01-01T00:00:00Z.
using time_point = std::chrono::time_point<std::chrono::system_clock, duration>;

/// Source of the current time. Thread-safe.
class clock {
public:
  virtual ~clock() = default;
  [[nodiscard]] virtual time_point now() const = 0;
};

/// The machine's clock.
class system_clock final : public clock {
public:
  [[nodiscard]] time_point now() const override;
};

/// Milliseconds since the epoch, for records and JSON.
[[nodiscard]] std::int64_t to_epoch_ms(time_point t) noexcept;
[[nodiscard]] time_point from_epoch_ms(std::int64_t ms) noexcept;

/// "2026-11-22T13:00:00.123Z".
[[nodiscard]] std::string to_iso8601(time_point t);
/// Reads what to_iso8601 writes (seconds with or without milliseconds, always "Z"); nullopt for
/// anything else.
[[nodiscard]] std::optional<time_point> from_iso8601(std::string_view text) noexcept;

} // namespace pawl
