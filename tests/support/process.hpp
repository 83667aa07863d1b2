// Child processes for tests with real kills: started with their output in files, killed by pid,
// waited for with a deadline.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace pawl::testing {

/// A folder that is removed with all it holds.
class temp_dir {
public:
  temp_dir();
  ~temp_dir();
  temp_dir(const temp_dir&) = delete;
  temp_dir& operator=(const temp_dir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

private:
  std::filesystem::path path_;
};

/// How a process ended: its exit code, or 128 + the signal that killed it.
using exit_status = int;

class process {
public:
  /// Starts `command` with its output appended to the two files.
  process(std::vector<std::string> command, std::filesystem::path out, std::filesystem::path err);
  /// Kills it if it still runs.
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  void send(int signal) const;
  /// nullopt: it still runs after `deadline`.
  std::optional<exit_status> wait(std::chrono::milliseconds deadline);
  [[nodiscard]] bool running();
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

private:
  pid_t pid_ = -1;
  std::optional<exit_status> status_;
};

std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, const std::string& text);
/// Runs a command to its end and gives its standard output; throws when it does not end in time.
struct finished {
  exit_status status;
  std::string out, err;
};
finished run_to_end(const std::vector<std::string>& command, std::chrono::milliseconds deadline);
/// GET http://127.0.0.1:PORT/PATH: the body.
std::string http_get(int port, const std::string& path);

} // namespace pawl::testing
