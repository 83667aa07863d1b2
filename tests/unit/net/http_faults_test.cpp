// Everything a peer can do wrong, and what the client makes of it: the kind of failure, whether
// anything may have been sent, what was handed on before, and that nothing is ever sent twice.
#include <gtest/gtest.h>

#include "net/http_client.hpp"
#include "support.hpp"

namespace pawl::net {
namespace {

using namespace std::chrono_literals;
using testing::post_to;
using testing::raw_connection;
using testing::recording_sink;
using testing::run;
using testing::script_server;
using testing::signal_flag;

constexpr const char* chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

enum class sent : unsigned char { nothing, maybe };

void expect_failure(const recording_sink& sink, failure_kind kind, sent what) {
  ASSERT_TRUE(sink.failure());
  EXPECT_EQ(to_string(sink.failure()->kind), to_string(kind)) << sink.failure()->message;
  EXPECT_EQ(sink.failure()->sent, what == sent::maybe) << sink.failure()->message;
  EXPECT_FALSE(sink.failure()->message.empty());
  EXPECT_TRUE(sink.in_order());
}

class http_faults : public ::testing::Test {
protected:
  // The answer to one request is these bytes, and then the connection's end.
  std::shared_ptr<recording_sink> answer_with(std::string bytes) {
    script_server server([bytes = std::move(bytes)](raw_connection& c, int) {
      c.read_request();
      c.write(bytes);
      c.close();
    });
    auto sink = run(client, post_to(server.url()));
    EXPECT_EQ(server.accepted(), 1);
    return sink;
  }

  io_thread io;
  http_client client{io};
};

TEST_F(http_faults, refused_port) {
  std::uint16_t free_port = 0;
  {
    script_server gone([](raw_connection&, int) {});
    free_port = gone.port();
  }
  const auto sink =
      run(client, post_to("http://127.0.0.1:" + std::to_string(free_port) + "/secret"));
  expect_failure(*sink, failure_kind::connect, sent::nothing);
  EXPECT_NE(sink->failure()->message.find("127.0.0.1:" + std::to_string(free_port)),
            std::string::npos);
  EXPECT_EQ(sink->failure()->message.find("secret"), std::string::npos);
}

TEST_F(http_faults, unknown_name) {
  // RFC 6761: never resolves, and never leaves the machine's resolver with an answer.
  const auto sink = run(client, post_to("http://pawl.invalid/"));
  expect_failure(*sink, failure_kind::resolve, sent::nothing);
}

// Nobody takes connections from this listener, and its queue is full: the system answers no more.
TEST_F(http_faults, connect_timeout) {
  boost::asio::io_context sockets;
  testing::tcp::acceptor full(sockets);
  const testing::tcp::endpoint any(boost::asio::ip::make_address("127.0.0.1"), 0);
  full.open(any.protocol());
  full.bind(any);
  full.listen(0);
  std::vector<testing::tcp::socket> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(sockets, any.protocol());
    waiting.back().non_blocking(true);
    // Not Asio's connect(): that waits, whatever the socket's mode.
    const auto to = full.local_endpoint();
    ::connect(waiting.back().native_handle(), to.data(), static_cast<socklen_t>(to.size()));
  }
  auto request = post_to("http://127.0.0.1:" + std::to_string(full.local_endpoint().port()));
  request.connect_timeout = 50ms;
  const auto sink = run(client, std::move(request));
  expect_failure(*sink, failure_kind::timeout, sent::nothing);
}

TEST_F(http_faults, requests_that_cannot_be_sent) {
  script_server server([](raw_connection& c, int) { c.close(); });
  auto injected = post_to(server.url());
  injected.headers = {{"Authorization", "Bearer x\r\nX-Evil: 1"}};
  expect_failure(*run(client, std::move(injected)), failure_kind::malformed, sent::nothing);
  expect_failure(*run(client, post_to(server.url("/a\r\nX-Evil: 1"))), failure_kind::malformed,
                 sent::nothing);
  expect_failure(*run(client, post_to("sim:///x")), failure_kind::malformed, sent::nothing);
  const auto secure = run(client, post_to("https://127.0.0.1:1/"));
  expect_failure(*secure, failure_kind::tls, sent::nothing);
  EXPECT_NE(secure->failure()->message.find("https is not supported by this build"),
            std::string::npos);
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(http_faults, closed_before_the_head) {
  expect_failure(*answer_with(""), failure_kind::reset, sent::maybe);
}

TEST_F(http_faults, closed_within_the_head) {
  const auto sink = answer_with("HTTP/1.1 200 OK\r\nContent-");
  expect_failure(*sink, failure_kind::truncated, sent::maybe);
  EXPECT_EQ(sink->status(), 0);
}

TEST_F(http_faults, closed_within_a_fixed_body) {
  const auto sink = answer_with("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  expect_failure(*sink, failure_kind::truncated, sent::maybe);
  EXPECT_EQ(sink->body(), "hello");
}

TEST_F(http_faults, closed_before_the_last_chunk) {
  const auto sink = answer_with(std::string(chunked_head) + "5\r\nhello\r\n");
  expect_failure(*sink, failure_kind::truncated, sent::maybe);
  EXPECT_EQ(sink->body(), "hello");
}

TEST_F(http_faults, closed_within_a_chunk) {
  const auto sink = answer_with(std::string(chunked_head) + "5\r\nhel");
  expect_failure(*sink, failure_kind::truncated, sent::maybe);
  EXPECT_EQ(sink->body(), "hel");
}

TEST_F(http_faults, close_ends_a_body_without_length) {
  const auto sink = answer_with("HTTP/1.1 200 OK\r\n\r\nhello");
  EXPECT_TRUE(sink->ended_well());
  EXPECT_EQ(sink->body(), "hello");
}

TEST_F(http_faults, reset_within_a_body) {
  signal_flag seen;
  script_server server([&](raw_connection& c, int) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\n\r\nhello");
    seen.wait();
    c.reset();
  });
  auto sink = std::make_shared<recording_sink>();
  client.start(post_to(server.url()), sink);
  ASSERT_TRUE(sink->wait_body(5));
  seen.raise();
  ASSERT_TRUE(sink->wait_over());
  expect_failure(*sink, failure_kind::reset, sent::maybe);
}

TEST_F(http_faults, garbage) {
  const auto sink = answer_with("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n");
  expect_failure(*sink, failure_kind::malformed, sent::maybe);
  EXPECT_EQ(sink->status(), 0);
}

TEST_F(http_faults, garbage_between_chunks) {
  const auto sink = answer_with(std::string(chunked_head) + "5\r\nhello\r\nxyz\r\n");
  expect_failure(*sink, failure_kind::malformed, sent::maybe);
  EXPECT_EQ(sink->body(), "hello");
}

TEST_F(http_faults, header_over_its_cap) {
  const auto sink = answer_with(
      "HTTP/1.1 200 OK\r\nX: " + std::string(limits::http_header_bytes_max, 'x') + "\r\n\r\n");
  expect_failure(*sink, failure_kind::malformed, sent::maybe);
}

TEST_F(http_faults, header_below_its_cap) {
  const std::string large(limits::http_header_bytes_max - 1000, 'x');
  const auto sink =
      answer_with("HTTP/1.1 200 OK\r\nX: " + large + "\r\nContent-Length: 2\r\n\r\nok");
  ASSERT_TRUE(sink->ended_well());
  EXPECT_EQ(find_header(sink->headers(), "x"), large);
  EXPECT_EQ(sink->body(), "ok");
}

TEST_F(http_faults, body_over_its_cap) {
  http_client_options options;
  options.body_bytes_max = 4;
  http_client small(io, options);
  script_server server([](raw_connection& c, int) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    c.close();
  });
  expect_failure(*run(small, post_to(server.url())), failure_kind::malformed, sent::maybe);
}

TEST_F(http_faults, stall_before_the_head) {
  script_server server([](raw_connection& c, int) {
    c.read_request();
    EXPECT_TRUE(c.peer_goes());
  });
  auto request = post_to(server.url());
  request.idle_timeout = 30ms;
  expect_failure(*run(client, std::move(request)), failure_kind::timeout, sent::maybe);
}

TEST_F(http_faults, stall_within_the_body) {
  script_server server([](raw_connection& c, int) {
    c.read_request();
    c.write(std::string(chunked_head) + "5\r\nhello\r\n");
    EXPECT_TRUE(c.peer_goes());
  });
  auto request = post_to(server.url());
  request.idle_timeout = 500ms;
  const auto sink = run(client, std::move(request));
  expect_failure(*sink, failure_kind::timeout, sent::maybe);
  EXPECT_EQ(sink->body(), "hello");
}

// Longer in all than the idle timeout, but never idle for so long.
TEST_F(http_faults, progress_puts_the_idle_timeout_off) {
  auto sink = std::make_shared<recording_sink>();
  script_server server([&](raw_connection& c, int) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n");
    // 60 bytes at 20 ms, paced by the io thread's own timers.
    for (int i = 0; i < 60; ++i) {
      signal_flag pause;
      io.after(20ms, [&] { pause.raise(); });
      if (!pause.wait() || !c.write("x"))
        return;
    }
    c.peer_goes();
  });
  auto request = post_to(server.url());
  request.idle_timeout = 1s;
  client.start(std::move(request), sink);
  ASSERT_TRUE(sink->wait_over());
  EXPECT_TRUE(sink->ended_well());
  EXPECT_EQ(sink->body().size(), 60u);
  io.stop(); // the pooled connection goes, and the script ends
}

TEST_F(http_faults, a_server_that_never_reads) {
  signal_flag over;
  script_server server([&](raw_connection&, int) { over.wait(); });
  auto request = post_to(server.url(), std::string(64 * 1024 * 1024, 'x'));
  request.idle_timeout = 100ms;
  const auto sink = run(client, std::move(request));
  over.raise();
  expect_failure(*sink, failure_kind::timeout, sent::maybe);
}

TEST_F(http_faults, an_early_answer_is_read) {
  script_server server([](raw_connection& c, int) {
    c.read_until("\r\n\r\n");
    c.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
    c.read_all();
  });
  const auto sink = run(client, post_to(server.url(), std::string(1024 * 1024, 'x')));
  ASSERT_TRUE(sink->ended_well());
  EXPECT_EQ(sink->status(), 413);
  EXPECT_EQ(sink->body(), "big");
  io.stop(); // the pooled connection goes, and the script ends
}

TEST_F(http_faults, a_pooled_connection_that_died_is_not_used) {
  signal_flag first_over;
  signal_flag closed;
  script_server server([&](raw_connection& c, int number) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(number));
    if (number == 0)
      first_over.wait();
    c.close();
    closed.raise();
  });
  const auto first = run(client, post_to(server.url()));
  ASSERT_TRUE(first->ended_well());
  first_over.raise();
  ASSERT_TRUE(closed.wait());
  const auto second = run(client, post_to(server.url()));
  ASSERT_TRUE(second->ended_well());
  EXPECT_EQ(second->body(), "1");
  EXPECT_EQ(server.accepted(), 2);
}

TEST_F(http_faults, a_pooled_connection_on_which_bytes_came_is_not_used) {
  signal_flag written;
  script_server server([&](raw_connection& c, int number) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(number));
    if (number == 0) {
      c.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nX");
      written.raise();
    }
    c.peer_goes();
  });
  ASSERT_TRUE(run(client, post_to(server.url()))->ended_well());
  ASSERT_TRUE(written.wait());
  const auto second = run(client, post_to(server.url()));
  ASSERT_TRUE(second->ended_well());
  EXPECT_EQ(second->body(), "1");
  io.stop(); // the pooled connection goes, and the script ends
}

// The server takes the second request on the kept connection and dies: what became of it cannot be
// known.
TEST_F(http_faults, a_request_on_a_pooled_connection_is_never_sent_again) {
  std::atomic<int> requests{0};
  script_server server([&](raw_connection& c, int) {
    c.read_request();
    ++requests;
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    c.read_request();
    ++requests;
    c.close();
  });
  ASSERT_TRUE(run(client, post_to(server.url()))->ended_well());
  expect_failure(*run(client, post_to(server.url())), failure_kind::reset, sent::maybe);
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(server.accepted(), 1);
}

} // namespace
} // namespace pawl::net
