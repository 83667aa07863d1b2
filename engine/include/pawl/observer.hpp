// Looking on while runs live.
#pragma once

#include <pawl/context.hpp>
#include <pawl/id.hpp>
#include <pawl/run.hpp>
#include <pawl/stream.hpp>

#include <optional>
#include <string>

namespace pawl {

/// Looks on at a run. Called on threads of the engine, one call at a time for one run, in order;
/// must not block and must not call the engine. It is let go after it was told that the run ended,
/// was suspended or was refused.
class run_observer {
public:
  virtual ~run_observer() = default;
  /// The status is durable, except `running`, which says that an agent was started. `result`:
  /// completed, faulted.
  virtual void on_status(const run_id& run, run_status status, const std::optional<outcome>& result,
                         const std::string& cause) = 0;
  /// The run is not, or no more, looked after by this engine: it cannot be read, belongs to another
  /// host, or the engine is leaving. Nothing is lost.
  virtual void on_refused(const run_id& run, const error& why) = 0;
  /// May be repeated for a task after a crash.
  virtual void on_note(const run_id&, const task_note&, time_point) {}
  /// Events of a call of the run, in order, each once per observed activation.
  virtual void on_stream(const run_id&, const path& /*step*/, const stream_event&) {}
};

} // namespace pawl
