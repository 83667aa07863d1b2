// A small program over the journal, killed after each of its commits in turn and begun again until
// it ends. Its world counts effects: whatever the crash, each call is sent once, its outcome is
// used, and the run's end is the same.
#include <pawl/id.hpp>

#include <functional>
#include <map>
#include <set>

#include "storage/memory_store.hpp"
#include "tests/unit/storage/journal_support.hpp"

namespace pawl::storage {
namespace {

struct killed {};

/// What lies outside the run: it answers calls, and remembers what it was told.
struct outside {
  std::map<std::string, int> sent; // by call id; answering again is no second effect
  std::set<std::string> cancelled;
  std::set<std::string> acknowledged;
};

// Runs: a loop of three laps with a call each, then two calls of which the first to answer wins,
// then the end.
class program {
public:
  program(memory_store& in, outside& world, int& commits_left)
      : store_(in), world_(world), commits_left_(commits_left),
        journal_(wake_run(in, run_id("r1"))) {}

  void run() {
    deliver();
    if (is_ended(journal_.state().status))
      return;
    const int sum = loop() + race();
    journal_.finish(run_status::completed, outcome(json(sum)), at_s(100));
    commit();
    deliver();
  }

private:
  // Saves what follows an outcome with the next commit, as the interpreter does.
  int loop() {
    const path at("/for");
    scope_view view = journal_.scope(at);
    int sum = view.saved.value_or(json(0)).get<int>();
    while (!view.closed) {
      sum += call(at.with_lap(view.lap).child("ask"));
      if (view.lap == 2) {
        journal_.close_scope(at, outcome(json(sum)));
      } else {
        journal_.next_lap(at);
        journal_.save_scope(at, sum);
      }
      view = journal_.scope(at);
    }
    return view.closed->value().get<int>();
  }

  int race() {
    const path at("/race");
    if (!journal_.scope(at).closed) {
      begin(at.child("slow"));
      const int first = call(at.child("fast"));
      journal_.close_scope(at, outcome(json(first)));
      commit();
    }
    return journal_.scope(at).closed->value().get<int>();
  }

  void commit() {
    ASSERT_EQ(commit_one(store_, journal_.take()), verdict::committed);
    if (commits_left_ > 0 && --commits_left_ == 0)
      throw killed();
  }

  call_id begin(const path& where) {
    const step_view found = journal_.step(where);
    const call_id id = make_call_id(journal_.start().incarnation, found.id_path);
    if (found.state == step_state::none) {
      journal_.stage_intent(where, id);
      commit();
    }
    if (found.state != step_state::outcome)
      world_.sent[id.str()] = 1;
    return id;
  }

  int call(const path& where) {
    begin(where);
    if (const auto stored = journal_.step(where).result)
      return stored->value().get<int>();
    journal_.stage_outcome(where, outcome(json(1)));
    commit();
    return 1;
  }

  // The host's part: tell, then remove.
  void deliver() {
    const auto pending = read_outbox(store_, run_id("r1"));
    for (const pending_delivery& p : *pending) {
      auto& told =
          p.entry.kind == outbox_kind::cancel_call ? world_.cancelled : world_.acknowledged;
      told.insert(p.entry.call.str());
      commit_one(store_, remove_delivered(p.run, p.entry.number));
    }
  }

  memory_store& store_;
  outside& world_;
  int& commits_left_;
  run_journal journal_;
};

/// Runs to the end, killing the process after the commits with these numbers (each counted from the
/// last start).
void run_with_kills(const std::vector<int>& kills, outside& world, memory_store& first) {
  std::unique_ptr<memory_store> later;
  memory_store* now = &first;
  for (int kill : kills) {
    int left = kill;
    try {
      program(*now, world, left).run();
    } catch (const killed&) {
      auto next = now->after_power_loss();
      later = std::move(next);
      now = later.get();
    }
  }
  int never = -1;
  program(*now, world, never).run();
  const auto end = read_run(*now, run_id("r1"));
  EXPECT_EQ((*end)->status, run_status::completed);
  EXPECT_EQ((*end)->result->value(), 4);
  EXPECT_EQ(count(*now, table::run_journal), 0u);
  EXPECT_EQ(count(*now, table::outbox), 0u);
  EXPECT_EQ(count(*now, table::run_awake), 0u);
}

void expect_the_same_world(const outside& world, const std::string& what) {
  const std::string incarnation = start_of("r1").incarnation;
  std::set<std::string> answered;
  for (const char* step : {"/for/ask", "/for~1/ask", "/for~2/ask", "/race/fast"})
    answered.insert(make_call_id(incarnation, step).str());
  const std::string loser = make_call_id(incarnation, "/race/slow").str();
  EXPECT_EQ(world.sent.size(), 5u) << what;
  EXPECT_EQ(world.acknowledged, answered) << what;
  EXPECT_EQ(world.cancelled, std::set<std::string>{loser}) << what;
}

TEST(journal_crash, at_every_commit_leaves_a_run_that_ends_the_same) {
  bool was_killed = true;
  for (int kill = 1; was_killed; ++kill) {
    ASSERT_LT(kill, 100);
    memory_store memory;
    commit_one(memory, create_run(start_of("r1"), nullptr));
    outside world;
    int left = kill;
    was_killed = false;
    try {
      program(memory, world, left).run();
    } catch (const killed&) {
      was_killed = true;
    }
    if (!was_killed) {
      EXPECT_EQ(kill, 12); // after three laps of two commits, the race's four, the end
    }
    const auto after = memory.after_power_loss();
    run_with_kills({}, world, *after);
    expect_the_same_world(world, "killed after commit " + std::to_string(kill));
  }
}

TEST(journal_crash, at_every_pair_of_commits_leaves_a_run_that_ends_the_same) {
  for (int one = 1; one <= 11; ++one) {
    for (int two = 1; two <= 11; ++two) {
      memory_store memory;
      commit_one(memory, create_run(start_of("r1"), nullptr));
      outside world;
      run_with_kills({one, two}, world, memory);
      expect_the_same_world(world, std::to_string(one) + " and " + std::to_string(two));
    }
  }
}

} // namespace
} // namespace pawl::storage
