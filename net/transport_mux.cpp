#include "net/transport_mux.hpp"

#include <algorithm>
#include <utility>

namespace pawl::net {

namespace {

class ended_exchange final : public exchange {
public:
  void cancel() override {}
};

std::string scheme_of(const std::string& url) {
  const auto colon = url.find(':');
  if (colon == std::string::npos)
    return {};
  std::string scheme = url.substr(0, colon);
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return scheme;
}

} // namespace

transport_mux::transport_mux(scheme_map transports) : transports_(std::move(transports)) {}

std::shared_ptr<exchange> transport_mux::start(http_request request,
                                               std::shared_ptr<exchange_sink> sink) {
  const auto found = transports_.find(scheme_of(request.url));
  if (found != transports_.end() && found->second)
    return found->second->start(std::move(request), std::move(sink));
  transport_failure why;
  why.kind = failure_kind::malformed;
  why.sent = false;
  why.message = "url: nothing here serves its scheme (known:";
  for (const auto& [scheme, unused] : transports_)
    why.message += " " + scheme;
  why.message += ")";
  sink->on_failure(why);
  return std::make_shared<ended_exchange>();
}

} // namespace pawl::net
