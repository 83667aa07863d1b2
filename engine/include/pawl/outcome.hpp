// outcome: what a step, a scope or a run came to, a value or a fault.
#pragma once

#include <pawl/error.hpp>

#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

namespace pawl {

using json = nlohmann::json;

/// A value or a fault. Not an aggregate: it may be written inside a co_await (see CONTRIBUTING,
/// "co_await").
class [[nodiscard]] outcome {
public:
  outcome() : data_(json()) {}
  outcome(json value) : data_(std::move(value)) {}
  outcome(pawl::fault f) : data_(std::move(f)) {}

  [[nodiscard]] bool is_value() const noexcept { return data_.index() == 0; }
  [[nodiscard]] bool is_fault() const noexcept { return data_.index() == 1; }
  /// Precondition: is_value().
  [[nodiscard]] const json& value() const& { return std::get<0>(data_); }
  [[nodiscard]] json&& value() && { return std::get<0>(std::move(data_)); }
  /// Precondition: is_fault().
  [[nodiscard]] const pawl::fault& fault() const& { return std::get<1>(data_); }
  [[nodiscard]] pawl::fault& fault() & { return std::get<1>(data_); }

  bool operator==(const outcome&) const = default;

private:
  std::variant<json, pawl::fault> data_;
};

} // namespace pawl
