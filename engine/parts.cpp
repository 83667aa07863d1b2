#include "engine/parts.hpp"

#include <cstdlib>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include "engine/reach.hpp"
#include "inference/request.hpp"
#include "sim/sim_transport.hpp"
#include "storage/memory_store.hpp"
#include "storage/rocksdb_store.hpp"
#include "storage/run_index.hpp"
#include "workflows/interpreter.hpp"
#include "workflows/load.hpp"

namespace pawl {

namespace {

// Hands log lines to the embedding program.
class callback_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit callback_sink(std::function<void(log_level, std::string_view)> to)
      : to_(std::move(to)) {}

protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (to_)
      to_(level_of(message.level),
          std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

private:
  static log_level level_of(spdlog::level::level_enum level) {
    if (level >= spdlog::level::err)
      return log_level::error;
    if (level >= spdlog::level::warn)
      return log_level::warning;
    return level >= spdlog::level::info ? log_level::info : log_level::debug;
  }
  std::function<void(log_level, std::string_view)> to_;
};

std::optional<std::string> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

} // namespace

void run_board::awake(const run_id& id) {
  const std::lock_guard guard(mutex_);
  refused_.erase(id);
  ++awake_[id];
}

void run_board::asleep(const run_id& id, std::optional<error> refused) {
  const std::lock_guard guard(mutex_);
  if (const auto found = awake_.find(id); found != awake_.end() && --found->second == 0)
    awake_.erase(found);
  if (refused)
    refused_.insert_or_assign(id, std::move(*refused));
  changed_.notify_all();
}

void run_board::failed(const error& why) {
  const std::lock_guard guard(mutex_);
  if (!failure_)
    failure_ = why;
  changed_.notify_all();
}

std::optional<error> run_board::wait(const run_id& id) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ || !awake_.contains(id); });
  if (failure_)
    return failure_;
  const auto found = refused_.find(id);
  return found == refused_.end() ? std::nullopt : std::optional<error>(found->second);
}

std::optional<error> run_board::failure() const {
  const std::lock_guard guard(mutex_);
  return failure_;
}

engine::parts::parts(engine_options o) : options(std::move(o)) {
  log = std::make_shared<spdlog::logger>("pawl", std::make_shared<callback_sink>(options.log));
  log->set_level(spdlog::level::debug);
  if (!options.secrets)
    options.secrets = from_environment;
}

engine::parts::~parts() {
  stop();
}

result<void> engine::parts::open_stores() {
  const auto strongest = options.durability == durability_choice::written
                             ? storage::durability::written
                             : storage::durability::synced;
  for (auto [name, part] : {std::pair("host", &host_store), std::pair("gateway", &gateway_store)}) {
    if (options.kind == data_kind::ephemeral) {
      part->target = std::make_unique<storage::memory_store>();
    } else {
      auto opened = storage::open_rocksdb(options.data / name);
      if (!opened)
        return opened.error();
      part->target = std::move(*opened);
    }
    part->queue = std::make_unique<storage::commit_queue>(*part->target, strongest);
    part->pump = std::make_unique<storage::commit_thread>(*part->queue);
  }
  return {};
}

result<void> engine::parts::start_gateway() {
  io = std::make_unique<net::io_thread>();
  const auto http = std::make_shared<net::http_client>(*io);
  sim::provider_options simulated_world;
  simulated_world.request_id_tag = draw_hex(random, 1) + "-";
  auto simulator = sim::sim_transport::make(*io, time, std::move(simulated_world));
  if (!simulator)
    return simulator.error();
  const std::shared_ptr<net::transport> simulated = std::move(*simulator);
  wire = std::make_unique<net::transport_mux>(
      net::transport_mux::scheme_map{{"http", http}, {"https", http}, {"sim", simulated}});

  actors_config.set("scheduler.max-threads", 2u);
  actors = std::make_unique<caf::actor_system>(actors_config);

  actors::host_parts host_side{
      *actors,
      *host_store.target,
      *host_store.queue,
      time,
      random,
      [this](const storage::run_start& start) { return find_program(start); },
      {},
      [this](const error& why) { board.failed(why); },
      log};
  host_side.options.hosts = options.hosts;
  host = std::make_unique<actors::local_host>(std::move(host_side));

  actors::gateway_parts gateway_side{
      *actors,
      *gateway_store.target,
      *gateway_store.queue,
      *wire,
      models,
      time,
      random,
      [this](const inference::secret_ref& ref) { return options.secrets(ref.env); },
      {},
      log};
  gateway_side.options.on_store_failure = [this](const error& why) { board.failed(why); };
  calls = actors::local_gateway::start(std::move(gateway_side), host->listener());
  host->connect(calls);
  return {};
}

result<void> engine::parts::start() {
  if (!options.configuration.is_null()) {
    auto problems = models.add(options.configuration);
    for (auto& e : unreachable_providers(options.configuration))
      problems.push_back(std::move(e));
    if (!problems.empty()) {
      std::string all;
      for (const auto& p : problems)
        all += (all.empty() ? "" : "\n") + p.render();
      return error(errc::invalid_configuration, all, "configuration");
    }
  }
  if (auto opened = open_stores(); !opened)
    return opened;
  return start_gateway();
}

void engine::parts::stop() {
  if (std::exchange(stopped, true))
    return;
  if (host)
    host->stop();
  if (calls)
    calls->stop();
  host.reset();
  if (io)
    io->stop();
  calls.reset();
  actors.reset();
  wire.reset();
  for (auto* part : {&host_store, &gateway_store}) {
    part->pump.reset();
    part->queue.reset();
    part->target.reset();
  }
}

result<actors::agent_program> engine::parts::find_program(const storage::run_start& start) {
  constexpr std::string_view native = "native/";
  if (start.definition.starts_with(native)) {
    const std::lock_guard guard(natives_mutex);
    const auto found = natives.find(start.definition.substr(native.size()));
    if (found == natives.end())
      return error(errc::not_found,
                   "native agent '" + start.definition.substr(native.size()) +
                       "' is not registered",
                   "run " + start.id.str(), "register it before the run is resumed");
    return actors::agent_program(found->second);
  }
  auto document = storage::read_definition(*host_store.target, start.definition_digest);
  if (!document)
    return document.error();
  if (!*document)
    return error(errc::corrupt, "its definition is missing from the store",
                 "run " + start.id.str());
  auto loaded = workflows::load_definition((**document).dump(), start.definition,
                                           {&compiler, inference::request_keys()});
  if (!loaded.what)
    return error(errc::invalid_definition,
                 "this version of pawl cannot read the run's definition: " +
                     loaded.problems.front().render(),
                 "run " + start.id.str());
  workflows::interpreter_options how;
  how.evaluator = &compiler;
  how.workflow_id = start.id.str();
  how.started_at = start.created_at;
  return actors::agent_program([what = std::move(loaded.what), how](context root, json input) {
    return workflows::interpret(root, what, std::move(input), how);
  });
}

} // namespace pawl
