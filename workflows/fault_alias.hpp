// The standard error types under the names that are in use for them.
#pragma once

#include <string_view>

namespace pawl::workflows {

/// Whether both URIs name one error type: equal, or the same standard error of the DSL under any of
/// its known bases (https://serverlessworkflow.io and https://open-workflow-specification.org, each
/// with /spec/1.0.0/errors/ and /dsl/errors/types/). A standard error's bare last segment
/// ("timeout") counts as well.
bool is_same_fault_type(std::string_view a, std::string_view b) noexcept;

} // namespace pawl::workflows
