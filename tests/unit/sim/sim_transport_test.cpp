#include <gtest/gtest.h>

#include "recording_sink.hpp"
#include "sim/reply.hpp"
#include "sim/sim_transport.hpp"
#include "virtual_reader.hpp"

namespace pawl::sim::test {
namespace {

struct transport_test : ::testing::Test {
  void start(provider_options options, const char* fault = nullptr) {
    if (fault)
      options.faults.push_back(*parse_fault_rule(fault));
    auto made = sim_transport::make(io, clock, std::move(options));
    ASSERT_TRUE(made.has_value());
    sim = *std::move(made);
  }

  std::shared_ptr<net::exchange> post(const json& body,
                                      const char* url = "sim:///v1/chat/completions",
                                      std::chrono::nanoseconds idle = std::chrono::minutes(1)) {
    net::http_request request;
    request.url = url;
    request.body = body.dump();
    request.idle_timeout = idle;
    sink = std::make_shared<recording_sink>();
    return sim->start(std::move(request), sink);
  }

  net::io_thread io;
  system_clock clock;
  std::unique_ptr<sim_transport> sim;
  std::shared_ptr<recording_sink> sink;
};

TEST_F(transport_test, a_stream_arrives_whole_and_is_billed_as_delivered) {
  auto options = paced();
  options.time_to_first_token = std::chrono::milliseconds(2);
  options.tokens_per_second = 5000;
  start(options);
  post(ask("hello"));
  const auto r = sink->wait();
  EXPECT_EQ(r.status, 200);
  EXPECT_TRUE(r.ended);
  EXPECT_EQ(net::find_header(r.headers, "content-type"), "text/event-stream; charset=utf-8");
  EXPECT_TRUE(r.body.ends_with("data: [DONE]\n\n"));
  const auto rows = sim->rows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].ending, bill_ending::complete);
  EXPECT_EQ(rows[0].delivered_tokens, rows[0].generated_tokens);
  EXPECT_EQ(rows[0].request_id, net::find_header(r.headers, "x-request-id"));
}

TEST_F(transport_test, cancelling_ends_the_bill) {
  auto options = paced();
  options.time_to_first_token = duration::zero();
  options.tokens_per_second = 1000;
  start(options);
  const auto exchange = post(ask("[[tokens: 100000]]")); // 100 s
  sink->wait_for_tokens();
  exchange->cancel();
  exchange->cancel();
  const auto r = sink->wait();
  ASSERT_TRUE(r.failure.has_value());
  EXPECT_EQ(r.failure->kind, net::failure_kind::cancelled);
  const auto rows = sim->rows();
  EXPECT_EQ(rows[0].ending, bill_ending::disconnected);
  EXPECT_GT(rows[0].delivered_tokens, 0);
  EXPECT_GE(rows[0].generated_tokens, rows[0].delivered_tokens);
  EXPECT_LT(rows[0].generated_tokens, 100'000);
  EXPECT_EQ(sim->rows()[0].generated_tokens, rows[0].generated_tokens);
}

TEST_F(transport_test, faults_become_failures_of_their_kinds) {
  struct row {
    const char* fault;
    bool ended;
    net::failure_kind kind;
  };
  for (const auto& [fault, ended, kind] :
       {row{"drop:2", false, net::failure_kind::reset},
        row{"drop:head", false, net::failure_kind::reset}, row{"cut:2", true, {}},
        row{"cut:head", false, net::failure_kind::truncated}}) {
    start(instant(), fault);
    post(ask("hello"));
    const auto r = sink->wait();
    EXPECT_EQ(r.ended, ended) << fault;
    EXPECT_EQ(r.failure.has_value(), !ended) << fault;
    if (r.failure) {
      EXPECT_EQ(r.failure->kind, kind) << fault;
      EXPECT_TRUE(r.failure->sent) << fault;
    }
    EXPECT_EQ(r.body.find("[DONE]"), std::string::npos) << fault;
  }
}

TEST_F(transport_test, a_stall_ends_with_the_idle_timeout) {
  start(instant(), "stall:1");
  post(ask("hello"), "sim:///v1/chat/completions", std::chrono::milliseconds(20));
  const auto r = sink->wait();
  ASSERT_TRUE(r.failure.has_value());
  EXPECT_EQ(r.failure->kind, net::failure_kind::timeout);
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(sim->rows()[0].ending, bill_ending::stalled);
}

TEST_F(transport_test, a_body_of_known_length_that_breaks_off_is_truncated) {
  start(instant(), "cut:1");
  auto body = ask("hello");
  body["stream"] = false;
  body.erase("stream_options");
  post(body);
  EXPECT_EQ(sink->wait().failure.value().kind, net::failure_kind::truncated);
}

TEST_F(transport_test, errors_are_answers) {
  start(instant(), "rate-limit:3");
  post(ask("hello"));
  const auto r = sink->wait();
  EXPECT_TRUE(r.ended);
  EXPECT_EQ(r.status, 429);
  EXPECT_EQ(net::find_header(r.headers, "retry-after"), "3");
}

TEST_F(transport_test, a_url_that_is_none_is_refused_unsent) {
  start(instant());
  for (const char* url : {"", "sim:", "sim://host", "http://127.0.0.1/v1/models"}) {
    post(ask("hello"), url);
    const auto r = sink->wait();
    ASSERT_TRUE(r.failure.has_value()) << url;
    EXPECT_EQ(r.failure->kind, net::failure_kind::malformed) << url;
    EXPECT_FALSE(r.failure->sent) << url;
  }
  EXPECT_TRUE(sim->rows().empty());
}

TEST_F(transport_test, its_end_and_the_threads_end_cancel_what_is_under_way) {
  start(paced());
  post(ask("[[tokens: 100000]]"));
  sim.reset();
  EXPECT_EQ(sink->wait().failure.value().kind, net::failure_kind::cancelled);

  start(paced());
  post(ask("[[tokens: 100000]]"));
  io.stop();
  EXPECT_EQ(sink->wait().failure.value().kind, net::failure_kind::cancelled);
  post(ask("hello"));
  EXPECT_EQ(sink->wait().failure.value().kind, net::failure_kind::cancelled);
  EXPECT_FALSE(sink->wait().failure->sent);
}

TEST_F(transport_test, options_that_make_no_sense_are_refused) {
  auto options = instant();
  options.tokens_per_event = 0;
  const auto made = sim_transport::make(io, clock, options);
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, errc::invalid_argument);
}

} // namespace
} // namespace pawl::sim::test
