// Stream events as subscribers of a call see them.
#pragma once

#include <cstdint>
#include <string>

namespace pawl {

enum class stream_event_kind : std::uint8_t {
  text,      ///< `text` goes on
  reasoning, ///< visible reasoning goes on
  tool_call, ///< part of a tool call
  continued, ///< seam: the next text joins what came before
  restarted, ///< seam: all text of this call seen so far is void
  other,     ///< nothing for people: role, usage, finish, unknown events
};

/// One unit of a call's stream; `number` is the only offset there is, and is never used twice.
struct stream_event {
  std::uint64_t number = 0;
  stream_event_kind kind = stream_event_kind::other;
  std::string text;
};

} // namespace pawl
