// Looking on while runs live.
#pragma once

#include <optional>
#include <string>

#include <pawl/context.hpp>
#include <pawl/id.hpp>
#include <pawl/run.hpp>
#include <pawl/stream.hpp>

namespace pawl {

/// Told what happens in runs. Called on threads of the engine, for one run in order; must not block and must not call the
/// engine. What it is told is durable already, but for notes, which may be told again after a crash.
class run_observer {
public:
  virtual ~run_observer() = default;
  virtual void on_status(const run_id& run, run_status status, const std::optional<outcome>& result,
                         const std::string& cause) = 0;
  virtual void on_note(const run_id& run, const task_note& note, time_point at) = 0;
  virtual void on_stream(const run_id& run, const path& step, const stream_event& event) = 0;
};

} // namespace pawl
