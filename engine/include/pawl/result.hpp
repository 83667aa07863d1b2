// result<T>: a value or an error. Names follow std::expected, which g++ 12 offers in C++23 only.
#pragma once

#include <pawl/error.hpp>

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

namespace pawl {

template <class T>
class [[nodiscard]] result {
public:
  using value_type = T;

  result(T value) : data_(std::in_place_index<0>, std::move(value)) {}
  result(pawl::error e) : data_(std::in_place_index<1>, std::move(e)) {}

  [[nodiscard]] bool has_value() const noexcept { return data_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// Precondition: has_value().
  T& value() & {
    assert(has_value());
    return std::get<0>(data_);
  }
  const T& value() const& {
    assert(has_value());
    return std::get<0>(data_);
  }
  T&& value() && {
    assert(has_value());
    return std::get<0>(std::move(data_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Precondition: !has_value().
  const pawl::error& error() const& {
    assert(!has_value());
    return std::get<1>(data_);
  }
  pawl::error&& error() && {
    assert(!has_value());
    return std::get<1>(std::move(data_));
  }

private:
  std::variant<T, pawl::error> data_;
};

template <>
class [[nodiscard]] result<void> {
public:
  using value_type = void;

  result() = default;
  result(pawl::error e) : error_(std::move(e)) {}

  [[nodiscard]] bool has_value() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return has_value(); }
  const pawl::error& error() const& {
    assert(error_);
    return *error_;
  }
  pawl::error&& error() && {
    assert(error_);
    return std::move(*error_);
  }

private:
  std::optional<pawl::error> error_;
};

} // namespace pawl
