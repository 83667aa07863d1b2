#include "tests/simulation/crash_plan.hpp"

#include <cstdio>

namespace pawl::simulation {

std::string_view to_string(moment_kind k) {
  switch (k) {
  case moment_kind::host_commit: return "host commit";
  case moment_kind::gateway_commit: return "gateway commit";
  case moment_kind::link_to_gateway: return "link to gateway";
  case moment_kind::link_to_host: return "link to host";
  case moment_kind::wire_request: return "wire request";
  case moment_kind::wire_response: return "wire response";
  }
  return "?";
}

std::string_view to_string(moment_phase p) {
  return p == moment_phase::before ? "before" : "after";
}

std::string_view to_string(victim v) {
  switch (v) {
  case victim::host: return "host";
  case victim::gateway: return "gateway";
  case victim::both: return "both";
  }
  return "?";
}

std::string_view to_string(manner m) {
  return m == manner::process_kill ? "kill" : "power";
}

void coverage_table::count(moment_kind kind, moment_phase phase, victim who, manner how) {
  ++cells_[{kind, phase, who, how}];
}

std::string coverage_table::render() const {
  std::string text = "crashes covered            ";
  char cell[64];
  for (const auto who : all_victims)
    for (const auto how : all_manners) {
      std::snprintf(cell, sizeof cell, "%14s",
                    (std::string(to_string(who)) + "/" + std::string(to_string(how))).c_str());
      text += cell;
    }
  text += "\n";
  for (const auto kind : all_kinds)
    for (const auto phase : all_phases) {
      std::snprintf(cell, sizeof cell, "%-27s",
                    (std::string(to_string(phase)) + " " + std::string(to_string(kind))).c_str());
      text += cell;
      for (const auto who : all_victims)
        for (const auto how : all_manners) {
          const auto found = cells_.find({kind, phase, who, how});
          std::snprintf(cell, sizeof cell, "%14llu",
                        static_cast<unsigned long long>(found == cells_.end() ? 0 : found->second));
          text += cell;
        }
      text += "\n";
    }
  return text;
}

std::vector<std::string> coverage_table::empty_cells() const {
  std::vector<std::string> empty;
  for (const auto kind : all_kinds)
    for (const auto phase : all_phases)
      for (const auto who : all_victims)
        for (const auto how : all_manners)
          if (!cells_.contains({kind, phase, who, how}))
            empty.push_back(std::string(to_string(phase)) + " " + std::string(to_string(kind)) +
                            ", " + std::string(to_string(who)) + ", " +
                            std::string(to_string(how)));
  return empty;
}

} // namespace pawl::simulation
