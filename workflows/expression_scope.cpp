#include "workflows/expression_scope.hpp"

#include <algorithm>
#include <array>

#include "workflows/expression_scan.hpp"

namespace pawl::workflows {

namespace {

struct named_argument {
  std::string_view name;
  const json* arguments::*value;
};

constexpr std::array<named_argument, 8> named_arguments{
    {{"context", &arguments::context},
     {"input", &arguments::input},
     {"output", &arguments::output},
     {"secrets", &arguments::secrets},
     {"task", &arguments::task},
     {"workflow", &arguments::workflow},
     {"runtime", &arguments::runtime},
     {"authorization", &arguments::authorization}}};

bool is_argument(std::string_view name) noexcept {
  return std::any_of(named_arguments.begin(), named_arguments.end(),
                     [name](const named_argument& a) { return a.name == name; });
}

} // namespace

const json* find_value(const arguments& args, std::string_view name) noexcept {
  for (auto i = args.variables.rbegin(); i != args.variables.rend(); ++i)
    if (i->first == name)
      return i->second;
  for (const auto& argument : named_arguments)
    if (argument.name == name)
      return args.*argument.value;
  return nullptr;
}

std::vector<std::string> mentioned_names(std::string_view expression,
                                         const std::vector<std::string_view>& variables) {
  const auto found = scan_variables(expression);
  std::vector<std::string> names;
  if (found.ambiguous) {
    for (const auto& argument : named_arguments)
      names.emplace_back(argument.name);
    for (const auto variable : variables)
      if (is_identifier(variable) && !is_keyword(variable))
        names.emplace_back(variable);
  } else {
    for (const auto name : found.names)
      if (is_argument(name) ||
          std::find(variables.begin(), variables.end(), name) != variables.end())
        names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

} // namespace pawl::workflows
