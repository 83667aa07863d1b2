// The simulated provider: an outside world for tests and demos that speaks OpenAI's Chat
// Completions.
//
// It is honest as real providers are. It generates ahead of the socket and puts several tokens into
// one event; it bills what it generated, whether anybody read it or not; it honours no idempotency
// key; and it tells its bill to nobody who only talks to the API, except as the usage of an answer
// that was read to its end.
//
// Pure: no threads, no clock. Time is passed in and must not fall. Whoever moves the pieces is its
// transport:
//
//   open(request, now)   ─▶             ─▶ poll(id, now): head, body..., end or reset
//   delivered(id, bytes) ─▶   provider  ─▶ next_due(id): when to poll again
//   disconnected(id, now)─▶             ─▶ bill(now): rows
#pragma once

#include <pawl/result.hpp>
#include <pawl/time.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "net/transport.hpp"
#include "sim/bill.hpp"
#include "sim/generation.hpp"
#include "sim/options.hpp"

namespace pawl::sim {

/// Names one request within its provider.
enum class generation_id : std::uint64_t {};

/// Not thread-safe.
class provider {
public:
  /// Precondition: find_problem(options) finds none.
  explicit provider(provider_options options);

  /// A request arrives. `method_path` is "POST /v1/chat/completions" or "GET /v1/models"; anything
  /// else gives 404. Never fails: bad requests have error answers.
  generation_id open(std::string_view method_path, const net::header_list& headers,
                     std::string_view body, time_point now);
  /// What the provider sends up to `now`, in order. Nothing for an id that it never gave out.
  std::vector<piece> poll(generation_id id, time_point now);
  /// When poll() would have something next. Absent: never (it has stalled or ended).
  [[nodiscard]] std::optional<time_point> next_due(generation_id id) const;
  /// The reader closed the connection: nothing more is sent, and by default nothing more is
  /// generated and charged. After an answer was sent and handed over completely this means nothing.
  void disconnected(generation_id id, time_point now);
  /// So many more body bytes were handed to the reader.
  void delivered(generation_id id, std::size_t body_bytes);

  /// Rules for requests to come, before those that exist. Requests count from the provider's start.
  void add_faults(std::vector<fault_rule> rules);

  /// One row per request for inference, in the order of arrival; those under way as of `now`.
  [[nodiscard]] std::vector<bill_row> rows(time_point now) const;
  /// The same as JSON, with totals (see to_bill).
  [[nodiscard]] json bill(time_point now) const { return to_bill(rows(now)); }
  [[nodiscard]] const provider_options& options() const noexcept { return options_; }

private:
  generation answer(std::string_view method_path, const net::header_list& headers,
                    std::string_view body, time_point now);
  generation answer_chat(const net::header_list& headers, std::string_view body, time_point now);
  generation list_models(time_point now) const;
  generation refuse(bill_row row, const api_error& why) const;
  [[nodiscard]] std::optional<api_error> admission_problem(const chat_request& request) const;
  [[nodiscard]] std::optional<fault_rule> fault_for(const std::string& model);
  [[nodiscard]] generation* find(generation_id id);
  [[nodiscard]] const generation* find(generation_id id) const;

  provider_options options_;
  std::uint64_t requests_ = 0; // for inference
  std::map<std::string, std::uint64_t, std::less<>> requests_by_model_;
  std::set<std::uint64_t> prompts_served_;               // hashes
  std::vector<std::unique_ptr<generation>> generations_; // by id - 1
};

} // namespace pawl::sim
