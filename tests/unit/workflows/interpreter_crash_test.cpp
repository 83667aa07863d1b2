// A crash at every operation of the world: what was committed is kept, everything else is lost, and
// the run must still come to the same output with every call made once.
#include <random>

#include "harness.hpp"

namespace pawl::workflows {
namespace {

using namespace testing;

struct scenario {
  const char* name;
  const char* list;
  const char* members = "{}";
};

const scenario scenarios[] = {
    {"chain", R"([
      {"a": {"call": "inference", "with": {"prompt": "${ .q }"},
          "export": {"as": {"a": "${ .text }"}}}},
      {"b": {"call": "inference", "with": {"prompt": "${ .text }"}, "output": {"as": ".text"},
             "export": {"as": "${ $context + {b: .} }"}}},
      {"c": {"set": {"all": "${ $context }"}}}])"},
    {"nested lists", R"([
      {"x": {"do": [{"a": {"call": "inference", "with": {"prompt": "1"},
          "export": {"as": {"n": 1}}}},
                    {"y": {"do": [{"b": {"call": "inference", "with": {"prompt": "2"}}},
                                  {"s": {"set": "${ . + {n: $context.n} }"}}]}}],
             "output": {"as": {"from": "${ $input }", "to": "${ . }"}}, "input": {"from": ".q"}}},
      {"z": {"call": "inference", "with": {"prompt": "${ .to.text + .from }"}}}])"},
    {"back-jumps", R"([
      {"init": {"set": {"n": 0, "log": []}}},
      {"ask": {"call": "inference", "with": {"prompt": "${ .n | tostring }"},
               "output": {"as": {"n": "${ $input.n + 1 }", "log": "${ $input.log + [.text] }"}}}},
      {"s": {"switch": [{"again": {"when": ".n < 3", "then": "ask"}}]}},
      {"last": {"call": "inference", "with": {"prompt": "end"},
          "output": {"as": "${ $input.log }"}}}])"},
    {"loop", R"([
      {"l": {"for": {"in": "[1, 2, 3]", "each": "x"}, "while": "(.sum // 0) < 100", "do": [
        {"ask": {"call": "inference", "with": {"prompt": "${ $x }"},
                 "output": {"as": {"sum": "${ ($input.sum // 0) + $x }"}},
                 "export": {"as": "${ ($context // []) + [$x] }"}}},
        {"w": {"if": "$x == 2", "wait": "PT1S"}}]}},
      {"r": {"set": {"sum": "${ .sum }", "seen": "${ $context }"}}}])"},
    {"fork", R"([
      {"f": {"fork": {"branches": [
        {"a": {"call": "inference", "with": {"prompt": "a"}, "output": {"as": ".text"}}},
        {"b": {"do": [{"b1": {"call": "inference", "with": {"prompt": "b1"}}},
                      {"b2": {"call": "inference", "with": {"prompt": "${ .text }"},
                          "output": {"as": ".text"}}}]}},
        {"c": {"wait": "PT0.15S"}}]}}},
      {"after": {"call": "inference", "with": {"prompt": "${ .[1] }"},
          "output": {"as": "${ [$input, .text] }"}}}])"},
    {"competition", R"([
      {"f": {"fork": {"compete": true, "branches": [
        {"slow": {"do": [{"w": {"wait": "PT3S"}}, {"a": {"call": "inference",
            "with": {"prompt": "slow"}}}]}},
        {"fast": {"call": "inference", "with": {"prompt": "fast"},
            "export": {"as": "${ \"fastest\" }"}}}]}}},
      {"after": {"call": "inference", "with": {"prompt": "${ .text }"}}}])"},
    {"retries", R"([
      {"t": {"try": [{"a": {"call": "inference", "with": {"prompt": "fine"}}},
                     {"b": {"call": "inference", "with": {"prompt": "fail twice"}}}],
             "catch": {"retry": {"delay": "PT1S", "backoff": {"exponential": {}},
                 "limit": {"attempt": {"count": 3}},
                                 "jitter": {"from": "PT0S", "to": "PT1S"}}}}},
      {"last": {"call": "inference", "with": {"prompt": "${ .text }"}}}])"},
    {"handler", R"([
      {"t": {"try": [{"a": {"call": "inference", "with": {"prompt": "a"},
          "export": {"as": "${ \"exported\" }"}}},
                     {"b": {"call": "inference", "with": {"prompt": "fail always"}}}],
             "catch": {"as": "e", "do": [{"h": {"call": "inference",
                 "with": {"prompt": "${ $e.title + $context }"}}},
                                         {"i": {"set": {"e": "${ $e.status }",
                                             "text": "${ .text }"}}}]}}},
      {"last": {"call": "inference", "with": {"prompt": "${ .text }"},
          "output": {"as": "${ $input }"}}}])"},
    {"timeouts", R"([
      {"t": {"try": [{"slow": {"do": [{"a": {"call": "inference", "with": {"prompt": "a"}}},
                                      {"w": {"wait": "PT9S"}}], "timeout": {"after": "PT2S"}}}],
             "catch": {"do": [{"h": {"call": "inference",
                 "with": {"prompt": "${ $error.instance }"}}}]}}},
      {"quick": {"call": "inference", "with": {"prompt": "q"}, "timeout": {"after": "PT2S"}}},
      {"l": {"for": {"in": "[1, 2]"}, "do": [{"c": {"call": "inference",
          "with": {"prompt": "${ $item }"}}}],
             "timeout": {"after": "PT1M"}}}])",
     R"({"timeout": {"after": "PT1H"}})"},
};

answer scripted(const path& where, const json& request) {
  const json& prompt = request.at("prompt");
  // The first lap is the first attempt: "fail twice" succeeds in the third.
  if (prompt == "fail always" ||
      (prompt == "fail twice" && where.str().find("t~2") == std::string::npos))
    return answer(outcome(fault(fault_type::communication, 503, "down")));
  json value = json::object();
  value["text"] = "<" + (prompt.is_string() ? prompt.get<std::string>() : prompt.dump()) + ">";
  return answer(outcome(std::move(value)));
}

class crash_sweep : public ::testing::TestWithParam<scenario> {
protected:
  static bench make(const scenario& s) {
    bench b(document_of(tasks(s.list), json::parse(s.members)),
            json::parse(R"({"q": "question"})"));
    b.gateway.script = &scripted;
    return b;
  }
  static void expect_like(const bench& undisturbed, const outcome& expected, const bench& b,
                          const outcome& result, const std::string& how) {
    EXPECT_EQ(result, expected) << how;
    EXPECT_EQ(b.gateway.requests(), undisturbed.gateway.requests()) << how;
    EXPECT_EQ(b.gateway.order.size(), undisturbed.gateway.order.size()) << how;
  }
};

TEST_P(crash_sweep, every_single_crash) {
  bench undisturbed = make(GetParam());
  const outcome expected = undisturbed.run();
  ASSERT_TRUE(expected.is_value()) << json(expected.fault()).dump();
  const std::uint64_t operations = undisturbed.operations;
  ASSERT_GT(operations, 10u);
  for (std::uint64_t at = 1; at <= operations; ++at) {
    bench b = make(GetParam());
    ASSERT_FALSE(b.activate(at)) << "no crash at " << at;
    expect_like(undisturbed, expected, b, b.run(), "crash at " + std::to_string(at));
  }
}

TEST_P(crash_sweep, many_crashes_in_one_run) {
  bench undisturbed = make(GetParam());
  const outcome expected = undisturbed.run();
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    bench b = make(GetParam());
    std::string how = "crashes after";
    std::optional<outcome> result;
    for (int crashes = 0; crashes < 500 && !result; ++crashes) {
      const std::uint64_t at = 1 + random() % 60;
      how += " " + std::to_string(at);
      result = b.activate(at);
    }
    if (!result)
      result = b.run();
    expect_like(undisturbed, expected, b, *result, how);
  }
}

INSTANTIATE_TEST_SUITE_P(all, crash_sweep, ::testing::ValuesIn(scenarios),
                         [](const ::testing::TestParamInfo<scenario>& info) {
                           std::string name = info.param.name;
                           for (char& c : name)
                             if (!std::isalnum(static_cast<unsigned char>(c)))
                               c = '_';
                           return name;
                         });

TEST(after_a_crash, nothing_before_the_saved_state_is_evaluated_again) {
  // `now` is read before the calls; time passes while the process is down, and the values stay.
  bench b(document_of(tasks(R"([
    {"stamp": {"set": {"at": "${ now }"}, "export": {"as": {"stamp": "${ .at }"}}}},
    {"group": {"input": {"from": {"entered": "${ now }", "at": "${ .at }"}}, "do": [
       {"ask": {"call": "inference", "with": {"prompt": "${ \"\\(.at) \\(.entered)\" }"}}},
       {"late": {"set": {"asked": "${ $context.stamp }"}}},
       {"more": {"call": "inference", "with": {"prompt": "x"},
           "output": {"as": "${ $input.asked }"}}}],
     "output": {"as": {"stamp": "${ . }", "entered": "${ $input.entered }"}}}}])")));
  // Dies when the first answer has come and is durable.
  std::uint64_t at = 1;
  for (;; ++at) {
    bench probe(b.what->raw);
    (void)probe.activate(at);
    const auto found = probe.durable.find("/do/1/group/do/0/ask");
    if (found != probe.durable.end() && found->second.closed)
      break;
    ASSERT_LT(at, 100u);
  }
  EXPECT_FALSE(b.activate(at));
  b.now += std::chrono::hours(5);
  const outcome result = b.run();
  ASSERT_TRUE(result.is_value()) << json(result.fault()).dump();
  EXPECT_EQ(result.value(), json::parse(R"({"stamp": 1700000000, "entered": 1700000000})"));
}

TEST(after_a_crash, a_timeout_has_counted_the_downtime) {
  bench b(document_of(tasks(R"([{"slow": {"do": [{"a": {"call": "inference", "with": {}}},
          {"w": {"wait": "PT5S"}}],
                                          "timeout": {"after": "PT10S"}}}])")));
  std::uint64_t at = 1;
  while (b.durable.find("/do/0/slow/do/1/w") == b.durable.end()) {
    b = bench(b.what->raw);
    ASSERT_FALSE(b.activate(at++));
  }
  b.now += std::chrono::hours(1);
  // The wait is due as well, and due earlier: it wins, as its answer was there before the timer.
  EXPECT_TRUE(b.run().is_value());

  bench late(document_of(tasks(R"([{"slow": {"wait": "PT50S", "timeout": {"after": "PT10S"}}}])")));
  for (at = 1; late.durable.empty(); ++at)
    ASSERT_FALSE(late.activate(at));
  late.now += std::chrono::seconds(10);
  const auto before = late.now;
  const outcome result = late.run();
  ASSERT_TRUE(result.is_fault());
  EXPECT_EQ(result.fault().status, 408);
  EXPECT_EQ(late.now, before);
}

} // namespace
} // namespace pawl::workflows
