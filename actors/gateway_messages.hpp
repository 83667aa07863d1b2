// The messages and interfaces of the gateway's actors: who says what to whom.
//
//   local_gateway --submit, command--> provider_router --join, order--> inference_call --> net
//        |                                  ^     <--closing-- / --dismiss-->   |  ^        |
//        +--attach, detach--> subscriptions                                     |  |begun,  |bytes
//                              ^  ^                                             |  |over    v
//                              |  +----ended (the answer)-----------------------+  stream_pump
//                              +-------wake------- the log's verdicts <---events-------+
//
// Messages never leave the process and carry what is large by reference.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/type_id.hpp>

#include "actors/compat.hpp"
#include "actors/gateway.hpp"
#include "storage/store.hpp"

namespace pawl::actors {

struct attempt_end; // stream_pump.hpp

// --- to the router
/// The first message: recover what the last process left open.
struct router_start {};
struct router_submit {
  std::shared_ptr<const call_submission> what;
};
struct router_command {
  call_id id;
  call_command what = call_command::cancel;
};
/// INTERNAL: a call has nothing to do; it has had this many requests.
struct call_closing {
  call_id id;
  std::uint64_t requests = 0;
};
/// INTERNAL: everybody ends.
struct gateway_stop {};

// --- to a call
/// Somebody asks for the answer.
struct call_join {
  std::shared_ptr<const call_submission> what;
};
struct call_order {
  call_command what = call_command::cancel;
};
/// Account for what the last process left open; spend for nobody.
struct call_recover {};
/// The router has forgotten this call: end.
struct call_dismiss {};
/// INTERNAL: the verdict of the batch that the call waits for.
struct batch_done {
  std::uint64_t serial = 0;
  storage::verdict what = storage::verdict::failed;
};
/// INTERNAL: the attempt's first event came.
struct attempt_begun {
  std::uint32_t attempt = 0;
};
/// INTERNAL: the attempt is over, and everything it brought is in the log.
struct attempt_over {
  std::shared_ptr<const attempt_end> what;
};
/// INTERNAL: a timer. One whose serial is old is ignored.
enum class call_timer : std::uint8_t { first_event, between_events, total, retry };
struct call_tick {
  std::uint64_t serial = 0;
  call_timer what = call_timer::retry;
};

// --- to the subscriptions
struct events_attach {
  call_id id;
  std::uint64_t cursor = 0;
};
struct events_detach {
  call_id id;
};
/// INTERNAL: the call's mark rose.
struct events_wake {
  call_id id;
};
/// INTERNAL: the call is over: show what is left, then tell the answer (null: there is none).
struct events_ended {
  call_id id;
  std::shared_ptr<const outcome> answer;
};
/// INTERNAL, canaries only: events that the log has not taken yet.
struct events_unlogged {
  call_id id;
  std::shared_ptr<const std::vector<stream_event>> events;
};

// --- interfaces
using router_actor = typed_actor<caf::result<void>(router_start),
                                 caf::result<void>(router_submit), // answered through the listener
                                 caf::result<void>(router_command), caf::result<void>(call_closing),
                                 caf::result<void>(gateway_stop)>;

using call_actor = typed_actor<caf::result<void>(call_join), caf::result<void>(call_order),
                               caf::result<void>(call_recover), caf::result<void>(call_dismiss),
                               caf::result<void>(batch_done), caf::result<void>(attempt_begun),
                               caf::result<void>(attempt_over), caf::result<void>(call_tick),
                               caf::result<void>(gateway_stop)>;

using subscriptions_actor =
    typed_actor<caf::result<void>(events_attach), caf::result<void>(events_detach),
                caf::result<void>(events_wake), caf::result<void>(events_ended),
                caf::result<void>(events_unlogged), caf::result<void>(gateway_stop)>;

} // namespace pawl::actors

// The gateway's ids begin above those that the host's messages may take.
CAF_BEGIN_TYPE_ID_BLOCK(pawl_gateway, caf::first_custom_type_id + 100)
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::router_start))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::router_submit))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::router_command))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::call_closing))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::gateway_stop))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::call_join))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::call_order))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::call_recover))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::call_dismiss))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::batch_done))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::attempt_begun))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::attempt_over))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::call_tick))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::events_attach))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::events_detach))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::events_wake))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::events_ended))
  CAF_ADD_TYPE_ID(pawl_gateway, (pawl::actors::events_unlogged))
CAF_END_TYPE_ID_BLOCK(pawl_gateway)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::router_start)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::router_submit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::router_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::call_closing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::gateway_stop)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::call_join)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::call_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::call_recover)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::call_dismiss)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::batch_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::attempt_begun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::attempt_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::call_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::events_attach)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::events_detach)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::events_wake)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::events_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::events_unlogged)
