// One compiled expression.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/expression.hpp"

struct jq_state;

namespace pawl::workflows {

class jq_watchdog;

/// A jq program with everything that it may touch: used by one thread at a time, and no value of jq
/// leaves `run`, because jq counts references without locks and results may share the program's
/// constants.
class jq_program {
public:
  /// `names`: the variables in scope, each a valid identifier. Takes about 15 ms, for jq binds all
  /// of its builtins.
  static result<std::unique_ptr<jq_program>> compile(std::string_view expression,
                                                     std::vector<std::string> names);
  ~jq_program();
  jq_program(const jq_program&) = delete;
  jq_program& operator=(const jq_program&) = delete;

  /// Zero results: null; several: an array. The error's message is jq's, or says which limit was
  /// passed.
  result<json> run(const json& dot, const arguments& args, time_point now,
                   const expression_limits& limits, jq_watchdog& watchdog);

  /// False after a run that was halted: the program is to be thrown away.
  [[nodiscard]] bool usable() const noexcept { return usable_; }

private:
  jq_program(jq_state* state, std::vector<std::string> names)
      : state_(state), names_(std::move(names)) {}
  result<json> collect(const expression_limits& limits);

  jq_state* state_;
  std::vector<std::string> names_;
  bool usable_ = true;
};

} // namespace pawl::workflows
