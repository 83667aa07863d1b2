// One call, and everything that is decided about it: its attempts, its rows, its end (DESIGN §6).
// One owner per call; it lives while there is something to do and ends when the router has
// forgotten it. What it knows is in the store.
//
//   state        what comes                           what follows
//   -----------+------------------------------------+---------------------------------------------
//   idle         join, record unknown                 checks; writing (record + row) > dispatching;
//                                                     or a fault, closing
//                join, record open                    the ladder > writing
//                join, finished/cancelled/released    the answer, or a fault that says why there is
//                                                     none; closing
//                any request, a row still reserved    writing (row unknown, interrupted; or
//                                                     settled, finished) > idle
//                cancel, acknowledge                  writing (tombstone, released) > done, idle
//                nothing                              closing
//   writing      committed                            dispatching, waiting or idle, as was decided
//                refused (the record is another's)    reads it again > idle
//                failed                               stopped
//                join, cancel, acknowledge, total     kept until the verdict
//   dispatching  first event                          streaming
//                over: not connected, refused         row settled at zero; retry > writing >
//                                                     waiting; or fault
//                over: silence; first-event timeout   row unknown; the same
//                over: complete                       as streaming (it was not streamed)
//   streaming    over: complete                       row settled or unknown; finished > writing >
//                                                     the answer
//                over: broken; between-events timeout row unknown; the ladder > writing
//                over: repeated head, overflow        row unknown; fault
//   both         cancel                               the pump is stopped; over > writing
//                                                     (cancelled) > connection closed, done
//                total timeout                        the pump is stopped; over > fault
//                join                                 accepted
//                acknowledge                          kept until the end
//   waiting      its time                             the next attempt > writing
//                cancel, total timeout                idle > writing
//   closing      any request                          idle again (the router sees by the count that
//                                                     it must not forget)
//                dismissed                            the end
//   stopped      anything                             ignored
//   any          an old attempt's or timer's message  ignored
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "actors/call_accounts.hpp"
#include "actors/call_plan.hpp"
#include "actors/gateway_core.hpp"
#include "actors/gateway_messages.hpp"
#include "actors/policy/ladder.hpp"
#include "actors/stream_pump.hpp"
#include "storage/call_log.hpp"

namespace pawl::actors {

class inference_call {
public:
  using handle = call_actor;
  static constexpr const char* name = "inference_call";

  inference_call(handle::pointer self, std::shared_ptr<gateway_core> core, router_actor router,
                 subscriptions_actor watchers, call_id id);
  handle::behavior_type make_behavior();

private:
  enum class mode : std::uint8_t { scratch, continuing };
  /// An attempt that was decided on.
  struct next_attempt {
    attempt_kind kind = attempt_kind::fresh;
    mode how = mode::scratch;
  };
  /// An attempt that goes out as soon as its intent is durable.
  struct intent {
    std::size_t candidate = 0;
    next_attempt what;
    inference::wire_request wire;
    bool has_seam = false;
  };
  struct live {
    std::shared_ptr<stream_pump> pump;
    std::shared_ptr<net::exchange> exchange;
    std::size_t candidate = 0;
    next_attempt what;
  };
  struct after_proceed {};
  struct after_wait {
    next_attempt what;
    std::chrono::milliseconds delay{0};
  };
  using after = std::variant<after_proceed, intent, after_wait>;

  struct idle {};
  struct writing {
    std::uint64_t serial = 0;
    after then;
  };
  struct dispatching {
    live on;
  };
  struct streaming {
    live on;
  };
  struct waiting {
    next_attempt what;
  };
  struct closing {};
  struct stopped {};

  // inference_call.cpp: requests, the record, the end
  void on_join(const call_join& m);
  void on_order(const call_order& m);
  void on_request();
  void on_verdict(const batch_done& m);
  void proceed();
  bool load();
  bool load_open();
  bool settle_orders();
  void put_away(call_command order);
  void recover();
  void answer_asked();
  void admit();
  void tell(outcome what);
  void finish(outcome what);
  void write(storage::batch what, after then);
  storage::batch changes();
  void close();
  void stop();
  void fail(const error& why);

  // call_attempts.cpp: attempts, the ladder, timers
  void launch(next_attempt what);
  void begin(std::size_t candidate, next_attempt what);
  void dispatch(intent what);
  void on_begun(const attempt_begun& m);
  void on_over(const attempt_end& end);
  void account(const attempt_end& end);
  void after_early_failure(const attempt_end& end, const live& was);
  void after_break(const fault& cause);
  void climb(policy::culprit whose, const fault& cause);
  void wait(next_attempt what, std::chrono::milliseconds delay);
  void on_tick(const call_tick& m);
  void on_total_timeout();
  void arm(call_timer what, std::chrono::milliseconds delay);
  void arm_total();
  void stop_attempt(live& on, fault cause);
  live* flying();
  fault masked(const live& was, fault f) const;
  std::chrono::milliseconds between_events() const;

  handle::pointer self_;
  std::shared_ptr<gateway_core> core_;
  router_actor router_;
  subscriptions_actor watchers_;
  const call_id id_;

  std::variant<idle, writing, dispatching, streaming, waiting, closing, stopped> state_;
  std::uint64_t requests_ = 0; // from the router, see call_closing
  std::uint64_t write_serial_ = 0;
  std::uint64_t timer_serial_ = 0;
  std::uint64_t total_serial_ = 0;

  // What is asked
  std::shared_ptr<const call_submission> submission_;
  bool asked_ = false;            // somebody waits for the answer
  bool accept_owed_ = false;      // and was not told yet that it will come
  std::set<call_command> orders_; // not answered yet

  // What is known; in the store up to the changes that are being written
  bool loaded_ = false;
  std::optional<storage::call_record> record_;
  std::vector<ledger_row> rows_;
  std::set<std::uint32_t> changed_rows_;
  std::optional<inference::request> request_;
  std::optional<call_plan> plan_;
  partial_answer partial_;
  std::size_t bytes_logged_ = 0;
  std::optional<folded_log> left_; // what the last process had logged; until it is accounted for
  bool any_event_ = false;         // the log has events of this call

  // What this activation went through
  int retries_ = 0;
  int waits_ = 0; // for a deployment that is fit, since the last attempt
  std::optional<fault> last_refusal_; // why the last attempt before its first event failed
  int continuations_ = 0;
  int fruitless_ = 0;
  bool expired_ = false;                   // the total timeout passed
  std::optional<fault> stop_cause_;        // why the pump was stopped
  std::shared_ptr<net::exchange> hang_up_; // closed once the cancellation is durable
};

} // namespace pawl::actors
