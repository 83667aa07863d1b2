// The messages of agent_host and agent, and their typed interfaces. None of them leaves the
// process.
//
//   engine ──begin, create, wake, command, drain──▶ agent_host ──begin, inbox, drain──▶ agent
//   gateway ──link, accepted, answered, streamed, done──▶ agent_host ──accepted, answered──▶ agent
//   commit queue ──verdict──▶ agent_host, agent
//   agent ──turn, outbox, left──▶ agent_host
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/agent_host.hpp"
#include "actors/compat.hpp"
#include "actors/gateway.hpp"
#include "storage/run_journal.hpp"

namespace pawl::actors {

/// Why an agent was started.
enum class agent_mandate : std::uint8_t {
  go,      ///< somebody wants the run to go on, a suspended one as well
  look,    ///< something is in its inbox; a suspended run goes on only if that says so
  resume,  ///< as `go`, and a faulted run does its failed steps again
  give_up, ///< the agent threw too often: suspend the run with a cause
};

/// How an agent left.
enum class agent_exit : std::uint8_t {
  rested,       ///< its status is durable: ended, suspended or waiting
  crashed,      ///< a bug: an exception out of the program or a broken invariant
  fenced,       ///< another activation has the run
  overtaken,    ///< its end was refused, for something came into the inbox before it
  unusable,     ///< the journal could not be read
  store_failed, ///< a batch failed
};

namespace to_agent {
struct begin {};
struct verdict {
  std::uint64_t batch = 0;
  storage::verdict what = storage::verdict::failed;
};
struct accepted {
  call_id call;
};
struct answered {
  call_id call;
  outcome what;
};
struct timer {
  std::uint64_t generation = 0;
};
struct inbox {};
struct drain {};
} // namespace to_agent

using agent_actor =
    typed_actor<caf::result<void>(to_agent::begin),    // load the journal and go
                caf::result<void>(to_agent::verdict),  // what became of a batch
                caf::result<void>(to_agent::accepted), // first reply: the call is open
                caf::result<void>(to_agent::answered), // the call's end
                caf::result<void>(to_agent::timer),    // INTERNAL: the earliest timer is due
                caf::result<void>(to_agent::inbox),    // the inbox has grown
                caf::result<void>(to_agent::drain)>;   // start nothing new, then suspend

namespace to_host {
struct begin {};
struct connect {
  std::shared_ptr<gateway> calls;
};
struct link {
  link_state state = link_state::down;
};
struct accepted {
  call_id call;
};
struct answered {
  call_id call;
  outcome what;
};
struct streamed {
  call_id call;
  std::vector<stream_event> events;
};
struct done {
  call_id call;
  call_command what = call_command::cancel;
};
struct create {
  storage::run_start start;
  json document;
  create_reply then;
};
struct wake {
  run_id run;
  std::shared_ptr<run_observer> observer;
};
struct command {
  run_id run;
  storage::inbox_kind kind = storage::inbox_kind::cancel;
  std::shared_ptr<run_observer> observer;
  command_reply then;
};
struct drain {
  std::function<void()> then;
};
struct verdict {
  std::uint64_t operation = 0;
  storage::verdict what = storage::verdict::failed;
};
struct tick {
  std::uint64_t generation = 0;
};

/// What an agent wants done after one of its turns. `activation` tells its messages from those of
/// earlier agents.
struct turn {
  struct noted {
    task_note note;
    time_point at;
  };
  run_id run;
  std::uint64_t activation = 0;
  std::vector<call_submission> submit;
  std::vector<call_id>
      withdraw; ///< nobody waits for these any more; the outbox says what happens to them
  std::vector<noted> notes;
};
struct outbox {
  run_id run;
};
struct left {
  run_id run;
  std::uint64_t activation = 0;
  agent_exit how = agent_exit::rested;
  run_status status = run_status::running; ///< rested
  std::optional<outcome> result;           ///< rested, ended
  std::string cause;                       ///< suspended, crashed, unusable: what happened
  std::optional<time_point> wake_at;       ///< rested, waiting
  std::uint64_t inbox_read = 0;            ///< rested
};
} // namespace to_host

using host_actor =
    typed_actor<caf::result<void>(to_host::begin),    // look after what the store holds
                caf::result<void>(to_host::connect),  // the gateway to ask
                caf::result<void>(to_host::link),     // up: submit again, deliver again
                caf::result<void>(to_host::accepted), // gateway: the call is open
                caf::result<void>(to_host::answered), // gateway: the call's end
                caf::result<void>(to_host::streamed), // gateway: events of an attached call
                caf::result<void>(to_host::done),     // gateway: a command is durable
                caf::result<void>(to_host::create),   // a new run
                caf::result<void>(to_host::wake),     // go on with a run
                caf::result<void>(to_host::command),  // cancel, suspend, resume a run
                caf::result<void>(to_host::drain),    // suspend all that is awake
                caf::result<void>(to_host::verdict),  // what became of a batch of the host's own
                caf::result<void>(to_host::tick),     // INTERNAL: the earliest wake-up is due
                caf::result<void>(to_host::turn),     // agent: submissions, notes
                caf::result<void>(to_host::outbox),   // agent: outbox entries are durable
                caf::result<void>(to_host::left)>;    // agent: its last word

} // namespace pawl::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_agent::begin)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_agent::verdict)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_agent::accepted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_agent::answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_agent::timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_agent::inbox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_agent::drain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::begin)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::connect)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::link)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::accepted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::streamed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::create)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::wake)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::drain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::verdict)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::turn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::outbox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::to_host::left)
