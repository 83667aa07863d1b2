// Real kills: `pawl run` against `pawl sim` over sockets and RocksDB, killed with SIGKILL at random
// moments up to five times a run, then resumed under the same id. The provider's own bill is the
// judge: the output is as undisturbed, settled rows equal the bill, and no token that had appeared
// on stderr is generated again. PAWL_SEED repeats the moments, PAWL_KILL_RUNS the number.
#include <pawl/random.hpp>
#include <pawl/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/integration/rig.hpp"

namespace pawl::testing {
namespace {

using json = nlohmann::json;
using namespace std::chrono_literals;

std::uint64_t number(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value ? std::stoull(value) : otherwise;
}

// How many words of each task's text stand on a life's stderr ("  task | words ...").
std::map<std::string, std::int64_t> words_shown(const std::string& text) {
  std::map<std::string, std::int64_t> shown;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto bar = line.find(" | ");
    if (line.rfind("  ", 0) != 0 || bar == std::string::npos)
      continue;
    std::istringstream words(line.substr(bar + 3));
    for (std::string word; words >> word;)
      ++shown[line.substr(2, bar - 2)];
  }
  return shown;
}

struct kill_record {
  std::int64_t at_ms;
  std::map<std::string, std::int64_t> shown;
};

struct disturbed {
  std::string output;
  json bill;
  std::vector<json> ledger;
  std::vector<kill_record> kills;
};

class kills : public ::testing::Test {
protected:
  static constexpr int kills_max = 5;

  static disturbed run_with_kills(random_source& draw, const std::string& input,
                                  std::chrono::milliseconds undisturbed) {
    rig r;
    disturbed out;
    const system_clock clock;
    for (int life = 0;; ++life) {
      const auto err = r.room() / ("err" + std::to_string(life));
      // A life may be killed when its output is printed already: the last one's counts.
      const auto printed = r.room() / ("out" + std::to_string(life));
      process engine(r.run_command(input), printed, err);
      if (life < kills_max) {
        const auto moment = std::chrono::milliseconds(
            draw_below(draw, static_cast<std::uint64_t>(undisturbed.count())));
        if (!engine.wait(moment)) {
          engine.send(SIGKILL);
          EXPECT_TRUE(engine.wait(10s));
          out.kills.push_back({to_epoch_ms(clock.now()), words_shown(read_file(err))});
          continue;
        }
      }
      const auto status = engine.wait(60s);
      EXPECT_EQ(status, 0) << read_file(err);
      out.output = read_file(printed);
      break;
    }
    out.bill = r.bill();
    out.ledger = r.ledger();
    return out;
  }
};

std::map<std::string, json> by_request(const json& bill) {
  std::map<std::string, json> rows;
  for (const auto& row : bill["rows"])
    rows[row["requestId"]] = row;
  return rows;
}

void expect_ledger_equals_bill(const disturbed& run) {
  auto bill = by_request(run.bill);
  int nameless = 0; // rows whose request was cut before its provider's id came
  for (const auto& row : run.ledger) {
    EXPECT_NE(row["state"], "reserved") << row;
    const std::string id = row["providerRequestId"];
    if (id.empty()) {
      nameless += row["state"] == "unknown";
      continue;
    }
    ASSERT_TRUE(bill.contains(id)) << "not in the bill, or in two rows: " << row;
    const auto billed = bill[id];
    bill.erase(id);
    if (row["state"] != "settled" || row["ending"] != "complete")
      continue;
    EXPECT_EQ(row["usage"]["input"], billed["promptTokens"]) << row;
    EXPECT_EQ(row["usage"]["output"], billed["generatedTokens"]) << row;
  }
  EXPECT_LE(static_cast<int>(bill.size()), nameless) << "requests without a row: " << json(bill);
}

// What the log showed of an attempt that broke stands in the prefix of the next one.
void expect_nothing_logged_is_bought_again(const disturbed& run) {
  auto bill = by_request(run.bill);
  std::map<std::string, std::int64_t> logged; // tokens at the least, by step
  auto rows = run.ledger;
  std::sort(rows.begin(), rows.end(),
            [](const json& a, const json& b) { return a["attempt"] < b["attempt"]; });
  for (const auto& row : rows) {
    const std::string step = row["step"];
    const auto billed = bill.find(row["providerRequestId"]);
    if (billed != bill.end()) {
      EXPECT_GE(billed->second["prefixTokens"].get<std::int64_t>(), logged[step]) << row;
    }
    if (row["state"] == "unknown")
      logged[step] += row["usage"]["output"].get<std::int64_t>();
  }
}

// Every request that came after a kill begins behind all that had been shown of its task before the
// kill.
void expect_nothing_shown_is_bought_again(const disturbed& run) {
  std::map<std::string, std::string> task_of;
  for (const auto& row : run.ledger) {
    const std::string step = row["step"];
    task_of[row["providerRequestId"]] = step.substr(step.rfind('/') + 1);
  }
  for (const auto& row : run.bill["rows"]) {
    const auto task = task_of.find(row["requestId"]);
    if (task == task_of.end())
      continue;
    const auto received = from_iso8601(row["receivedAt"].get<std::string>());
    ASSERT_TRUE(received) << row;
    for (const auto& kill : run.kills) {
      const auto shown = kill.shown.find(task->second);
      if (to_epoch_ms(*received) <= kill.at_ms || shown == kill.shown.end())
        continue;
      EXPECT_GE(row["prefixTokens"].get<std::int64_t>(), shown->second)
          << task->second << ": words that were on stderr were asked for again: " << row;
    }
  }
}

TEST_F(kills, fifty_runs_end_as_undisturbed_and_buy_nothing_twice) {
  const auto seed = number("PAWL_SEED", 20261122);
  const auto runs = number("PAWL_KILL_RUNS", 50);
  std::cout << "seed " << seed << ", " << runs << " runs\n";
  seeded_random draw(seed);

  const std::string input =
      R"({"ticket": "My parcel has not come, and the tracking page is empty."})";
  std::string expected;
  std::chrono::milliseconds length{0};
  {
    rig r;
    const auto began = std::chrono::steady_clock::now();
    const auto undisturbed = run_to_end(r.run_command(input), 60s);
    length = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
    ASSERT_EQ(undisturbed.status, 0) << undisturbed.err;
    expected = undisturbed.out;
  }
  std::uint64_t cut_in_stream = 0, kills = 0;
  std::map<std::string, int> cut_at; // by task
  for (std::uint64_t i = 0; i < runs; ++i) {
    const auto run = run_with_kills(draw, input, length);
    EXPECT_EQ(run.output, expected) << "run " << i;
    expect_ledger_equals_bill(run);
    expect_nothing_logged_is_bought_again(run);
    expect_nothing_shown_is_bought_again(run);
    kills += run.kills.size();
    std::map<std::string, std::string> task_of;
    for (const auto& row : run.ledger) {
      const std::string step = row["step"];
      task_of[row["providerRequestId"]] = step.substr(step.rfind('/') + 1);
    }
    bool cut = false;
    for (const auto& row : run.bill["rows"])
      if (row["ending"] == "disconnected" && row["deliveredTokens"] > 0) {
        cut = true;
        ++cut_at[task_of[row["requestId"]]];
      }
    cut_in_stream += cut;
  }
  std::cout << kills << " kills; " << cut_in_stream << " of " << runs
            << " runs were cut in mid-stream, at";
  for (const auto& [task, times] : cut_at)
    std::cout << " " << task << " " << times << "x";
  std::cout << "\n";
  EXPECT_GE(cut_in_stream * 50, 30 * runs);
  for (const char* task : {"classify", "plan", "brief", "friendly", "thorough", "choose"})
    EXPECT_GT(cut_at[task], 0) << task << " was never cut in mid-stream";
}

} // namespace
} // namespace pawl::testing
