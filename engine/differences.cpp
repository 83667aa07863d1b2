#include "engine/differences.hpp"

#include <nlohmann/json.hpp>

namespace pawl {

namespace {

std::string shown(const json* value) {
  if (!value)
    return "nothing";
  constexpr std::size_t characters_max = 60;
  std::string text = value->dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() <= characters_max ? text : text.substr(0, characters_max) + "...";
}

struct difference {
  json::json_pointer where;
  const json* there; // null: absent
  const json* here;
};

// Goes down into what both have, as long as only values below differ.
difference find(const json& there, const json& here) {
  difference at{json::json_pointer(), &there, &here};
  for (;;) {
    const json* a = at.there;
    const json* b = at.here;
    if (!a || !b || a->type() != b->type() || !a->is_structured())
      return at;
    if (a->is_array()) {
      std::size_t i = 0;
      while (i < a->size() && i < b->size() && (*a)[i] == (*b)[i])
        ++i;
      at = {at.where / i, i < a->size() ? &(*a)[i] : nullptr, i < b->size() ? &(*b)[i] : nullptr};
      continue;
    }
    const std::string* name = nullptr;
    for (auto member = a->begin(); member != a->end() && !name; ++member)
      if (const auto other = b->find(member.key()); other == b->end() || *other != *member)
        name = &member.key();
    for (auto member = b->begin(); member != b->end() && !name; ++member)
      if (!a->contains(member.key()))
        name = &member.key();
    const std::string key = *name;
    at = {at.where / key, a->contains(key) ? &(*a)[key] : nullptr,
          b->contains(key) ? &(*b)[key] : nullptr};
  }
}

} // namespace

std::string first_difference(std::string_view name, const json& there, const json& here) {
  if (there == here)
    return {};
  const auto at = find(there, here);
  const std::string where = at.where.to_string();
  return std::string(name) + " differs" + (where.empty() ? "" : " at " + where) + ": " +
         shown(at.there) + " there, " + shown(at.here) + " here";
}

} // namespace pawl
