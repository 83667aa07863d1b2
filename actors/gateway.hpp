// The gateway's interface, and what it tells the host: all that passes over the host–gateway link.
//
// Narrow on purpose: the same five requests will go over a socket when the gateway is a process of
// its own. Everything is asynchronous; everything may be lost with the link and is then asked
// again: each request is idempotent.
#pragma once

#include <pawl/id.hpp>
#include <pawl/outcome.hpp>
#include <pawl/stream.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace pawl::actors {

struct call_submission {
  call_id id;
  json request;     ///< the face's shape; ignored when the gateway knows the call already
  std::string run;  ///< for the ledger
  std::string step; ///< the step's path, for the ledger
  json metadata = json::object();
};

enum class link_state : std::uint8_t { down, up };
enum class call_command : std::uint8_t { cancel, acknowledge };

/// What the gateway tells. Called on any thread; must not block.
class gateway_listener {
public:
  virtual ~gateway_listener() = default;
  /// The call is known and open; its answer will follow. Sent for every submission that is not
  /// answered at once.
  virtual void on_accepted(const call_id& id) = 0;
  /// The call's end. The value has the face's output shape. Repeated for each submission until
  /// acknowledged.
  virtual void on_answer(const call_id& id, outcome what) = 0;
  /// Events for an attached subscriber, in order, without gaps.
  virtual void on_events(const call_id& id, std::vector<stream_event> events) = 0;
  /// A command is durable.
  virtual void on_done(const call_id& id, call_command what) = 0;
  /// up: submit your open intents again and repeat unanswered commands.
  virtual void on_link(link_state state) = 0;
};

class gateway {
public:
  virtual ~gateway() = default;
  /// Asks for an answer: joins the call when it is known (in flight, interrupted or finished), else
  /// admits it.
  virtual void submit(call_submission what) = 0;
  /// Sends events from `cursor` on, now and as they come, until the call ends.
  virtual void attach(const call_id& id, std::uint64_t cursor) = 0;
  virtual void detach(const call_id& id) = 0;
  /// Nobody wants the call any more. Final: leaves a tombstone for a call that is unknown. Answered
  /// by on_done.
  virtual void cancel(const call_id& id) = 0;
  /// The answer is durable at the host. Answered by on_done.
  virtual void acknowledge(const call_id& id) = 0;
};

} // namespace pawl::actors
