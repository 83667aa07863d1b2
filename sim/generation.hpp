// One request and its answer: what has been sent of it, what was handed over, and what it costs.
// Pure.
#pragma once

#include <pawl/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/transport.hpp"
#include "sim/bill.hpp"
#include "sim/options.hpp"
#include "sim/reply.hpp"
#include "sim/schedule.hpp"
#include "sim/wire.hpp"

namespace pawl::sim {

enum class piece_kind : std::uint8_t {
  head,
  body,
  end,   ///< the connection ends in order; without a head before it, it ends without any answer
  reset, ///< the connection breaks
};

/// What the provider puts on the wire in one go. A body piece is one server-sent event or one whole
/// body.
struct piece {
  piece_kind kind = piece_kind::body;
  int status = 0;                           ///< head
  net::header_list headers;                 ///< head: names in lower case
  std::optional<std::size_t> content_bytes; ///< head: the body's length, where it is known
  std::string bytes;                        ///< body
};

class generation {
public:
  /// An answer that is no generation, due at `at`. With a row, it is on the bill.
  [[nodiscard]] static generation fixed(int status, net::header_list headers, std::string body,
                                        time_point at, std::optional<bill_row> row);

  /// `row` has the request's part filled in.
  generation(const provider_options& options, const chat_request& request, reply what,
             const std::optional<fault_rule>& fault, bill_row row);

  /// Before the head was sent only.
  void add_header(std::string name, std::string value) {
    headers_.emplace_back(std::move(name), std::move(value));
  }
  /// What is sent up to `now`.
  std::vector<piece> poll(time_point now);
  /// Absent: nothing will ever come, or come again.
  [[nodiscard]] std::optional<time_point> next_due() const;
  void disconnected(time_point now);
  void delivered(std::size_t body_bytes);
  /// Absent: not on the bill.
  [[nodiscard]] std::optional<bill_row> row(time_point now) const;

private:
  generation() = default;
  void send(const step& s, std::vector<piece>& out);
  [[nodiscard]] piece make_head() const;
  [[nodiscard]] bool silent_by(time_point now) const; // nobody polls for what will not come
  void finish(bill_ending ending, time_point at);
  void release(); // what only sending needs: rows stay as long as their provider
  [[nodiscard]] std::string body_of(const step& s) const;
  [[nodiscard]] answer_usage usage() const;

  // An event with tokens that was sent: complete once the body is delivered up to byte_end.
  struct sent_event {
    std::size_t byte_end;
    std::size_t tokens;
  };

  std::vector<step> steps_;
  std::size_t next_step_ = 0;
  std::string fixed_body_; // answers that are no generation
  int status_ = 200;
  net::header_list headers_;
  answer_delivery delivery_ = answer_delivery::whole;
  std::optional<bill_row> row_;
  std::optional<pace> pace_; // absent: nothing is generated
  disconnect_behaviour disconnect_ = disconnect_behaviour::stops;
  answer_identity identity_;
  reply reply_;
  std::optional<time_point> model_stopped_at_;
  std::vector<sent_event> sent_;
  std::size_t sent_bytes_ = 0;
  std::size_t delivered_bytes_ = 0;
};

} // namespace pawl::sim
