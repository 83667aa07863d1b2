// Progress of runs on stderr: one line per task with time, tokens and cost, and the text as it
// streams.
#pragma once

#include <pawl/observer.hpp>
#include <pawl/time.hpp>

#include <map>
#include <mutex>
#include <ostream>
#include <string>

#include "cli/stream_lines.hpp"

namespace pawl::cli {

class progress final : public run_observer {
public:
  enum class detail { text, tasks, nothing };
  enum class subject { one_run, many_runs }; ///< many: every name begins with its run's
  /// `out` and `time` must outlive the observer.
  progress(std::ostream& out, const clock& time, detail show, subject of)
      : out_(out), time_(time), show_(show), of_(of), lines_(out) {}

  void on_status(const run_id& run, run_status status, const std::optional<outcome>& result,
                 const std::string& cause) override;
  void on_refused(const run_id& run, const error& why) override;
  void on_note(const run_id& run, const task_note& note, time_point at) override;
  void on_stream(const run_id& run, const path& step, const stream_event& event) override;
  /// A line of the command's own, whatever is shown.
  void say(const std::string& line);

private:
  [[nodiscard]] std::string title(const run_id& run, const std::string& place) const;
  [[nodiscard]] std::string stream_name(const run_id& run, const path& step) const;

  std::mutex mutex_;
  std::ostream& out_;
  const clock& time_;
  detail show_;
  subject of_;
  std::map<std::string, time_point> started_; // by run and path
  std::map<std::string, time_point> woken_;   // by run
  stream_lines lines_;
};

} // namespace pawl::cli
