#include "tests/integration/fault_rig.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace pawl::testing {

using json = nlohmann::json;
using namespace std::chrono_literals;

const std::string whole_text =
    "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar "
    "papa quebec romeo sierra tango uniform victor whiskey xray";

std::vector<std::string> ask_command(const rig& r, int port, const asked& what) {
  json models = json::object();
  for (const std::string name : {"prefix", "plain"}) {
    json place = {{"provider", "desk"},
                  {"model", name},
                  {"capabilities", {{"prefix", name == "prefix" ? "assistant" : "none"}}},
                  {"prices", {{"inputPerMillion", "1"}, {"outputPerMillion", "2"}}}};
    models["desk/" + name] = {{"deployments", json::array({std::move(place)})}};
  }
  const auto url = "http://127.0.0.1:" + std::to_string(port) + "/v1";
  const json configuration = {
      {"providers", {{"desk", {{"protocol", "openai-chat"}, {"baseUrl", url}}}}},
      {"models", models}};
  write_file(r.room() / "faults.json", configuration.dump());
  json with = {{"model", what.model == model_kind::prefix ? "desk/prefix" : "desk/plain"},
               {"prompt", "[[say: " + whole_text + "]]"},
               {"maxTokens", 60},
               {"onInterrupt", what.on_interrupt}};
  if (!what.timeout.empty())
    with["timeout"] = what.timeout;
  const json task = {
      {"ask", {{"call", "inference"}, {"with", with}, {"output", {{"as", "${ .text }"}}}}}};
  const json definition = {
      {"document",
       {{"dsl", "1.0.3"}, {"namespace", "tests"}, {"name", "faults"}, {"version", "1.0.0"}}},
      {"do", json::array({task})}};
  write_file(r.room() / "ask.json", definition.dump());
  return r.command({"run", (r.room() / "ask.json").string(), "--id", "r", "--json", "--config",
                    (r.room() / "faults.json").string()});
}

told read_end(const rig& r, process& engine) {
  told all;
  const auto status = engine.wait(90s);
  all.err = read_file(r.room() / "err");
  EXPECT_TRUE(status) << "the run does not end:\n" << all.err;
  if (!status)
    return all;
  all.status = *status;
  const auto out = read_file(r.room() / "out");
  all.result = json::parse(out, nullptr, false);
  EXPECT_FALSE(all.result.is_discarded()) << "stdout is no JSON: " << out;
  all.ledger = r.ledger();
  std::sort(all.ledger.begin(), all.ledger.end(),
            [](const json& a, const json& b) { return a["attempt"] < b["attempt"]; });
  return all;
}

std::vector<json> bill_rows(int port) {
  return json::parse(http_get(port, "/bill"))["rows"].get<std::vector<json>>();
}

std::vector<std::string> fault_words(const std::vector<std::string>& rules) {
  std::vector<std::string> words;
  for (const auto& rule : rules)
    words.insert(words.end(), {"--fault", rule});
  return words;
}

void expect_money(const told& all, const std::vector<int>& matched) {
  ASSERT_EQ(all.ledger.size(), matched.size());
  for (std::size_t i = 0; i < matched.size(); ++i) {
    const auto& row = all.ledger[i];
    EXPECT_NE(row["state"], "reserved") << row;
    json request;
    std::int64_t charged = 0;
    if (matched[i] >= 0) {
      request = all.bill.at(static_cast<std::size_t>(matched[i]));
      charged = request["promptTokens"].get<std::int64_t>() * input_nano_usd +
                request["generatedTokens"].get<std::int64_t>() * output_nano_usd;
      if (row["providerRequestId"] != "") {
        EXPECT_EQ(row["providerRequestId"], request["requestId"]) << row;
      }
    }
    if (row["state"] == "settled") {
      EXPECT_EQ(row["nanoUsd"], charged) << row << request;
      EXPECT_EQ(row["bounds"]["lower"], charged) << row;
      EXPECT_EQ(row["bounds"]["upper"], charged) << row;
    } else {
      EXPECT_LE(row["bounds"]["lower"], charged) << row << request;
      ASSERT_TRUE(row["bounds"]["upper"].is_number()) << row;
      EXPECT_GE(row["bounds"]["upper"], charged) << row << request;
    }
    if (row["state"] == "settled" && row["ending"] == "complete") {
      EXPECT_EQ(row["usage"]["input"], request["promptTokens"]) << row;
      EXPECT_EQ(row["usage"]["output"], request["generatedTokens"]) << row;
    }
  }
}

std::int64_t words_bought_again(const told& all, const std::vector<int>& matched) {
  std::int64_t again = 0, logged = 0;
  for (std::size_t i = 0; i < matched.size(); ++i) {
    if (matched[i] < 0)
      continue;
    const auto& request = all.bill.at(static_cast<std::size_t>(matched[i]));
    const auto prefix = request["prefixTokens"].get<std::int64_t>();
    const auto generated = request["generatedTokens"].get<std::int64_t>();
    again += std::clamp<std::int64_t>(logged - prefix, 0, generated);
    // What was logged of an attempt without a usage report is counted in events.
    if (all.ledger[i]["state"] == "unknown")
      logged = std::max(logged, prefix + all.ledger[i]["usage"]["output"].get<std::int64_t>() *
                                             tokens_per_event);
  }
  return again;
}

} // namespace pawl::testing
