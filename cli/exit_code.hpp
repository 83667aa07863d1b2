// Exit codes of the command: scripts rely on them.
#pragma once

#include <pawl/error.hpp>
#include <pawl/run.hpp>

namespace pawl::cli {

enum exit_code : int {
  exit_completed = 0,
  exit_faulted = 1,
  exit_usage = 2,
  exit_invalid = 3,   ///< definition or configuration
  exit_suspended = 4, ///< the run needs somebody
  exit_cancelled = 5,
  exit_store = 6,        ///< data directory in use, or the store failed
  exit_interrupted = 130 ///< by you; the run can be resumed
};

constexpr int code_of(errc c) noexcept {
  switch (c) {
  case errc::invalid_definition:
  case errc::invalid_configuration: return exit_invalid;
  case errc::in_use:
  case errc::store_failed:
  case errc::format_too_new:
  case errc::corrupt: return exit_store;
  default: return exit_usage;
  }
}

constexpr int code_of(run_status s) noexcept {
  switch (s) {
  case run_status::completed: return exit_completed;
  case run_status::faulted: return exit_faulted;
  case run_status::cancelled: return exit_cancelled;
  default: return exit_suspended;
  }
}

} // namespace pawl::cli
