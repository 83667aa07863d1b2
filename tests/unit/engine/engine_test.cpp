// The face, as a program that links the library sees it: real threads, the in-process simulated
// provider, in memory and on disk.
#include <pawl/engine.hpp>

#include <gtest/gtest.h>

#include "tests/support/process.hpp"

namespace pawl {
namespace {

constexpr const char* two_calls = R"({
  "document": {"dsl": "1.0.3", "namespace": "test", "name": "echo", "version": "1.0.0"},
  "do": [
    {"first": {"call": "inference",
               "with": {"model": "sim/small", "prompt": "[[say: hello there]]"}}},
    {"second": {"call": "inference",
                "with": {"model": "sim/large", "prompt": "${ \"[[say: again \\(.text)]]\" }"},
                "output": {"as": "${ .text }"}}}
  ]})";

std::unique_ptr<engine> open_in_memory() {
  engine_options options;
  options.kind = data_kind::ephemeral;
  auto opened = engine::open(std::move(options));
  EXPECT_TRUE(opened) << opened.error().render();
  return std::move(*opened);
}

run_request request_of(const std::string& id) {
  run_request what;
  what.id = run_id(id);
  what.definition = two_calls;
  what.source = "echo.json";
  return what;
}

// Two calls, the second made of the first's answer.
async<outcome> native_echo(context ctx, json input) {
  json ask = {{"model", "sim/small"}, {"prompt", "[[say: " + input.value("word", "") + "]]"}};
  outcome first = co_await ctx.infer("first", std::move(ask));
  if (first.is_fault())
    co_return first;
  json more = {{"model", "sim/medium"},
               {"prompt", "[[say: twice " + first.value().value("text", "") + "]]"}};
  outcome second = co_await ctx.infer("second", std::move(more));
  if (second.is_fault())
    co_return second;
  json result = {{"said", second.value()["text"]}};
  co_return outcome(std::move(result));
}

TEST(engine, runs_a_definition_to_its_end) {
  const auto host = open_in_memory();
  const auto id = host->start(request_of("r"));
  ASSERT_TRUE(id) << id.error().render();
  const auto ended = host->wait(*id);
  ASSERT_TRUE(ended) << ended.error().render();
  EXPECT_EQ(ended->status, run_status::completed);
  EXPECT_EQ(ended->result->value(), "again hello there");
  const auto spent = host->spend("model");
  ASSERT_TRUE(spent);
  EXPECT_EQ(spent->total.calls, 2u);
  EXPECT_EQ(spent->total.tokens.output, 2 + 3);
  EXPECT_GT(spent->total.cost, nano_usd(0));
}

TEST(engine, runs_a_native_agent) {
  const auto host = open_in_memory();
  host->register_native("echo", native_echo);
  run_request what;
  what.native = "echo";
  what.input = {{"word", "tick"}};
  const auto id = host->start(std::move(what));
  ASSERT_TRUE(id) << id.error().render();
  const auto ended = host->wait(*id);
  ASSERT_TRUE(ended) << ended.error().render();
  ASSERT_EQ(ended->status, run_status::completed) << ended->cause;
  EXPECT_EQ(ended->result->value(), (json{{"said", "twice tick"}}));
}

TEST(engine, the_same_id_is_the_same_run_also_after_reopening) {
  const testing::temp_dir room;
  engine_options options;
  options.data = room / "data";
  {
    const auto host = engine::open(options);
    ASSERT_TRUE(host) << host.error().render();
    ASSERT_TRUE((*host)->start(request_of("r")));
    ASSERT_TRUE((*host)->wait(run_id("r")));
    const auto second = engine::open(options);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, errc::in_use);
  }
  const auto host = engine::open(options);
  ASSERT_TRUE(host) << host.error().render();
  ASSERT_TRUE((*host)->start(request_of("r")));
  const auto ended = (*host)->wait(run_id("r"));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->result->value(), "again hello there");
  std::size_t rows = 0;
  ASSERT_TRUE((*host)->ledger([&](const ledger_row&) { return ++rows, true; }));
  EXPECT_EQ(rows, 2u) << "nothing was bought again";

  auto other = request_of("r");
  other.input = {{"another", "input"}};
  const auto refused = (*host)->start(std::move(other));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::conflict);
}

TEST(engine, names_every_mistake_of_a_definition) {
  const auto problems = engine::validate(R"({"document": {"dsl": "1.0.3", "namespace": "a",
    "name": "b", "version": "1.0.0"}, "do": [{"x": {"cal": "inference"}}, {"y": {"emit": {}}}]})",
                                         "bad.json");
  ASSERT_GE(problems.size(), 2u);
  for (const auto& p : problems)
    EXPECT_EQ(p.code, errc::invalid_definition) << p.render();
}

TEST(engine, a_cancelled_run_ends_as_cancelled) {
  const auto host = open_in_memory();
  auto what = request_of("r");
  what.definition = R"({"document": {"dsl": "1.0.3", "namespace": "test", "name": "rest",
    "version": "1.0.0"}, "do": [{"rest": {"wait": {"days": 1}}}]})";
  ASSERT_TRUE(host->start(std::move(what)));
  ASSERT_TRUE(host->cancel(run_id("r")));
  const auto ended = host->wait(run_id("r"));
  ASSERT_TRUE(ended) << ended.error().render();
  EXPECT_EQ(ended->status, run_status::cancelled);
}

} // namespace
} // namespace pawl
