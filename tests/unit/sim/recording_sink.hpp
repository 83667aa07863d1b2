// Waits for what an exchange comes to.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "net/transport.hpp"

namespace pawl::sim::test {

class recording_sink final : public net::exchange_sink {
public:
  /// What there was up to the end, or up to now.
  struct record {
    int status = 0;
    net::header_list headers;
    std::string body;
    bool ended = false;
    std::optional<net::transport_failure> failure;
    [[nodiscard]] bool over() const { return ended || failure; }
  };

  void on_head(int status, const net::header_list& headers) override {
    change([&](record& r) {
      r.status = status;
      r.headers = headers;
    });
  }
  void on_body(std::string_view bytes) override {
    change([&](record& r) { r.body += bytes; });
  }
  void on_end() override {
    change([](record& r) { r.ended = true; });
  }
  void on_failure(const net::transport_failure& why) override {
    change([&](record& r) { r.failure = why; });
  }

  /// Returns when `reached` holds or the exchange is over; the limit only keeps a broken test from
  /// hanging.
  record wait_until(const std::function<bool(const record&)>& reached) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60),
                                  [&] { return record_.over() || reached(record_); }));
    return record_;
  }
  /// An event with tokens was read: the first event of a stream has the role alone.
  record wait_for_tokens() {
    return wait_until([](const record& r) {
      const auto role = r.body.find("\n\n");
      return role != std::string::npos && r.body.find("\n\n", role + 2) != std::string::npos;
    });
  }
  record wait() {
    return wait_until([](const record& r) { return r.over(); });
  }

private:
  template <class Change>
  void change(Change apply) {
    const std::lock_guard lock(mutex_);
    apply(record_);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  record record_;
};

} // namespace pawl::sim::test
