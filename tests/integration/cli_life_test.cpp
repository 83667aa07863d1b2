// Runs over several commands: interrupted, in use, faulted and resumed, waiting and cancelled.
#include <csignal>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/cli_rig.hpp"

namespace pawl::testing {
namespace {

using json = nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A provider that says a word every few milliseconds, so that signals meet a stream.
void start_slow_provider(desk& d) {
  d.provider(
      {"--tokens-per-second", "50", "--tokens-per-event", "1", "--time-to-first-token", "10"});
}

const std::vector<std::string> fast_run = {"run",     "%fast.json", "--id",  "r",
                                           "--input", "@%q.json",   "--json"};

std::string undisturbed_output(const desk& d) {
  auto words = fast_run;
  words.insert(words.end(), {"--data", d.file("undisturbed")});
  const auto done = d.pawl(words);
  EXPECT_EQ(done.status, 0) << done.err;
  return done.out;
}

TEST(cli_life, a_data_directory_in_use_is_refused_with_its_owners_pid) {
  desk d;
  start_slow_provider(d);
  const auto owner = d.begin("owner", fast_run);
  d.await_text("owner.err", "ask | ", *owner);
  const std::string pid = "pid " + std::to_string(owner->pid()) + "\n";
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"runs"},
                                             {"spend"},
                                             {"ledger", "export"},
                                             {"cancel", "r"},
                                             {"resume", "r"},
                                             {"resume", "--all"},
                                             fast_run}) {
    const auto done = d.pawl(words);
    EXPECT_EQ(done.status, 6) << words[0];
    EXPECT_EQ(done.out, "");
    EXPECT_THAT(done.err, HasSubstr(pid)) << words[0];
  }
  EXPECT_EQ(owner->wait(60s), 0);
}

TEST(cli_life, an_interrupt_lets_the_call_end_suspends_and_the_same_command_goes_on) {
  for (const int signal : {SIGINT, SIGTERM}) {
    desk d;
    start_slow_provider(d);
    const auto expected = undisturbed_output(d);
    const auto first = d.begin("first", fast_run);
    d.await_text("first.err", "ask | ", *first);
    first->send(signal);
    EXPECT_EQ(first->wait(60s), 130) << d.read("first.err");
    EXPECT_EQ(d.read("first.out"), "");
    EXPECT_THAT(d.read("first.err"), HasSubstr("done    ask"));
    EXPECT_THAT(d.read("first.err"), HasSubstr("go on with: pawl resume r"));
    EXPECT_EQ(d.status_of("r"), "suspended");
    const auto second = d.pawl(fast_run);
    EXPECT_EQ(second.status, 0) << second.err;
    EXPECT_EQ(second.out, expected);
    const auto rows = d.ledger();
    EXPECT_EQ(rows.size(), 2u);
    for (const auto& row : rows)
      EXPECT_EQ(row["kind"], "fresh") << row;
  }
}

TEST(cli_life, a_second_interrupt_leaves_at_once_and_nothing_logged_is_bought_again) {
  desk d;
  start_slow_provider(d);
  const auto expected = undisturbed_output(d);
  const auto first = d.begin("first", fast_run);
  d.await_text("first.err", "ask | ", *first);
  first->send(SIGINT);
  d.await_text("first.err", "letting calls in flight end", *first);
  first->send(SIGINT);
  EXPECT_EQ(first->wait(5s), 130);
  EXPECT_EQ(d.status_of("r"), "running");
  const auto second = d.pawl({"resume", "r", "--json", "--config", d.file("pawl.json")});
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(second.out, expected);
  EXPECT_THAT(second.err, HasSubstr("  ask : the stream broke; going on where it ended"));
  EXPECT_THAT(second.err, ::testing::ContainsRegex("done    ask +[0-9.]+s .*\\(resumed\\)"));
  std::vector<std::string> kinds;
  for (const auto& row : d.ledger())
    if (row["step"] == "/do/0/ask")
      kinds.push_back(row["kind"].get<std::string>() + " " + row["state"].get<std::string>());
  EXPECT_THAT(kinds, ::testing::UnorderedElementsAre("fresh unknown", "continue settled"));
}

TEST(cli_life, a_waiting_run_is_let_go_by_an_interrupt_and_can_be_cancelled) {
  const desk d;
  const auto first = d.begin("first", {"run", "%nap.json", "--id", "r"});
  d.await_text("first.err", "run r: waiting", *first);
  first->send(SIGINT);
  EXPECT_EQ(first->wait(30s), 130) << d.read("first.err");
  const auto info = json::parse(d.pawl({"runs", "r", "--json"}).out);
  EXPECT_TRUE(info["status"] == "waiting" || info["status"] == "suspended") << info;
  const auto cancelled = d.pawl({"cancel", "r", "--json"});
  EXPECT_EQ(cancelled.status, 0) << cancelled.err;
  EXPECT_EQ(json::parse(cancelled.out), json({{"id", "r"}, {"status", "cancelled"}}));
  EXPECT_EQ(d.pawl({"cancel", "r"}).status, 0);
  for (const auto& words :
       {std::vector<std::string>{"run", "%nap.json", "--id", "r"}, {"resume", "r"}}) {
    const auto again = d.pawl(words);
    EXPECT_EQ(again.status, 5);
    EXPECT_EQ(again.out, "");
    EXPECT_THAT(again.err, HasSubstr("was cancelled"));
  }
}

TEST(cli_life, a_faulted_run_goes_on_from_the_failed_step) {
  desk d;
  d.provider(
      {"--tokens-per-second", "0", "--time-to-first-token", "0", "--fault", "refuse:400@small#2"});
  const auto faulted = d.pawl(fast_run);
  EXPECT_EQ(faulted.status, 1) << faulted.err;
  EXPECT_EQ(json::parse(faulted.out)["instance"], "/do/1/again");
  const auto told = d.pawl(fast_run);
  EXPECT_EQ(told.status, 1) << "the same command tells the fault and buys nothing";
  EXPECT_EQ(d.bill()["rows"].size(), 2u);
  const auto resumed = d.pawl({"resume", "r", "--json", "--config", d.file("pawl.json")});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(d.bill()["rows"].size(), 3u) << "the first task was not asked again";
  EXPECT_EQ(resumed.out, undisturbed_output(d));
  const auto cancel = d.pawl({"cancel", "r"});
  EXPECT_EQ(cancel.status, 2);
  EXPECT_THAT(cancel.err, HasSubstr("it is completed already"));
}

TEST(cli_life, resume_all_finishes_what_has_not_ended_one_line_each) {
  desk d;
  start_slow_provider(d);
  for (const char* id : {"a", "b"}) {
    const auto life = d.begin(id, {"run", "%fast.json", "--id", id, "--input", "@%q.json"});
    d.await_text(std::string(id) + ".err", "ask | ", *life);
    life->send(SIGKILL);
    ASSERT_TRUE(life->wait(10s));
  }
  ASSERT_EQ(d.pawl({"run", "%no.json", "--id", "c"}).status, 1);
  const auto all = d.pawl({"resume", "--all", "--config", d.file("pawl.json")});
  EXPECT_EQ(all.status, 0) << all.err;
  std::vector<json> lines;
  std::istringstream out(all.out);
  for (std::string line; std::getline(out, line);)
    lines.push_back(json::parse(line));
  ASSERT_EQ(lines.size(), 2u);
  for (const auto& line : lines)
    EXPECT_EQ(line["status"], "completed") << line;
  EXPECT_EQ(lines[0]["output"], lines[1]["output"]);
  EXPECT_THAT(all.err, HasSubstr("  a: again | "));
  EXPECT_EQ(d.status_of("c"), "faulted");
}

TEST(cli_life, a_store_that_cannot_be_read_is_told_and_is_code_6) {
  const desk d;
  ASSERT_EQ(d.pawl({"run", "%ask.json", "--id", "r", "--input", "@%q.json"}).status, 0);
  const auto broken = d.shell("printf garbage > data/host/CURRENT");
  const auto done = d.pawl({"runs"});
  EXPECT_EQ(done.status, 6) << "a store that cannot be read";
  EXPECT_EQ(done.out, "");
  EXPECT_THAT(done.err, HasSubstr("data/host"));
}

} // namespace
} // namespace pawl::testing
