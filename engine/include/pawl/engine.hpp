// The face of Pawl: open an engine on a data directory, run agents on it, ask what they did and
// cost.
#pragma once

#include <pawl/async.hpp>
#include <pawl/context.hpp>
#include <pawl/observer.hpp>
#include <pawl/options.hpp>
#include <pawl/result.hpp>
#include <pawl/run.hpp>
#include <pawl/usage.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pawl {

/// A native agent: a coroutine over a context. The engine keeps the function for its own lifetime.
using native_agent = std::function<async<outcome>(context, json input)>;

struct run_request {
  run_id id;              ///< empty: the engine makes one
  std::string definition; ///< the document's text; or empty with `native`
  std::string source;     ///< where the text came from, for messages ("triage.json")
  std::string native;     ///< name of a registered native agent
  json input = nullptr;
  json metadata = json::object();
  run_request() {}
};

/// Sums of ledger rows. `unknown_lower`/`unknown_upper`: what rows that are not settled may have
/// cost beyond `cost`.
struct spend_group {
  std::string key;
  usage tokens;
  nano_usd cost;
  nano_usd unknown_lower;
  nano_usd unknown_upper;
  bool unknown_unbounded = false; ///< some row has no upper bound
  std::size_t calls = 0;
  std::size_t attempts = 0;
};

class engine {
public:
  /// Opens the data directory and recovers. Errors: in_use (with the owner's pid), format_too_new,
  /// corrupt, io, invalid_configuration (every mistake, one per line of the message).
  static result<std::unique_ptr<engine>> open(engine_options options);
  /// Stops as stop() does.
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Makes a native agent known under a name. Before start() of runs that use it.
  void register_native(std::string name, native_agent agent);

  /// Starts a run, or goes on with the run of the same id. conflict: that run has another
  /// definition or input (the message says what differs). invalid_definition: every mistake, one
  /// error each, in `problems`.
  result<run_id> start(run_request what, std::shared_ptr<run_observer> observer = nullptr,
                       std::vector<error>* problems = nullptr);
  /// Wakes a suspended, waiting or orphaned run; a faulted one does its failed steps again.
  result<void> resume(const run_id& id, std::shared_ptr<run_observer> observer = nullptr);
  /// Durable; the run ends as cancelled and its calls in flight are cancelled.
  result<void> cancel(const run_id& id);
  /// Starts nothing new, lets calls in flight end, then suspends every run that is awake.
  void suspend_all();
  /// Blocks until the run has ended or is suspended (it then needs somebody), or the engine has
  /// failed.
  result<run_info> wait(const run_id& id);
  /// Why the engine stopped by itself (its store failed), if it did.
  [[nodiscard]] std::optional<error> failure() const;
  /// Stops: nothing more is started; what is durable stays. Idempotent.
  void stop();

  [[nodiscard]] result<std::optional<run_info>> run(const run_id& id) const;
  [[nodiscard]] result<std::vector<run_info>> runs(std::size_t count_max = 1000,
                                                   const run_id& after = {}) const;
  [[nodiscard]] result<std::vector<json>> history(const run_id& id,
                                                  std::size_t count_max = 100'000) const;
  /// Visits every ledger row until the visitor returns false.
  result<void> ledger(const std::function<bool(const ledger_row&)>& visit) const;
  /// Spend in total and by "model", "provider", "run" or a metadata key (groups in the order of
  /// their keys).
  struct spend_report {
    spend_group total;
    std::vector<spend_group> groups;
  };
  [[nodiscard]] result<spend_report> spend(const std::string& by) const;

  /// Checks a definition without running it: every mistake, empty when it is good. `configuration`
  /// as in the options.
  static std::vector<error> validate(const std::string& text, const std::string& source,
                                     const json& configuration = nullptr);
  /// Checks a configuration: every mistake (invalid_configuration) with its JSON pointer in
  /// `where`.
  static std::vector<error> check_configuration(const json& configuration);

private:
  engine();
  [[nodiscard]] error explain_conflict(error what, const run_id& id, const json& document,
                                       const json& input) const;
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace pawl
