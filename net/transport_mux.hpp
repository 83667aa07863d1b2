// Picks the transport by the URL's scheme.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "net/transport.hpp"

namespace pawl::net {

/// Hands each request to the transport of its scheme. A scheme nobody serves fails as `malformed`
/// with nothing sent, on the caller's thread before start() returns.
class transport_mux final : public transport {
public:
  /// By scheme in lower case, without the colon: {"http", client}, {"https", client}, {"sim",
  /// simulator}.
  using scheme_map = std::map<std::string, std::shared_ptr<transport>, std::less<>>;

  explicit transport_mux(scheme_map transports);

  std::shared_ptr<exchange> start(http_request request,
                                  std::shared_ptr<exchange_sink> sink) override;

private:
  const scheme_map transports_;
};

} // namespace pawl::net
