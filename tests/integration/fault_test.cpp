// Each fault of the simulated provider, over real sockets and RocksDB: what the user sees, what is
// retried, what is paid. docs/faults.md tells operators the same; the cases stand in
// fault_table.cpp.
#include <pawl/time.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/integration/fault_rig.hpp"
#include "tests/integration/fault_table.hpp"

namespace pawl::testing {
namespace {

using json = nlohmann::json;
using namespace std::chrono_literals;

void expect_result(const told& all, const seen& expected) {
  if (expected.type.empty()) {
    EXPECT_EQ(all.status, 0) << all.err;
    EXPECT_EQ(all.result, whole_text) << all.err;
    return;
  }
  EXPECT_EQ(all.status, 1) << all.err;
  EXPECT_EQ(all.result.value("type", ""), expected.type) << all.result;
  EXPECT_EQ(all.result.value("status", 0), expected.status) << all.result;
  EXPECT_EQ(all.result.value("instance", ""), "/do/0/ask") << all.result;
  EXPECT_NE(all.err.find("faulted"), std::string::npos) << all.err;
}

// One call at a time: the requests came in the order of the attempts.
std::vector<int> match(const std::vector<std::string>& attempts) {
  std::vector<int> matched;
  int next = 0;
  for (const auto& one : attempts)
    matched.push_back(one.ends_with(", none") ? -1 : next++);
  return matched;
}

std::vector<std::string> attempts_of(const told& all, const std::vector<int>& matched) {
  std::vector<std::string> attempts;
  for (std::size_t i = 0; i < all.ledger.size(); ++i) {
    const auto& row = all.ledger[i];
    std::string request = "none";
    if (i < matched.size() && matched[i] >= 0 &&
        static_cast<std::size_t>(matched[i]) < all.bill.size())
      request = all.bill[static_cast<std::size_t>(matched[i])]["ending"];
    attempts.push_back(row["kind"].get<std::string>() + " " + row["state"].get<std::string>() +
                       " " + row["ending"].get<std::string>() + ", " + request);
  }
  return attempts;
}

bool bought_from_the_start(const std::vector<std::string>& attempts) {
  for (const auto& one : attempts)
    if (one.starts_with("restart"))
      return true;
  return false;
}

// Waits for `text` in a file that another process writes; false: it has ended without it.
bool wait_for_text(const std::filesystem::path& file, const std::string& text, process& writer) {
  while (read_file(file).find(text) == std::string::npos)
    if (writer.wait(5ms))
      return read_file(file).find(text) != std::string::npos;
  return true;
}

class faults : public ::testing::TestWithParam<fault_case> {};

TEST_P(faults, what_is_seen_retried_and_paid) {
  const auto& c = GetParam();
  const rig r(fault_words(c.rules));
  process engine(ask_command(r, r.port(), c.what), r.room() / "out", r.room() / "err");
  auto all = read_end(r, engine);
  all.bill = bill_rows(r.port());

  expect_result(all, c.expected);
  for (const auto& text : c.told_on_stderr)
    EXPECT_NE(all.err.find(text), std::string::npos) << all.err;
  const auto matched = match(c.attempts);
  EXPECT_EQ(all.bill.size(), static_cast<std::size_t>(std::count_if(matched.begin(), matched.end(),
                                                                    [](int m) { return m >= 0; })));
  ASSERT_EQ(attempts_of(all, matched), c.attempts) << all.err;
  expect_money(all, matched);
  if (bought_from_the_start(c.attempts))
    EXPECT_GT(words_bought_again(all, matched), 0);
  else
    EXPECT_LE(words_bought_again(all, matched), c.words_again_max);
  if (c.pause_min > 0ms) {
    const auto first = from_iso8601(all.bill.at(0)["receivedAt"].get<std::string>());
    const auto second = from_iso8601(all.bill.at(1)["receivedAt"].get<std::string>());
    EXPECT_GE(to_epoch_ms(*second) - to_epoch_ms(*first), c.pause_min.count());
  }
}

std::string name_of(const ::testing::TestParamInfo<fault_case>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(before_the_first_event, faults,
                         ::testing::ValuesIn(faults_before_the_first_event()), name_of);
INSTANTIATE_TEST_SUITE_P(with_a_prefix, faults, ::testing::ValuesIn(faults_with_a_prefix()),
                         name_of);
INSTANTIATE_TEST_SUITE_P(without_a_prefix, faults, ::testing::ValuesIn(faults_without_a_prefix()),
                         name_of);

// A port at which nobody listens: that of a provider that has gone.
int closed_port() {
  const rig gone;
  return gone.port();
}

// The slow ones, with all their backoffs, at the same time.
TEST(fault_patience, a_provider_that_stays_broken_is_asked_six_times) {
  struct patience {
    std::vector<std::string> rules;
    seen expected;
    std::string first_attempt, further_attempt;
    std::unique_ptr<rig> r{};
    std::unique_ptr<process> engine{};
  };
  std::vector<patience> all;
  all.push_back({{"server-error:500"},
                 {communication, 500},
                 "fresh settled failed, server-error",
                 "retry settled failed, server-error"});
  all.push_back({{"rate-limit:0"},
                 {communication, 429},
                 "fresh settled failed, rate-limited",
                 "retry settled failed, rate-limited"});
  all.push_back({{"drop:head"},
                 {communication, 502},
                 "fresh unknown interrupted, dropped",
                 "retry unknown interrupted, dropped"});
  all.push_back({{},
                 {communication, 503},
                 "fresh settled failed, none",
                 "retry settled failed, none"}); // nobody is there
  for (auto& one : all) {
    one.r = std::make_unique<rig>(fault_words(one.rules));
    const int port = one.rules.empty() ? closed_port() : one.r->port();
    one.engine = std::make_unique<process>(ask_command(*one.r, port, prefix()),
                                           one.r->room() / "out", one.r->room() / "err");
  }
  for (auto& one : all) {
    SCOPED_TRACE(one.first_attempt);
    auto came = read_end(*one.r, *one.engine);
    came.bill = bill_rows(one.r->port());
    expect_result(came, one.expected);
    std::vector<std::string> attempts(6, one.further_attempt);
    attempts.front() = one.first_attempt;
    const auto matched = match(attempts);
    EXPECT_EQ(attempts_of(came, matched), attempts) << came.err;
    if (came.ledger.size() == attempts.size())
      expect_money(came, matched);
  }
}

TEST(fault_patience, a_total_timeout_ends_the_retries_of_a_provider_that_is_not_there) {
  const rig r;
  process engine(ask_command(r, closed_port(), patient(prefix(), "total")), r.room() / "out",
                 r.room() / "err");
  const auto all = read_end(r, engine);
  expect_result(all, {timed_out, 408});
  ASSERT_GE(all.ledger.size(), 1u);
  expect_money(all, std::vector<int>(all.ledger.size(), -1));
}

// A provider whose process is killed while it speaks.
class fault_death : public ::testing::Test {
protected:
  static std::unique_ptr<process> start_provider(const rig& r, int port,
                                                 const std::string& tokens_per_second, int number) {
    const auto out = r.room() / ("provider.out" + std::to_string(number));
    auto provider = std::make_unique<process>(
        std::vector<std::string>{PAWL_COMMAND, "sim", "--port", std::to_string(port),
                                 "--tokens-per-second", tokens_per_second},
        out, r.room() / ("provider.err" + std::to_string(number)));
    EXPECT_TRUE(wait_for_text(out, "\n", *provider))
        << read_file(r.room() / ("provider.err" + std::to_string(number)));
    return provider;
  }
  // Ends when words have been shown, and the provider is dead.
  static void kill_in_mid_stream(const rig& r, process& engine, process& provider) {
    ASSERT_TRUE(wait_for_text(r.room() / "err", "ask | alpha bravo charlie", engine));
    provider.send(SIGKILL);
    ASSERT_TRUE(provider.wait(10s));
  }
};

TEST_F(fault_death, a_provider_that_comes_back_goes_on_with_the_partial_answer) {
  const rig r;
  const int port = closed_port();
  auto first = start_provider(r, port, "15", 1);
  process engine(ask_command(r, port, prefix()), r.room() / "out", r.room() / "err");
  kill_in_mid_stream(r, engine, *first);
  const auto second = start_provider(r, port, "200", 2);
  auto all = read_end(r, engine);
  expect_result(all, seen());
  EXPECT_NE(all.err.find(goes_on), std::string::npos) << all.err;
  const auto after = bill_rows(port);
  ASSERT_EQ(after.size(), 1u);
  ASSERT_GE(all.ledger.size(), 2u);
  EXPECT_EQ(all.ledger.front()["state"], "unknown");
  EXPECT_EQ(all.ledger.front()["ending"], "interrupted");
  for (std::size_t i = 1; i + 1 < all.ledger.size(); ++i) { // while nobody was there
    EXPECT_EQ(all.ledger[i]["ending"], "failed");
    EXPECT_EQ(all.ledger[i]["nanoUsd"], 0);
  }
  EXPECT_EQ(all.ledger.back()["state"], "settled");
  EXPECT_EQ(all.ledger.back()["usage"]["output"], after.front()["generatedTokens"]);
  EXPECT_GE(after.front()["prefixTokens"].get<std::int64_t>(),
            all.ledger.front()["usage"]["output"].get<std::int64_t>() * tokens_per_event);
}

TEST_F(fault_death, on_interrupt_fault_tells_at_once_that_the_answer_was_interrupted) {
  const rig r;
  const int port = closed_port();
  auto provider = start_provider(r, port, "15", 1);
  process engine(ask_command(r, port, no_restart(plain())), r.room() / "out", r.room() / "err");
  kill_in_mid_stream(r, engine, *provider);
  const auto all = read_end(r, engine);
  expect_result(all, {interrupted, 503});
  ASSERT_EQ(all.ledger.size(), 1u);
  EXPECT_EQ(all.ledger.front()["state"], "unknown");
  EXPECT_GE(all.ledger.front()["bounds"]["lower"], output_nano_usd);
}

// What stands is not bought again: the failed call alone is asked anew, under a new id.
TEST(fault_resume, a_faulted_run_asks_again_only_what_failed) {
  const rig r(fault_words({"refuse:400@plain#1"}));
  auto command = ask_command(r, r.port(), prefix());
  auto definition = json::parse(read_file(r.room() / "ask.json"));
  auto second = definition["do"][0];
  second["ask"]["with"]["model"] = "desk/plain";
  definition["do"].push_back({{"again", second["ask"]}});
  write_file(r.room() / "ask.json", definition.dump());
  EXPECT_EQ(run_to_end(command, 30s).status, 1);
  const auto resumed = run_to_end(
      r.command({"resume", "r", "--json", "--config", (r.room() / "faults.json").string()}), 30s);
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(json::parse(resumed.out, nullptr, false), whole_text);
  std::map<std::string, int> requests;
  for (const auto& row : bill_rows(r.port()))
    ++requests[row["model"].get<std::string>()];
  EXPECT_EQ(requests, (std::map<std::string, int>{{"prefix", 1}, {"plain", 2}}));
  std::set<std::string> calls;
  for (const auto& row : r.ledger()) {
    EXPECT_EQ(row["state"], "settled");
    calls.insert(row["callId"]);
  }
  EXPECT_EQ(calls.size(), 3u);
}

} // namespace
} // namespace pawl::testing
