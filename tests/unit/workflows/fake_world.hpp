// A world for the interpreter without an engine: scopes, steps and laps in memory, scripted
// answers, virtual time.
//
// Three parts live longer than each other, as in life: `outside` is the provider (it survives
// everything), `journal` is what was committed (it survives a crash), `fake_world` is one
// activation. What an activation has staged becomes durable with its next call or wait, as the
// engine's journal does it.
#pragma once

#include <pawl/async.hpp>
#include <pawl/context.hpp>

#include <coroutine>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pawl::workflows::testing {

/// One record, by path::key(). It counts only while its ancestors' laps are those of `base`.
struct record {
  std::string base; // the path without the own lap
  std::uint32_t lap = 0;
  std::optional<json> saved;
  std::optional<outcome> closed; // of a scope or a step
  std::optional<time_point> due; // of a timer
};

using journal = std::map<std::string, record>;

struct answer {
  outcome what;
  std::chrono::milliseconds after{100};
  answer(outcome w, std::chrono::milliseconds a = std::chrono::milliseconds(100))
      : what(std::move(w)), after(a) {}
};

/// The provider: answers each call id once, and counts.
struct outside {
  struct execution {
    json request;
    outcome what;
    time_point ready;
  };
  std::function<answer(const path&, const json&)> script;
  std::map<std::string, execution> executions; // by id: the path with all laps
  std::vector<std::string> order;              // ids, as they came

  explicit outside(std::function<answer(const path&, const json&)> s) : script(std::move(s)) {}
  [[nodiscard]] std::map<std::string, json> requests() const {
    std::map<std::string, json> all;
    for (const auto& [id, e] : executions)
      all.emplace(id, e.request);
    return all;
  }
};

/// What an activation throws where it dies.
struct crash {};

class fake_world final : public world {
public:
  /// Dies at its `crash_at`-th operation, from 1; 0: never.
  fake_world(outside& gateway, journal& durable, time_point& now, std::uint64_t crash_at = 0)
      : gateway_(gateway), durable_(durable), now_(now), live_(durable), crash_at_(crash_at) {}

  async<outcome> infer(path where, json request) override {
    tick();
    const std::string id = id_of(where);
    record& step = at(where);
    if (step.closed)
      return ready(*step.closed);
    commit();
    tick(); // the intent is durable, nothing was sent
    auto [found, is_new] = gateway_.executions.try_emplace(id);
    if (is_new) {
      answer said = gateway_.script(where, request);
      gateway_.order.push_back(id);
      found->second = {std::move(request), std::move(said.what), now_ + said.after};
    }
    tick(); // it was sent
    return later(where, found->second.ready, found->second.what);
  }

  async<outcome> sleep_until(path where, time_point due) override {
    tick();
    record& step = at(where);
    if (step.closed)
      return ready(*step.closed);
    if (!step.due)
      step.due = due;
    const time_point first = *step.due;
    commit();
    tick();
    return later(where, first, outcome(json()));
  }

  scope_view open_scope(const path& where) override {
    tick();
    const auto found = live_.find(where.key());
    if (found == live_.end() || found->second.base != where.str())
      return {};
    return {found->second.lap, found->second.saved, found->second.closed};
  }
  void save_scope(const path& where, json state) override {
    tick();
    ++saves;
    at(where).saved = std::move(state);
  }
  std::uint32_t next_lap(const path& where) override {
    tick();
    record& scope = at(where);
    drop_below(where);
    scope.saved.reset();
    scope.closed.reset();
    return ++scope.lap;
  }
  void close_scope(const path& where, outcome what) override {
    tick();
    record& scope = at(where);
    drop_below(where);
    scope.saved.reset();
    scope.closed = std::move(what);
  }

  void note(task_note n) override { notes.push_back(std::move(n)); }
  [[nodiscard]] time_point now() const override { return now_; }
  std::uint64_t random() override {
    return random_ = random_ * 6364136223846793005u + 1442695040888963407u;
  }

  /// Delivers what is due next; false when nothing is under way.
  bool deliver_next() {
    std::size_t first = pending_.size();
    for (std::size_t i = 0; i < pending_.size(); ++i)
      if (!pending_[i].expired() &&
          (first == pending_.size() || pending_[i].lock()->due < pending_[first].lock()->due))
        first = i;
    if (first == pending_.size())
      return false;
    const auto op = pending_[first].lock();
    pending_.erase(pending_.begin() + std::ptrdiff_t(first));
    now_ = std::max(now_, op->due);
    tick();
    at(op->where).closed = op->result;
    commit();
    tick();
    op->done = true;
    op->waiter.resume();
    return true;
  }

  void commit() { durable_ = live_; }
  /// As `resume` of a faulted run does: outcomes that are faults are taken away and their laps
  /// raised.
  static void resume_faulted(journal& durable) {
    for (auto& [key, r] : durable)
      if (r.closed && r.closed->is_fault()) {
        r.closed.reset();
        r.due.reset();
        ++r.lap;
        std::erase_if(durable,
                      [&](const auto& other) { return other.first.starts_with(key + "/"); });
      }
  }

  [[nodiscard]] std::uint64_t operations() const noexcept { return operations_; }
  [[nodiscard]] const journal& live() const noexcept { return live_; }
  std::vector<task_note> notes;
  std::uint64_t saves = 0;

private:
  struct operation {
    path where;
    time_point due;
    outcome result;
    std::coroutine_handle<> waiter;
    bool done = false;
  };
  struct operation_awaiter {
    operation* op;
    explicit operation_awaiter(operation* o) : op(o) {}
    bool await_ready() const noexcept { return op->done; }
    void await_suspend(std::coroutine_handle<> h) const noexcept { op->waiter = h; }
    void await_resume() const noexcept {}
  };

  static async<outcome> ready(outcome what) { co_return what; }
  static async<outcome> wait_for(std::shared_ptr<operation> op) {
    operation_awaiter wait(op.get());
    co_await wait;
    co_return op->result;
  }
  async<outcome> later(path where, time_point due, outcome result) {
    auto op = std::make_shared<operation>();
    op->where = std::move(where);
    op->due = due;
    op->result = std::move(result);
    pending_.push_back(op);
    return wait_for(std::move(op));
  }

  void tick() {
    ++operations_;
    if (crash_at_ != 0 && operations_ >= crash_at_)
      throw crash();
  }
  record& at(const path& where) {
    record& r = live_[where.key()];
    if (r.base != where.str()) {
      r = record();
      r.base = where.str();
    }
    return r;
  }
  std::string id_of(const path& where) { return where.with_lap(at(where).lap).str(); }
  void drop_below(const path& where) {
    const std::string prefix = where.key() + "/";
    for (auto it = live_.lower_bound(prefix); it != live_.end() && it->first.starts_with(prefix);)
      it = live_.erase(it);
  }

  outside& gateway_;
  journal& durable_;
  time_point& now_;
  journal live_;
  std::vector<std::weak_ptr<operation>> pending_;
  std::uint64_t operations_ = 0;
  std::uint64_t crash_at_;
  std::uint64_t random_ = 42;
};

} // namespace pawl::workflows::testing
