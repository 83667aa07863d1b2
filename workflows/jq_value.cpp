#include "workflows/jq_value.hpp"

#include <climits>
#include <cmath>
#include <cstdint>

namespace pawl::workflows {

namespace {

/// jq counts bytes in int and doubles what it allocates.
constexpr std::size_t text_bytes_max = INT_MAX / 4;

bool fits(const json& value, int depth) {
  if (depth > jq_depth_max)
    return false;
  if (value.is_string())
    return value.get_ref<const std::string&>().size() <= text_bytes_max;
  if (value.is_object()) {
    for (const auto& [key, member] : value.items())
      if (key.size() > text_bytes_max || !fits(member, depth + 1))
        return false;
  } else if (value.is_array()) {
    for (const auto& element : value)
      if (!fits(element, depth + 1))
        return false;
  }
  return true;
}

jv text_to_jv(const std::string& text) {
  return jv_string_sized(text.data(), static_cast<int>(text.size()));
}

jv convert(const json& value) {
  switch (value.type()) {
  case json::value_t::boolean: return jv_bool(value.get<bool>() ? 1 : 0);
  case json::value_t::number_integer:
  case json::value_t::number_unsigned: return jv_number(value.get<double>());
  case json::value_t::number_float: {
    const auto number = value.get<double>();
    return std::isfinite(number) ? jv_number(number) : jv_null();
  }
  case json::value_t::string: return text_to_jv(value.get_ref<const std::string&>());
  case json::value_t::array: {
    jv array = jv_array_sized(static_cast<int>(value.size()));
    for (const auto& element : value)
      array = jv_array_append(array, convert(element));
    return array;
  }
  case json::value_t::object: {
    jv object = jv_object();
    for (const auto& [key, member] : value.items())
      object = jv_object_set(object, text_to_jv(key), convert(member));
    return object;
  }
  default: return jv_null();
  }
}

json number_from_jv(double number) {
  constexpr double two_to_63 = 9223372036854775808.0;
  if (!std::isfinite(number))
    return nullptr;
  if (std::trunc(number) == number) {
    if (number >= -two_to_63 && number < two_to_63)
      return static_cast<std::int64_t>(number);
    if (number >= two_to_63 && number < 2 * two_to_63)
      return static_cast<std::uint64_t>(number);
  }
  return number;
}

std::string text_from_jv(jv text) {
  std::string copy(jv_string_value(text),
                   static_cast<std::size_t>(jv_string_length_bytes(jv_copy(text))));
  jv_free(text);
  return copy;
}

} // namespace

std::optional<jv> to_jv(const json& value) {
  if (!fits(value, 0))
    return std::nullopt;
  return convert(value);
}

std::optional<json> jv_reader::read(jv value) {
  json out;
  if (!convert(value, out, 0))
    return std::nullopt;
  return out;
}

bool jv_reader::spend(std::size_t bytes) {
  if (bytes > bytes_left_) {
    refusal_ = jv_refusal::too_big;
    return false;
  }
  bytes_left_ -= bytes;
  return true;
}

bool jv_reader::convert(jv value, json& out, int depth) {
  // Two bytes stand for the commas, brackets and short literals of the JSON text.
  bool ok = spend(2);
  if (depth > jq_depth_max) {
    refusal_ = jv_refusal::too_deep;
    ok = false;
  }
  switch (ok ? jv_get_kind(value) : JV_KIND_INVALID) {
  case JV_KIND_TRUE: out = true; break;
  case JV_KIND_FALSE: out = false; break;
  case JV_KIND_NUMBER: out = number_from_jv(jv_number_value(value)); break;
  case JV_KIND_STRING:
    ok = spend(static_cast<std::size_t>(jv_string_length_bytes(jv_copy(value))));
    if (ok)
      out = text_from_jv(jv_copy(value));
    break;
  case JV_KIND_ARRAY: {
    out = json::array();
    const int size = jv_array_length(jv_copy(value));
    for (int i = 0; ok && i < size; ++i) {
      json element;
      ok = convert(jv_array_get(jv_copy(value), i), element, depth + 1);
      out.push_back(std::move(element));
    }
    break;
  }
  case JV_KIND_OBJECT:
    out = json::object();
    for (int i = jv_object_iter(value); ok && jv_object_iter_valid(value, i);
         i = jv_object_iter_next(value, i)) {
      const auto key = text_from_jv(jv_object_iter_key(value, i));
      ok = spend(key.size()) && convert(jv_object_iter_value(value, i), out[key], depth + 1);
    }
    break;
  default: out = nullptr; break;
  }
  jv_free(value);
  return ok;
}

} // namespace pawl::workflows
