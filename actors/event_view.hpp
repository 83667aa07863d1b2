// A logged event as subscribers see it.
#pragma once

#include <pawl/stream.hpp>

#include "inference/protocol.hpp"
#include "storage/call_log.hpp"

namespace pawl::actors {

/// `how`: the protocol of the event's attempt; null (it is no longer known): the event shows
/// nothing for people. A seam's text is its data.
stream_event view_of(const storage::call_event& event, const inference::protocol* how);

} // namespace pawl::actors
