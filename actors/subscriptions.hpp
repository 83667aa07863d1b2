// Who watches which call: reads the log up to the mark and tells; tells answers after the last
// event.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "actors/gateway_core.hpp"
#include "actors/gateway_messages.hpp"
#include "inference/protocol.hpp"

namespace pawl::actors {

class subscriptions {
public:
  using handle = subscriptions_actor;
  static constexpr const char* name = "subscriptions";

  subscriptions(handle::pointer self, std::shared_ptr<gateway_core> core);
  handle::behavior_type make_behavior();

private:
  struct watcher {
    std::uint64_t cursor = 0;                          // the next number to be shown
    std::vector<const inference::protocol*> protocols; // by attempt
  };

  void on_attach(const events_attach& m);
  void drop(const call_id& id);
  /// Tells what may be shown and was not.
  void show(const call_id& id);
  const inference::protocol* protocol_for(const call_id& id, watcher& who, std::uint32_t attempt);
  void on_ended(const events_ended& m);
  void on_unlogged(const events_unlogged& m);

  handle::pointer self_;
  std::shared_ptr<gateway_core> core_;
  std::unordered_map<call_id, watcher> watchers_; // at most watchers_max
};

} // namespace pawl::actors
