// How a record becomes bytes: one CBOR map (RFC 8949) with short text keys, the first of them "v",
// the record's version.
#pragma once

#include <pawl/outcome.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::storage {

/// Writes one record. Equal calls give equal bytes. At most 22 fields.
class record_writer {
public:
  explicit record_writer(std::uint64_t version = 1);

  record_writer& number(std::string_view name, std::uint64_t value);
  record_writer& signed_number(std::string_view name, std::int64_t value);
  record_writer& text(std::string_view name, std::string_view value);
  record_writer& value(std::string_view name, const json& value);
  /// Nanoseconds since 1970.
  record_writer& time(std::string_view name, time_point value);
  /// Two kinds of field: NAME holds the value of an outcome, NAME_fault its fault.
  record_writer& result(std::string_view name, const outcome& value);

  [[nodiscard]] std::string take() &&;

private:
  void name(std::string_view text);
  std::string out_;
  unsigned fields_ = 0;
};

/// Reads one record. The first thing wrong is kept; after it every field reads as its default.
/// Never throws.
class record_reader {
public:
  /// `key` is for error texts. Errors: corrupt, format_too_new (the version is above
  /// `version_max`).
  record_reader(std::string_view bytes, std::string_view key, std::uint64_t version_max = 1);

  [[nodiscard]] bool has(std::string_view name) const;
  std::uint64_t number(std::string_view name, std::uint64_t max = UINT64_MAX);
  /// An enum whose enumerators are min to max.
  template <class Enum>
  Enum one_of(std::string_view name, Enum min, Enum max) {
    const std::uint64_t n = number(name, static_cast<std::uint64_t>(max));
    if (n < static_cast<std::uint64_t>(min))
      fail(name, "is below the smallest known value");
    return failure_ ? min : static_cast<Enum>(n);
  }
  std::int64_t signed_number(std::string_view name);
  /// An array of exactly `count` integers.
  std::vector<std::int64_t> signed_numbers(std::string_view name, std::size_t count);
  std::string text(std::string_view name);
  json value(std::string_view name);
  time_point time(std::string_view name);
  std::optional<time_point> optional_time(std::string_view name);
  std::optional<outcome> optional_result(std::string_view name);

  /// Fails when there is no such field.
  void require(std::string_view name) { find(name); }

  /// What was read, or what was wrong.
  template <class T>
  result<T> finish(T what) {
    if (failure_)
      return *std::move(failure_);
    return what;
  }

private:
  void fail(std::string_view field, std::string_view what);
  json* find(std::string_view name);
  std::optional<fault> read_fault(const json& in, std::string_view name);

  std::string key_;
  json fields_;
  std::optional<error> failure_;
};

} // namespace pawl::storage
