// The gateway on real threads: CAF's scheduler, the commit thread, and a provider that speaks on a
// thread of its own.
#include <condition_variable>
#include <deque>
#include <thread>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <gtest/gtest.h>

#include "actors/local_gateway.hpp"
#include "storage/call_log.hpp"
#include "storage/memory_store.hpp"
#include "tests/support/scripted_transport.hpp"

namespace pawl::testing {
namespace {

constexpr int calls_count = 200;

/// Breaks every third stream once, and answers the rest.
class speaking_transport final : public net::transport {
public:
  speaking_transport() : thread_([this] { run(); }) {}
  ~speaking_transport() override {
    {
      std::lock_guard lock(mutex_);
      over_ = true;
    }
    ready_.notify_one();
    thread_.join();
  }
  std::shared_ptr<net::exchange> start(net::http_request request,
                                       std::shared_ptr<net::exchange_sink> sink) override {
    auto e = std::make_shared<scripted_exchange>(std::move(request), std::move(sink));
    // The engine may cancel while this thread speaks, which the scripted exchange is not made for.
    auto handle = std::make_shared<deaf_exchange>();
    {
      std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(e));
    }
    ready_.notify_one();
    return handle;
  }

private:
  struct deaf_exchange final : net::exchange {
    void cancel() override {}
  };
  void run() {
    std::unique_lock lock(mutex_);
    for (int index = 0;; ++index) {
      ready_.wait(lock, [this] { return over_ || !waiting_.empty(); });
      if (waiting_.empty())
        return;
      auto e = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      const bool goes_on = e->body["messages"].back()["role"] == "assistant";
      e->head(200);
      if (!goes_on)
        e->text("Once upon ");
      if (!goes_on && index % 3 == 0)
        e->fail(net::failure_kind::reset);
      else
        e->complete("a time.", 10, 5);
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::shared_ptr<scripted_exchange>> waiting_;
  bool over_ = false;
  std::thread thread_;
};

class counting_listener final : public actors::gateway_listener {
public:
  void on_accepted(const call_id&) override {}
  void on_answer(const call_id& id, outcome what) override {
    std::lock_guard lock(mutex_);
    good_ += what.is_value() && what.value()["text"] == "Once upon a time." ? 1 : 0;
    if (!ended_.insert(id).second)
      ++twice_;
    changed_.notify_all();
  }
  void on_events(const call_id& id, std::vector<stream_event> events) override {
    std::lock_guard lock(mutex_);
    for (auto& e : events) {
      if (auto [at, fresh] = last_number_.try_emplace(id, e.number); !fresh) {
        disordered_ += e.number <= at->second ? 1 : 0;
        at->second = e.number;
      }
      if (e.kind == stream_event_kind::text)
        text_[id] += e.text;
    }
  }
  void on_done(const call_id&, actors::call_command) override {
    std::lock_guard lock(mutex_);
    ++done_;
    changed_.notify_all();
  }
  void on_link(actors::link_state) override {}

  bool wait_for(int answers, int commands) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] {
      return static_cast<int>(ended_.size()) >= answers && done_ >= commands;
    });
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<call_id> ended_;
  std::map<call_id, std::string> text_;
  std::map<call_id, std::uint64_t> last_number_;
  int good_ = 0, twice_ = 0, done_ = 0, disordered_ = 0;
};

TEST(gateway_threads, many_calls_at_once) {
  storage::memory_store store;
  auto told = std::make_shared<counting_listener>();
  inference::catalog models;
  auto problems = models.add(json::parse(R"({
    "providers": { "p": { "protocol": "openai-chat", "baseUrl": "http://p.test/v1" } },
    "models": { "m": { "deployments": [ {
      "provider": "p", "model": "m", "capabilities": { "prefix": "assistant" },
      "prices": { "inputPerMillion": "1", "outputPerMillion": "2" } } ] } } })"));
  ASSERT_TRUE(problems.empty());
  system_clock time;
  seeded_random random{3};
  storage::commit_queue queue(store);
  auto id_of = [](int i) {
    auto digits = std::to_string(i);
    return call_id(std::string(32 - digits.size(), '0') + digits);
  };
  {
    caf::actor_system_config config;
    caf::actor_system system{config};
    speaking_transport wire;
    storage::commit_thread pumping(queue);
    actors::gateway_parts parts{system, store, queue, wire, models, time, random, {}, {}, nullptr};
    parts.secrets = [](const inference::secret_ref&) { return std::optional<std::string>(); };
    auto gateway = actors::local_gateway::start(std::move(parts), told);
    for (int i = 0; i < calls_count; ++i) {
      gateway->attach(id_of(i), 0);
      actors::call_submission what;
      what.id = id_of(i);
      what.request = {{"model", "m"}, {"prompt", "Tell me."}, {"maxTokens", 50}};
      gateway->submit(std::move(what));
    }
    ASSERT_TRUE(told->wait_for(calls_count, 0));
    for (int i = 0; i < calls_count; ++i)
      gateway->acknowledge(id_of(i));
    ASSERT_TRUE(told->wait_for(calls_count, calls_count));
    gateway->stop();
  }
  EXPECT_EQ(told->good_, calls_count);
  EXPECT_EQ(told->twice_, 0);
  EXPECT_EQ(told->disordered_, 0);
  for (int i = 0; i < calls_count; ++i) {
    EXPECT_EQ(told->text_[id_of(i)], "Once upon a time.");
    auto rows = storage::read_rows(store, id_of(i));
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->back().state, attempt_state::settled);
    EXPECT_LE(rows->size(), 2u);
  }
}

} // namespace
} // namespace pawl::testing
