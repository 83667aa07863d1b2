#include "tests/support/process.hpp"

#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace pawl::testing {

namespace fs = std::filesystem;

temp_dir::temp_dir() {
  std::string pattern = (fs::temp_directory_path() / "pawl-test-XXXXXX").string();
  if (!mkdtemp(pattern.data()))
    throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

temp_dir::~temp_dir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

process::process(std::vector<std::string> command, fs::path out, fs::path err) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_addopen(&files, 2, err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  std::vector<char*> argv;
  for (auto& word : command)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  const int failed = posix_spawn(&pid_, argv[0], &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed)
    throw std::runtime_error(command[0] + ": " + std::strerror(failed));
}

process::~process() {
  if (running()) {
    send(SIGKILL);
    wait(std::chrono::seconds(10));
  }
}

void process::send(int signal) const {
  if (!status_)
    kill(pid_, signal);
}

std::optional<exit_status> process::wait(std::chrono::milliseconds deadline) {
  if (status_)
    return status_;
  // A pidfd becomes readable when the process ends: waiting without polling for it.
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd ready{fd, POLLIN, 0};
  const int woke = fd < 0 ? 1 : ::poll(&ready, 1, static_cast<int>(deadline.count()));
  if (fd >= 0)
    close(fd);
  if (woke == 0)
    return std::nullopt;
  int raw = 0;
  if (waitpid(pid_, &raw, 0) == pid_)
    status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
  return status_;
}

bool process::running() {
  return !wait(std::chrono::milliseconds(0));
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_file(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

finished run_to_end(const std::vector<std::string>& command, std::chrono::milliseconds deadline) {
  const temp_dir room;
  process child(command, room / "out", room / "err");
  const auto status = child.wait(deadline);
  if (!status)
    throw std::runtime_error(command[0] + " " + (command.size() > 1 ? command[1] : "") +
                             " did not end in time:\n" + read_file(room / "err"));
  return {*status, read_file(room / "out"), read_file(room / "err")};
}

std::string http_get(int port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    close(fd);
    throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
  (void)!write(fd, request.data(), request.size());
  std::string answer;
  char piece[65536];
  for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0;)
    answer.append(piece, static_cast<std::size_t>(n));
  close(fd);
  const auto body = answer.find("\r\n\r\n");
  return body == std::string::npos ? std::string() : answer.substr(body + 4);
}

} // namespace pawl::testing
