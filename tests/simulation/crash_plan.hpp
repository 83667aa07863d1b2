// Where, whom and how a simulation crashes, and the table of what was covered.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace pawl::simulation {

/// What happens at a point, in words: "host commit: intent", "link: submit", "wire: body".
/// Everything that happens at once or not at all is a point: every commit, and every delivery over
/// the link and the wire.
using moment = std::string;
/// All that a sweep must have cut, before and after.
const std::vector<moment>& all_moments();

enum class moment_phase : std::uint8_t { before, after };
enum class victim : std::uint8_t { host, gateway, both };
enum class manner : std::uint8_t { process_kill, power_loss };

std::string_view to_string(moment_phase p);
std::string_view to_string(victim v);
std::string_view to_string(manner m);

inline constexpr std::array all_phases = {moment_phase::before, moment_phase::after};
inline constexpr std::array all_victims = {victim::host, victim::gateway, victim::both};
inline constexpr std::array all_manners = {manner::process_kill, manner::power_loss};

/// One crash: at the point with this number, counted from the start of the simulation.
struct crash {
  std::uint64_t point = 0;
  victim who = victim::both;
  manner how = manner::process_kill;
  /// The old host does not die: it goes on beside the new one, on the same store, as after a long
  /// pause.
  enum class old_host : std::uint8_t { dies, haunts } old = old_host::dies;
};

using crash_plan = std::vector<crash>; // in the order of their points

/// Counts crashes by moment x phase x who x how.
class coverage_table {
public:
  void count(const moment& what, moment_phase phase, victim who, manner how);
  /// The table as text, one row per moment and phase.
  [[nodiscard]] std::string render() const;
  /// Cells that no crash reached.
  [[nodiscard]] std::vector<std::string> empty_cells() const;

private:
  std::map<std::tuple<moment, moment_phase, victim, manner>, std::uint64_t> cells_;
};

} // namespace pawl::simulation
