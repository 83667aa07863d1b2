// What the host keeps of calls: the submissions that agents wait for, the streams that people look
// at, and the outbox entries that the gateway has not confirmed. All of it is asked again when the
// link comes up.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/gateway.hpp"
#include "actors/host_messages.hpp"
#include "storage/run_index.hpp"

namespace pawl::actors {

/// Used by the host actor only.
class host_calls {
public:
  /// An outbox entry's place: its run and its number.
  using delivery_key = std::pair<run_id, std::uint64_t>;
  /// Who waits for a call.
  struct waiter {
    run_id run;
    std::uint64_t activation = 0;
    agent_actor agent;
  };
  enum class watch : std::uint8_t { no, yes };

  void connect(std::shared_ptr<gateway> calls);
  void set_link(link_state state);

  // --- submissions
  /// Submits a call now or when the link is up. `watched`: also attaches to its stream.
  void submit(call_submission what, waiter who, watch watched);
  /// Nobody waits for the call any more: it is not submitted again.
  void withdraw(const call_id& call, std::uint64_t activation);
  /// As withdraw, for all calls of an activation that has ended.
  void drop(const run_id& run, std::uint64_t activation);
  [[nodiscard]] const waiter* find(const call_id& call) const;
  /// The call's end came: who waited for it.
  [[nodiscard]] std::optional<waiter> take(const call_id& call);

  // --- streams
  /// Attaches to all calls that the run waits for.
  void watch_run(const run_id& run);
  void unwatch_run(const run_id& run);
  struct sighting {
    run_id run;
    path step;
  };
  /// Whose events these are; those that were seen before are taken out. Nothing: nobody looks on.
  [[nodiscard]] std::optional<sighting> see(const call_id& call, std::vector<stream_event>& events);

  // --- outbox
  /// Delivers the entries that are new, now or when the link is up.
  void deliver(const std::vector<storage::pending_delivery>& entries);
  /// The gateway confirmed a command: the entries that may be removed from the store now.
  [[nodiscard]] std::vector<delivery_key> confirm(const call_id& call, call_command what);
  /// An entry was removed from the store.
  void forget(const delivery_key& key);
  [[nodiscard]] bool has_deliveries() const noexcept { return !deliveries_.empty(); }

private:
  struct submission {
    call_submission what;
    waiter who;
  };
  struct stream {
    run_id run;
    path step;
    std::uint64_t cursor = 0; ///< the next event
  };
  struct delivery {
    storage::outbox_entry entry;
    bool confirmed = false;
  };
  [[nodiscard]] bool is_up() const noexcept { return gateway_ && link_ == link_state::up; }
  void attach(const call_id& call, const submission& to);
  void send(const storage::outbox_entry& entry);
  void repeat_all();

  std::shared_ptr<gateway> gateway_;
  link_state link_ = link_state::down;
  std::unordered_map<call_id, submission> submissions_;
  std::unordered_map<call_id, stream> streams_;
  std::map<delivery_key, delivery> deliveries_;
  std::unordered_multimap<call_id, delivery_key> deliveries_by_call_;
};

} // namespace pawl::actors
