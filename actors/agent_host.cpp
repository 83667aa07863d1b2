#include "actors/agent_host.hpp"

#include <utility>

#include "actors/host_actor.hpp"
#include "actors/host_core.hpp"
#include "actors/host_messages.hpp"

namespace pawl::actors {

namespace {
// What the gateway tells becomes messages to the host's actor.
class posting_listener final : public gateway_listener {
public:
  explicit posting_listener(host_actor to) : to_(std::move(to)) {}

  void on_accepted(const call_id& id) override { post(to_, to_host::accepted{id}); }
  void on_answer(const call_id& id, outcome what) override {
    post(to_, to_host::answered{id, std::move(what)});
  }
  void on_events(const call_id& id, std::vector<stream_event> events) override {
    post(to_, to_host::streamed{id, std::move(events)});
  }
  void on_done(const call_id& id, call_command what) override {
    post(to_, to_host::done{id, what});
  }
  void on_link(link_state state) override { post(to_, to_host::link{state}); }

private:
  host_actor to_;
};
} // namespace

struct local_host::handles {
  explicit handles(host_actor h)
      : host(std::move(h)), listener(std::make_shared<posting_listener>(host)) {}
  host_actor host;
  std::shared_ptr<gateway_listener> listener;
};

local_host::local_host(host_parts parts) : core_(std::make_shared<host_core>(std::move(parts))) {
  handles_ = std::make_unique<handles>(spawn<agent_host>(core_->parts.system, core_));
  post(handles_->host, to_host::begin{});
}

local_host::~local_host() {
  stop();
}

std::shared_ptr<gateway_listener> local_host::listener() const {
  return handles_->listener;
}

void local_host::connect(std::shared_ptr<gateway> calls) {
  post(handles_->host, to_host::connect{std::move(calls)});
}

void local_host::create(storage::run_start start, json definition_document, create_reply then) {
  post(handles_->host,
       to_host::create{std::move(start), std::move(definition_document), std::move(then)});
}

void local_host::wake(run_id id, std::shared_ptr<run_observer> observer) {
  post(handles_->host, to_host::wake{std::move(id), std::move(observer)});
}

void local_host::resume(run_id id, std::shared_ptr<run_observer> observer, command_reply then) {
  post(handles_->host, to_host::command{std::move(id), storage::inbox_kind::resume,
                                        std::move(observer), std::move(then)});
}

void local_host::cancel(run_id id, command_reply then) {
  post(handles_->host,
       to_host::command{std::move(id), storage::inbox_kind::cancel, nullptr, std::move(then)});
}

void local_host::suspend(run_id id, command_reply then) {
  post(handles_->host,
       to_host::command{std::move(id), storage::inbox_kind::suspend, nullptr, std::move(then)});
}

void local_host::drain(std::function<void()> then) {
  post(handles_->host, to_host::drain{std::move(then)});
}

void local_host::stop() {
  core_->stopped = true;
  caf::anon_send_exit(handles_->host, caf::exit_reason::kill);
}

} // namespace pawl::actors
