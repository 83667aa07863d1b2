#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/catalog.hpp"
#include "tests/unit/inference/configuration_cases.hpp"

namespace pawl::inference {
namespace {

using testing::HasSubstr;

std::string render(const std::vector<error>& errors) {
  std::string out;
  for (const auto& e : errors)
    out += e.render() + "\n";
  return out;
}

TEST(catalog, built_in) {
  const catalog c;
  std::vector<price_list> seen;
  for (const std::string name : {"sim/small", "sim/medium", "sim/large"}) {
    const auto found = c.resolve(name);
    ASSERT_EQ(found.size(), 1U) << name;
    const deployment& d = found[0];
    EXPECT_EQ(d.name(), name);
    EXPECT_EQ(d.provider, "sim");
    EXPECT_EQ(d.protocol, "openai-chat");
    EXPECT_EQ(d.base_url, "sim:///v1");
    EXPECT_EQ(d.api_key.env, "");
    EXPECT_EQ(d.prefix, prefix_mode::assistant);
    EXPECT_TRUE(d.stream);
    EXPECT_EQ(d.output_tokens_max, 4096);
    ASSERT_TRUE(d.prices);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), *d.prices), 0) << name;
    seen.push_back(*d.prices);
  }
  EXPECT_EQ(c.resolve("sim/no-prefix").at(0).prefix, prefix_mode::none);
  EXPECT_EQ(c.resolve("sim/refuses-prefix").at(0).prefix, prefix_mode::assistant);
  const auto other = c.resolve("sim/other");
  ASSERT_EQ(other.size(), 1U);
  EXPECT_EQ(other[0].model, "other");
  EXPECT_EQ(other[0].prefix, prefix_mode::assistant);
  EXPECT_FALSE(other[0].prices);
  for (const std::string name : {"", "sim", "sim/", "/", "small", "local/small"})
    EXPECT_TRUE(c.resolve(name).empty()) << name;
}

TEST(catalog, example_of_the_design) {
  catalog c;
  ASSERT_EQ(render(c.add(json::parse(example_configuration))), "");
  for (const std::string name : {"fast", "local/small"}) {
    const auto found = c.resolve(name);
    ASSERT_EQ(found.size(), 1U) << name;
    EXPECT_EQ(found[0].name(), "local/small-1");
    EXPECT_EQ(found[0].base_url, "http://127.0.0.1:8080/v1");
    EXPECT_EQ(found[0].api_key.env, "LOCAL_API_KEY");
    EXPECT_EQ(found[0].prefix, prefix_mode::assistant);
    EXPECT_EQ(found[0].output_tokens_max, std::nullopt);
    ASSERT_TRUE(found[0].prices);
    EXPECT_EQ(found[0].prices->input, *token_price::from_usd_per_million("0.15"));
    EXPECT_EQ(found[0].prices->cached_input, *token_price::from_usd_per_million("0.075"));
    EXPECT_EQ(found[0].prices->cache_write, found[0].prices->input); // not given
    EXPECT_EQ(found[0].prices->output, *token_price::from_usd_per_million("0.6"));
  }
  const auto unlisted = c.resolve("local/any/name");
  ASSERT_EQ(unlisted.size(), 1U);
  EXPECT_EQ(unlisted[0].model, "any/name");
  EXPECT_EQ(unlisted[0].prefix, prefix_mode::none);
  EXPECT_FALSE(unlisted[0].prices);
  EXPECT_EQ(unlisted[0].api_key.env, "LOCAL_API_KEY");
  EXPECT_THAT(c.model_names(), testing::IsSupersetOf({"fast", "local/small", "sim/small"}));
}

TEST(catalog, more_of_the_configuration) {
  catalog c;
  ASSERT_EQ(render(c.add(json::parse(rich_configuration))), "");
  const auto found = c.resolve("one");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].base_url, "https://example.com/v1");
  EXPECT_FALSE(found[0].stream);
  EXPECT_EQ(found[0].output_tokens_max, 100);
  EXPECT_EQ(found[0].prices->cached_input, found[0].prices->input);
  EXPECT_EQ(found[0].prices->cache_write, *token_price::from_usd_per_million("1.25"));
  EXPECT_EQ(found[1].prefix, prefix_mode::continue_final_message);
  EXPECT_FALSE(found[1].prices);
  EXPECT_EQ(c.resolve("three").at(0).name(), "q/x");
  EXPECT_EQ(render(c.add(json::object())), "");
}

TEST(catalog, one_mistake_each) {
  for (const auto& c : configuration_mistakes()) {
    const json configuration = apply(c);
    catalog target;
    const auto errors = target.add(configuration);
    if (c.where.empty()) {
      EXPECT_EQ(render(errors), "") << c.pointer << c.patch;
      continue;
    }
    ASSERT_EQ(errors.size(), 1U) << c.pointer << " " << c.patch << "\n" << render(errors);
    EXPECT_EQ(errors[0].code, errc::invalid_configuration);
    EXPECT_EQ(errors[0].where, c.where);
    EXPECT_THAT(errors[0].render(), HasSubstr(c.message));
    EXPECT_THAT(errors[0].render(), testing::Not(HasSubstr("hunter2"))) << c.patch;
    EXPECT_TRUE(target.resolve("local/small").empty()) << c.pointer; // nothing is added
  }
}

TEST(catalog, all_mistakes_at_once) {
  catalog c;
  const auto errors = c.add(json::parse(
      R"({"x": 1, "providers": {"p": {}}, "models": {"m": 1}, "aliases": {"a": "b"}})"));
  std::vector<std::string> places;
  for (const auto& e : errors)
    places.push_back(e.where);
  EXPECT_THAT(places, testing::UnorderedElementsAre("/x", "/providers/p", "/providers/p",
                                                    "/models/m", "/aliases/a"));
}

TEST(catalog, cycles_of_aliases) {
  catalog c;
  const auto errors = c.add(
      json::parse(R"({"aliases": {"a": "b", "b": "c", "c": "a", "d": "a", "e": "sim/small"}})"));
  EXPECT_EQ(errors.size(), 4U) << render(errors);
  EXPECT_TRUE(c.resolve("a").empty());
  // A cycle that is closed by a later configuration.
  ASSERT_EQ(render(c.add(json::parse(R"({"aliases": {"a": "b", "b": "sim/small"}})"))), "");
  EXPECT_EQ(c.add(json::parse(R"({"aliases": {"b": "a"}})")).size(), 1U);
  EXPECT_EQ(c.resolve("a").at(0).name(), "sim/small");
}

TEST(catalog, what_is_no_configuration) {
  for (const std::string text : {"null", "[]", "5", "\"x\""}) {
    catalog c;
    EXPECT_EQ(c.add(json::parse(text)).size(), 1U) << text;
  }
}

TEST(catalog, prefix_modes_by_name) {
  for (const auto mode :
       {prefix_mode::none, prefix_mode::assistant, prefix_mode::prefix_true,
        prefix_mode::partial_true, prefix_mode::continue_final_message, prefix_mode::quoted})
    EXPECT_EQ(parse_prefix_mode(to_string(mode)), mode);
  EXPECT_EQ(to_string(prefix_mode::continue_final_message), "continue-final-message");
  EXPECT_EQ(parse_prefix_mode("Assistant"), std::nullopt);
}

} // namespace
} // namespace pawl::inference
