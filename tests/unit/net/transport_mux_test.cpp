#include <gtest/gtest.h>

#include "net/transport_mux.hpp"
#include "support.hpp"

namespace pawl::net {
namespace {

// Answers every request with its URL.
class echo_transport final : public transport {
public:
  std::shared_ptr<exchange> start(http_request request,
                                  std::shared_ptr<exchange_sink> sink) override {
    sink->on_head(200, {});
    sink->on_body(request.url);
    sink->on_end();
    return nullptr;
  }
};

TEST(transport_mux, picks_by_scheme) {
  transport_mux mux({{"sim", std::make_shared<echo_transport>()}});
  EXPECT_EQ(testing::run(mux, testing::post_to("sim:///small"))->body(), "sim:///small");
  EXPECT_EQ(testing::run(mux, testing::post_to("SIM://x"))->body(), "SIM://x");
}

TEST(transport_mux, fails_unknown_schemes_with_nothing_sent) {
  transport_mux mux({{"sim", std::make_shared<echo_transport>()}, {"http", nullptr}});
  for (const char* url : {"gopher://x/secret", "http://x/secret", "secret", "", ":secret"}) {
    auto sink = std::make_shared<testing::recording_sink>();
    const auto handle = mux.start(testing::post_to(url), sink);
    ASSERT_TRUE(sink->failure()) << url;
    EXPECT_EQ(sink->failure()->kind, failure_kind::malformed);
    EXPECT_FALSE(sink->failure()->sent);
    EXPECT_EQ(sink->failure()->message.find("secret"), std::string::npos);
    ASSERT_TRUE(handle);
    handle->cancel();
  }
}

} // namespace
} // namespace pawl::net
