// Watchers of calls, where the order of two threads matters: the store is asked in between.
#include <functional>
#include <utility>

#include "actors/gateway_core.hpp"
#include "actors/gateway_messages.hpp"
#include "actors/subscriptions.hpp"
#include "storage/keys.hpp"
#include "tests/unit/actors/gateway_fixture.hpp"

namespace pawl::testing {
namespace {

/// Lets something happen, once, just before the record of a call is read.
class interrupted_store final : public storage::store {
public:
  interrupted_store(storage::store& inner, call_id call)
      : inner_(inner), key_(storage::keys::call(call)) {}
  mutable std::function<void()> before_record_is_read;

  result<std::optional<std::string>> get(std::string_view key) const override {
    if (key == key_ && before_record_is_read)
      std::exchange(before_record_is_read, nullptr)();
    return inner_.get(key);
  }
  result<void>
  scan(std::string_view from, std::string_view to,
       const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return inner_.scan(from, to, visit);
  }
  std::vector<storage::verdict> commit(std::span<const storage::batch> group,
                                       storage::durability how) override {
    return inner_.commit(group, how);
  }
  bool sync() override { return inner_.sync(); }
  [[nodiscard]] std::optional<error> failure() const override { return inner_.failure(); }

private:
  storage::store& inner_;
  std::string key_;
};

TEST_F(gateway_test, a_call_that_ends_while_somebody_attaches_is_shown_to_its_end) {
  const auto write = [this](storage::batch what) {
    storage::batch one[] = {std::move(what)};
    ASSERT_EQ(store->commit(one, storage::durability::synced).front(), storage::verdict::committed);
  };
  storage::call_record known;
  known.id = call;
  known.state = storage::call_state::streaming;
  storage::call_event first{0, 0, storage::event_kind::data, "{}"};
  storage::call_event second{1, 0, storage::event_kind::data, "{}"};
  write(storage::put_call(known));
  write(storage::append_events(call, {first}));

  told->store = store.get();
  interrupted_store between(*store, call);
  actors::gateway_parts parts{system, between, *queue, wire,    models,
                              clock,  random,  {},     options, nullptr};
  auto core = std::make_shared<actors::gateway_core>(std::move(parts), told);
  const auto watchers = actors::spawn<actors::subscriptions>(system, core);
  core->marks().open(call, 1);
  between.before_record_is_read = [&] {
    write(storage::append_events(call, {second}));
    (void)core->marks().raise(call, 2);
    known.state = storage::call_state::finished;
    known.answer = outcome(json("done"));
    write(storage::put_call(known));
  };
  actors::post(watchers, actors::events_attach{call, 0});
  auto end = std::make_shared<const outcome>(json("done"));
  actors::post(watchers, actors::events_ended{call, std::move(end)});
  run_actors();
  EXPECT_EQ(told->events[call].size(), 2u);
  EXPECT_EQ(told->answers[call].size(), 1u);
  actors::post(watchers, actors::gateway_stop{});
  run_actors();
}

} // namespace
} // namespace pawl::testing
