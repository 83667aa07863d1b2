#include "workflows/expression_order.hpp"

#include <cmath>
#include <cstdint>
#include <string>

namespace pawl::workflows {

namespace {

template <class T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

int rank(const json& value) {
  const auto type = jq_type(value);
  if (type == "null")
    return 0;
  if (type == "boolean")
    return value.get<bool>() ? 2 : 1;
  if (type == "number")
    return 3;
  return value.is_string() ? 4 : (value.is_array() ? 5 : 6);
}

int compare_numbers(const json& a, const json& b) {
  if (a.is_number_float() || b.is_number_float())
    return three_way(a.get<double>(), b.get<double>());
  if (a.is_number_unsigned() && b.is_number_unsigned())
    return three_way(a.get<std::uint64_t>(), b.get<std::uint64_t>());
  constexpr auto signed_max = static_cast<std::uint64_t>(INT64_MAX);
  if (a.is_number_unsigned() && a.get<std::uint64_t>() > signed_max)
    return 1;
  if (b.is_number_unsigned() && b.get<std::uint64_t>() > signed_max)
    return -1;
  return three_way(a.get<std::int64_t>(), b.get<std::int64_t>());
}

int compare_arrays(const json& a, const json& b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    if (const int order = compare_values(a[i], b[i]))
      return order;
  return three_way(a.size(), b.size());
}

int compare_objects(const json& a, const json& b) {
  auto i = a.begin();
  auto j = b.begin();
  for (; i != a.end() && j != b.end(); ++i, ++j)
    if (const int order = i.key().compare(j.key()))
      return order;
  if (a.size() != b.size())
    return three_way(a.size(), b.size());
  for (i = a.begin(), j = b.begin(); i != a.end(); ++i, ++j)
    if (const int order = compare_values(*i, *j))
      return order;
  return 0;
}

} // namespace

std::string_view jq_type(const json& value) noexcept {
  if (value.is_null() || (value.is_number_float() && !std::isfinite(value.get<double>())))
    return "null";
  if (value.is_boolean())
    return "boolean";
  if (value.is_number())
    return "number";
  return value.type_name();
}

int compare_values(const json& a, const json& b) {
  const int order = rank(a);
  if (const int difference = order - rank(b))
    return difference;
  switch (order) {
  case 3: return compare_numbers(a, b);
  case 4: return a.get_ref<const std::string&>().compare(b.get_ref<const std::string&>());
  case 5: return compare_arrays(a, b);
  case 6: return compare_objects(a, b);
  default: return 0;
  }
}

} // namespace pawl::workflows
