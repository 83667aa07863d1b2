// The agent: the actor that executes a run while it is awake (one activation). It owns the run's
// journal and the coroutine of its program, and is the other side of the program's context.
//
//   what an operation does        which turn goes on with it
//   infer    stage intent         verdict of the batch  ──▶ submit (through the host)
//            (submitted)          answered              ──▶ stage outcome
//            (outcome staged)     verdict of the batch  ──▶ return
//   sleep    stage timer          timer
//
// A turn is one message and all that the coroutine does because of it. It ends in settle(): one
// batch for everything that was staged, one message to the host, one timer; or, when there is
// nothing to do but wait, the run goes to sleep.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "actors/agent_waits.hpp"
#include "actors/host_core.hpp"
#include "actors/host_messages.hpp"
#include "storage/run_journal.hpp"

namespace pawl::actors {

/// What an agent is started for.
struct agent_assignment {
  host_actor host;
  run_id run;
  std::uint64_t epoch = 0;      ///< raised durably for this activation
  std::uint64_t activation = 0; ///< the host's number of it
  agent_mandate mandate = agent_mandate::go;
  std::string cause; ///< give_up: why
};

class agent final : public world {
public:
  using handle = agent_actor;
  static constexpr const char* name = "agent";

  agent(handle::pointer self, std::shared_ptr<const host_core> core, agent_assignment what);
  ~agent() override;
  handle::behavior_type make_behavior();

  // world: see context.hpp (agent_world.cpp)
  async<outcome> infer(path where, json request) override;
  async<outcome> sleep_until(path where, time_point due) override;
  scope_view open_scope(const path& where) override;
  void save_scope(const path& where, json state) override;
  std::uint32_t next_lap(const path& where) override;
  void close_scope(const path& where, outcome what) override;
  void note(task_note n) override;
  [[nodiscard]] time_point now() const override { return core_->now(); }
  std::uint64_t random() override { return core_->parts.random.next(); }

private:
  /// loading ─▶ working ─▶ resting ─▶ left: the status is in a last batch under way; nothing else
  /// is done meanwhile. A resting agent works again when that batch was refused because the inbox
  /// had grown.
  enum class phase : std::uint8_t { loading, working, resting, left };
  /// Whether the host's going away (or a wish in the inbox) forbids to begin anything.
  enum class gate : std::uint8_t { open, closed };
  enum class flight_kind : std::uint8_t {
    work, ///< outcomes, intents, saves
    rest, ///< also the status to rest with; expects the inbox that was read
    end,  ///< also the status of the end; expects the inbox that was read
  };
  /// A batch under way.
  struct flight {
    flight_kind kind = flight_kind::work;
    bool has_outbox = false;
    storage::batch copy; ///< rest: to be repeated when it is refused because of the inbox
  };
  class call_in_flight; // a submission somebody waits for; forgets itself when its coroutine is
                        // destroyed

  // --- turns (agent.cpp)
  template <class Work>
  void turn(Work work);
  void begin();
  void decide_start();
  void begin_program();
  void on_verdict(std::uint64_t number, storage::verdict what);
  void on_refused(flight what);
  void settle();
  void fire_timers();
  void conclude();
  [[nodiscard]] bool is_at_rest() const;
  [[nodiscard]] bool is_drained() const;
  void report();

  // --- records (agent_records.cpp)
  void read_inbox();
  void set_running();
  void set_end(run_status status, outcome what);
  void rest(run_status status, std::optional<time_point> wake_at, std::string cause);
  void commit(flight_kind kind);
  void submit(storage::batch what, flight how);
  [[nodiscard]] bool owns_the_run() const;
  void leave(agent_exit how, std::string cause = {});

  /// The timers that wait for the first replies of calls that were open at the start, if any.
  [[nodiscard]] bool holds(time_point due) const noexcept {
    return recovering_ && due <= started_at_;
  }
  [[nodiscard]] std::optional<time_point> held_until() const;
  void set_alarm();

  handle::pointer self_;
  std::shared_ptr<const host_core> core_;
  agent_assignment assignment_;
  std::optional<storage::run_journal> journal_;

  phase phase_ = phase::loading;
  run_status found_ = run_status::pending; ///< the status at the start
  gate gate_ = gate::open;
  std::string drain_cause_;
  bool cancelled_ = false;
  std::uint64_t inbox_seen_ = 0;

  std::uint64_t next_batch_ = 1; ///< what is staged now goes out under this number
  std::map<std::uint64_t, flight> flights_;
  bool commit_asked_ = false; ///< something staged should not wait for the next effect

  time_point started_at_{};
  bool recovering_ = false; ///< calls were open at the start and due timers are still held
  std::unordered_set<call_id>
      unanswered_; ///< calls of those that were submitted again and await a first reply
  alarm alarm_;
  to_host::turn report_; ///< gathered in this turn

  agent_waits waits_;
  agent_program program_;
  async<outcome> body_; ///< last: its frames use all of the above while they are destroyed
};

} // namespace pawl::actors
