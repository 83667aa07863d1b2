// Reading one record: what run_journal, run_index and call_log share.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "storage/store.hpp"

namespace pawl::storage {

/// Reads and decodes the record under `key`; nullopt when there is none. `decode(bytes, key)`
/// answers a result.
template <class Decode>
auto fetch(const store& from, const std::string& key, Decode decode) {
  using value = typename decltype(decode("", ""))::value_type;
  using answer = result<std::optional<value>>;
  auto bytes = from.get(key);
  if (!bytes)
    return answer(std::move(bytes).error());
  if (!*bytes)
    return answer(std::optional<value>());
  auto decoded = decode(**bytes, key);
  if (!decoded)
    return answer(std::move(decoded).error());
  return answer(std::optional<value>(*std::move(decoded)));
}

/// Reads and decodes the records with keys in [from_key, to_key), at most `count_max`.
template <class Decode>
auto fetch_range(const store& from, const std::string& from_key, const std::string& to_key,
                 std::size_t count_max, Decode decode) {
  using value = typename decltype(decode("", ""))::value_type;
  using answer = result<std::vector<value>>;
  std::vector<value> out;
  std::optional<error> wrong;
  if (count_max == 0)
    return answer(std::move(out));
  auto scanned = from.scan(from_key, to_key, [&](std::string_view key, std::string_view bytes) {
    auto decoded = decode(bytes, key);
    if (!decoded) {
      wrong = std::move(decoded).error();
      return false;
    }
    out.push_back(*std::move(decoded));
    return out.size() < count_max;
  });
  if (wrong)
    return answer(*std::move(wrong));
  if (!scanned)
    return answer(std::move(scanned).error());
  return answer(std::move(out));
}

} // namespace pawl::storage
