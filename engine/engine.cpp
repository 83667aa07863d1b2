#include <pawl/engine.hpp>

#include <atomic>
#include <future>

#include "engine/differences.hpp"
#include "engine/parts.hpp"
#include "engine/reach.hpp"
#include "inference/request.hpp"
#include "storage/call_log.hpp"
#include "storage/run_index.hpp"
#include "workflows/load.hpp"

namespace pawl {

namespace {

// Passes on what it is told and keeps the board, so that wait() knows when a run has come to rest.
class watching_observer final : public run_observer {
public:
  watching_observer(run_board& board, std::shared_ptr<run_observer> next)
      : board_(board), next_(std::move(next)) {}

  void on_status(const run_id& run, run_status status, const std::optional<outcome>& result,
                 const std::string& cause) override {
    if (next_)
      next_->on_status(run, status, result, cause);
    if (is_ended(status) || status == run_status::suspended)
      settle(run);
  }
  void on_refused(const run_id& run, const error& why) override {
    if (next_)
      next_->on_refused(run, why);
    settle(run, why);
  }
  /// The run has come to rest for whoever waits through this observer. Counts once.
  void settle(const run_id& run, std::optional<error> refused = std::nullopt) {
    if (!settled_.test_and_set())
      board_.asleep(run, std::move(refused));
  }
  void on_note(const run_id& run, const task_note& note, time_point at) override {
    if (next_)
      next_->on_note(run, note, at);
  }
  void on_stream(const run_id& run, const path& step, const stream_event& event) override {
    if (next_)
      next_->on_stream(run, step, event);
  }

private:
  run_board& board_;
  std::shared_ptr<run_observer> next_;
  std::atomic_flag settled_;
};

// Waits for an answer that an actor gives on another thread. The promise outlives both sides.
template <class T>
class answer_slot {
public:
  std::function<void(result<T>)> setter() {
    return [shared = state_](result<T> r) { shared->set_value(std::move(r)); };
  }
  result<T> wait() {
    auto future = state_->get_future();
    if (future.wait_for(limits::actor_request_timeout) != std::future_status::ready)
      return error(errc::store_failed, "the engine did not answer in time", {},
                   "see its log; the disk may hang");
    return future.get();
  }

private:
  std::shared_ptr<std::promise<result<T>>> state_ = std::make_shared<std::promise<result<T>>>();
};

} // namespace

engine::engine() = default;

engine::~engine() {
  stop();
}

result<std::unique_ptr<engine>> engine::open(engine_options options) {
  std::unique_ptr<engine> self(new engine);
  self->parts_ = std::make_unique<parts>(std::move(options));
  if (auto started = self->parts_->start(); !started)
    return started.error();
  return self;
}

// Adds where the run that has the id differs from what was passed.
error engine::explain_conflict(error what, const run_id& id, const json& document,
                               const json& input) const {
  const auto there = run(id);
  if (!there || !*there)
    return what;
  const auto stored =
      storage::read_definition(*parts_->host_store.target, (*there)->definition_digest);
  std::string differs;
  if (stored && *stored)
    differs = first_difference("the definition", **stored, document);
  if (differs.empty())
    differs = first_difference("the input", (*there)->input, input);
  if (!differs.empty())
    what.message += "; " + differs;
  return what;
}

void engine::stop() {
  if (parts_)
    parts_->stop();
}

void engine::register_native(std::string name, native_agent agent) {
  const std::lock_guard guard(parts_->natives_mutex);
  parts_->natives.insert_or_assign(std::move(name), std::move(agent));
}

result<run_id> engine::start(run_request what, std::shared_ptr<run_observer> observer,
                             std::vector<error>* problems) {
  auto& p = *parts_;
  storage::run_start start;
  json document = nullptr;
  if (what.native.empty()) {
    auto loaded = workflows::load_definition(std::string_view(what.definition), what.source,
                                             {&p.compiler, inference::request_keys()});
    if (!loaded.what) {
      auto first = loaded.problems.front();
      if (problems)
        *problems = std::move(loaded.problems);
      return first;
    }
    document = json::parse(what.definition);
    start.definition = loaded.what->display_name();
  } else {
    start.definition = "native/" + what.native;
    document = {{"native", what.native}};
  }
  start.id = what.id.empty() ? run_id("run-" + draw_hex(p.random, 1)) : what.id;
  start.incarnation = draw_hex(p.random, 2);
  start.definition_digest = digest(sha256_hex(document.dump()));
  start.input = std::move(what.input);
  start.metadata = std::move(what.metadata);
  start.created_at = p.time.now();
  const auto id = start.id;
  const json input = start.input;
  const json wanted = document;
  answer_slot<actors::creation> created;
  p.host->create(std::move(start), std::move(document), created.setter());
  if (auto answer = created.wait(); !answer)
    return answer.error().code == errc::conflict
               ? explain_conflict(answer.error(), id, wanted, input)
               : answer.error();
  p.board.awake(id);
  p.host->wake(id, std::make_shared<watching_observer>(p.board, std::move(observer)));
  return id;
}

result<void> engine::resume(const run_id& id, std::shared_ptr<run_observer> observer) {
  auto& p = *parts_;
  p.board.awake(id);
  answer_slot<void> done;
  const auto watching = std::make_shared<watching_observer>(p.board, std::move(observer));
  p.host->resume(id, watching, done.setter());
  auto answer = done.wait();
  if (!answer)
    watching->settle(id);
  return answer;
}

result<void> engine::cancel(const run_id& id) {
  auto& p = *parts_;
  answer_slot<void> done;
  p.host->cancel(id, done.setter());
  if (auto answer = done.wait(); !answer)
    return answer;
  p.board.awake(id);
  p.host->wake(id, std::make_shared<watching_observer>(p.board, nullptr));
  return {};
}

void engine::suspend_all() {
  parts_->host->drain({});
}

result<run_info> engine::wait(const run_id& id) {
  if (const auto refused = parts_->board.wait(id))
    return *refused;
  auto info = run(id);
  if (!info)
    return info.error();
  if (!*info)
    return error(errc::not_found, "run " + id.str() + " does not exist");
  return std::move(**info);
}

std::optional<error> engine::failure() const {
  return parts_->board.failure();
}

result<std::optional<run_info>> engine::run(const run_id& id) const {
  return storage::read_run(*parts_->host_store.target, id);
}

result<std::vector<run_info>> engine::runs(std::size_t count_max, const run_id& after) const {
  return storage::list_runs(*parts_->host_store.target, count_max, after);
}

result<std::vector<json>> engine::history(const run_id& id, std::size_t count_max) const {
  return storage::read_history(*parts_->host_store.target, id, count_max);
}

result<void> engine::ledger(const std::function<bool(const ledger_row&)>& visit) const {
  return storage::scan_rows(*parts_->gateway_store.target, visit);
}

std::vector<error> engine::validate(const std::string& text, const std::string& source,
                                    const json& configuration) {
  std::vector<error> problems;
  if (!configuration.is_null())
    problems = check_configuration(configuration);
  auto loaded = workflows::load_definition(std::string_view(text), source,
                                           {nullptr, inference::request_keys()});
  problems.insert(problems.end(), loaded.problems.begin(), loaded.problems.end());
  return problems;
}

std::vector<error> engine::check_configuration(const json& configuration) {
  inference::catalog models;
  auto problems = models.add(configuration);
  auto unreachable = unreachable_providers(configuration);
  problems.insert(problems.end(), unreachable.begin(), unreachable.end());
  return problems;
}

} // namespace pawl
