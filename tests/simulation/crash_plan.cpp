#include "tests/simulation/crash_plan.hpp"

#include <cstdio>

namespace pawl::simulation {

const std::vector<moment>& all_moments() {
  static const std::vector<moment> all = {"host commit: create",
                                          "host commit: activate",
                                          "host commit: intent",
                                          "host commit: outcome",
                                          "host commit: rest",
                                          "host commit: end",
                                          "host commit: inbox",
                                          "host commit: delivered",
                                          "gateway commit: attempt",
                                          "gateway commit: events",
                                          "gateway commit: interruption",
                                          "gateway commit: settlement",
                                          "gateway commit: cancellation",
                                          "gateway commit: release",
                                          "link: submit",
                                          "link: attach",
                                          "link: cancel",
                                          "link: acknowledge",
                                          "link: accepted",
                                          "link: answer",
                                          "link: events",
                                          "link: done",
                                          "link: up",
                                          "wire: request",
                                          "wire: head",
                                          "wire: body",
                                          "wire: end",
                                          "wire: reset",
                                          "wire: cancelled"};
  return all;
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

void coverage_table::count(const moment& what, moment_phase phase, victim who, manner how) {
  ++cells_[{what, phase, who, how}];
}

std::string coverage_table::render() const {
  std::string text = "crashes covered                     ";
  char cell[64];
  for (const auto who : all_victims)
    for (const auto how : all_manners) {
      const auto title = std::string(to_string(who)) + "/" + std::string(to_string(how));
      std::snprintf(cell, sizeof cell, "%14s", title.c_str());
      text += cell;
    }
  text += "\n";
  for (const auto& what : all_moments())
    for (const auto phase : all_phases) {
      const auto title = std::string(to_string(phase)) + " " + what;
      std::snprintf(cell, sizeof cell, "%-36s", title.c_str());
      text += cell;
      for (const auto who : all_victims)
        for (const auto how : all_manners) {
          const auto found = cells_.find({what, phase, who, how});
          const auto count = found == cells_.end() ? 0 : found->second;
          std::snprintf(cell, sizeof cell, "%14llu", static_cast<unsigned long long>(count));
          text += cell;
        }
      text += "\n";
    }
  return text;
}

std::vector<std::string> coverage_table::empty_cells() const {
  std::vector<std::string> empty;
  for (const auto& what : all_moments())
    for (const auto phase : all_phases)
      for (const auto who : all_victims)
        for (const auto how : all_manners)
          if (!cells_.contains({what, phase, who, how}))
            empty.push_back(std::string(to_string(phase)) + " " + what + ", " +
                            std::string(to_string(who)) + ", " + std::string(to_string(how)));
  return empty;
}

} // namespace pawl::simulation
