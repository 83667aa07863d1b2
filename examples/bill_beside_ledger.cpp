// Lays a simulated provider's bill (GET /bill) beside our ledger (pawl ledger export), row by row,
// and says what was bought again.
//
// Of an attempt that broke, the next one's prefix tells how much stood in our log: the rest of what
// had been generated had not been read when the process died, and is all that a continuation buys
// again.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

using json = nlohmann::json;

struct attempt {
  json bill;   // null: the request never reached the provider
  json ledger; // null: no row, which must not be
  std::int64_t logged = 0;
  std::int64_t again = 0;
};

std::int64_t number(const json& row, const char* key) {
  return row.is_null() ? 0 : row.value(key, std::int64_t{0});
}

std::string text(const json& row, const char* key, const std::string& otherwise) {
  return row.is_null() ? otherwise : row.value(key, otherwise);
}

// Attempts by task, in the order in which they were made.
std::map<std::string, std::vector<attempt>> match(const json& bill,
                                                  const std::vector<json>& ledger) {
  std::map<std::string, json> billed;
  for (const auto& row : bill["rows"])
    billed[row["requestId"]] = row;
  std::map<std::string, std::vector<attempt>> tasks;
  for (const auto& row : ledger) {
    const std::string id = row["providerRequestId"], step = row["step"];
    attempt one;
    one.ledger = row;
    if (const auto found = billed.find(id); !id.empty() && found != billed.end()) {
      one.bill = found->second;
      billed.erase(found);
    }
    tasks[step.substr(step.rfind('/') + 1)].push_back(std::move(one));
  }
  for (auto& [id, row] : billed) {
    attempt one;
    one.bill = row;
    tasks["(no row of its own)"].push_back(std::move(one));
  }
  return tasks;
}

void count_tokens(std::vector<attempt>& attempts) {
  std::sort(attempts.begin(), attempts.end(), [](const attempt& a, const attempt& b) {
    return number(a.ledger, "attempt") < number(b.ledger, "attempt");
  });
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    auto& one = attempts[i];
    const auto generated = number(one.bill, "generatedTokens");
    const bool kept = i + 1 == attempts.size();
    const auto next_prefix = kept ? 0 : number(attempts[i + 1].bill, "prefixTokens");
    one.logged = kept ? generated
                      : std::clamp<std::int64_t>(next_prefix - number(one.bill, "prefixTokens"), 0,
                                                 generated);
    one.again = generated - one.logged;
  }
}

void print(const std::string& task, const attempt& one) {
  const bool settled = text(one.ledger, "state", "") == "settled";
  const auto cost =
      settled ? std::to_string(number(one.ledger, "nanoUsd"))
              : std::to_string(number(one.ledger.value("bounds", json::object()), "lower")) + ".." +
                    one.ledger.value("bounds", json::object()).value("upper", json()).dump();
  std::printf("%-10s %-9s %-13s %10lld %10lld %10lld %13lld   %-8s %s\n", task.c_str(),
              text(one.ledger, "kind", "?").c_str(), text(one.bill, "ending", "never came").c_str(),
              static_cast<long long>(number(one.bill, "generatedTokens")),
              static_cast<long long>(number(one.bill, "deliveredTokens")),
              static_cast<long long>(one.logged), static_cast<long long>(one.again),
              text(one.ledger, "state", "none").c_str(), cost.c_str());
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: bill_beside_ledger BILL.json LEDGER.jsonl\n";
    return 2;
  }
  std::ifstream bill_file(argv[1]), ledger_file(argv[2]);
  const json bill = json::parse(bill_file, nullptr, false);
  if (bill.is_discarded() || !bill.contains("rows")) {
    std::cerr << argv[1] << ": is no bill\n";
    return 1;
  }
  std::vector<json> ledger;
  for (std::string line; std::getline(ledger_file, line);)
    ledger.push_back(json::parse(line));

  std::printf("%-10s %-9s %-13s %10s %10s %10s %13s   %-8s %s\n", "task", "attempt", "at provider",
              "generated", "delivered", "logged", "bought again", "ledger", "nano-dollars");
  std::int64_t generated = 0, again = 0, logged_again = 0;
  int wrong = 0;
  for (auto& [task, attempts] : match(bill, ledger)) {
    count_tokens(attempts);
    for (const auto& one : attempts) {
      print(task, one);
      generated += number(one.bill, "generatedTokens");
      again += one.again;
      // A row that is not settled says how many events with output its log shows; each is at least
      // a token.
      if (text(one.ledger, "state", "") == "unknown")
        logged_again +=
            std::max<std::int64_t>(0, number(one.ledger["usage"], "output") - one.logged);
      wrong += one.ledger.is_null();
      if (text(one.ledger, "state", "") == "settled" &&
          text(one.ledger, "ending", "") == "complete")
        wrong += number(one.ledger["usage"], "output") != number(one.bill, "generatedTokens") ||
                 number(one.ledger["usage"], "input") != number(one.bill, "promptTokens");
    }
  }
  std::printf("\n%lld output tokens were generated. Bought again: %lld that had been logged; %lld "
              "that the provider had generated\n"
              "and we had not yet read when the process died.\n%s\n",
              static_cast<long long>(generated), static_cast<long long>(logged_again),
              static_cast<long long>(again - logged_again),
              wrong == 0 ? "Every settled row equals the bill to the token."
                         : "THE LEDGER DIFFERS FROM THE BILL.");
  return wrong == 0 ? 0 : 1;
}
