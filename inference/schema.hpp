// JSON Schemas: what a response schema may be, and whether an answer is what it asks for. Draft 7.
#pragma once

#include <pawl/outcome.hpp>

#include <optional>
#include <string>

namespace pawl::inference {

/// Why `schema` cannot be used, or empty. Refused are what is no JSON Schema, references to other
/// documents, and references that lead back to themselves without going into the data.
[[nodiscard]] std::optional<std::string> check_schema(const json& schema);

/// Where and how `value` breaks `schema` (at most three places), or empty when it doesn't.
/// Precondition: check_schema(schema) is empty.
[[nodiscard]] std::optional<std::string> check_value(const json& value, const json& schema);

/// Parses `output`'s text as JSON, checks it against the schema and sets `output`'s member "json".
/// Otherwise a fault (validation, 400) that says what is wrong; then `output` is unchanged.
/// Precondition: `output` is what answer::finish() gave; check_schema(schema) is empty.
[[nodiscard]] std::optional<fault> attach_json(json& output, const json& schema);

} // namespace pawl::inference
