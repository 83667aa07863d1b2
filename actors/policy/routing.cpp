#include "actors/policy/routing.hpp"

namespace pawl::actors::policy {

namespace {

fitness judge(const route_option& option, need what) {
  if (option.standing == fitness::no_secret || option.standing == fitness::no_protocol ||
      option.standing == fitness::given_up)
    return option.standing;
  if (what == need::prefix) {
    if (option.prefix == inference::prefix_mode::none)
      return fitness::no_prefix;
    if (option.standing == fitness::prefix_refused)
      return fitness::prefix_refused;
  }
  if (option.passage.what == passage::broken)
    return fitness::broken;
  if (option.passage.what == passage::cooling)
    return fitness::cooling;
  return fitness::fit;
}

} // namespace

std::string_view to_string(fitness f) noexcept {
  switch (f) {
  case fitness::fit: return "fit";
  case fitness::no_secret: return "its key is not set";
  case fitness::no_protocol: return "its protocol is unknown";
  case fitness::no_prefix: return "takes no partial answer";
  case fitness::prefix_refused: return "refused the partial answer";
  case fitness::given_up: return "will not have this request";
  case fitness::broken: return "failed too often";
  case fitness::cooling: return "asked for patience";
  }
  return "unknown";
}

route_choice choose_route(const std::vector<route_option>& options, need what) {
  route_choice choice;
  for (std::size_t i = 0; i < options.size(); ++i) {
    auto verdict = judge(options[i], what);
    choice.fitness_of.push_back(verdict);
    if (verdict == fitness::fit) {
      if (!choice.index || options[i].failures < options[*choice.index].failures)
        choice.index = i;
    } else if (verdict == fitness::broken || verdict == fitness::cooling) {
      if (!choice.earliest || options[i].passage.from < *choice.earliest)
        choice.earliest = options[i].passage.from;
    }
  }
  if (choice.index)
    choice.earliest.reset();
  return choice;
}

} // namespace pawl::actors::policy
