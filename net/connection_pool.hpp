// Connections that wait for their next exchange. No Asio in here: an idle connection is a
// descriptor.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/io_thread.hpp"

namespace pawl::net {

/// Owns a file descriptor and closes it.
class unique_fd {
public:
  unique_fd() = default;
  explicit unique_fd(int fd) noexcept : fd_(fd) {}
  unique_fd(unique_fd&& o) noexcept : fd_(o.release()) {}
  unique_fd& operator=(unique_fd&& o) noexcept;
  ~unique_fd();

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

private:
  int fd_ = -1;
};

/// On the io thread only.
class connection_pool final : public std::enable_shared_from_this<connection_pool> {
public:
  /// `connections_max` per origin. A connection that was idle for `idle_max` is not used again, and
  /// is closed before it was idle for twice that.
  connection_pool(io_handle io, std::chrono::nanoseconds idle_max, std::size_t connections_max);

  /// The connection to `origin` used last that still lives; those found dead are closed.
  /// One on which anything has come is dead: its peer has closed it, or says what nobody asked for.
  std::optional<unique_fd> take(const std::string& origin);
  void put(const std::string& origin, unique_fd connection);
  /// Closes all; what is put in later is closed at once.
  void close();

private:
  using time = std::chrono::steady_clock::time_point;
  struct idle_connection {
    unique_fd fd;
    time due;
  };

  void sweep_later();
  void sweep();

  const io_handle io_;
  const std::chrono::nanoseconds idle_max_;
  const std::size_t connections_max_;
  std::unordered_map<std::string, std::vector<idle_connection>> idle_;
  timer_token sweeper_;
  enum class state : unsigned char { resting, sweeping, closed } state_ = state::resting;
};

} // namespace pawl::net
