// Reads the simulated provider's answers in virtual time, as a transport would.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/provider.hpp"

namespace pawl::sim::test {

inline constexpr time_point start_of_time = time_point(std::chrono::seconds(1'700'000'000));

/// Options under which every answer is there at once.
inline provider_options instant() {
  provider_options o;
  o.time_to_first_token = duration::zero();
  o.tokens_per_second = 0;
  return o;
}

/// Options with round times: the first token after 100 ms, then one every 10 ms, two to an event,
/// none ahead.
inline provider_options paced() {
  provider_options o;
  o.time_to_first_token = std::chrono::milliseconds(100);
  o.tokens_per_second = 100;
  o.tokens_per_event = 2;
  o.generate_ahead_tokens = 0;
  return o;
}

inline json user(const std::string& text) {
  return {{"role", "user"}, {"content", text}};
}
inline json assistant(const std::string& text) {
  return {{"role", "assistant"}, {"content", text}};
}

/// A streamed request with usage for one user message.
inline json ask(const std::string& text, const std::string& model = "small") {
  json body = json::object();
  body["model"] = model;
  body["messages"] = json::array({user(text)});
  body["stream"] = true;
  body["stream_options"] = {{"include_usage", true}};
  return body;
}

inline json with_prefix(json body, const std::string& prefix) {
  body["messages"].push_back(assistant(prefix));
  return body;
}

/// What one answer came to.
struct reading {
  int status = 0;
  net::header_list headers;
  std::string body;
  std::vector<json> events;         // data of the events that are JSON
  std::vector<std::string> garbage; // data of those that are not
  bool done = false;                // [DONE] was seen
  bool ended = false;               // in order
  bool reset = false;
  time_point last_at; // when the last piece came

  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto& e : events)
      if (e.contains("choices"))
        for (const auto& c : e["choices"])
          if (c["delta"].contains("content"))
            all += c["delta"]["content"].get<std::string>();
    return all;
  }
  [[nodiscard]] std::string finish_reason() const {
    for (const auto& e : events)
      if (e.contains("choices"))
        for (const auto& c : e["choices"])
          if (c["finish_reason"].is_string())
            return c["finish_reason"];
    return {};
  }
  /// The usage of the last event that has one; null without.
  [[nodiscard]] json usage() const {
    json found;
    for (const auto& e : events)
      if (e.contains("usage") && !e["usage"].is_null())
        found = e["usage"];
    return found;
  }
  [[nodiscard]] int token_events() const {
    int count = 0;
    for (const auto& e : events)
      if (e.contains("choices"))
        for (const auto& c : e["choices"])
          count += c["delta"].contains("tool_calls") ||
                   (c["delta"].contains("content") && c["delta"]["content"] != "");
    return count;
  }
};

/// A provider, its time, and a reader that takes everything at once.
class world {
public:
  explicit world(provider_options options) : model(std::move(options)) {}

  generation_id open(const json& body) {
    return model.open("POST /v1/chat/completions", {}, body.dump(), now);
  }

  /// Reads up to `until`; without it, as long as something comes.
  reading read(generation_id id, std::optional<time_point> until = {}) {
    reading r;
    for (auto due = model.next_due(id); due && (!until || *due <= *until);
         due = model.next_due(id)) {
      now = std::max(now, *due);
      for (auto& p : model.poll(id, now))
        take(r, id, p);
    }
    if (until)
      now = std::max(now, *until);
    return r;
  }

  reading ask_and_read(const json& body) { return read(open(body)); }

  [[nodiscard]] bill_row last_row() const { return model.rows(now).back(); }

  provider model;
  time_point now = start_of_time;

private:
  void take(reading& r, generation_id id, const piece& p) {
    r.last_at = now;
    if (p.kind == piece_kind::head) {
      r.status = p.status;
      r.headers = p.headers;
    } else if (p.kind == piece_kind::end) {
      r.ended = true;
    } else if (p.kind == piece_kind::reset) {
      r.reset = true;
    } else {
      r.body += p.bytes;
      model.delivered(id, p.bytes.size());
      if (p.bytes.starts_with("data: ") && p.bytes.ends_with("\n\n"))
        take_event(r, p.bytes.substr(6, p.bytes.size() - 8));
    }
  }

  static void take_event(reading& r, const std::string& data) {
    if (data == "[DONE]") {
      r.done = true;
    } else if (json::accept(data)) {
      r.events.push_back(json::parse(data));
    } else {
      r.garbage.push_back(data);
    }
  }
};

} // namespace pawl::sim::test
