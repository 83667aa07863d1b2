#include <gtest/gtest.h>

#include "net/http_client.hpp"
#include "recording_sink.hpp"
#include "sim/reply.hpp"
#include "sim/sim_server.hpp"
#include "virtual_reader.hpp"

namespace pawl::sim::test {
namespace {

using record = recording_sink::record;

struct server_test : ::testing::Test {
  void start(provider_options options, const char* fault = nullptr) {
    if (fault)
      options.faults.push_back(*parse_fault_rule(fault));
    sim_server_options o;
    o.provider = std::move(options);
    auto started = sim_server::start(o, clock);
    ASSERT_TRUE(started.has_value());
    server = *std::move(started);
  }

  std::shared_ptr<net::exchange> send(const char* method, const std::string& path,
                                      const std::string& body) {
    net::http_request request;
    request.method = method;
    request.url = "http://127.0.0.1:" + std::to_string(server->port()) + path;
    request.headers = {{"content-type", "application/json"}};
    request.body = body;
    sink = std::make_shared<recording_sink>();
    return client.start(std::move(request), sink);
  }
  record get(const std::string& path) {
    send("GET", path, "");
    return sink->wait();
  }
  record post(const std::string& path, const std::string& body) {
    send("POST", path, body);
    return sink->wait();
  }
  record chat(const json& body) { return post("/v1/chat/completions", body.dump()); }
  json rows() { return json::parse(get("/bill").body).at("rows"); }

  // Asks for the bill until its first row has ended. The server learns of a client's end by itself,
  // a little later; the limit only keeps a broken server from being asked for ever.
  json first_row_ended() {
    for (int asked = 0; asked < 20'000; ++asked)
      if (auto row = rows().at(0); row.contains("endedAt"))
        return row;
    ADD_FAILURE() << "the server did not notice that its client had gone";
    return rows().at(0);
  }

  net::io_thread io;
  system_clock clock;
  net::http_client client{io};
  std::unique_ptr<sim_server> server;
  std::shared_ptr<recording_sink> sink;
};

json not_streamed(json body) {
  body["stream"] = false;
  body.erase("stream_options");
  return body;
}

TEST_F(server_test, streams_over_a_socket_what_the_core_says) {
  auto options = instant();
  start(options);
  const auto r = chat(ask("hello"));
  EXPECT_EQ(r.status, 200);
  EXPECT_TRUE(r.ended);
  world same(options);
  const auto text = [](const std::string& body) { // ids and times are the same but for `created`
    std::string all;
    std::size_t at = 0;
    while ((at = body.find("data: {", at)) != std::string::npos) {
      const auto end = body.find("\n\n", at);
      const auto event = json::parse(body.substr(at + 6, end - at - 6));
      for (const auto& c : event["choices"])
        all += c["delta"].value("content", "");
      at = end;
    }
    return all;
  };
  EXPECT_EQ(text(r.body), same.ask_and_read(ask("hello")).text());
  EXPECT_TRUE(r.body.ends_with("data: [DONE]\n\n"));
  const auto row = rows().at(0);
  EXPECT_EQ(row["ending"], "complete");
  EXPECT_EQ(row["deliveredTokens"], row["generatedTokens"]);
}

TEST_F(server_test, answers_without_a_stream_and_lists_models) {
  start(instant());
  const auto r = chat(not_streamed(ask("[[say: hi there]]")));
  EXPECT_EQ(json::parse(r.body)["choices"][0]["message"]["content"], "hi there");
  EXPECT_EQ(json::parse(get("/v1/models").body)["data"].size(), 3u);
  EXPECT_EQ(json::parse(get("/health").body)["status"], "ok");
  EXPECT_EQ(get("/nothing").status, 404);
  EXPECT_EQ(server->base_url(), "http://127.0.0.1:" + std::to_string(server->port()) + "/v1");
}

TEST_F(server_test, bad_requests_get_error_objects) {
  start(instant());
  const auto r = post("/v1/chat/completions", "{");
  EXPECT_EQ(r.status, 400);
  EXPECT_EQ(json::parse(r.body)["error"]["type"], "invalid_request_error");
}

TEST_F(server_test, a_client_that_goes_away_ends_its_bill_as_disconnected) {
  auto options = paced();
  options.time_to_first_token = duration::zero();
  options.tokens_per_second = 1000;
  start(options);
  const auto exchange = send("POST", "/v1/chat/completions", ask("[[tokens: 100000]]").dump());
  sink->wait_for_tokens();
  exchange->cancel();
  const auto row = first_row_ended();
  EXPECT_EQ(row["ending"], "disconnected");
  EXPECT_GT(row["deliveredEvents"], 0);
  EXPECT_GT(row["generatedTokens"], 0);
  EXPECT_LT(row["generatedTokens"], 100'000);
  EXPECT_EQ(rows().at(0)["generatedTokens"], row["generatedTokens"]);
}

TEST_F(server_test, a_client_that_goes_away_during_silence_is_noticed) {
  start(instant(), "stall:1");
  const auto exchange = send("POST", "/v1/chat/completions", ask("[[tokens: 10]]").dump());
  sink->wait_for_tokens();
  exchange->cancel();
  EXPECT_TRUE(sink->wait().failure.has_value());
  EXPECT_EQ(first_row_ended()["ending"], "stalled");
}

TEST_F(server_test, a_drop_is_a_broken_connection_and_a_cut_a_clean_end) {
  start(instant(), "drop:2#1");
  auto r = chat(ask("hello"));
  ASSERT_TRUE(r.failure.has_value());
  EXPECT_TRUE(r.failure->sent);
  EXPECT_EQ(rows().at(0)["ending"], "dropped");
  EXPECT_EQ(
      post("/faults", R"(["cut:2#2", {"kind": "cut", "after": "head", "request": 3}])").status,
      200);
  r = chat(ask("hello"));
  EXPECT_TRUE(r.ended);
  EXPECT_EQ(r.body.find("[DONE]"), std::string::npos);
  EXPECT_EQ(rows().at(1)["ending"], "clean-cut");
  r = chat(ask("hello"));
  EXPECT_TRUE(r.failure.has_value());
  EXPECT_EQ(r.status, 0);
}

TEST_F(server_test, a_body_of_known_length_can_break_off) {
  start(instant(), "cut:1");
  const auto r = chat(not_streamed(ask("hello")));
  ASSERT_TRUE(r.failure.has_value());
  EXPECT_EQ(r.failure->kind, net::failure_kind::truncated);
}

TEST_F(server_test, fault_rules_that_are_none_are_refused) {
  start(instant());
  EXPECT_EQ(post("/faults", "nonsense").status, 400);
  const auto r = post("/faults", R"(["explode"])");
  EXPECT_EQ(r.status, 400);
  EXPECT_NE(json::parse(r.body)["error"]["message"].get<std::string>().find("explode"),
            std::string::npos);
  EXPECT_EQ(json::parse(post("/faults", R"("server-error:503")").body)["added"], 1);
  EXPECT_EQ(chat(ask("hello")).status, 503);
}

TEST_F(server_test, it_ends_while_answers_are_under_way) {
  start(paced());
  send("POST", "/v1/chat/completions", ask("[[tokens: 100000]]").dump());
  sink->wait_until([](const record& r) { return r.status == 200; });
  server.reset();
  EXPECT_TRUE(sink->wait().failure.has_value());
}

TEST_F(server_test, options_and_addresses_that_cannot_be_are_refused) {
  sim_server_options o;
  o.provider.tokens_per_event = 0;
  EXPECT_EQ(sim_server::start(o, clock).error().code, errc::invalid_argument);
  start(instant());
  o.provider = instant();
  o.port = server->port();
  EXPECT_EQ(sim_server::start(o, clock).error().code, errc::io);
}

} // namespace
} // namespace pawl::sim::test
