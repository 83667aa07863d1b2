#include "sim/sim_server.hpp"

#include <set>
#include <utility>

#include "net/http_server.hpp"
#include "net/io_thread.hpp"
#include "sim/chat_request.hpp"
#include "sim/live_provider.hpp"

namespace pawl::sim {

namespace {

class served_answer;

// What the answers of one server share. On the io thread, but for the provider.
struct server_parts {
  server_parts(net::io_handle handle, provider_options options, const clock& time)
      : io(std::move(handle)), model(std::move(options), time) {}

  const net::io_handle io;
  live_provider model;
  std::set<std::shared_ptr<served_answer>> open; // not yet handed over completely
};

// One answer on its way to its client.
class served_answer : public std::enable_shared_from_this<served_answer> {
public:
  served_answer(std::weak_ptr<server_parts> parts, generation_id id,
                std::shared_ptr<net::server_response> response)
      : parts_(std::move(parts)), id_(id), response_(std::move(response)) {}

  void begin() {
    response_->on_closed([weak = weak_from_this()] {
      if (const auto self = weak.lock())
        self->lose_client();
    });
    go_on();
  }

  /// Tells the provider what the operating system has taken since the last look.
  void account() {
    const auto parts = parts_.lock();
    if (!parts)
      return;
    const auto taken = response_->status().body_bytes;
    if (taken > accounted_bytes_)
      parts->model.with([&](provider& p, time_point) {
        p.delivered(id_, static_cast<std::size_t>(taken - accounted_bytes_));
      });
    accounted_bytes_ = taken;
    if (ended_ && accounted_bytes_ >= written_bytes_)
      parts->open.erase(shared_from_this());
  }

private:
  void go_on() {
    const auto parts = parts_.lock();
    if (!parts || ended_)
      return;
    turn next(parts->model, id_);
    for (const auto& p : next.pieces)
      hand_over(p);
    if (!ended_ && next.wait)
      due_ = parts->io.after(*next.wait, [weak = weak_from_this()] {
        if (const auto self = weak.lock())
          self->go_on();
      });
    account();
  }

  void hand_over(const piece& p) {
    switch (p.kind) {
    case piece_kind::head: {
      const auto framing = p.content_bytes ? net::body_framing::fixed(*p.content_bytes)
                                           : net::body_framing::chunked();
      answered_ = true;
      response_->head(p.status, p.headers, framing);
      return;
    }
    case piece_kind::body:
      written_bytes_ += p.bytes.size();
      response_->write(p.bytes);
      return;
    case piece_kind::end:
      ended_ = true;
      if (answered_)
        response_->end();
      else
        response_->close_clean();
      return;
    case piece_kind::reset:
      ended_ = true;
      response_->abort();
      written_bytes_ = 0; // what was not taken by now never will be
      return;
    }
  }

  void lose_client() {
    const auto self = shared_from_this();
    account();
    due_.cancel();
    ended_ = true;
    if (const auto parts = parts_.lock()) {
      parts->model.with([&](provider& p, time_point now) { p.disconnected(id_, now); });
      parts->open.erase(self);
    }
  }

  const std::weak_ptr<server_parts> parts_;
  const generation_id id_;
  const std::shared_ptr<net::server_response> response_;
  net::timer_token due_;
  std::uint64_t written_bytes_ = 0;
  std::uint64_t accounted_bytes_ = 0;
  bool answered_ = false;
  bool ended_ = false;
};

void respond_json(net::server_response& response, int status, const json& body) {
  net::respond(response, status, {{"content-type", "application/json"}}, body.dump());
}

void add_faults(server_parts& parts, const std::string& body, net::server_response& response) {
  const json script = json::parse(body, nullptr, false);
  auto rules = script.is_discarded()
                   ? result<std::vector<fault_rule>>(
                         error(errc::invalid_argument, "body of POST /faults is not JSON"))
                   : parse_fault_rules(script);
  if (!rules) {
    api_error e;
    e.message = rules.error().render();
    return respond_json(response, 400, to_json_body(e));
  }
  json answer = json::object();
  answer["added"] = rules->size();
  parts.model.with([&](provider& p, time_point) { p.add_faults(*std::move(rules)); });
  respond_json(response, 200, answer);
}

void give_bill(server_parts& parts, net::server_response& response) {
  const auto under_way = parts.open; // account() may take one out
  for (const auto& answer : under_way)
    answer->account();
  respond_json(response, 200,
               parts.model.with([](provider& p, time_point now) { return p.bill(now); }));
}

void serve(const std::shared_ptr<server_parts>& parts, net::server_request request,
           std::shared_ptr<net::server_response> response) {
  const auto route = request.method + " " + request.target.substr(0, request.target.find('?'));
  if (route == "GET /bill")
    return give_bill(*parts, *response);
  if (route == "GET /health")
    return respond_json(*response, 200, {{"status", "ok"}});
  if (route == "POST /faults")
    return add_faults(*parts, request.body, *response);
  const auto id = parts->model.with([&](provider& p, time_point now) {
    return p.open(route, request.headers, request.body, now);
  });
  const auto answer = std::make_shared<served_answer>(parts, id, std::move(response));
  parts->open.insert(answer);
  answer->begin();
}

} // namespace

class sim_server::core {
public:
  core(provider_options options, const clock& time)
      : parts_(std::make_shared<server_parts>(io_.handle(), std::move(options), time)) {}

  ~core() {
    server_.reset();
    io_.post([parts = parts_] { parts->open.clear(); });
    io_.stop();
  }

  std::optional<error> listen(const std::string& address, std::uint16_t port) {
    net::http_server_options options;
    options.address = address;
    options.port = port;
    auto listening =
        net::http_server::listen(io_, options,
                                 [parts = parts_](net::server_request request,
                                                  std::shared_ptr<net::server_response> response) {
                                   serve(parts, std::move(request), std::move(response));
                                 });
    if (!listening)
      return listening.error();
    server_ = *std::move(listening);
    address_ = address;
    return std::nullopt;
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return server_->port(); }
  [[nodiscard]] const std::string& address() const noexcept { return address_; }

private:
  net::io_thread io_;
  std::shared_ptr<server_parts> parts_;
  std::unique_ptr<net::http_server> server_;
  std::string address_;
};

result<std::unique_ptr<sim_server>> sim_server::start(sim_server_options options,
                                                      const clock& time) {
  if (auto problem = find_problem(options.provider))
    return *std::move(problem);
  auto c = std::make_unique<core>(std::move(options.provider), time);
  if (auto problem = c->listen(options.address, options.port))
    return *std::move(problem);
  return std::unique_ptr<sim_server>(new sim_server(std::move(c)));
}

sim_server::sim_server(std::unique_ptr<core> c) : core_(std::move(c)) {}
sim_server::~sim_server() = default;

std::uint16_t sim_server::port() const noexcept {
  return core_->port();
}

std::string sim_server::base_url() const {
  const auto& address = core_->address();
  const bool v6 = address.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port()) + "/v1";
}

} // namespace pawl::sim
