#include "tests/simulation/simulation.hpp"

#include <algorithm>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include "inference/request.hpp"
#include "storage/call_log.hpp"
#include "storage/run_index.hpp"
#include "tests/simulation/simulation_parts.hpp"
#include "workflows/interpreter.hpp"
#include "workflows/load.hpp"

namespace pawl::simulation {

namespace {

constexpr std::uint64_t steps_max = 2'000'000;

// An error line fails a simulation: logging is part of the contract.
class error_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit error_sink(std::vector<std::string>& to) : to_(to) {}

protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (message.level >= spdlog::level::err)
      to_.emplace_back(message.payload.data(), message.payload.size());
  }
  void flush_() override {}

private:
  std::vector<std::string>& to_;
};

sim::provider_options outside_options(const scenario& what, std::uint64_t seed) {
  auto options = what.provider;
  options.request_id_tag = std::to_string(seed % 1000) + "-";
  return options;
}

} // namespace

enum class simulation::deed : std::uint8_t {
  actor,
  host_commit,
  gateway_commit,
  host_sync,
  gateway_sync,
  to_gateway,
  to_host,
  request,
  response,
  weather,
};

simulation::simulation(const scenario& what, workflows::expressions& compiler,
                       simulation_options options)
    : what_(what), compiler_(compiler), options_(std::move(options)), choices_(options_.seed),
      engine_random_(options_.seed ^ 0x5bd1e995), outside_(outside_options(what, options_.seed)) {
  if (!what_.configuration.is_null())
    for (const auto& problem : models_.add(what_.configuration))
      result_.stuck += problem.render() + "\n";
  log_ = std::make_shared<spdlog::logger>("simulation",
                                          std::make_shared<error_sink>(result_.error_lines));
  config_.set("scheduler.policy", caf::atom("testing"));
  system_ = std::make_unique<caf::actor_system>(config_);
  scheduler_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  time_ = std::make_unique<virtual_clock>(*scheduler_);
  wire_ = std::make_unique<sim_wire>(outside_, *time_);
  watcher_ = std::make_shared<watcher>(result_);
  link_.on_submitted = [this](const actors::call_submission& what) { check_intent(what); };
  link_.on_shown = [this](const call_id& id, const std::vector<stream_event>& events) {
    check_logged(id, events);
  };
}

simulation::~simulation() {
  if (!hosts_.empty())
    crash_host();
  if (!gateways_.empty())
    crash_gateway(manner::process_kill);
  while (scheduler_->try_run_once()) {
  }
  scheduler_->clock().cancel_all();
  hosts_.clear();
  gateways_.clear();
  while (scheduler_->try_run_once()) {
  }
}

result<actors::agent_program> simulation::program_of(const storage::run_start& start) {
  auto document = storage::read_definition(*hosts_.back()->store, start.definition_digest);
  if (!document || !*document)
    return error(errc::corrupt, "definition is missing");
  auto loaded = workflows::load_definition((**document).dump(), "scenario",
                                           {&compiler_, inference::request_keys()});
  if (!loaded.what)
    return loaded.problems.front();
  workflows::interpreter_options how;
  how.evaluator = &compiler_;
  how.workflow_id = start.id.str();
  how.started_at = start.created_at;
  return actors::agent_program([what = std::move(loaded.what), how](context root, json input) {
    return workflows::interpret(root, what, std::move(input), how);
  });
}

actors::host_parts simulation::host_parts_of(host_life& life) {
  actors::host_parts parts{*system_,
                           *life.store,
                           *life.queue,
                           *time_,
                           engine_random_,
                           [this](const storage::run_start& start) { return program_of(start); },
                           {},
                           {},
                           log_};
  parts.options.canaries = options_.host_canaries;
  return parts;
}

actors::gateway_parts simulation::gateway_parts_of(gateway_life& life) {
  actors::gateway_parts parts{
      *system_,
      *life.store,
      *life.queue,
      *wire_,
      models_,
      *time_,
      engine_random_,
      [](const inference::secret_ref&) { return std::optional<std::string>("key"); },
      {},
      log_};
  parts.options.canaries = options_.gateway_canaries;
  return parts;
}

void simulation::start_host(std::unique_ptr<storage::memory_store> on) {
  hosts_.push_back(std::make_unique<host_life>());
  auto& life = *hosts_.back();
  life.store = std::make_unique<watched_store>(std::move(on));
  life.queue = std::make_unique<storage::commit_queue>(*life.store);
  life.host = std::make_unique<actors::local_host>(host_parts_of(life));
  life.host->connect(link_.host_side());
  link_.connect_host(life.host->listener());
}

void simulation::start_gateway(std::unique_ptr<storage::memory_store> on) {
  gateways_.push_back(std::make_unique<gateway_life>());
  auto& life = *gateways_.back();
  life.store = std::make_unique<watched_store>(std::move(on));
  life.queue = std::make_unique<storage::commit_queue>(*life.store);
  life.gateway = actors::local_gateway::start(gateway_parts_of(life), link_.gateway_side());
  link_.connect_gateway(life.gateway.get());
}

bool simulation::crash_here() {
  const auto number = point_++;
  if (options_.cancel_at == number) {
    result_.cancelled_at_seconds = std::chrono::duration<double>(time_->now() - began_).count();
    hosts_.back()->host->cancel(
        the_run, [this](const auto& answer) { result_.cancel_accepted = answer.has_value(); });
  }
  if (next_crash_ >= options_.crashes.size() || options_.crashes[next_crash_].point > number)
    return false;
  const auto planned = options_.crashes[next_crash_++];
  crash_now(planned);
  return planned.old == crash::old_host::dies;
}

void simulation::do_with_points(const std::function<std::set<moment>()>& what) {
  const auto before = point_;
  if (crash_here())
    return;
  const auto names = what();
  result_.moments.resize(point_ + 1);
  result_.moments[before] = names;
  result_.moments[point_] = names;
  (void)crash_here();
}

// Tokens that were delivered and whose log write has been answered: a kill cannot lose them.
void simulation::note_handed() {
  if (gateways_.back()->queue->backlog() > 0)
    return;
  for (const auto& row : outside_.rows(time_->now()))
    handed_[row.request_id] = row.delivered_tokens;
}

std::vector<simulation::deed> simulation::possible() {
  std::vector<deed> all;
  auto& host = *hosts_.back();
  auto& gateway = *gateways_.back();
  if (scheduler_->has_job())
    all.assign(3, deed::actor);
  if (host.queue->backlog() > 0)
    all.push_back(deed::host_commit);
  if (gateway.queue->backlog() > 0)
    all.push_back(deed::gateway_commit);
  if (link_.has_for_gateway())
    all.push_back(deed::to_gateway);
  if (link_.has_for_host())
    all.push_back(deed::to_host);
  if (wire_->has_request())
    all.push_back(deed::request);
  if (wire_->has_response())
    all.push_back(deed::response);
  if (all.empty())
    return all;
  if (host.queue->has_unsynced() && draw_below(choices_, 8) == 0)
    all.push_back(deed::host_sync);
  if (gateway.queue->has_unsynced() && draw_below(choices_, 8) == 0)
    all.push_back(deed::gateway_sync);
  if (options_.link == simulation_options::link_weather::flaky && draw_below(choices_, 40) == 0)
    all.push_back(deed::weather);
  return all;
}

bool simulation::advance_time() {
  std::optional<duration> wait;
  const auto& schedule = scheduler_->clock().schedule();
  if (!schedule.empty())
    wait = std::max(duration::zero(), std::chrono::duration_cast<duration>(
                                          schedule.begin()->first - scheduler_->clock().now()));
  if (const auto due = wire_->next_due()) {
    const auto until = std::max(duration::zero(), *due - time_->now());
    wait = wait ? std::min(*wait, until) : until;
  }
  if (!link_up_) {
    link_up_ = true;
    link_.go_up();
    return true;
  }
  if (!wait)
    return false;
  scheduler_->advance_time(std::chrono::duration_cast<caf::timespan>(*wait));
  return true;
}

bool simulation::step() {
  const auto all = possible();
  if (all.empty())
    return advance_time();
  auto& host = *hosts_.back();
  auto& gateway = *gateways_.back();
  switch (all[draw_below(choices_, all.size())]) {
  case deed::actor: {
    auto& jobs = scheduler_->jobs;
    const auto at = static_cast<std::ptrdiff_t>(draw_below(choices_, jobs.size()));
    std::rotate(jobs.begin(), jobs.begin() + at, jobs.begin() + at + 1);
    scheduler_->run_once();
    break;
  }
  case deed::host_commit: {
    const auto group = 1 + draw_below(choices_, 4);
    do_with_points([&] {
      host.queue->pump(group);
      return host.store->last_commit();
    });
    break;
  }
  case deed::gateway_commit: {
    const auto group = 1 + draw_below(choices_, 4);
    do_with_points([&] {
      gateway.queue->pump(group);
      note_handed();
      return gateway.store->last_commit();
    });
    break;
  }
  case deed::host_sync: host.queue->sync(); break;
  case deed::gateway_sync: gateway.queue->sync(); break;
  case deed::to_gateway:
    do_with_points([&] { return std::set<moment>{"link: " + link_.deliver_to_gateway()}; });
    break;
  case deed::to_host:
    do_with_points([&] { return std::set<moment>{"link: " + link_.deliver_to_host()}; });
    break;
  case deed::request:
    do_with_points([&] {
      wire_->deliver_request();
      return std::set<moment>{"wire: request"};
    });
    break;
  case deed::response:
    do_with_points([&] { return std::set<moment>{"wire: " + wire_->deliver_response()}; });
    break;
  case deed::weather:
    link_up_ = !link_up_;
    link_up_ ? link_.go_up() : link_.go_down();
    break;
  }
  return true;
}

bool simulation::ended() const {
  const auto saw_end = [](const std::shared_ptr<watcher>& w) {
    return w->last && (is_ended(*w->last) || *w->last == run_status::suspended);
  };
  return saw_end(watcher_) || std::any_of(stale_watchers_.begin(), stale_watchers_.end(), saw_end);
}

aftermath simulation::run() {
  start_gateway(std::make_unique<storage::memory_store>());
  start_host(std::make_unique<storage::memory_store>());
  storage::run_start start;
  start.id = the_run;
  start.incarnation = draw_hex(engine_random_, 2);
  start.definition = "scenarios/scenario/1.0.0";
  json document = json::parse(what_.definition);
  start.definition_digest = digest(sha256_hex(document.dump()));
  start.input = what_.input;
  start.created_at = time_->now();
  began_ = time_->now();
  // Creating is part of what may be interrupted: whoever asks repeats it until it is answered.
  bool created = false;
  hosts_.back()->host->create(start, document,
                              [&](const auto& answer) { created = answer.has_value(); });
  std::uint64_t steps = 0;
  std::size_t lives = hosts_.size();
  while (!created && steps++ < steps_max && step())
    if (hosts_.size() != lives) {
      lives = hosts_.size();
      hosts_.back()->host->create(start, document,
                                  [&](const auto& answer) { created = answer.has_value(); });
    }
  hosts_.back()->host->wake(the_run, watcher_);
  while (!ended() && steps++ < steps_max && step()) {
  }
  if (!ended())
    result_.stuck += "the run did not end: " + watcher_->refused +
                     (steps >= steps_max ? " (endless)" : " (nothing to do)");
  result_.seconds = std::chrono::duration<double>(time_->now() - began_).count();
  // Let acknowledgements and cancellations come to rest.
  while (steps++ < steps_max && step()) {
  }
  collect(result_);
  return std::move(result_);
}

void simulation::collect(aftermath& out) {
  const auto& host = *hosts_.back()->store;
  const auto& gateway = *gateways_.back()->store;
  if (const auto info = storage::read_run(host, the_run); info && *info)
    out.run = **info;
  out.bill = outside_.rows(time_->now());
  (void)storage::scan_rows(gateway, [&](const ledger_row& row) {
    out.ledger.push_back(row);
    return true;
  });
  if (const auto open = storage::open_calls(gateway))
    out.calls_left = open->size();
  std::set<call_id> calls;
  for (const auto& row : out.ledger)
    calls.insert(row.call);
  for (const auto& id : calls)
    if (const auto call = storage::read_call(gateway, id); call && *call)
      out.calls_unreleased += (*call)->state == storage::call_state::finished;
  if (const auto outbox = storage::read_all_outboxes(host, 1000))
    out.outbox_left = outbox->size();
  if (const auto wakes = storage::due_wakes(host, time_point::max(), 1000))
    out.wakes_left = wakes->size();
  out.points = point_;
}

} // namespace pawl::simulation
