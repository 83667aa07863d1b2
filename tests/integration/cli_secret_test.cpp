// A provider's key goes to the provider and nowhere else: not into the store, the log, results or
// error texts.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/cli_rig.hpp"

namespace pawl::testing {
namespace {

using json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* key = "canary-5b1e7f";

class cli_secret : public ::testing::Test {
protected:
  void SetUp() override { setenv("PAWL_TEST_KEY", key, 1); }
  void TearDown() override { unsetenv("PAWL_TEST_KEY"); }

  static finished run(const desk& d) {
    return d.pawl({"run", "%fast.json", "--id", "r", "--input", "@%q.json", "--json", "--verbose"});
  }

  static void expect_nowhere(const desk& d, const finished& done) {
    EXPECT_THAT(done.out, Not(HasSubstr(key)));
    EXPECT_THAT(done.err, Not(HasSubstr(key)));
    const auto kept = d.pawl({"ledger", "export"});
    EXPECT_THAT(kept.out + d.pawl({"runs", "r", "--json"}).out, Not(HasSubstr(key)));
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(d.file("data")))
      if (entry.is_regular_file()) {
        ++files;
        EXPECT_EQ(read_file(entry.path()).find(key), std::string::npos) << entry.path();
      }
    EXPECT_GT(files, 4u);
  }

  const json reference = {{"env", "PAWL_TEST_KEY"}};
};

TEST_F(cli_secret, after_success) {
  desk d;
  d.provider({"--tokens-per-second", "0"}, reference);
  const auto done = run(d);
  EXPECT_EQ(done.status, 0) << done.err;
  expect_nowhere(d, done);
}

TEST_F(cli_secret, after_a_refusal) {
  desk d;
  d.provider({"--fault", "refuse:401"}, reference);
  const auto done = run(d);
  EXPECT_EQ(done.status, 1) << done.err;
  EXPECT_EQ(json::parse(done.out)["status"], 401);
  expect_nowhere(d, done);
}

TEST_F(cli_secret, after_a_connection_that_fails) {
  desk d;
  d.write("pawl.json",
          R"({"providers": {"desk": {"protocol": "openai-chat", "baseUrl": "http://127.0.0.1:1/v1",
    "apiKey": {"env": "PAWL_TEST_KEY"}}}, "aliases": {"fast": "desk/small"}})");
  const auto done = run(d);
  EXPECT_EQ(done.status, 1) << done.err;
  EXPECT_EQ(json::parse(done.out)["status"], 503);
  expect_nowhere(d, done);
}

TEST_F(cli_secret, a_missing_key_is_named_by_its_variable) {
  unsetenv("PAWL_TEST_KEY");
  desk d;
  d.provider({}, reference);
  const auto done = run(d);
  EXPECT_EQ(done.status, 1);
  const auto error = json::parse(done.out);
  EXPECT_EQ(error["type"], "https://serverlessworkflow.io/spec/1.0.0/errors/configuration");
  EXPECT_THAT(error["detail"].get<std::string>(), HasSubstr("PAWL_TEST_KEY"));
  EXPECT_EQ(d.bill()["rows"].size(), 0u);
}

TEST_F(cli_secret, an_unknown_model_is_named_with_those_that_are_known) {
  const desk d;
  const auto done = run(d);
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("model fast is unknown"));
  EXPECT_THAT(done.err, HasSubstr("sim/small"));
}

} // namespace
} // namespace pawl::testing
