// The run's journal: the live spine of one run, in memory and in the store (DESIGN §4, FORMAT.md).
//
// Only the run's agent uses it, on the agent's thread. It changes memory at once and gathers the
// same change in a staged batch; take() hands the batch out for the commit queue, with the
// expectation of the run's epoch. A batch that is refused or fails ends the activation: memory is
// ahead of the store then and must not be used again.
#pragma once

#include <pawl/context.hpp>
#include <pawl/id.hpp>
#include <pawl/run.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/store.hpp"

namespace pawl::storage {

/// What a step's record says. Values are stored: never renumber.
enum class step_state : std::uint8_t {
  none = 0,    ///< no record: the step was never begun (or was taken back by resume)
  intent = 1,  ///< begun; its effect may have happened
  outcome = 2, ///< done
  timer = 3,   ///< a wait with its due time
};

struct step_view {
  step_state state = step_state::none;
  std::string
      id_path; ///< the step's path with all laps, its own included: what its call id is made of
  std::optional<outcome> result; ///< outcome
  std::optional<time_point> due; ///< timer
};

/// What a run has decided to tell others. Delivered by the host until it is acknowledged.
enum class outbox_kind : std::uint8_t { cancel_call = 1, acknowledge_call = 2 };

struct outbox_entry {
  std::uint64_t number = 0; ///< within the run, rising, never used twice
  outbox_kind kind = outbox_kind::cancel_call;
  call_id call;
};

/// What others have for a run.
enum class inbox_kind : std::uint8_t { cancel = 1, suspend = 2, resume = 3 };

struct inbox_entry {
  std::uint64_t number = 0;
  inbox_kind kind = inbox_kind::cancel;
  json data;
};

/// The immutable start of a run.
struct run_start {
  run_id id;
  std::string incarnation;  ///< 32 hex digits drawn when the run was created
  std::string definition;   ///< display name, see run_info
  digest definition_digest; ///< of the pinned document
  json input;
  json metadata = json::object();
  time_point created_at;
};

/// The part of a run that changes, outside its scopes.
struct run_state {
  run_status status = run_status::pending;
  time_point updated_at;
  std::optional<time_point> wake_at;
  std::optional<outcome> result;
  std::string cause;
  std::uint64_t inbox_read = 0; ///< entries up to this number are consumed
};

class run_journal {
public:
  /// Loads the live spine: the start, the state, every live scope and step. The store must outlive
  /// the journal. `epoch` is the one that activate() (run_index.hpp) raised; every batch expects
  /// it.
  static result<run_journal> load(const store& from, const run_id& id, std::uint64_t epoch);

  [[nodiscard]] const run_start& start() const noexcept { return start_; }
  [[nodiscard]] const run_state& state() const noexcept { return state_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

  // --- look-up: records of an earlier lap of any ancestor count as absent ------------------------
  [[nodiscard]] scope_view scope(const path& where) const;
  [[nodiscard]] step_view step(const path& where) const;

  // --- staging -----------------------------------------------------------------------------------
  void save_scope(const path& where, json state);
  /// Returns the new lap. Everything below is dropped; open calls below go to the outbox as
  /// cancelled.
  std::uint32_t next_lap(const path& where);
  /// The outcome replaces everything below; open calls below go to the outbox as cancelled.
  void close_scope(const path& where, outcome what);

  /// `call` is the effect's id; kept so that a dropped intent can be cancelled.
  void stage_intent(const path& where, const call_id& call);
  /// The outcome of a step; acknowledges its intent's call through the outbox. A step has one
  /// outcome: a second one changes nothing.
  void stage_outcome(const path& where, const outcome& what);
  /// The first due time of a step counts: a later one changes nothing.
  void stage_timer(const path& where, time_point due);

  /// Status, wake time and result; keeps the wake-up index right and removes inbox entries up to
  /// `inbox_read`.
  void set_state(run_state next);
  /// One line of history (lifecycle events, for people only).
  void stage_history(json event);
  /// The run is over: status and result; open calls are cancelled. Completed and cancelled: all
  /// scopes and steps are erased. Faulted: they stay for resume_faulted(); steps whose calls are
  /// cancelled here will be done again under new ids. Moves the inbox's tail on by one, to a number
  /// that has no entry, so that an entry that was to be appended to a living run is refused. Set
  /// `inbox_read` before: the batch expects it to be the tail, also if take() is not told so.
  void finish(run_status how, outcome result, time_point now);
  /// Takes faulted steps' and scopes' outcomes away and raises their laps, so that they are done
  /// again under new ids. The status becomes running.
  void resume_faulted(time_point now);

  /// Whether something is staged; whether it holds outbox entries (which should not wait for the
  /// next effect).
  [[nodiscard]] bool has_staged() const noexcept;
  [[nodiscard]] bool has_staged_outbox() const noexcept;
  /// Hands out what is staged, with the expectation of the epoch. `inbox_tail`: also expect that
  /// the inbox has no entry after this number (to wait is to have read everything); a batch that is
  /// refused for that alone may be committed later, in one batch with and before what is taken
  /// next.
  batch take(std::optional<std::uint64_t> inbox_tail = std::nullopt);

  /// Steps with an intent and no outcome, in path order; `where` as step() takes it.
  struct open_step {
    path where;
    call_id call;
  };
  [[nodiscard]] std::vector<open_step> open_intents() const;

  run_journal(run_journal&&) noexcept;
  run_journal& operator=(run_journal&&) noexcept;
  ~run_journal();

private:
  run_journal();

  run_start start_;
  run_state state_;
  std::uint64_t epoch_ = 0;
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace pawl::storage
