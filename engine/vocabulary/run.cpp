#include <pawl/run.hpp>

namespace pawl {

std::string_view to_string(run_status s) noexcept {
  switch (s) {
  case run_status::pending: return "pending";
  case run_status::running: return "running";
  case run_status::waiting: return "waiting";
  case run_status::suspended: return "suspended";
  case run_status::cancelled: return "cancelled";
  case run_status::faulted: return "faulted";
  case run_status::completed: return "completed";
  }
  return "unknown";
}

} // namespace pawl
