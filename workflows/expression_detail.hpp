// For tests: which way an expression takes, and evaluation by jq whatever it is.
#pragma once

#include "workflows/expression.hpp"

namespace pawl::workflows {

struct expression_access {
  /// Whether the expression is evaluated without jq.
  static bool is_fast(std::string_view expression, const std::vector<std::string>& variables = {});
  /// What `evaluate` would yield if every expression went to jq.
  static outcome evaluate_by_jq(expressions& e, std::string_view expression, const json& dot,
                                const arguments& args, time_point now);
};

} // namespace pawl::workflows
