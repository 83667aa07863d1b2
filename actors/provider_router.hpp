// Who owns which call: finds the owner of a call or makes one, and lets it go when it has nothing
// to do.
//
// Decides nothing about a call but whether there is room for one more.
#pragma once

#include <memory>
#include <unordered_map>

#include "actors/gateway_core.hpp"
#include "actors/gateway_messages.hpp"

namespace pawl::actors {

class provider_router {
public:
  using handle = router_actor;
  static constexpr const char* name = "provider_router";

  provider_router(handle::pointer self, std::shared_ptr<gateway_core> core,
                  subscriptions_actor watchers);
  handle::behavior_type make_behavior();

private:
  enum class replacement : std::uint8_t { first, second };
  struct owner {
    explicit owner(call_actor c) : call(std::move(c)) {}
    call_actor call;
    std::uint64_t requests = 0;                   // sent to it
    std::shared_ptr<const call_submission> asked; // the last, for an owner that has to be replaced
    replacement replaced = replacement::first;
  };

  void recover();
  void on_submit(const router_submit& m);
  bool has_room(const call_id& id);
  owner& owner_of(const call_id& id);
  template <class Message>
  void pass_on(const call_id& id, Message m);
  void on_closing(const call_closing& m);
  void on_exit(const caf::exit_msg& m);

  handle::pointer self_;
  std::shared_ptr<gateway_core> core_;
  subscriptions_actor watchers_;
  std::unordered_map<call_id, owner>
      owners_; // calls with something to do, at most calls_open_max and what was recovered
};

} // namespace pawl::actors
