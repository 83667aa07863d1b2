#include "tests/simulation/checks.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "inference/catalog.hpp"
#include "sim/text.hpp"

namespace pawl::simulation {

namespace {

using wrongs = std::vector<std::string>;

bool broken(sim::bill_ending e) {
  using b = sim::bill_ending;
  return e == b::dropped || e == b::clean_cut || e == b::stalled || e == b::disconnected ||
         e == b::stream_error;
}

// What a request generated and nobody can have read: that much may be bought again.
std::int64_t unread(const sim::bill_row& row, const aftermath& after) {
  auto read = broken(row.ending) ? row.delivered_tokens : row.generated_tokens;
  for (const auto& cut : after.interruptions)
    if (cut.request_id == row.request_id)
      read = std::min(read, cut.handed_tokens);
  return row.generated_tokens - read;
}

void check_rest(const aftermath& after, wrongs& out) {
  if (!after.stuck.empty())
    out.push_back(after.stuck);
  for (const auto& line : after.error_lines)
    out.push_back("log line of level error: " + line);
  if (after.calls_left > 0)
    out.push_back(std::to_string(after.calls_left) + " calls are still open in the gateway");
  if (after.calls_unreleased > 0)
    out.push_back(std::to_string(after.calls_unreleased) +
                  " finished calls were never acknowledged");
  out.insert(out.end(), after.breaches.begin(), after.breaches.end());
  if (after.outbox_left > 0)
    out.push_back(std::to_string(after.outbox_left) + " outbox entries were never acknowledged");
  if (after.wakes_left > 0)
    out.push_back(std::to_string(after.wakes_left) + " wake-up entries are left");
}

nano_usd price(const scenario& what, const usage& tokens, const ledger_row& row) {
  inference::catalog models;
  if (!what.configuration.is_null())
    (void)models.add(what.configuration);
  const auto places = models.resolve(row.model);
  return places.empty() || !places.front().prices
             ? nano_usd(0)
             : inference::cost_of(tokens, *places.front().prices);
}

usage billed(const sim::bill_row& bill) {
  usage tokens;
  tokens.input = bill.prompt_tokens;
  tokens.cached_input = bill.cached_tokens;
  tokens.output = bill.generated_tokens;
  return tokens;
}

void check_row(const scenario& what, const ledger_row& row, const sim::bill_row* bill,
               wrongs& out) {
  const auto name = "row " + row.call.str().substr(0, 8) + "/" + std::to_string(row.attempt) + " ";
  if (row.state == attempt_state::reserved)
    out.push_back(name + "is still reserved");
  if (!bill) {
    if (row.state == attempt_state::settled && row.cost.count() != 0)
      out.push_back(name + "is settled at a cost, and the provider knows nothing of it");
    return;
  }
  const auto exact = price(what, billed(*bill), row);
  if (row.state == attempt_state::settled && row.ending == attempt_ending::complete) {
    if (!(row.tokens == billed(*bill)))
      out.push_back(name + "is settled with " + json(row.tokens).dump() + ", the bill says " +
                    json(billed(*bill)).dump());
    if (row.priced && row.cost != exact)
      out.push_back(name + "costs " + to_usd_text(row.cost) + ", the bill says " +
                    to_usd_text(exact));
  }
  if (row.state == attempt_state::settled && row.ending != attempt_ending::complete &&
      bill->generated_tokens > 0 && !(row.tokens == billed(*bill)))
    out.push_back(name + "is settled otherwise than the bill, which has tokens");
  if (row.state == attempt_state::unknown && row.priced) {
    if (exact < row.bounds.lower)
      out.push_back(name + "has the lower bound " + to_usd_text(row.bounds.lower) +
                    " above the bill's " + to_usd_text(exact));
    if (row.bounds.upper && exact > *row.bounds.upper)
      out.push_back(name + "has the upper bound " + to_usd_text(*row.bounds.upper) +
                    " below the bill's " + to_usd_text(exact));
  }
}

void check_ledger(const scenario& what, const aftermath& after, wrongs& out) {
  std::map<std::string, const sim::bill_row*> bill;
  for (const auto& row : after.bill)
    bill[row.request_id] = &row;
  std::set<std::string> accounted;
  std::int64_t unknown = 0, unknown_without_id = 0;
  for (const auto& row : after.ledger) {
    const auto& id = row.provider_request_id;
    if (!id.empty() && !accounted.insert(id).second)
      out.push_back("request " + id + " is in two ledger rows");
    if (!id.empty() && !bill.contains(id))
      out.push_back("request " + id + " is in the ledger and not in the bill");
    // What was cancelled on purpose was not interrupted.
    unknown += row.state == attempt_state::unknown && row.ending != attempt_ending::cancelled;
    unknown_without_id += row.state == attempt_state::unknown && id.empty();
    check_row(what, row, id.empty() || !bill.contains(id) ? nullptr : bill[id], out);
  }
  std::int64_t unaccounted = 0, provider_breaks = 0;
  for (const auto& row : after.bill) {
    unaccounted += row.generated_tokens > 0 && !accounted.contains(row.request_id);
    provider_breaks += broken(row.ending);
  }
  if (unaccounted > unknown_without_id)
    out.push_back(std::to_string(unaccounted) +
                  " requests that generated are in no ledger row, and only " +
                  std::to_string(unknown_without_id) + " unknown rows could stand for them");
  if (unknown > provider_breaks + after.broken_attempts)
    out.push_back(std::to_string(unknown) + " rows are unknown, after " +
                  std::to_string(provider_breaks) + " broken streams and " +
                  std::to_string(after.broken_attempts) + " attempts open at crashes");
}

std::int64_t kept_tokens(const aftermath& a) {
  std::int64_t sum = 0;
  for (const auto& row : a.bill)
    sum += row.generated_tokens - unread(row, a);
  return sum;
}

void check_tokens(const scenario& what, const crash_plan& crashes, const aftermath& after,
                  const aftermath& undisturbed, wrongs& out) {
  // Races have several legal courses, and a restart buys again: nothing to compare there.
  if (what.restarts || what.expect.outputs.size() > 1)
    return;
  // What a lost machine had not synced yet is lost with it.
  const bool power_lost = std::any_of(crashes.begin(), crashes.end(), [](const crash& c) {
    return c.how == manner::power_loss && c.who != victim::host;
  });
  const auto kept = kept_tokens(after), needed = kept_tokens(undisturbed);
  if (!power_lost && kept > needed)
    out.push_back("tokens that had been logged were bought again: " +
                  std::to_string(kept - needed) + " of " + std::to_string(needed));
  const bool gateway_lived = std::all_of(crashes.begin(), crashes.end(),
                                         [](const crash& c) { return c.who == victim::host; });
  if (gateway_lived && after.bill.size() != undisturbed.bill.size())
    out.push_back("only the host crashed, and the provider saw " +
                  std::to_string(after.bill.size()) + " requests instead of " +
                  std::to_string(undisturbed.bill.size()));
}

// Where a scenario does not say what comes out, it is what comes out undisturbed.
void check_output(const scenario& what, const aftermath& after, const aftermath& undisturbed,
                  wrongs& out) {
  const bool said = !what.expect.outputs.empty() || !what.expect.output_has.is_null() ||
                    !what.expect.fault_has.is_null();
  if (!said && !what.restarts && after.run.result != undisturbed.run.result)
    out.push_back("the output differs from the undisturbed one");
}

// Text that is spliced from two generations carries two tags.
void check_coherence(const scenario& what, const json& value, wrongs& out) {
  if (what.provider.mode != sim::text_mode::nonce)
    return;
  if (value.is_structured())
    for (const auto& item : value)
      check_coherence(what, item, out);
  else if (value.is_string() &&
           value.get_ref<const std::string&>().find("\u00b7") != std::string::npos &&
           !sim::coherent(value.get_ref<const std::string&>()))
    out.push_back("text of two generations: " + value.get<std::string>());
}

} // namespace

std::vector<std::string> find_wrongs(const scenario& what, const crash_plan& crashes,
                                     const aftermath& after, const aftermath& undisturbed) {
  wrongs out;
  check_rest(after, out);
  if (auto wrong = judge(what.expect, after.run); !wrong.empty())
    out.push_back(wrong);
  check_output(what, after, undisturbed, out);
  if (after.run.result && after.run.result->is_value())
    check_coherence(what, after.run.result->value(), out);
  check_ledger(what, after, out);
  check_tokens(what, crashes, after, undisturbed, out);
  return out;
}

std::vector<std::string> find_wrongs_of_cancel(const scenario& what, const aftermath& after,
                                               const aftermath& undisturbed) {
  if (after.cancel_accepted != true && after.run.status != run_status::cancelled) {
    // Not heard: the host died first, or the run had ended. It ends as it would have.
    auto either = what;
    either.restarts = true;
    return find_wrongs(either, {}, after, after);
  }
  // Calls in flight may end or be cut short, so neither the output nor the tokens can be compared.
  scenario cancelled = what;
  cancelled.expect = expectation();
  cancelled.expect.status = run_status::cancelled;
  cancelled.restarts = true;
  auto out = find_wrongs(cancelled, {}, after, undisturbed);
  constexpr double prompt_seconds = 60;
  if (after.seconds - after.cancelled_at_seconds > prompt_seconds)
    out.push_back("the run ended " + std::to_string(after.seconds - after.cancelled_at_seconds) +
                  " s after it was cancelled");
  return out;
}

} // namespace pawl::simulation
