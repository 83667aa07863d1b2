// The client against our own server, over loopback.
#include <map>

#include <gtest/gtest.h>

#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "support.hpp"

namespace pawl::net {
namespace {

using namespace std::chrono_literals;
using testing::post_to;
using testing::recording_sink;
using testing::run;
using testing::signal_flag;

class http_client_test : public ::testing::Test {
protected:
  void serve(http_server::handler handle, http_server_options options = {}) {
    auto listening = http_server::listen(io, std::move(options), std::move(handle));
    ASSERT_TRUE(listening) << listening.error().render();
    server = std::move(*listening);
  }
  [[nodiscard]] std::string url(const std::string& target = "/") const {
    return "http://127.0.0.1:" + std::to_string(server->port()) + target;
  }

  io_thread io;
  std::unique_ptr<http_server> server;
  http_client client{io};
};

TEST_F(http_client_test, sends_a_request_and_reads_the_answer) {
  server_request seen;
  serve([&](server_request request, std::shared_ptr<server_response> response) {
    seen = std::move(request);
    respond(*response, 201, {{"X-Id", "7"}}, "made");
  });
  auto request = post_to(url("/v1/things?x=1"), "{\"a\":1}");
  request.headers = {{"Content-Type", "application/json"}};
  const auto sink = run(client, std::move(request));
  ASSERT_TRUE(sink->ended_well());
  EXPECT_EQ(sink->status(), 201);
  EXPECT_EQ(find_header(sink->headers(), "x-id"), "7");
  EXPECT_EQ(sink->body(), "made");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/v1/things?x=1");
  EXPECT_EQ(seen.body, "{\"a\":1}");
  EXPECT_EQ(find_header(seen.headers, "content-type"), "application/json");
  EXPECT_EQ(find_header(seen.headers, "host"), "127.0.0.1:" + std::to_string(server->port()));
}

TEST_F(http_client_test, resolves_names) {
  serve([](server_request, std::shared_ptr<server_response> response) {
    respond(*response, 200, {}, "here");
  });
  const auto sink = run(client, post_to("http://localhost:" + std::to_string(server->port())));
  ASSERT_TRUE(sink->ended_well());
  EXPECT_EQ(sink->body(), "here");
}

// The server writes the next piece only when the client's sink has the one before.
TEST_F(http_client_test, hands_on_what_has_come_without_waiting_for_more) {
  std::shared_ptr<server_response> open;
  signal_flag asked;
  serve([&](server_request, std::shared_ptr<server_response> response) {
    open = std::move(response);
    open->head(200, {}, body_framing::chunked());
    asked.raise();
  });
  auto sink = std::make_shared<recording_sink>();
  client.start(post_to(url()), sink);
  ASSERT_TRUE(asked.wait());
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    const std::string piece = "data: " + std::to_string(i) + "\n\n";
    expected += piece;
    open->write(piece);
    ASSERT_TRUE(sink->wait_body(expected.size()));
  }
  open->end();
  ASSERT_TRUE(sink->wait_over());
  EXPECT_TRUE(sink->ended_well());
  EXPECT_EQ(sink->body(), expected);
  EXPECT_EQ(sink->pieces(), 50u);
}

TEST_F(http_client_test, moves_large_bodies_both_ways) {
  serve([](server_request request, std::shared_ptr<server_response> response) {
    respond(*response, 200, {}, request.body);
  });
  std::string large(5 * 1024 * 1024, 'x');
  for (std::size_t i = 0; i < large.size(); i += 997)
    large[i] = static_cast<char>('a' + i % 26);
  const auto sink = run(client, post_to(url(), large));
  ASSERT_TRUE(sink->ended_well());
  EXPECT_TRUE(sink->body() == large);
}

TEST_F(http_client_test, uses_a_connection_again) {
  std::vector<std::uint64_t> connections;
  serve([&](server_request request, std::shared_ptr<server_response> response) {
    connections.push_back(request.connection);
    respond(*response, 200, {}, request.target == "/head" ? "" : "x");
  });
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(run(client, post_to(url()))->ended_well());
  auto head = post_to(url(), "");
  head.method = "HEAD";
  ASSERT_TRUE(run(client, std::move(head))->ended_well());
  ASSERT_TRUE(run(client, post_to(url()))->ended_well());
  io.stop();
  EXPECT_EQ(connections, (std::vector<std::uint64_t>{1, 1, 1, 1, 1}));
}

TEST_F(http_client_test, keeps_no_connection_that_the_server_wants_closed) {
  std::vector<std::uint64_t> connections;
  serve([&](server_request request, std::shared_ptr<server_response> response) {
    connections.push_back(request.connection);
    respond(*response, 200, {{"Connection", "close"}}, "x");
  });
  ASSERT_TRUE(run(client, post_to(url()))->ended_well());
  ASSERT_TRUE(run(client, post_to(url()))->ended_well());
  io.stop();
  EXPECT_EQ(connections, (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(http_client_test, closes_idle_connections) {
  signal_flag closed;
  testing::script_server peer([&](testing::raw_connection& c, int) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (c.peer_goes())
      closed.raise();
  });
  http_client_options options;
  options.pool_idle_max = 20ms;
  http_client brief(io, options);
  ASSERT_TRUE(run(brief, post_to(peer.url()))->ended_well());
  EXPECT_TRUE(closed.wait());
}

TEST_F(http_client_test, runs_many_exchanges_at_once) {
  // Nobody is answered before all have asked: they really are open at once.
  constexpr std::size_t count = 100;
  std::vector<std::pair<std::string, std::shared_ptr<server_response>>> waiting;
  serve([&](server_request request, std::shared_ptr<server_response> response) {
    waiting.emplace_back(request.body, std::move(response));
    if (waiting.size() < count)
      return;
    for (auto& [body, open] : waiting)
      respond(*open, 200, {}, "re: " + body);
    waiting.clear();
  });
  std::vector<std::shared_ptr<recording_sink>> sinks;
  for (std::size_t i = 0; i < count; ++i) {
    sinks.push_back(std::make_shared<recording_sink>());
    client.start(post_to(url(), std::to_string(i)), sinks.back());
  }
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(sinks[i]->wait_over());
    EXPECT_TRUE(sinks[i]->ended_well());
    EXPECT_EQ(sinks[i]->body(), "re: " + std::to_string(i));
  }
}

TEST_F(http_client_test, cancel_in_mid_body_closes_the_connection) {
  signal_flag gone;
  std::shared_ptr<server_response> open;
  serve([&](server_request, std::shared_ptr<server_response> response) {
    open = std::move(response);
    open->on_closed([&] { gone.raise(); });
    open->head(200, {}, body_framing::chunked());
    open->write("first");
  });
  auto sink = std::make_shared<recording_sink>();
  const auto exchange = client.start(post_to(url()), sink);
  ASSERT_TRUE(sink->wait_body(5));
  exchange->cancel();
  exchange->cancel();
  ASSERT_TRUE(sink->wait_over());
  ASSERT_TRUE(sink->failure());
  EXPECT_EQ(sink->failure()->kind, failure_kind::cancelled);
  EXPECT_TRUE(sink->failure()->sent);
  EXPECT_TRUE(sink->in_order());
  ASSERT_TRUE(gone.wait());
  const auto state = open->write("second");
  EXPECT_TRUE(state.peer_gone);
  EXPECT_EQ(state.body_bytes, 5u);
}

TEST_F(http_client_test, cancel_after_the_end_does_nothing) {
  serve([](server_request, std::shared_ptr<server_response> response) {
    respond(*response, 200, {}, "x");
  });
  auto sink = std::make_shared<recording_sink>();
  const auto exchange = client.start(post_to(url()), sink);
  ASSERT_TRUE(sink->wait_over());
  exchange->cancel();
  ASSERT_TRUE(run(client, post_to(url()))->ended_well());
  EXPECT_TRUE(sink->ended_well());
}

TEST_F(http_client_test, cancel_before_it_began_sends_nothing) {
  serve([](server_request, std::shared_ptr<server_response> response) {
    respond(*response, 200, {}, "x");
  });
  auto sink = std::make_shared<recording_sink>();
  // On the io thread the exchange cannot begin between the two.
  io.post([&] { client.start(post_to(url()), sink)->cancel(); });
  ASSERT_TRUE(sink->wait_over());
  ASSERT_TRUE(sink->failure());
  EXPECT_EQ(sink->failure()->kind, failure_kind::cancelled);
  EXPECT_FALSE(sink->failure()->sent);
}

TEST_F(http_client_test, dropping_the_exchange_does_not_cancel) {
  std::shared_ptr<server_response> open;
  signal_flag asked;
  serve([&](server_request, std::shared_ptr<server_response> response) {
    open = std::move(response);
    asked.raise();
  });
  auto sink = std::make_shared<recording_sink>();
  client.start(post_to(url()), sink).reset();
  ASSERT_TRUE(asked.wait());
  respond(*open, 200, {}, "still here");
  ASSERT_TRUE(sink->wait_over());
  EXPECT_TRUE(sink->ended_well());
}

TEST_F(http_client_test, the_end_of_client_or_thread_cancels) {
  std::vector<std::shared_ptr<server_response>> open;
  std::atomic<int> asked{0};
  signal_flag both;
  serve([&](server_request, std::shared_ptr<server_response> response) {
    open.push_back(std::move(response));
    if (++asked == 2)
      both.raise();
  });
  auto other = std::make_unique<http_client>(io);
  auto of_client = std::make_shared<recording_sink>();
  auto of_thread = std::make_shared<recording_sink>();
  auto kept = other->start(post_to(url()), of_client);
  client.start(post_to(url()), of_thread);
  ASSERT_TRUE(both.wait());
  other.reset();
  ASSERT_TRUE(of_client->wait_over());
  io.stop();
  auto late = std::make_shared<recording_sink>();
  client.start(post_to(url()), late)->cancel();
  for (const auto& sink : {of_client, of_thread, late}) {
    ASSERT_TRUE(sink->failure());
    EXPECT_EQ(sink->failure()->kind, failure_kind::cancelled);
    EXPECT_EQ(sink->failure()->sent, sink != late);
  }
  kept->cancel();
}

} // namespace
} // namespace pawl::net
