#include <pawl/version.hpp>

#include <gtest/gtest.h>

#include "net/message_head.hpp"

namespace pawl::net {
namespace {

http_url example_url() {
  return *parse_http_url("http://example.org:8080/v1?x=1");
}

TEST(find_header, ignores_case_and_takes_the_first) {
  const header_list headers = {{"A", "1"}, {"Retry-After", "7"}, {"retry-after", "8"}};
  EXPECT_EQ(find_header(headers, "RETRY-AFTER"), "7");
  EXPECT_EQ(find_header(headers, "retry"), "");
  EXPECT_EQ(find_header({}, "x"), "");
}

TEST(failure_kind, has_a_name_for_each) {
  EXPECT_EQ(to_string(failure_kind::resolve), "resolve");
  EXPECT_EQ(to_string(failure_kind::connect), "connect");
  EXPECT_EQ(to_string(failure_kind::tls), "tls");
  EXPECT_EQ(to_string(failure_kind::timeout), "timeout");
  EXPECT_EQ(to_string(failure_kind::reset), "reset");
  EXPECT_EQ(to_string(failure_kind::truncated), "truncated");
  EXPECT_EQ(to_string(failure_kind::malformed), "malformed");
  EXPECT_EQ(to_string(failure_kind::cancelled), "cancelled");
}

TEST(request_head, is_complete) {
  http_request request;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = "{}";
  const auto head = write_request_head(request, example_url());
  ASSERT_TRUE(head);
  EXPECT_EQ(*head, std::string("POST /v1?x=1 HTTP/1.1\r\n"
                               "Host: example.org:8080\r\n"
                               "User-Agent: pawl/") +
                       pawl::version +
                       "\r\n"
                       "Accept: */*\r\n"
                       "Connection: keep-alive\r\n"
                       "Content-Type: application/json\r\n"
                       "Content-Length: 2\r\n"
                       "\r\n");
}

TEST(request_head, lets_the_caller_say_what_it_accepts) {
  http_request request;
  request.method = "GET";
  request.headers = {{"accept", "text/event-stream"}, {"user-agent", "other"}};
  const auto head = write_request_head(request, example_url());
  ASSERT_TRUE(head);
  EXPECT_EQ(*head, "GET /v1?x=1 HTTP/1.1\r\n"
                   "Host: example.org:8080\r\n"
                   "Connection: keep-alive\r\n"
                   "accept: text/event-stream\r\n"
                   "user-agent: other\r\n"
                   "\r\n");
}

TEST(request_head, of_an_empty_post_has_a_length) {
  const auto head = write_request_head(http_request(), example_url());
  ASSERT_TRUE(head);
  EXPECT_NE(head->find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(request_head, takes_no_line_in_from_outside) {
  const header_list bad[] = {
      {{"X", "a\r\nY: b"}},
      {{"X", "a\nb"}},
      {{"X", "a\rb"}},
      {{"X", std::string("a\0b", 3)}},
      {{"X\r\nY", "b"}},
      {{"X Y", "b"}},
      {{"", "b"}},
      {{"X:", "b"}},
      {{"Host", "other"}},
      {{"content-length", "7"}},
      {{"Transfer-Encoding", "chunked"}},
      {{"connection", "close"}},
  };
  for (const auto& headers : bad) {
    http_request request;
    request.headers = headers;
    const auto head = write_request_head(request, example_url());
    EXPECT_FALSE(head) << headers[0].first << "=" << headers[0].second;
  }
  http_request request;
  request.method = "GET / HTTP/1.1\r\nX:";
  EXPECT_FALSE(write_request_head(request, example_url()));
}

TEST(request_head, error_does_not_show_the_value) {
  http_request request;
  request.headers = {{"Authorization", "Bearer secret\r\n"}};
  const auto head = write_request_head(request, example_url());
  ASSERT_FALSE(head);
  EXPECT_NE(head.error().message.find("Authorization"), std::string::npos);
  EXPECT_EQ(head.error().message.find("secret"), std::string::npos);
}

TEST(response_head, leaves_out_what_is_not_the_callers) {
  response_head head;
  head.status = 429;
  head.headers = {{"Retry-After", "1"}, {"X", "a\r\nY: b"}, {"Content-Length", "99"}};
  head.framing = response_framing::chunked;
  head.use = connection_use::close;
  EXPECT_EQ(write_response_head(head), "HTTP/1.1 429 Too Many Requests\r\n"
                                       "Retry-After: 1\r\n"
                                       "Transfer-Encoding: chunked\r\n"
                                       "Connection: close\r\n"
                                       "\r\n");
}

TEST(list_token, is_found_whatever_surrounds_it) {
  EXPECT_TRUE(has_list_token("close", "close"));
  EXPECT_TRUE(has_list_token("keep-alive, Close", "close"));
  EXPECT_TRUE(has_list_token(" , ,\tCLOSE ,x", "close"));
  EXPECT_FALSE(has_list_token("closed", "close"));
  EXPECT_FALSE(has_list_token("", "close"));
}

} // namespace
} // namespace pawl::net
