// Each fault of the simulated provider, and each way of being a bad request.
#include <gtest/gtest.h>

#include "sim/reply.hpp"
#include "virtual_reader.hpp"

namespace pawl::sim::test {
namespace {

using std::chrono::milliseconds;

provider_options with_fault(provider_options options, const char* spec) {
  auto rule = parse_fault_rule(spec);
  EXPECT_TRUE(rule.has_value()) << spec;
  options.faults.push_back(*rule);
  return options;
}

// Ten tokens, two to an event, at 110, 130, 150, 170 and 190 ms.
const json ten = ask("[[tokens: 10]]");

json error_of(const reading& r) {
  return json::parse(r.body).at("error");
}

TEST(fault, refusals_generate_and_cost_nothing) {
  struct row {
    const char* spec;
    int status;
    const char* ending;
  };
  for (const auto& [spec, status, ending] :
       {row{"refuse", 400, "refused"}, row{"refuse:401", 401, "refused"},
        row{"rate-limit:2", 429, "rate-limited"}, row{"server-error", 500, "server-error"},
        row{"server-error:503", 503, "server-error"}}) {
    world w(with_fault(paced(), spec));
    const auto r = w.ask_and_read(ten);
    EXPECT_EQ(r.status, status) << spec;
    EXPECT_TRUE(r.ended) << spec;
    EXPECT_TRUE(error_of(r)["message"].is_string()) << spec;
    EXPECT_EQ(to_string(w.last_row().ending), ending) << spec;
    EXPECT_EQ(w.last_row().generated_tokens, 0) << spec;
    EXPECT_EQ(w.last_row().prompt_tokens, 0) << spec;
    EXPECT_EQ(w.last_row().request_id, net::find_header(r.headers, "x-request-id")) << spec;
  }
}

TEST(fault, a_rate_limit_says_when_to_come_back) {
  world w(with_fault(paced(), "rate-limit:7"));
  const auto r = w.ask_and_read(ten);
  EXPECT_EQ(net::find_header(r.headers, "Retry-After"), "7");
  EXPECT_EQ(error_of(r)["code"], "rate_limit_exceeded");
}

TEST(fault, it_hits_the_named_request_of_the_named_model_only) {
  world w(with_fault(instant(), "server-error@sim/small#2"));
  EXPECT_EQ(w.ask_and_read(ask("a", "small")).status, 200);
  EXPECT_EQ(w.ask_and_read(ask("a", "large")).status, 200);
  EXPECT_EQ(w.ask_and_read(ask("a", "large")).status, 200);
  EXPECT_EQ(w.ask_and_read(ask("a", "sim/small")).status, 500);
  EXPECT_EQ(w.ask_and_read(ask("a", "small")).status, 200);
}

TEST(fault, a_drop_breaks_the_connection_after_its_events_and_the_model_stops) {
  world w(with_fault(paced(), "drop:3"));
  const auto r = w.ask_and_read(ten);
  EXPECT_EQ(r.token_events(), 3);
  EXPECT_TRUE(r.reset);
  EXPECT_FALSE(r.ended);
  EXPECT_FALSE(r.done);
  EXPECT_EQ(w.last_row().ending, bill_ending::dropped);
  EXPECT_EQ(w.last_row().delivered_tokens, 6);
  EXPECT_EQ(w.last_row().generated_tokens, 8); // it broke when the fourth event was ready
  w.now += std::chrono::hours(1);
  EXPECT_EQ(w.last_row().generated_tokens, 8);
}

TEST(fault, a_cut_ends_in_order_but_without_the_end_marker) {
  world w(with_fault(paced(), "cut:2"));
  const auto r = w.ask_and_read(ten);
  EXPECT_EQ(r.token_events(), 2);
  EXPECT_TRUE(r.ended);
  EXPECT_FALSE(r.reset);
  EXPECT_FALSE(r.done);
  EXPECT_EQ(r.finish_reason(), "");
  EXPECT_EQ(w.last_row().ending, bill_ending::clean_cut);
  EXPECT_EQ(w.last_row().generated_tokens, 6);
}

TEST(fault, a_stall_falls_silent_while_the_model_goes_on) {
  world w(with_fault(paced(), "stall:1"));
  const auto id = w.open(ten);
  const auto r = w.read(id, start_of_time + milliseconds(160));
  EXPECT_EQ(r.token_events(), 1);
  EXPECT_FALSE(r.ended || r.reset);
  EXPECT_EQ(w.model.next_due(id), std::nullopt);
  EXPECT_EQ(w.last_row().ending, bill_ending::stalled);
  EXPECT_EQ(w.last_row().generated_tokens, 7);
  w.model.disconnected(id, w.now);
  w.now += std::chrono::hours(1);
  EXPECT_EQ(w.last_row().generated_tokens, 7);
  EXPECT_EQ(w.last_row().ending, bill_ending::stalled);
}

TEST(fault, a_malformed_event_takes_the_place_of_a_good_one) {
  world w(with_fault(paced(), "malformed:2"));
  const auto r = w.ask_and_read(ten);
  EXPECT_EQ(r.token_events(), 4);
  EXPECT_EQ(r.garbage.size(), 1u);
  EXPECT_TRUE(r.done);
  EXPECT_NE(r.text(), expected_text(paced(), ten.dump()));
  EXPECT_EQ(w.last_row().generated_tokens, 10);
  EXPECT_EQ(w.last_row().delivered_tokens, 8);
}

TEST(fault, an_error_event_is_followed_by_the_end_without_the_marker) {
  world w(with_fault(paced(), "error-event:2"));
  const auto r = w.ask_and_read(ten);
  EXPECT_EQ(r.token_events(), 2);
  EXPECT_TRUE(r.events.back().contains("error"));
  EXPECT_TRUE(r.ended);
  EXPECT_FALSE(r.done);
  EXPECT_EQ(w.last_row().ending, bill_ending::stream_error);
  EXPECT_EQ(w.last_row().generated_tokens, 6);
}

TEST(fault, positions_before_the_head_and_before_the_end_marker) {
  world head(with_fault(paced(), "drop:head"));
  auto r = head.ask_and_read(ten);
  EXPECT_EQ(r.status, 0);
  EXPECT_TRUE(r.reset);
  EXPECT_EQ(head.last_row().generated_tokens, 2); // nobody saw them
  EXPECT_EQ(head.last_row().delivered_tokens, 0);

  world none(with_fault(paced(), "drop:0"));
  r = none.ask_and_read(ten);
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.body, "");
  EXPECT_TRUE(r.reset);

  world end(with_fault(paced(), "cut:end"));
  r = end.ask_and_read(ten);
  EXPECT_EQ(r.token_events(), 5);
  EXPECT_EQ(r.finish_reason(), "stop");
  EXPECT_FALSE(r.usage().is_null());
  EXPECT_FALSE(r.done);

  world beyond(with_fault(paced(), "drop:99"));
  r = beyond.ask_and_read(ten);
  EXPECT_EQ(r.token_events(), 5);
  EXPECT_EQ(r.finish_reason(), "");
  EXPECT_TRUE(r.reset);

  world silent(with_fault(paced(), "stall:head"));
  r = silent.ask_and_read(ten);
  EXPECT_EQ(r.status, 0);
  EXPECT_FALSE(r.ended || r.reset);
}

TEST(fault, every_position_of_every_break_delivers_a_head_of_the_answer) {
  const auto text = expected_text(paced(), ten.dump());
  for (const std::string kind : {"drop", "cut", "stall", "error-event"})
    for (int after = 0; after <= 6; ++after) {
      world w(with_fault(paced(), (kind + ":" + std::to_string(after)).c_str()));
      const auto r = w.ask_and_read(ten);
      EXPECT_EQ(r.token_events(), std::min(after, 5)) << kind << after;
      EXPECT_TRUE(text.starts_with(r.text())) << kind << after;
      EXPECT_FALSE(r.done) << kind << after;
    }
}

TEST(fault, a_prefix_can_be_refused_or_ignored_on_order) {
  world refused(with_fault(instant(), "prefix-refused"));
  EXPECT_EQ(refused.ask_and_read(ask("hello")).status, 200);
  const auto text = refused.ask_and_read(ask("hello")).text();
  EXPECT_EQ(refused.ask_and_read(with_prefix(ask("hello"), text.substr(0, text.find(' ')))).status,
            400);
  EXPECT_EQ(refused.last_row().ending, bill_ending::refused);
  EXPECT_EQ(refused.last_row().prompt_tokens, 0);
  world ignored(with_fault(instant(), "prefix-ignored"));
  EXPECT_EQ(ignored.ask_and_read(with_prefix(ask("hello"), text.substr(0, text.find(' ')))).text(),
            text);
}

TEST(fault, answers_that_are_not_streamed_break_too) {
  auto body = ten;
  body["stream"] = false;
  body.erase("stream_options");
  struct row {
    const char* spec;
    bool head, ended, reset;
  };
  for (const auto& [spec, head, ended, reset] :
       {row{"drop:1", true, false, true}, row{"drop:head", false, false, true},
        row{"cut:1", true, true, false}, row{"stall:1", true, false, false},
        row{"stall:head", false, false, false}, row{"malformed:1", true, true, false},
        row{"error-event:1", true, true, false}}) {
    world w(with_fault(paced(), spec));
    const auto r = w.ask_and_read(body);
    EXPECT_EQ(r.status != 0, head) << spec;
    EXPECT_EQ(r.ended, ended) << spec;
    EXPECT_EQ(r.reset, reset) << spec;
    EXPECT_FALSE(json::accept(r.body) && json::parse(r.body).contains("choices")) << spec;
    w.now = start_of_time + milliseconds(190);
    EXPECT_EQ(w.last_row().generated_tokens, 10) << spec;
    EXPECT_NE(w.last_row().ending, bill_ending::open) << spec;
  }
}

TEST(fault, rules_that_are_added_later_come_first) {
  world w(with_fault(instant(), "refuse"));
  w.model.add_faults({*parse_fault_rule("server-error#1")});
  EXPECT_EQ(w.ask_and_read(ask("a")).status, 500);
  EXPECT_EQ(w.ask_and_read(ask("a")).status, 400);
}

std::string usual_with(const std::string& member) {
  return R"({"model":"small","messages":[{"role":"user","content":"a"}],)" + member + "}";
}

TEST(bad_request, each_is_told_what_is_wrong_and_costs_nothing) {
  world w(instant());
  const auto deep = std::string(5000, '[') + std::string(5000, ']');
  for (const std::string& body :
       {std::string(),
        std::string("{"),
        std::string("[]"),
        std::string("\xff"),
        std::string("{}"),
        deep,
        std::string(R"({"model":"small"})"),
        std::string(R"({"model":"","messages":[{"role":"user","content":"a"}]})"),
        std::string(R"({"model":"small","messages":[]})"),
        std::string(R"({"model":"small","messages":[1]})"),
        std::string(R"({"model":"small","messages":[{"content":"a"}]})"),
        std::string(R"({"model":"small","messages":[{"role":"user","content":1}]})"),
        usual_with(R"("max_tokens":0)"),
        usual_with(R"("max_tokens":"x")"),
        usual_with(R"("stop":[""])"),
        usual_with(R"("stop":{})"),
        usual_with(R"("n":2)"),
        usual_with(R"("stream":"yes")"),
        usual_with(R"("stream_options":{})"),
        usual_with(R"("tool_choice":"required")"),
        usual_with(R"("tool_choice":{})"),
        usual_with(R"("response_format":1)"),
        usual_with(R"("response_format":{"type":"xml"})"),
        std::string(R"({"model":"small","messages":[{"role":"user","content":"[[say: a"}]})"),
        std::string(R"({"model":"small","messages":[{"role":"user","content":"[[json: {]]"}]})"),
        std::string(R"({"model":"small","messages":[{"role":"user","content":"[[tokens: 0]]"}]})"),
        std::string(
            R"({"model":"small","messages":[{"role":"user","content":"[[call: {}]]"}]})")}) {
    const auto id = w.model.open("POST /v1/chat/completions", {}, body, w.now);
    const auto r = w.read(id);
    EXPECT_EQ(r.status, 400) << body;
    EXPECT_FALSE(error_of(r)["message"].get<std::string>().empty()) << body;
    EXPECT_EQ(w.last_row().generated_tokens, 0) << body;
    EXPECT_EQ(w.last_row().ending, bill_ending::refused) << body;
  }
}

TEST(bad_request, keys_models_and_endpoints_are_checked) {
  auto options = instant();
  options.api_key = "k1";
  options.models = {"sim/small"};
  world w(options);
  EXPECT_EQ(w.ask_and_read(ask("a")).status, 401);
  const net::header_list key = {{"Authorization", "Bearer k1"}};
  const auto post = [&](const char* route, const json& body) {
    return w.read(w.model.open(route, key, body.dump(), w.now));
  };
  EXPECT_EQ(post("POST /v1/chat/completions", ask("a")).status, 200);
  const auto unknown = post("POST /v1/chat/completions", ask("a", "huge"));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(error_of(unknown)["code"], "model_not_found");
  EXPECT_EQ(post("POST /v1/embeddings", ask("a")).status, 404);
  const auto models = post("GET /v1/models?limit=1", json());
  EXPECT_EQ(models.status, 200);
  EXPECT_EQ(json::parse(models.body)["data"][0]["id"], "small");
  EXPECT_EQ(w.model.rows(w.now).size(), 3u); // only requests for inference are on the bill
}

TEST(bad_request, an_unknown_id_is_nothing) {
  world w(instant());
  const auto id = generation_id(17);
  EXPECT_TRUE(w.model.poll(id, w.now).empty());
  EXPECT_EQ(w.model.next_due(id), std::nullopt);
  w.model.disconnected(id, w.now);
  w.model.delivered(id, 5);
  w.model.disconnected(generation_id(0), w.now);
  EXPECT_TRUE(w.model.rows(w.now).empty());
}

} // namespace
} // namespace pawl::sim::test
