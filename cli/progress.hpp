// Progress of runs on stderr: one line per task with time, tokens and cost, and the text as it streams.
#pragma once

#include <map>
#include <mutex>
#include <ostream>
#include <string>

#include <pawl/observer.hpp>

namespace pawl::cli {

class progress final : public run_observer {
public:
  enum class detail { text, tasks, nothing };
  /// `out` must outlive the observer.
  progress(std::ostream& out, detail show) : out_(out), show_(show) {}

  void on_status(const run_id& run, run_status status, const std::optional<outcome>& result,
                 const std::string& cause) override;
  void on_refused(const run_id& run, const error& why) override;
  void on_note(const run_id& run, const task_note& note, time_point at) override;
  void on_stream(const run_id& run, const path& step, const stream_event& event) override;

private:
  void end_line();
  void write_text(const std::string& task, const std::string& text);

  std::mutex mutex_;
  std::ostream& out_;
  detail show_;
  std::map<std::string, time_point> started_; // by path
  std::string line_owner_;                    // the task whose text stands on the unfinished line
  std::size_t column_ = 0;
};

} // namespace pawl::cli
