// The wire of the gateway's tests: requests are kept, and the test plays the provider, byte by
// byte.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "net/transport.hpp"

namespace pawl::testing {

using header_list = net::header_list;

/// One request under way, and what a provider may do with it.
class scripted_exchange final : public net::exchange {
public:
  scripted_exchange(net::http_request asked, std::shared_ptr<net::exchange_sink> to)
      : request(std::move(asked)), body(nlohmann::json::parse(request.body, nullptr, false)),
        sink_(std::move(to)) {}

  const net::http_request request;
  const nlohmann::json body; ///< of the request
  bool cancelled = false;    ///< by the engine

  [[nodiscard]] bool open() const { return sink_ != nullptr; }

  void cancel() override {
    if (!open())
      return;
    cancelled = true;
    fail(net::failure_kind::cancelled);
  }

  void head(int status, header_list headers = {{"Content-Type", "text/event-stream"}}) {
    if (open())
      sink_->on_head(status, headers);
  }
  void say(std::string_view bytes) {
    if (open())
      sink_->on_body(bytes);
  }
  void end() {
    if (auto to = std::exchange(sink_, nullptr))
      to->on_end();
  }
  void fail(net::failure_kind kind, bool sent = true) {
    if (auto to = std::exchange(sink_, nullptr))
      to->on_failure({kind, sent, std::string(net::to_string(kind)) + " at provider.test:80"});
  }

  /// Chat Completions, one event each.
  void text(std::string_view piece) {
    event({{"choices", {{{"index", 0}, {"delta", {{"content", piece}}}}}}});
  }
  void finish_reason(std::string_view why) {
    event({{"choices",
            {{{"index", 0}, {"delta", nlohmann::json::object()}, {"finish_reason", why}}}}});
  }
  void usage(int input, int output) {
    event({{"choices", nlohmann::json::array()},
           {"usage",
            {{"prompt_tokens", input},
             {"completion_tokens", output},
             {"total_tokens", input + output}}}});
  }
  void event(nlohmann::json chunk) {
    chunk["id"] = "chatcmpl-1";
    chunk["object"] = "chat.completion.chunk";
    say("data: " + chunk.dump() + "\n\n");
  }
  void done() { say("data: [DONE]\n\n"); }

  /// The rest of a good answer.
  void complete(std::string_view last_piece, int input, int output) {
    text(last_piece);
    finish_reason("stop");
    usage(input, output);
    done();
    end();
  }
  /// An answer that is none.
  void refuse(int status, std::string_view message, header_list headers = {}) {
    headers.emplace_back("Content-Type", "application/json");
    head(status, headers);
    say(nlohmann::json{{"error", {{"message", message}}}}.dump());
    end();
  }

private:
  std::shared_ptr<net::exchange_sink> sink_;
};

class scripted_transport final : public net::transport {
public:
  std::vector<std::shared_ptr<scripted_exchange>> exchanges; ///< in the order of their start

  std::shared_ptr<net::exchange> start(net::http_request request,
                                       std::shared_ptr<net::exchange_sink> sink) override {
    exchanges.push_back(std::make_shared<scripted_exchange>(std::move(request), std::move(sink)));
    return exchanges.back();
  }
  [[nodiscard]] scripted_exchange& last() { return *exchanges.back(); }
};

} // namespace pawl::testing
