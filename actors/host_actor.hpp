// The host's actor: which runs are awake, who wakes them, what becomes of agents that leave.
//
//   asleep ──wake, tick, command──▶ queued ──room──▶ activating ──epoch is durable──▶ awake
//   activating ──another host was faster──▶ forgotten
//   awake ──left: rested──▶ asleep (waiting), or forgotten (ended, suspended)
//   awake ──left: crashed──▶ restarting ──tick──▶ queued; after too many times to be suspended
//   awake ──left: fenced, unusable──▶ forgotten
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/host_calls.hpp"
#include "actors/host_core.hpp"
#include "actors/host_messages.hpp"
#include "actors/host_wakes.hpp"

namespace pawl::actors {

class agent_host {
public:
  using handle = host_actor;
  static constexpr const char* name = "agent_host";

  agent_host(handle::pointer self, std::shared_ptr<host_core> core);
  handle::behavior_type make_behavior();

private:
  enum class phase : std::uint8_t { asleep, queued, activating, awake, restarting };
  struct hosted_run {
    phase now = phase::asleep;
    agent_mandate mandate = agent_mandate::go; ///< of this activation, or the next
    std::string cause;                         ///< give_up: what the agent threw
    std::uint64_t activation = 0;
    agent_actor agent; ///< awake
    int restarts = 0;  ///< since it rested
    std::vector<std::shared_ptr<run_observer>> observers;
  };
  using verdict_handler = std::function<void(storage::verdict)>;

  template <class Work>
  void handle_message(Work work);

  // --- runs (host_actor.cpp)
  void begin();
  void wake(const run_id& id, std::shared_ptr<run_observer> observer);
  void activate(const run_id& id, agent_mandate mandate);
  void start_queued();
  void raise_epoch(const run_id& id);
  void start_agent(const run_id& id, std::uint64_t epoch);
  void on_left(to_host::left& word);
  void on_rested(const run_id& id, to_host::left& word);
  void on_crashed(const run_id& id, const std::string& what);
  void on_turn(to_host::turn& done);
  void tick();
  void set_alarm();
  void drain(std::function<void()> then);
  void check_drained();

  // --- commands (host_commands.cpp)
  void create(to_host::create& what);
  void compare(const storage::run_start& wanted, const create_reply& then);
  void command(to_host::command& what);
  void resume(to_host::command& what, const run_info& info);
  void append_inbox(const run_id& id, storage::inbox_kind kind, int tries, command_reply then);
  void append_again(const run_id& id, storage::inbox_kind kind, int tries, command_reply then);
  void tell_inbox(const run_id& id);

  // --- store and gateway (host_commands.cpp)
  void commit(storage::batch what, storage::durability how, verdict_handler then);
  void on_verdict(std::uint64_t operation, storage::verdict what);
  void deliver_outbox(const run_id& id);
  void deliver_all_outboxes();
  [[nodiscard]] result<std::vector<run_id>> runs_with_unread_inbox() const;
  void remove_delivered(const host_calls::delivery_key& key);
  void on_done(const call_id& call, call_command what);
  void on_streamed(to_host::streamed& what);
  /// Stops everything: the store has failed, or an invariant of the host is broken.
  void fail(error why);

  // --- observers
  void observe(const run_id& id, hosted_run& run, std::shared_ptr<run_observer> observer);
  static void tell_status(const hosted_run& run, const run_info& info);
  /// The host looks after the run no more, for this reason.
  void refuse(const run_id& id, const error& why);

  handle::pointer self_;
  std::shared_ptr<host_core> core_;
  std::unordered_map<run_id, hosted_run> runs_;
  std::deque<run_id> queue_; ///< phase::queued, in the order of their wakes
  std::size_t awake_ = 0;    ///< activating and awake
  std::uint64_t last_activation_ = 0;
  host_calls calls_;
  host_wakes wakes_;
  alarm alarm_;
  std::map<std::uint64_t, verdict_handler> operations_;
  std::uint64_t last_operation_ = 0;
  bool outboxes_truncated_ = false; ///< the store holds outbox entries that were not read yet
  bool draining_ = false;
  std::vector<std::function<void()>> drained_; ///< who waits for the end of draining
};

} // namespace pawl::actors
