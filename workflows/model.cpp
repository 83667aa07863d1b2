#include "workflows/model.hpp"

namespace pawl::workflows {

const char* task::kind_name() const noexcept {
  // In the order of task_kind.
  static constexpr const char* names[] = {"call", "do",     "for", "fork", "raise",
                                          "set",  "switch", "try", "wait"};
  static_assert(std::size(names) == std::variant_size_v<task_kind>);
  return names[kind.index()];
}

} // namespace pawl::workflows
