#include <gtest/gtest.h>

#include "net/url.hpp"

namespace pawl::net {
namespace {

struct url_case {
  const char* text;
  const char* host;
  int port;
  const char* authority;
  const char* target;
};

class good_url : public ::testing::TestWithParam<url_case> {};

TEST_P(good_url, is_taken_apart) {
  const auto& c = GetParam();
  const auto url = parse_http_url(c.text);
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->host, c.host);
  EXPECT_EQ(url->port, c.port);
  EXPECT_EQ(url->authority, c.authority);
  EXPECT_EQ(url->target, c.target);
}

INSTANTIATE_TEST_SUITE_P(
    urls, good_url,
    ::testing::Values(url_case{"http://example.org", "example.org", 80, "example.org", "/"},
                      url_case{"http://example.org:80/", "example.org", 80, "example.org", "/"},
                      url_case{"HTTP://example.org:8080/v1/a%20b?x=1&y=%2F#top", "example.org",
                               8080, "example.org:8080", "/v1/a%20b?x=1&y=%2F"},
                      url_case{"http://127.0.0.1:1?q", "127.0.0.1", 1, "127.0.0.1:1", "/?q"},
                      url_case{"http://[::1]:8080/", "::1", 8080, "[::1]:8080", "/"},
                      url_case{"https://example.org/", "example.org", 443, "example.org", "/"},
                      url_case{"http://example.org:/x", "example.org", 80, "example.org", "/x"}));

TEST(url, names_its_origin_for_messages) {
  EXPECT_EQ(parse_http_url("http://[::1]:8080/key")->origin(), "[::1]:8080");
  EXPECT_EQ(parse_http_url("http://example.org/key")->origin(), "example.org:80");
}

class bad_url : public ::testing::TestWithParam<const char*> {};

TEST_P(bad_url, is_refused_without_being_repeated) {
  const auto url = parse_http_url(GetParam());
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().code, errc::invalid_argument);
  EXPECT_EQ(url.error().message.find("secret"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(urls, bad_url,
                         ::testing::Values("", "example.org", "/path", "ftp://example.org/",
                                           "http:", "http://", "http:///path", "http://:80/",
                                           "http://user:secret@example.org/",
                                           "http://example.org:0/", "http://example.org:70000/",
                                           "http://example.org:x/", "http://example.org/a b",
                                           "http://example.org/secret\r\nX: y",
                                           "http://example.org/\n", "http://exa mple.org/",
                                           "http://a%0d%0ab/", "http://[v1.x]/"));

} // namespace
} // namespace pawl::net
