// Faults on order: which requests the simulated provider spoils, and how.
//
// As a text, for command lines:
//
//   rule     = kind [ ":" argument ] [ "@" model ] [ "#" requests ]
//   kind     = "refuse" | "rate-limit" | "server-error" | "drop" | "cut" | "stall" | "malformed"
//            | "error-event" | "prefix-refused" | "prefix-ignored"
//   argument = the status of refuse (default 400) and server-error (default 500), the seconds of
//              rate-limit's Retry-After (default 1), and a position for the others (default 3)
//   position = number | "head" | "end"; malformed and error-event: a number
//   model    = a name, with or without "sim/"; "*" stands for any characters. Absent: every model
//   requests = number | number "-" number | number "+"; counted per model from 1.
//              Absent: every request
//
//   drop:5@sim/small#2     the second request to "small" loses its connection after five events
//   rate-limit:2@*#1       the first request to each model is told to come back in two seconds
//
// As JSON: {"kind", "after"?: position, "status"?, "retryAfterSeconds"?, "model"?,
// "request"?: number|"2-4"|"3+"|"every"}, a rule in the text form, an array of both, or
// {"faults": [...]}.
#pragma once

#include <pawl/outcome.hpp>
#include <pawl/result.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::sim {

enum class fault_kind : std::uint8_t {
  refuse,         ///< an error of the 4xx kind before anything is generated
  rate_limit,     ///< 429 with Retry-After
  server_error,   ///< an error of the 5xx kind before anything is generated
  drop,           ///< the connection breaks
  cut,            ///< the connection ends cleanly, but without the end marker
  stall,          ///< nothing more comes; the model goes on generating
  malformed,      ///< one event is cut within its JSON; the stream goes on after it
  error_event,    ///< an error object within the stream, then a clean end without the end marker
  prefix_refused, ///< a trailing assistant message is refused with 400; else no fault
  prefix_ignored, ///< a trailing assistant message is no prefix: the answer begins anew
};

std::string_view to_string(fault_kind k) noexcept;

/// Where in an answer a fault happens. Events are those that carry tokens. A number beyond the last
/// event means: after the last event, before the finish reason.
struct fault_position {
  enum class place : std::uint8_t {
    head,  ///< before the status line
    event, ///< after `events` events; 0: after the head
    end,   ///< after finish reason and usage, before the end marker
  };
  place where = place::event;
  std::uint32_t events = 3;
  bool operator==(const fault_position&) const = default;
};

struct fault_rule {
  fault_kind kind = fault_kind::drop;
  fault_position position;
  int status = 0;                  ///< refuse, server_error
  int retry_after_seconds = 1;     ///< rate_limit
  std::string model = "*";         ///< a name or a pattern
  std::uint64_t request_first = 1; ///< per model, from 1
  std::uint64_t request_last = std::numeric_limits<std::uint64_t>::max();
  bool operator==(const fault_rule&) const = default;

  [[nodiscard]] bool applies_to(std::string_view model_name, std::uint64_t request) const;
};

/// "sim/small" and "small" name the same model: "small".
std::string_view normalised_model(std::string_view name) noexcept;

/// Errors (invalid_argument) say what is wrong and what is allowed.
result<fault_rule> parse_fault_rule(std::string_view spec);
result<std::vector<fault_rule>> parse_fault_rules(const json& script);

} // namespace pawl::sim
