// Server-sent events, decoded as they come (WHATWG HTML, "Server-sent events", sections "Parsing an
// event stream" and "Interpreting an event stream").
#pragma once

#include <pawl/limits.hpp>
#include <pawl/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::inference {

struct sse_event {
  std::string event; ///< the `event` field; empty when the event had none
  std::string data;  ///< the `data` lines, joined by LF
  std::string id;    ///< the last `id` of the stream so far, which may be an earlier event's
};

/// Right at every division of the bytes, also within a line end, a character or the byte order
/// mark. An event that is not ended by a blank line is never visited. Not thread-safe.
class sse_decoder {
public:
  using visitor = std::function<void(sse_event&&)>;

  /// `event_bytes_max`: bound of one event's data together with the line that is being read.
  explicit sse_decoder(std::size_t event_bytes_max = limits::sse_event_bytes_max)
      : event_bytes_max_(event_bytes_max) {}

  /// Visits the events that these bytes complete, in order. Over the bound: an error (refused),
  /// which every later feed returns too; the events before it have been visited.
  result<void> feed(std::string_view bytes, const visitor& visit);

  /// Complete events so far: those that were visited. A replay cursor that is an event index counts
  /// these.
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
  /// The last `retry` field.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

private:
  void skip_byte_order_mark(std::string_view& bytes);
  void end_line(std::string_view line, const visitor& visit);
  void take_field(std::string_view name, std::string_view value);
  void dispatch(const visitor& visit);

  std::size_t event_bytes_max_;
  std::optional<error> failure_;
  std::size_t mark_bytes_ = 0; // matched bytes of the byte order mark, or past its length: done
  bool after_cr_ = false;      // an LF that comes next belongs to the line end before it
  std::string line_;           // the beginning of a line whose end has not come
  std::string event_, data_, id_;
  bool has_data_ = false;
  std::uint64_t events_ = 0;
  std::optional<std::chrono::milliseconds> retry_;
};

} // namespace pawl::inference
