// The only file that knows the version of CAF. Actors are written as state classes in the spelling
// of CAF 1.x.
#pragma once

#include <optional>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/delegated.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exec_main.hpp>
#include <caf/replies_to.hpp>
#include <caf/result.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_behavior.hpp>
#include <caf/typed_event_based_actor.hpp>

static_assert(CAF_MAJOR_VERSION == 0 && CAF_MINOR_VERSION == 17,
              "actors/compat.hpp knows CAF 0.17 only");

namespace pawl::actors {

namespace detail {
template <class F>
struct signature;
template <class R, class... Ts>
struct signature<caf::result<R>(Ts...)> {
  using type = typename caf::replies_to<Ts...>::template with<R>;
};
template <class... Ts>
struct signature<caf::result<void>(Ts...)> {
  using type = caf::reacts_to<Ts...>;
};
} // namespace detail

/// typed_actor<caf::result<R>(Args...), ...>, as CAF 1.x spells it.
template <class... Fs>
using typed_actor = caf::typed_actor<typename detail::signature<Fs>::type...>;

/// Hosts a state class: `handle`, `name`, a constructor (self, deps...) and make_behavior().
template <class State>
class state_actor final : public State::handle::base {
  using super = typename State::handle::base;

public:
  template <class... Ts>
  explicit state_actor(caf::actor_config& cfg, Ts&&... xs) : super(cfg) {
    state_.emplace(static_cast<super*>(this), std::forward<Ts>(xs)...);
  }
  const char* name() const override { return State::name; }

protected:
  typename super::behavior_type make_behavior() override { return state_->make_behavior(); }
  void on_exit() override { state_.reset(); }

private:
  std::optional<State> state_;
};

/// Spawns a state class as an actor. Dependencies are passed on to its constructor.
template <class State, class Spawner, class... Ts>
typename State::handle spawn(Spawner& by, Ts&&... xs) {
  return by.template spawn<state_actor<State>>(std::forward<Ts>(xs)...);
}

/// Sends from any thread, without a sender.
template <class Handle, class... Ts>
void post(const Handle& to, Ts&&... xs) {
  caf::anon_send(to, std::forward<Ts>(xs)...);
}

} // namespace pawl::actors
