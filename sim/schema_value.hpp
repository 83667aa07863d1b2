// A small JSON value that is valid for a simple JSON Schema. Pure.
#pragma once

#include <pawl/outcome.hpp>

#include <cstdint>

namespace pawl::sim {

/// Understands const, enum, type, properties with required (absent: all), items with minItems and
/// maxItems, the bounds of strings and numbers, anyOf and oneOf (the first), allOf (its first), and
/// $ref within the schema. What is deeper than 16 levels, or not understood, becomes null. The same
/// key gives the same value.
json draw_schema_value(const json& schema, std::uint64_t key);

} // namespace pawl::sim
