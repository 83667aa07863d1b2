// Evaluates, without jq, the small part of the language that most expressions stay in.
//
//   expression  = logic { "|" "not" }
//   logic       = conjunction { "or" conjunction }
//   conjunction = relation { "and" relation }
//   relation    = operand [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) operand ]
//   operand     = path | literal | "(" expression ")"
//   path        = ( "." | "$" NAME ) { "." NAME | "[" STRING "]" | "[" INTEGER "]" }
//   literal     = "null" | "true" | "false" | STRING | NUMBER
//
// STRING is ASCII without backslashes; NUMBER has at most 15 digits. What is not of this form is
// left to jq.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "workflows/expression.hpp"

namespace pawl::workflows {

/// Immutable after parsing, so any number of threads may evaluate at once.
/// Equal to jq 1.6 in values and messages, except that integers are compared and kept exactly.
class fast_expression {
public:
  /// nullopt: not of the form above, or a variable that is not in `names`; jq has to say.
  static std::optional<fast_expression> parse(std::string_view text,
                                              const std::vector<std::string>& names);

  /// A value, or jq's words for what failed.
  [[nodiscard]] result<json> evaluate(const json& dot, const arguments& args) const;

  struct node {
    enum class kind {
      path,
      literal,
      equal,
      not_equal,
      less,
      less_equal,
      greater,
      greater_equal,
      conjunction,
      disjunction,
      negation
    };
    using step = std::variant<std::string, std::int64_t>;

    kind what = kind::path;
    std::string variable;    ///< of a path: its root, empty for "."
    std::vector<step> steps; ///< of a path
    json literal;
    std::vector<node> parts; ///< operands, left before right
  };

private:
  explicit fast_expression(node root) : root_(std::move(root)) {}
  node root_;
};

} // namespace pawl::workflows
