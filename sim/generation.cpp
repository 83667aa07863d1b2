#include "sim/generation.hpp"

#include <algorithm>
#include <utility>

namespace pawl::sim {

namespace {

constexpr std::string_view failure_message = "the model failed within the answer (simulated)";

} // namespace

generation generation::fixed(int status, net::header_list headers, std::string body, time_point at,
                             std::optional<bill_row> row) {
  generation g;
  g.steps_ = {{step_kind::head, at}, {step_kind::whole, at}, {step_kind::end, at}};
  g.fixed_body_ = std::move(body);
  g.status_ = status;
  g.headers_ = std::move(headers);
  g.row_ = std::move(row);
  if (g.row_) {
    g.row_->status = status;
    g.row_->ended_at = at;
  }
  return g;
}

generation::generation(const provider_options& options, const chat_request& request, reply what,
                       const std::optional<fault_rule>& fault, bill_row row)
    : steps_(make_schedule(options, request, what, fault, row.received_at)),
      delivery_(request.delivery), row_(std::move(row)), pace_(pace(options, row_->received_at)),
      disconnect_(options.disconnect), reply_(std::move(what)) {
  const bool streamed = delivery_ == answer_delivery::streamed;
  headers_.emplace_back("content-type",
                        streamed ? "text/event-stream; charset=utf-8" : "application/json");
  headers_.emplace_back("x-request-id", row_->request_id);
  if (streamed)
    headers_.emplace_back("cache-control", "no-cache");
  identity_.id = row_->request_id;
  identity_.model = row_->model;
  identity_.created_s = to_epoch_ms(row_->received_at) / 1000;
  identity_.usage = request.usage;
  row_->stream = streamed;
  row_->nonce = reply_.nonce;
  row_->prefix_tokens = static_cast<std::int64_t>(reply_.prefix_tokens);
  // What ends on the provider's side ends the model too, unless it goes on whoever has gone.
  for (const auto& s : steps_)
    if (s.kind == step_kind::end_early || s.kind == step_kind::failure ||
        (s.kind == step_kind::reset && disconnect_ == disconnect_behaviour::stops))
      model_stopped_at_ = s.due;
}

std::vector<piece> generation::poll(time_point now) {
  std::vector<piece> out;
  while (next_step_ < steps_.size() && steps_[next_step_].due <= now)
    send(steps_[next_step_++], out);
  if (next_step_ >= steps_.size())
    release();
  return out;
}

std::optional<time_point> generation::next_due() const {
  if (next_step_ >= steps_.size() || steps_[next_step_].kind == step_kind::stall)
    return std::nullopt;
  return steps_[next_step_].due;
}

void generation::send(const step& s, std::vector<piece>& out) {
  switch (s.kind) {
  case step_kind::head: out.push_back(make_head()); return;
  case step_kind::end: finish(bill_ending::complete, s.due); break;
  case step_kind::end_early: finish(bill_ending::clean_cut, s.due); break;
  case step_kind::end_of_failed: finish(bill_ending::stream_error, s.due); break;
  case step_kind::reset:
    finish(bill_ending::dropped, s.due);
    out.emplace_back().kind = piece_kind::reset;
    return;
  case step_kind::stall: finish(bill_ending::stalled, s.due); return;
  default:
    out.emplace_back().bytes = body_of(s);
    sent_bytes_ += out.back().bytes.size();
    if ((s.kind == step_kind::tokens || s.kind == step_kind::whole) && s.last > s.first)
      sent_.push_back({sent_bytes_, s.last - s.first});
    return;
  }
  out.emplace_back().kind = piece_kind::end;
}

piece generation::make_head() const {
  piece head;
  head.kind = piece_kind::head;
  head.status = status_;
  head.headers = headers_;
  if (delivery_ == answer_delivery::streamed)
    return head;
  // A body that ends in order has the length it was said to have; one that breaks off was to have
  // been whole.
  const bool ends_in_order =
      steps_.back().kind == step_kind::end || steps_.back().kind == step_kind::end_of_failed;
  step body{step_kind::whole, steps_.front().due, 0, reply_.tokens.size()};
  if (ends_in_order)
    body = steps_[1];
  head.content_bytes = body_of(body).size();
  return head;
}

std::string generation::body_of(const step& s) const {
  switch (s.kind) {
  case step_kind::role: return role_event(identity_);
  case step_kind::tokens: return token_event(identity_, reply_, s.first, s.last);
  case step_kind::garbled:
    return garbled(s.last > s.first ? token_event(identity_, reply_, s.first, s.last)
                                    : finish_event(identity_, reply_.finish_reason));
  case step_kind::finish: return finish_event(identity_, reply_.finish_reason);
  case step_kind::usage: return usage_event(identity_, usage());
  case step_kind::done: return done_event();
  case step_kind::failure: {
    if (delivery_ == answer_delivery::streamed)
      return error_event(failure_message);
    api_error failure;
    failure.message = failure_message;
    failure.type = "server_error";
    return to_json_body(failure).dump();
  }
  default: {
    std::string body = pace_ ? whole_answer(identity_, reply_, usage()) : fixed_body_;
    if (s.kind == step_kind::half) {
      const auto broken = garbled(std::move(body));
      return broken.substr(0, broken.size() - 2);
    }
    return body;
  }
  }
}

answer_usage generation::usage() const {
  answer_usage u;
  u.prompt_tokens = row_->prompt_tokens;
  u.cached_tokens = row_->cached_tokens;
  u.completion_tokens = static_cast<std::int64_t>(reply_.generated_tokens);
  return u;
}

void generation::finish(bill_ending ending, time_point at) {
  if (!row_ || row_->ending != bill_ending::open)
    return;
  row_->ending = ending;
  if (ending != bill_ending::stalled)
    row_->ended_at = at;
}

bool generation::silent_by(time_point now) const {
  return next_step_ < steps_.size() && steps_[next_step_].kind == step_kind::stall &&
         steps_[next_step_].due <= now;
}

void generation::disconnected(time_point now) {
  if (silent_by(now))
    finish(bill_ending::stalled, now);
  const bool all_sent = next_step_ >= steps_.size();
  release();
  if (!row_ || !pace_)
    return;
  const bool handed_over = all_sent && delivered_bytes_ >= sent_bytes_;
  const bool stalled = row_->ending == bill_ending::stalled;
  if (row_->ending != bill_ending::open && !stalled &&
      (row_->ending != bill_ending::complete || handed_over))
    return;
  if (!stalled)
    row_->ending = bill_ending::disconnected;
  if (!row_->ended_at || *row_->ended_at < now)
    row_->ended_at = now;
  if (disconnect_ == disconnect_behaviour::stops)
    model_stopped_at_ = model_stopped_at_ ? std::min(*model_stopped_at_, now) : now;
}

void generation::release() {
  steps_ = {};
  next_step_ = 0;
  reply_.tokens = {};
  fixed_body_ = {};
}

void generation::delivered(std::size_t body_bytes) {
  delivered_bytes_ += body_bytes;
}

std::optional<bill_row> generation::row(time_point now) const {
  if (!row_ || !pace_)
    return row_;
  bill_row r = *row_;
  if (r.ending == bill_ending::open && silent_by(now))
    r.ending = bill_ending::stalled;
  const auto until = model_stopped_at_ ? std::min(*model_stopped_at_, now) : now;
  r.generated_tokens =
      static_cast<std::int64_t>(pace_->finished_by(until, reply_.generated_tokens));
  for (const auto& event : sent_)
    if (event.byte_end <= delivered_bytes_) {
      r.delivered_tokens += static_cast<std::int64_t>(event.tokens);
      ++r.delivered_events;
    }
  return r;
}

} // namespace pawl::sim
