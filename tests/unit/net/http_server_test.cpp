// The server against sockets that say what the test says.
#include <future>

#include <gtest/gtest.h>

#include "net/http_server.hpp"
#include "support.hpp"

namespace pawl::net {
namespace {

using namespace std::chrono_literals;
using testing::raw_connection;
using testing::signal_flag;

class http_server_test : public ::testing::Test {
protected:
  void serve(http_server::handler handle, http_server_options options = {}) {
    auto listening = http_server::listen(io, std::move(options), std::move(handle));
    ASSERT_TRUE(listening) << listening.error().render();
    server = std::move(*listening);
  }
  // Keeps the answers of all requests open.
  void serve_open(http_server_options options = {}) {
    serve(
        [this](server_request, std::shared_ptr<server_response> response) {
          open = std::move(response);
          open->on_closed([this] { gone.raise(); });
          asked.raise();
        },
        std::move(options));
  }
  raw_connection connect() { return raw_connection::to(sockets, server->port()); }

  io_thread io;
  std::unique_ptr<http_server> server;
  boost::asio::io_context sockets;
  std::shared_ptr<server_response> open;
  signal_flag asked;
  signal_flag gone;
};

http_server::handler echo() {
  return [](server_request request, std::shared_ptr<server_response> response) {
    respond(*response, 200, {}, request.method + " " + request.target + " " + request.body);
  };
}

TEST_F(http_server_test, listens_on_a_free_port_and_refuses_a_taken_one) {
  serve(echo());
  EXPECT_NE(server->port(), 0);
  http_server_options options;
  options.port = server->port();
  const auto second = http_server::listen(io, options, echo());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::io);
  EXPECT_NE(second.error().message.find("127.0.0.1:" + std::to_string(server->port())),
            std::string::npos);
  options.address = "not an address";
  EXPECT_FALSE(http_server::listen(io, options, echo()));
}

TEST_F(http_server_test, takes_its_port_again_at_once) {
  serve(echo());
  auto c = connect();
  c.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  c.read_all();
  http_server_options options;
  options.port = server->port();
  server.reset();
  serve(echo(), options);
  EXPECT_EQ(server->port(), options.port);
}

TEST_F(http_server_test, answers_requests_that_came_at_once_in_order) {
  serve(echo());
  auto c = connect();
  std::string requests;
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    requests +=
        "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    const auto body = "POST /" + std::to_string(i) + " hi";
    expected += "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\nConnection: keep-alive\r\n\r\n" + body;
  }
  c.write(requests);
  EXPECT_TRUE(c.read_bytes(expected.size()) == expected);
}

TEST_F(http_server_test, reads_chunked_requests_and_asks_for_bodies) {
  serve(echo());
  auto c = connect();
  c.write(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(c.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  c.write("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
  c.read_until("\r\n\r\n");
  EXPECT_EQ(c.read_until("hello"), "POST / hello");
}

TEST_F(http_server_test, writes_chunks) {
  serve([](server_request, std::shared_ptr<server_response> response) {
    response->head(200, {{"Content-Type", "text/event-stream"}}, body_framing::chunked());
    EXPECT_EQ(response->write("hello").body_bytes, 5u);
    EXPECT_EQ(response->write("").body_bytes, 5u);
    EXPECT_EQ(response->write(std::string(26, 'x')).body_bytes, 31u);
    const auto end = response->end();
    EXPECT_EQ(end.body_bytes, 31u);
    EXPECT_FALSE(end.peer_gone);
    EXPECT_EQ(response->write("late").body_bytes, 31u);
  });
  auto c = connect();
  c.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(c.read_until("0\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"
            "5\r\nhello\r\n1a\r\n" +
                std::string(26, 'x') + "\r\n0\r\n\r\n");
  c.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(c.read_until("0\r\n\r\n"), "");
}

TEST_F(http_server_test, serves_http_1_0_and_heads) {
  serve([](server_request, std::shared_ptr<server_response> response) {
    response->head(200, {}, body_framing::chunked());
    response->write("hello");
    response->end();
  });
  auto old = connect();
  old.write("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.read_all(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
  auto head = connect();
  head.write("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(head.read_all(),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
}

TEST_F(http_server_test, cuts_a_fixed_body_at_its_length_and_ends_a_short_one_visibly) {
  serve([](server_request request, std::shared_ptr<server_response> response) {
    response->head(200, {}, body_framing::fixed(5));
    response->write(request.target == "/long" ? "hello, world" : "hel");
    response->end();
  });
  auto c = connect();
  c.write("GET /long HTTP/1.1\r\nHost: a\r\n\r\nGET /short HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_EQ(c.read_all(), head + "hello" + head + "hel");
  EXPECT_FALSE(c.was_reset());
}

TEST_F(http_server_test, closes_cleanly_without_the_last_chunk) {
  serve_open();
  auto c = connect();
  c.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(asked.wait());
  open->head(200, {}, body_framing::chunked());
  open->write("hello");
  open->close_clean();
  c.read_until("\r\n\r\n");
  EXPECT_EQ(c.read_all(), "5\r\nhello\r\n");
  EXPECT_FALSE(c.was_reset());
}

TEST_F(http_server_test, aborts_with_a_reset) {
  serve_open();
  auto c = connect();
  c.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(asked.wait());
  open->head(200, {}, body_framing::chunked());
  c.read_until("\r\n\r\n");
  open->abort();
  EXPECT_TRUE(c.peer_goes());
  EXPECT_TRUE(c.was_reset());
}

TEST_F(http_server_test, an_answer_that_is_dropped_is_aborted) {
  serve([](server_request, std::shared_ptr<server_response> response) {
    response->head(200, {}, body_framing::chunked());
    response->write("hello");
  });
  auto c = connect();
  c.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(c.peer_goes());
  EXPECT_TRUE(c.was_reset());
}

TEST_F(http_server_test, notices_that_the_peer_has_gone) {
  for (const auto how : {&raw_connection::close, &raw_connection::reset}) {
    signal_flag asked_now;
    signal_flag gone_now;
    std::shared_ptr<server_response> answer;
    serve([&](server_request, std::shared_ptr<server_response> response) {
      answer = std::move(response);
      answer->on_closed([&] { gone_now.raise(); });
      answer->head(200, {}, body_framing::chunked());
      asked_now.raise();
    });
    auto c = connect();
    c.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(asked_now.wait());
    EXPECT_FALSE(answer->status().peer_gone);
    (c.*how)();
    ASSERT_TRUE(gone_now.wait());
    EXPECT_TRUE(answer->status().peer_gone);
    EXPECT_EQ(answer->status().body_bytes, 0u);
    // Who asks late is told as well.
    signal_flag late;
    answer->on_closed([&] { late.raise(); });
    EXPECT_TRUE(late.wait());
    server.reset();
  }
}

TEST_F(http_server_test, counts_only_what_the_system_took) {
  constexpr std::size_t total = 32 * 1024 * 1024;
  serve_open();
  auto c = connect();
  c.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(asked.wait());
  // More than any socket buffer takes from a peer that does not read.
  std::promise<delivery> blocked;
  io.post([&] {
    open->head(200, {}, body_framing::chunked());
    blocked.set_value(open->write(std::string(total, 'x')));
  });
  const auto first = blocked.get_future().get();
  EXPECT_GT(first.body_bytes, 0u);
  EXPECT_LT(first.body_bytes, total);
  c.read_until("\r\n\r\n");
  c.read_until("\r\n");
  EXPECT_TRUE(c.read_bytes(total) == std::string(total, 'x'));
  EXPECT_EQ(open->status().body_bytes, total);
  // A second large piece, and the peer leaves without it.
  open->write(std::string(total, 'y'));
  c.reset();
  ASSERT_TRUE(gone.wait());
  EXPECT_LT(open->status().body_bytes, 2 * total);
}

TEST_F(http_server_test, gives_up_on_a_peer_that_does_not_read) {
  http_server_options options;
  options.queued_bytes_max = 1024;
  serve_open(options);
  auto c = connect();
  c.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(asked.wait());
  open->head(200, {}, body_framing::chunked());
  open->write(std::string(2048, 'x'));
  EXPECT_TRUE(gone.wait());
}

TEST_F(http_server_test, answers_what_it_cannot_read) {
  http_server_options options;
  options.head_bytes_max = 256;
  options.body_bytes_max = 16;
  serve(echo(), options);
  const std::pair<std::string, std::string> cases[] = {
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", "HTTP/1.1 400 "},
      {"\x16\x03\x01 hello\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /" + std::string(5000, 'x'), "HTTP/1.1 431 "},
      {"POST / HTTP/1.1\r\nContent-Length: 17\r\n\r\n", "HTTP/1.1 413 "},
  };
  for (const auto& [request, status] : cases) {
    auto c = connect();
    c.write(request);
    const auto text = c.read_all();
    EXPECT_EQ(text.substr(0, status.size()), status);
    EXPECT_NE(text.find("Connection: close\r\n"), std::string::npos);
    EXPECT_FALSE(c.was_reset());
  }
}

TEST_F(http_server_test, closes_connections_that_ask_nothing) {
  http_server_options options;
  options.idle_max = 20ms;
  serve(echo(), options);
  auto silent = connect();
  EXPECT_TRUE(silent.peer_goes());
  auto half = connect();
  half.write("GET / HT");
  EXPECT_TRUE(half.peer_goes());
}

TEST_F(http_server_test, its_end_tells_open_answers) {
  serve_open();
  auto c = connect();
  c.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(asked.wait());
  std::atomic<bool> told{false};
  open->on_closed([&] { told = true; });
  server.reset();
  EXPECT_TRUE(told);
  EXPECT_TRUE(open->status().peer_gone);
  EXPECT_TRUE(c.peer_goes());
  open->write("nobody listens");
}

TEST_F(http_server_test, ends_with_its_thread) {
  serve_open();
  auto c = connect();
  c.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(asked.wait());
  io.stop();
  EXPECT_TRUE(gone.wait());
  EXPECT_TRUE(c.peer_goes());
  server.reset();
  EXPECT_FALSE(http_server::listen(io, {}, echo()));
}

// A thousand streams at once, paced by the server's timers, all on one thread.
TEST_F(http_server_test, serves_a_thousand_connections) {
  constexpr int count = 1000;
  constexpr int events = 3;
  struct stream {
    std::shared_ptr<server_response> response;
    int left = events;
  };
  std::function<void(std::shared_ptr<stream>)> step = [&](std::shared_ptr<stream> s) {
    if (s->left-- == 0) {
      s->response->end();
      return;
    }
    s->response->write("event\n");
    io.after(5ms, [&step, s] { step(s); });
  };
  serve([&](server_request, std::shared_ptr<server_response> response) {
    response->head(200, {}, body_framing::chunked());
    auto s = std::make_shared<stream>();
    s->response = std::move(response);
    step(std::move(s));
  });
  io_thread clients;
  http_client client(clients);
  std::vector<std::shared_ptr<testing::recording_sink>> sinks;
  for (int i = 0; i < count; ++i) {
    sinks.push_back(std::make_shared<testing::recording_sink>());
    client.start(testing::post_to("http://127.0.0.1:" + std::to_string(server->port())),
                 sinks.back());
  }
  for (const auto& sink : sinks) {
    ASSERT_TRUE(sink->wait_over());
    ASSERT_TRUE(sink->ended_well()) << sink->failure()->message;
    EXPECT_EQ(sink->body(), "event\nevent\nevent\n");
  }
  io.stop();
}

} // namespace
} // namespace pawl::net
