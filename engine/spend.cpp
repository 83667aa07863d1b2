// Sums of ledger rows.
#include <nlohmann/json.hpp>

#include "engine/parts.hpp"
#include "storage/call_log.hpp"

namespace pawl {

namespace {

std::string key_of(const ledger_row& row, const std::string& by) {
  if (by == "model")
    return row.model;
  if (by == "provider")
    return row.provider;
  if (by == "run")
    return row.run;
  const json metadata = json::parse(row.metadata.empty() ? "{}" : row.metadata, nullptr, false);
  const auto found = metadata.is_object() ? metadata.find(by) : metadata.end();
  if (!metadata.is_object() || found == metadata.end())
    return "(none)";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

void add(spend_group& to, const ledger_row& row) {
  ++to.attempts;
  // Rows of a call are neighbours, and its first attempt has number 0.
  to.calls += row.attempt == 0;
  if (row.state == attempt_state::settled) {
    to.tokens += row.tokens;
    to.cost += row.cost;
    return;
  }
  to.unknown_lower += row.bounds.lower;
  if (row.bounds.upper)
    to.unknown_upper += *row.bounds.upper;
  else
    to.unknown_unbounded = true;
}

} // namespace

result<engine::spend_report> engine::spend(const std::string& by) const {
  spend_report report;
  report.total.key = "total";
  std::map<std::string, spend_group> groups;
  auto done = ledger([&](const ledger_row& row) {
    auto& group = groups[key_of(row, by)];
    add(group, row);
    add(report.total, row);
    return true;
  });
  if (!done)
    return done.error();
  for (auto& [key, group] : groups) {
    group.key = key;
    report.groups.push_back(std::move(group));
  }
  return report;
}

} // namespace pawl
