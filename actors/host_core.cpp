#include "actors/host_core.hpp"

#include <spdlog/logger.h>

namespace pawl::actors {

void log_info(const host_core& core, const std::string& line) {
  if (core.parts.log)
    core.parts.log->info("{}", line);
}

void log_warning(const host_core& core, const std::string& line) {
  if (core.parts.log)
    core.parts.log->warn("{}", line);
}

void log_error(const host_core& core, const std::string& line) {
  if (core.parts.log)
    core.parts.log->error("{}", line);
}

} // namespace pawl::actors
