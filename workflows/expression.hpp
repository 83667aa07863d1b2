// Runtime expressions: jq (level 1.6) inside "${ }", as the workflow DSL has them, section "Runtime
// expressions".
#pragma once

#include <pawl/outcome.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::workflows {

/// Values of the named arguments; null pointers are `null` in the expression.
/// The pointed-to values are only read, and only during the call.
struct arguments {
  const json* context = nullptr;
  const json* input = nullptr;
  const json* output = nullptr;
  const json* secrets = nullptr;
  const json* task = nullptr;
  const json* workflow = nullptr;
  const json* runtime = nullptr;
  const json* authorization = nullptr;
  /// $item, $index, $error, ...: names without '$'. A later entry of the same name hides an earlier
  /// one, and any entry hides an argument above.
  std::vector<std::pair<std::string, const json*>> variables;
};

/// What one evaluation may use.
struct expression_limits {
  /// Real time from the start of jq to its last result; a single jq builtin at work is not
  /// interrupted.
  std::chrono::milliseconds evaluation_time_max{200};
  /// Approximate size of all results together, as JSON text.
  std::size_t result_bytes_max = std::size_t(16) << 20;
};

/// Compiles expressions and keeps their programs. Thread-safe; outlives engines.
///
/// - Plain paths, literals, comparisons, `and`, `or` and `not` are evaluated here; integers keep
///   every digit in them. Everything else goes to jq, whose numbers are doubles: integers above
///   2^53 lose digits there.
/// - Integral results are integers again where 64 bits can hold them; NaN and infinities become
///   null.
/// - The environment, further inputs, files, halting and printing are out of an expression's reach;
///   `now` is what `evaluate` was given, local time is UTC, and `limit(0; f)` yields nothing.
/// - Values that go to jq or come from it and are nested deeper than 256 levels are refused.
/// - libjq 1.6 can be made to end the process: a definition may do it with values nested a million
///   levels deep or texts of gigabytes. Definitions of strangers belong into a process of their
///   own.
class expressions {
public:
  expressions();
  explicit expressions(expression_limits limits);
  /// Precondition: no evaluation is in progress.
  ~expressions();
  expressions(const expressions&) = delete;
  expressions& operator=(const expressions&) = delete;

  /// Refuses what does not compile: the error's message has jq's own words. `variables`: extra
  /// variable names in scope. The text comes without "${" and "}". A first check that needs jq
  /// costs about 15 ms.
  result<void> check(std::string_view expression, const std::vector<std::string>& variables = {});

  /// Evaluates; a fault of type expression (400) when it fails. Zero results: null; several: an
  /// array.
  outcome evaluate(std::string_view expression, const json& dot, const arguments& args,
                   time_point now);

private:
  friend struct expression_access;
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// "${ X }" -> "X" (trimmed); nullopt when the whole string is not of that form.
/// The view points into `text`.
std::optional<std::string_view> unwrap(std::string_view text) noexcept;

/// Whether the text holds "${" without being of that form as a whole.
bool has_embedded(std::string_view text) noexcept;

/// Walks a template deeply and evaluates whole-string expressions; keys and all else are copied as
/// they are. What an evaluation yields is data and is never evaluated again, whatever it looks
/// like. The first fault ends the walk.
outcome evaluate_template(expressions& e, const json& tmpl, const json& dot, const arguments& args,
                          time_point now);

} // namespace pawl::workflows
