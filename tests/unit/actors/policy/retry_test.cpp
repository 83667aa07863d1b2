// Retries, breakers and routes as tables.
#include <gtest/gtest.h>

#include "actors/policy/breaker.hpp"
#include "actors/policy/retry.hpp"
#include "actors/policy/routing.hpp"

namespace pawl::actors::policy {
namespace {

using namespace std::chrono_literals;

struct status_case {
  int status;
  retry_reason reason;
};

class retry_by_status : public ::testing::TestWithParam<status_case> {};

TEST_P(retry_by_status, decides) {
  seeded_random random(1);
  retry_question q;
  q.what = early_failure::status;
  q.status = GetParam().status;
  q.retries_max = 5;
  EXPECT_EQ(to_string(decide_retry(q, random).reason), to_string(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    table, retry_by_status,
    ::testing::Values(status_case{400, retry_reason::not_retryable},
                      status_case{401, retry_reason::retry_elsewhere},
                      status_case{403, retry_reason::retry_elsewhere},
                      status_case{404, retry_reason::retry_elsewhere},
                      status_case{408, retry_reason::retry}, status_case{409, retry_reason::retry},
                      status_case{413, retry_reason::not_retryable},
                      status_case{422, retry_reason::not_retryable},
                      status_case{425, retry_reason::retry}, status_case{429, retry_reason::retry},
                      status_case{500, retry_reason::retry},
                      status_case{501, retry_reason::not_retryable},
                      status_case{503, retry_reason::retry}, status_case{529, retry_reason::retry}),
    [](auto& info) { return "s" + std::to_string(info.param.status); });

TEST(retry, silence_and_no_connection_are_tried_again) {
  seeded_random random(1);
  for (auto what : {early_failure::silence, early_failure::not_connected}) {
    retry_question q;
    q.what = what;
    q.retries_max = 1;
    EXPECT_EQ(decide_retry(q, random).reason, retry_reason::retry);
    q.retries_done = 1;
    EXPECT_EQ(decide_retry(q, random).reason, retry_reason::retries_used_up);
  }
}

TEST(retry, retry_after_is_honoured_and_bounded) {
  seeded_random random(1);
  for (int i = 0; i < 100; ++i) {
    retry_question q;
    q.what = early_failure::status;
    q.status = 429;
    q.retries_max = 5;
    q.retry_after = 20s;
    auto d = decide_retry(q, random);
    EXPECT_GE(d.delay, 20s);
    EXPECT_LE(d.delay, 21s);
    q.retry_after = 121s;
    EXPECT_EQ(decide_retry(q, random).reason, retry_reason::retry_after_too_long);
  }
}

TEST(retry, backoff_is_full_jitter_below_a_doubling_cap) {
  seeded_random random(1);
  for (int tries = 0; tries < 10; ++tries) {
    const auto cap = std::min<std::chrono::milliseconds>(500ms * (1 << tries), 8s);
    std::chrono::milliseconds most{0};
    std::chrono::milliseconds least = cap;
    for (int i = 0; i < 300; ++i) {
      auto d = backoff(tries, random);
      EXPECT_GE(d, 0ms);
      EXPECT_LT(d, cap);
      most = std::max(most, d);
      least = std::min(least, d);
    }
    EXPECT_GT(most, cap * 9 / 10); // the whole span is used
    EXPECT_LT(least, cap / 10);
  }
}

TEST(retry, retry_after_headers) {
  EXPECT_EQ(parse_retry_after("7", ""), 7s);
  EXPECT_EQ(parse_retry_after(" 0 ", ""), 0s);
  EXPECT_EQ(parse_retry_after("7", "120"), 120ms);
  EXPECT_EQ(parse_retry_after("", ""), std::nullopt);
  EXPECT_EQ(parse_retry_after("-3", ""), std::nullopt);
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2026 07:28:00 GMT", ""), std::nullopt);
  EXPECT_GT(parse_retry_after("9223372036854775807", ""), 1h); // no overflow
}

TEST(breaker, opens_after_five_failures_and_lets_one_probe_through) {
  const time_point start{};
  breaker b;
  for (int i = 0; i < 4; ++i)
    b = failed(b, start);
  EXPECT_EQ(may_pass(b, start).what, passage::open_road);
  b = failed(b, start);
  EXPECT_EQ(may_pass(b, start).what, passage::broken);
  EXPECT_EQ(may_pass(b, start).from, start + 2s);
  EXPECT_EQ(may_pass(b, start + 2s).what, passage::probe);
  b = passed(b, start + 2s);
  EXPECT_EQ(may_pass(b, start + 2s).what, passage::broken) << "one probe at a time";
  EXPECT_EQ(may_pass(b, start + 4s).what, passage::probe)
      << "a probe that was never heard of again blocks nobody";
}

TEST(breaker, a_failed_probe_doubles_the_time_up_to_a_minute) {
  const time_point start{};
  breaker b;
  for (int i = 0; i < 5; ++i)
    b = failed(b, start);
  b = failed(b, start + 2s);
  EXPECT_EQ(may_pass(b, start + 2s).from, start + 6s);
  for (int i = 0; i < 20; ++i)
    b = failed(b, start);
  EXPECT_EQ(may_pass(b, start).from, start + 60s);
}

TEST(breaker, success_forgets) {
  breaker b;
  for (int i = 0; i < 5; ++i)
    b = failed(b, time_point{});
  b = succeeded(b);
  EXPECT_EQ(may_pass(b, time_point{}).what, passage::open_road);
  EXPECT_EQ(b.failures, 0u);
}

TEST(breaker, cooling_is_no_failure) {
  const time_point start{};
  breaker b = told_to_wait(breaker(), start + 10s);
  EXPECT_EQ(may_pass(b, start).what, passage::cooling);
  EXPECT_EQ(may_pass(b, start + 10s).what, passage::open_road);
  EXPECT_EQ(may_pass(told_to_wait(b, start + 5s), start).from, start + 10s)
      << "patience never shrinks";
}

route_option option(inference::prefix_mode prefix = inference::prefix_mode::none) {
  route_option o;
  o.prefix = prefix;
  return o;
}

TEST(routing, order_first_then_fewest_failures) {
  std::vector<route_option> all{option(), option()};
  EXPECT_EQ(choose_route(all, need::any).index, 0u);
  all[0].failures = 1;
  EXPECT_EQ(choose_route(all, need::any).index, 1u);
  all[1].failures = 1;
  EXPECT_EQ(choose_route(all, need::any).index, 0u);
}

TEST(routing, says_why_not) {
  std::vector<route_option> all{option(), option(inference::prefix_mode::assistant),
                                option(inference::prefix_mode::assistant),
                                option(inference::prefix_mode::assistant),
                                option(inference::prefix_mode::assistant)};
  all[1].standing = fitness::prefix_refused;
  all[2].standing = fitness::no_secret;
  all[3].passage = {passage::broken, time_point{} + 9s};
  all[4].passage = {passage::cooling, time_point{} + 4s};
  auto choice = choose_route(all, need::prefix);
  EXPECT_FALSE(choice.index);
  EXPECT_EQ(choice.earliest, time_point{} + 4s);
  EXPECT_EQ(choice.fitness_of,
            (std::vector<fitness>{fitness::no_prefix, fitness::prefix_refused, fitness::no_secret,
                                  fitness::broken, fitness::cooling}));
  EXPECT_EQ(choose_route(all, need::any).index, 0u);
}

TEST(routing, nobody_is_ever_fit) {
  std::vector<route_option> all{option()};
  all[0].standing = fitness::given_up;
  auto choice = choose_route(all, need::any);
  EXPECT_FALSE(choice.index);
  EXPECT_FALSE(choice.earliest);
}

} // namespace
} // namespace pawl::actors::policy
