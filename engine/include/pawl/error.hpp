// Errors and faults: the two ways in which Pawl says that something went wrong.
//
// `error` is for the people who run or embed the engine: a call of an engine function could not be
// done. `fault` is for definitions: an error in the shape of the workflow DSL, which a `catch` can
// name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace pawl {

/// What kind of thing went wrong. Values are stable: they select exit codes and may be logged.
enum class errc : std::uint8_t {
  invalid_argument = 1, ///< the caller passed something that can never work
  invalid_definition =
      2, ///< a workflow document breaks the DSL or uses what this engine does not support
  invalid_configuration = 3, ///< pawl.json, or something it points to, cannot be used
  not_found = 4,             ///< the named run, call, file or key does not exist
  conflict = 5,              ///< it exists already, with other content
  in_use = 6,                ///< another process owns the data directory
  store_failed =
      7, ///< a write, sync or read of the store failed; the store is fail-stop afterwards
  format_too_new = 8, ///< the store was written by a newer version; nothing was touched
  corrupt = 9,        ///< stored bytes cannot be what this engine wrote
  refused = 10,       ///< a limit or an expectation forbids it
  io = 11,            ///< the operating system or the network said no
  cancelled = 12,
};

/// "invalid_definition" and so on: the name of the enumerator.
std::string_view to_string(errc code) noexcept;

/// One error. `message` says what happened, object first, lower case ("run r1: input differs ...");
/// `where` names the place (a file, file:line:column, JSON pointer, key), `hint` what to do next.
/// Both may be empty.
struct [[nodiscard]] error {
  errc code = errc::invalid_argument;
  std::string message;
  std::string where;
  std::string hint;

  error(errc c, std::string m, std::string w = {}, std::string h = {})
      : code(c), message(std::move(m)), where(std::move(w)), hint(std::move(h)) {}

  /// "WHERE: MESSAGE (HINT)", without the parts that are empty.
  [[nodiscard]] std::string render() const;
};

/// The DSL's standard error types, as the last segment of their URI.
/// Full form: "https://serverlessworkflow.io/spec/1.0.0/errors/" + segment.
namespace fault_type {
inline constexpr std::string_view base = "https://serverlessworkflow.io/spec/1.0.0/errors/";
inline constexpr std::string_view configuration = "configuration";   // 400
inline constexpr std::string_view validation = "validation";         // 400
inline constexpr std::string_view expression = "expression";         // 400
inline constexpr std::string_view authentication = "authentication"; // 401
inline constexpr std::string_view authorization = "authorization";   // 403
inline constexpr std::string_view timeout = "timeout";               // 408
inline constexpr std::string_view communication = "communication"; // 500, or the upstream's status
inline constexpr std::string_view runtime = "runtime";             // 500
// Pawl's own, full URIs.
inline constexpr std::string_view interrupted = "urn:pawl:error:interrupted";       // 503
inline constexpr std::string_view over_budget = "urn:pawl:error:over-budget";       // 402
inline constexpr std::string_view effect_unknown = "urn:pawl:error:effect-unknown"; // 409
} // namespace fault_type

/// An error a definition can catch (RFC 7807 as the DSL uses it).
/// `instance` is the JSON pointer of the task that failed ("/do/0/classify"); the interpreter fills
/// it in when empty.
struct fault {
  std::string type;
  int status = 500;
  std::string title;
  std::string detail;
  std::string instance;

  fault() {}
  /// `type` is a last segment from `fault_type` (expanded to the full URI) or a complete URI
  /// (contains ':').
  fault(std::string_view type, int status, std::string title, std::string detail = {});

  bool operator==(const fault&) const = default;
};

/// {"type", "status", "title"?, "detail"?, "instance"?}: empty texts are left out.
void to_json(nlohmann::json& out, const fault& f);
void from_json(const nlohmann::json& in, fault& f);

} // namespace pawl
