// context: what a running agent may ask of the world.
//
// Interpreted and native agents are coroutines over one context. Every operation names the step it
// is; the step's path is the context's path plus that name. A path is used by one step or scope at
// a time.
#pragma once

#include <pawl/async.hpp>
#include <pawl/outcome.hpp>
#include <pawl/path.hpp>
#include <pawl/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

/// What is said of a task while it runs, for history and for people who look on. Nothing is decided
/// from it.
enum class task_phase : std::uint8_t { started, retried, completed, faulted, skipped };

struct task_note {
  task_phase phase = task_phase::started;
  path where;
  std::string kind; ///< "call", "set", ...
  json detail; ///< completed: {"usage"?, "cost"?, "model"?}; faulted, retried: the fault; else null
  task_note(task_phase p, path w, std::string k, json d = nullptr)
      : phase(p), where(std::move(w)), kind(std::move(k)), detail(std::move(d)) {}
};

/// What a scope's record says.
struct scope_view {
  std::uint32_t lap = 0;
  std::optional<json> saved;     ///< the state of this lap's last save, if any
  std::optional<outcome> closed; ///< set when the scope was closed
};

/// The other side of a context: the agent that hosts the coroutine, or a test. Paths are absolute.
/// All members are called on the agent's thread only.
class world {
public:
  virtual ~world() = default;

  /// One inference call. `request` has the shape of `call: inference`'s `with`, evaluated; the
  /// value has the face's output shape (DESIGN §12). Once an outcome is durable, the same path
  /// returns it for ever.
  virtual async<outcome> infer(path where, json request) = 0;
  /// Returns (null) when `due` has come. The first `due` given for a path counts, also after a
  /// crash.
  virtual async<outcome> sleep_until(path where, time_point due) = 0;

  /// `where` carries the laps of its ancestors; the scope's own lap is in the answer.
  virtual scope_view open_scope(const path& where) = 0;
  virtual void save_scope(const path& where, json state) = 0;
  virtual std::uint32_t next_lap(const path& where) = 0;
  virtual void close_scope(const path& where, outcome what) = 0;

  virtual void note(task_note n) = 0;
  [[nodiscard]] virtual time_point now() const = 0;
  virtual std::uint64_t random() = 0;
};

/// A place in a run: a scope that is open, with the operations that may be done in it. Cheap to
/// copy; valid while the agent that gave it out is awake.
class context {
public:
  /// The run's root.
  explicit context(world& w) : world_(&w) {}

  // --- steps
  async<outcome> infer(std::string_view name, json request) {
    return world_->infer(here_.child(name), std::move(request));
  }
  async<outcome> sleep_until(std::string_view name, time_point due) {
    return world_->sleep_until(here_.child(name), due);
  }

  // --- scopes
  /// Opens (or finds again) the scope `name` below this one. Commits nothing.
  [[nodiscard]] context scope(std::string_view name);
  /// Set when the scope was closed before: its body must not run again.
  [[nodiscard]] const std::optional<outcome>& closed() const noexcept { return view_.closed; }
  /// What this lap saved last.
  [[nodiscard]] const std::optional<json>& saved() const noexcept { return view_.saved; }
  [[nodiscard]] std::uint32_t lap() const noexcept { return view_.lap; }
  /// Stages the state; it becomes durable with the next intent, wait or end of the run, together
  /// with all that was staged.
  void save(json state);
  /// Stages the next lap: everything below this scope is dropped, calls in flight below it are
  /// cancelled, saved() is empty.
  void next_lap();
  /// Stages the end of the scope: `what` replaces everything below it, calls in flight below it are
  /// cancelled.
  void close(outcome what);

  /// This place, with its laps.
  [[nodiscard]] const path& where() const noexcept { return here_; }

  // --- the rest of the world
  void note(task_note n) { world_->note(std::move(n)); }
  [[nodiscard]] time_point now() const { return world_->now(); }
  std::uint64_t random() { return world_->random(); }

private:
  world* world_;
  path base_; // without this scope's own lap
  path here_; // with it
  scope_view view_;
};

} // namespace pawl
