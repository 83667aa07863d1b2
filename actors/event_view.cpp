#include "actors/event_view.hpp"

#include "actors/partial_answer.hpp"

namespace pawl::actors {

namespace {

// An event that carries several kinds is shown as the one that people wait for most.
int weight_of(stream_event_kind kind) {
  switch (kind) {
  case stream_event_kind::text: return 3;
  case stream_event_kind::reasoning: return 2;
  case stream_event_kind::tool_call: return 1;
  default: return 0;
  }
}

stream_event_kind kind_of(const inference::delta& d) {
  switch (d.kind) {
  case inference::delta_kind::text:
  case inference::delta_kind::refusal: return stream_event_kind::text;
  case inference::delta_kind::reasoning: return stream_event_kind::reasoning;
  case inference::delta_kind::tool_call: return stream_event_kind::tool_call;
  default: return stream_event_kind::other;
  }
}

} // namespace

stream_event view_of(const storage::call_event& event, const inference::protocol* how) {
  stream_event out;
  out.number = event.number;
  if (event.kind != storage::event_kind::data) {
    out.kind = event.kind == storage::event_kind::continued ? stream_event_kind::continued
                                                            : stream_event_kind::restarted;
    out.text = event.data;
    return out;
  }
  if (how == nullptr)
    return out;
  for (const auto& d : decode_logged(*how, event.data)) {
    const auto kind = kind_of(d);
    if (kind == stream_event_kind::other)
      continue;
    if (weight_of(kind) > weight_of(out.kind)) {
      out.kind = kind;
      out.text.clear();
    }
    if (kind == out.kind)
      out.text += d.text;
  }
  return out;
}

} // namespace pawl::actors
