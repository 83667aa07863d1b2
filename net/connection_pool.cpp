#include "net/connection_pool.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include <sys/socket.h>
#include <unistd.h>

namespace pawl::net {

namespace {

using steady = std::chrono::steady_clock;

bool is_quiet(int fd) noexcept {
  char byte = 0;
  const auto n = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

} // namespace

unique_fd& unique_fd::operator=(unique_fd&& o) noexcept {
  if (this != &o) {
    if (fd_ >= 0)
      ::close(fd_);
    fd_ = o.release();
  }
  return *this;
}

unique_fd::~unique_fd() {
  if (fd_ >= 0)
    ::close(fd_);
}

connection_pool::connection_pool(io_handle io, std::chrono::nanoseconds idle_max,
                                 std::size_t connections_max)
    : io_(std::move(io)),
      // A year is for ever here, and keeps the sum with the time of day from overflowing.
      idle_max_(std::min<std::chrono::nanoseconds>(idle_max, std::chrono::hours(24 * 365))),
      connections_max_(connections_max) {}

std::optional<unique_fd> connection_pool::take(const std::string& origin) {
  const auto found = idle_.find(origin);
  if (found == idle_.end())
    return std::nullopt;
  auto& waiting = found->second;
  const auto now = steady::now();
  std::optional<unique_fd> taken;
  while (!taken && !waiting.empty()) {
    auto last = std::move(waiting.back());
    waiting.pop_back();
    if (now < last.due && is_quiet(last.fd.get()))
      taken = std::move(last.fd);
  }
  if (waiting.empty())
    idle_.erase(found);
  return taken;
}

void connection_pool::put(const std::string& origin, unique_fd connection) {
  if (state_ == state::closed || connections_max_ == 0)
    return;
  auto& waiting = idle_[origin];
  if (waiting.size() >= connections_max_)
    return;
  waiting.push_back({std::move(connection), steady::now() + idle_max_});
  if (state_ == state::resting)
    sweep_later();
}

void connection_pool::close() {
  state_ = state::closed;
  idle_.clear();
  sweeper_.cancel();
}

void connection_pool::sweep_later() {
  state_ = state::sweeping;
  sweeper_ = io_.after(idle_max_, [weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->sweep();
  });
}

void connection_pool::sweep() {
  const auto now = steady::now();
  for (auto it = idle_.begin(); it != idle_.end();) {
    std::erase_if(it->second, [now](const idle_connection& c) { return c.due <= now; });
    it = it->second.empty() ? idle_.erase(it) : std::next(it);
  }
  state_ = state::resting;
  if (!idle_.empty())
    sweep_later();
}

} // namespace pawl::net
