// The ladder as a table: one line for each reason (DESIGN §6).
#include <gtest/gtest.h>

#include "actors/policy/ladder.hpp"

namespace pawl::actors::policy {
namespace {

ladder_question continuable() {
  ladder_question q;
  q.prefix = prefix_support::some_deployment;
  q.text_bytes = 100;
  q.continuations_max = 16;
  q.restarts_max = 2;
  return q;
}

struct ladder_case {
  const char* name;
  void (*change)(ladder_question&);
  rung what;
  rung_reason why;
};

class ladder : public ::testing::TestWithParam<ladder_case> {};

TEST_P(ladder, decides) {
  auto q = continuable();
  GetParam().change(q);
  auto d = next_rung(q);
  EXPECT_EQ(to_string(d.what), to_string(GetParam().what));
  EXPECT_EQ(to_string(d.why), to_string(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    table, ladder,
    ::testing::Values(ladder_case{"reattach_before_all",
                                  [](auto& q) { q.again = reattachment::possible; }, rung::reattach,
                                  rung_reason::provider_keeps_it},
                      ladder_case{"plain_text_goes_on", [](auto&) {}, rung::continued,
                                  rung_reason::prefix_accepted},
                      ladder_case{"also_when_fault_is_asked",
                                  [](auto& q) { q.wish = inference::on_interrupt::fault; },
                                  rung::continued, rung_reason::prefix_accepted},
                      ladder_case{"no_text", [](auto& q) { q.text_bytes = 0; }, rung::restart,
                                  rung_reason::no_text_yet},
                      ladder_case{"no_prefix", [](auto& q) { q.prefix = prefix_support::none; },
                                  rung::restart, rung_reason::no_prefix},
                      ladder_case{"tool_call", [](auto& q) { q.form = text_form::mixed; },
                                  rung::restart, rung_reason::not_plain_text},
                      ladder_case{"choices", [](auto& q) { q.asked = extras::several_choices; },
                                  rung::restart, rung_reason::several_choices},
                      ladder_case{"schema", [](auto& q) { q.asked = extras::schema; },
                                  rung::restart, rung_reason::schema_asked},
                      ladder_case{"logprobs", [](auto& q) { q.asked = extras::logprobs; },
                                  rung::restart, rung_reason::logprobs_asked},
                      ladder_case{"others", [](auto& q) { q.asked = extras::others; },
                                  rung::restart, rung_reason::others_asked},
                      ladder_case{"continued_too_often", [](auto& q) { q.continuations = 16; },
                                  rung::restart, rung_reason::continuations_used_up},
                      ladder_case{"our_crash_continues_always",
                                  [](auto& q) {
                                    q.continuations = 16;
                                    q.whose = culprit::ourselves;
                                  },
                                  rung::continued, rung_reason::prefix_accepted},
                      ladder_case{"fruitless", [](auto& q) { q.fruitless = 2; }, rung::restart,
                                  rung_reason::fruitless},
                      ladder_case{"fault_asked",
                                  [](auto& q) {
                                    q.prefix = prefix_support::none;
                                    q.wish = inference::on_interrupt::fault;
                                  },
                                  rung::fault, rung_reason::fault_asked},
                      ladder_case{"restarted_too_often",
                                  [](auto& q) {
                                    q.prefix = prefix_support::none;
                                    q.restarts = 2;
                                  },
                                  rung::fault, rung_reason::restarts_used_up},
                      ladder_case{"our_crash_restarts_always",
                                  [](auto& q) {
                                    q.prefix = prefix_support::none;
                                    q.restarts = 2;
                                    q.whose = culprit::ourselves;
                                  },
                                  rung::restart, rung_reason::no_prefix}),
    [](auto& info) { return info.param.name; });

const std::string head =
    "The quick brown fox jumps over the lazy dog, and the dog sleeps on and on, all day.";

TEST(seam, a_text_that_goes_on_differs_from_the_head) {
  EXPECT_EQ(judge_seam(head, " Then"), seam_verdict::continues);
  EXPECT_EQ(judge_seam(head, "The quick brown cat"), seam_verdict::continues);
}

TEST(seam, agreement_is_undecided_until_64_bytes_agree) {
  EXPECT_EQ(judge_seam(head, ""), seam_verdict::undecided);
  EXPECT_EQ(judge_seam(head, head.substr(0, 63)), seam_verdict::undecided);
  EXPECT_EQ(judge_seam(head, head.substr(0, 64)), seam_verdict::repeats);
  EXPECT_EQ(judge_seam(head, head + " More."), seam_verdict::repeats);
}

TEST(seam, a_short_answer_is_repeated_when_all_of_it_is) {
  EXPECT_EQ(judge_seam("Hello", "Hell"), seam_verdict::undecided);
  EXPECT_EQ(judge_seam("Hello", "Hello, world"), seam_verdict::repeats);
}

TEST(seam, a_few_bytes_say_nothing) {
  EXPECT_EQ(judge_seam("ha", "ha ha"), seam_verdict::continues);
  EXPECT_EQ(judge_seam("", "anything"), seam_verdict::continues);
}

} // namespace
} // namespace pawl::actors::policy
