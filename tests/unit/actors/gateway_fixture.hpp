// A gateway on one thread: virtual time, a store in memory, a queue that is pumped by hand, a
// provider played by the test.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "actors/local_gateway.hpp"
#include "storage/call_log.hpp"
#include "storage/memory_store.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/scripted_transport.hpp"

namespace pawl::testing {

using namespace std::chrono_literals;

/// What the gateway told, and the promise that it holds with every word: nothing is told that is
/// not in the store.
class recording_listener final : public actors::gateway_listener {
public:
  const storage::store* store = nullptr;
  std::map<call_id, int> accepted;
  std::map<call_id, std::vector<outcome>> answers;
  std::map<call_id, std::vector<stream_event>> events;
  std::vector<std::pair<call_id, actors::call_command>> done;
  int links_up = 0;
  std::vector<std::string> broken_promises;

  void on_accepted(const call_id& id) override { ++accepted[id]; }
  void on_answer(const call_id& id, outcome what) override {
    answers[id].push_back(std::move(what));
  }
  void on_events(const call_id& id, std::vector<stream_event> more) override {
    for (auto& e : more) {
      auto logged = storage::read_events(*store, id, e.number, 1);
      if (!logged || logged->empty() || logged->front().number != e.number)
        broken_promises.push_back("event " + std::to_string(e.number) +
                                  " is shown and not in the log");
      events[id].push_back(std::move(e));
    }
  }
  void on_done(const call_id& id, actors::call_command what) override {
    done.emplace_back(id, what);
  }
  void on_link(actors::link_state state) override {
    links_up += state == actors::link_state::up ? 1 : 0;
  }
};

class gateway_test : public actor_test {
protected:
  const call_id call{std::string(32, 'a')};
  std::unique_ptr<storage::memory_store> store = std::make_unique<storage::memory_store>();
  std::unique_ptr<storage::commit_queue> queue = std::make_unique<storage::commit_queue>(*store);
  scripted_transport wire;
  inference::catalog models;
  seeded_random random{7};
  std::map<std::string, std::string> environment{{"GOOD_KEY", "secret-of-the-test"}};
  std::shared_ptr<recording_listener> told = std::make_shared<recording_listener>();
  actors::gateway_options options;
  std::vector<error> store_failures;
  std::unique_ptr<actors::local_gateway> gateway;

  gateway_test() {
    auto problems = models.add(json::parse(R"({
      "providers": {
        "good": { "protocol": "openai-chat", "baseUrl": "http://provider.test/v1",
                  "apiKey": { "env": "GOOD_KEY" } },
        "other": { "protocol": "openai-chat", "baseUrl": "http://other.test/v1" },
        "keyless": { "protocol": "openai-chat", "baseUrl": "http://keyless.test/v1",
                     "apiKey": { "env": "NO_KEY" } }
      },
      "models": {
        "m/prefix": { "deployments": [ {
          "provider": "good", "model": "p-1", "capabilities": { "prefix": "assistant" },
          "prices": { "inputPerMillion": "1", "outputPerMillion": "2" } } ] },
        "m/plain": { "deployments": [ {
          "provider": "good", "model": "n-1",
          "prices": { "inputPerMillion": "1", "outputPerMillion": "2" } } ] },
        "m/two": { "deployments": [
          { "provider": "good", "model": "t-1" }, { "provider": "other", "model": "t-2" } ] }
      }})"));
    for (auto& p : problems)
      ADD_FAILURE() << p.render();
  }

  /// Starts the gateway on the store as it is, and lets it come to rest.
  void start() {
    start_only();
    settle();
  }
  void start_only() {
    told->store = store.get();
    options.on_store_failure = [this](const error& why) { store_failures.push_back(why); };
    actors::gateway_parts parts{system, *store, *queue, wire,    models,
                                clock,  random, {},     options, nullptr};
    parts.secrets = [this](const inference::secret_ref& ref) -> std::optional<std::string> {
      auto found = environment.find(ref.env);
      return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    gateway = actors::local_gateway::start(std::move(parts), told);
  }
  /// The process dies and comes back: what it was about to do never happens.
  enum class death { kill, power_loss };
  void crash(death how = death::kill) {
    queue->fence();
    gateway->kill();
    run_actors();
    for (auto& e : wire.exchanges)
      e->fail(net::failure_kind::reset);
    run_actors();
    gateway.reset();
    auto after = how == death::kill ? store->after_process_kill() : store->after_power_loss();
    queue = nullptr;
    store = std::move(after);
    queue = std::make_unique<storage::commit_queue>(*store);
  }
  void TearDown() override {
    EXPECT_THAT(told->broken_promises, ::testing::IsEmpty());
    if (gateway)
      gateway->stop();
    run_actors();
    actor_test::TearDown();
  }

  /// Lets everything happen that can happen without time or the provider.
  void settle() {
    do {
      run_actors();
    } while (queue->pump(64) || run_actors());
  }
  void pass(duration time) {
    advance(time);
    settle();
  }

  static json ask(const std::string& model, json more = json::object()) {
    json request = {{"model", model}, {"prompt", "Tell me."}, {"maxTokens", 100}};
    request.update(more);
    return request;
  }
  void submit(json request) {
    actors::call_submission what;
    what.id = call;
    what.request = std::move(request);
    what.run = "run-1";
    what.step = "/do/0/ask";
    what.metadata = {{"team", "blue"}};
    gateway->submit(std::move(what));
    settle();
  }
  void answer_normally(std::string_view text = "All is well.", int input = 10, int output = 5) {
    wire.last().head(200);
    wire.last().complete(text, input, output);
    settle();
  }

  std::vector<ledger_row> rows() {
    auto all = storage::read_rows(*store, call);
    EXPECT_TRUE(all);
    return *all;
  }
  std::optional<storage::call_record> record() {
    auto one = storage::read_call(*store, call);
    EXPECT_TRUE(one);
    return *one;
  }
  /// The only answer that was told.
  outcome answer() {
    auto& all = told->answers[call];
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? outcome() : all.back();
  }
  json value() {
    auto got = answer();
    EXPECT_TRUE(got.is_value()) << (got.is_fault() ? json(got.fault()).dump() : "");
    return got.is_value() ? got.value() : json::object();
  }
  fault problem() {
    auto got = answer();
    EXPECT_TRUE(got.is_fault()) << (got.is_value() ? got.value().dump() : "");
    return got.is_fault() ? got.fault() : fault();
  }
  /// What somebody who watched has on the screen: seams obeyed.
  std::string screen() {
    std::string text;
    for (auto& e : told->events[call]) {
      if (e.kind == stream_event_kind::restarted)
        text.clear();
      if (e.kind == stream_event_kind::text)
        text += e.text;
    }
    return text;
  }
};

inline std::string type_of(std::string_view segment) {
  return std::string(fault_type::base) + std::string(segment);
}

} // namespace pawl::testing
