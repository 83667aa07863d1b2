#include "net/transport.hpp"

#include "net/message_head.hpp"

namespace pawl::net {

std::string_view find_header(const header_list& headers, std::string_view name) noexcept {
  for (const auto& [key, value] : headers)
    if (same_field_name(key, name))
      return value;
  return {};
}

std::string_view to_string(failure_kind k) noexcept {
  switch (k) {
  case failure_kind::resolve: return "resolve";
  case failure_kind::connect: return "connect";
  case failure_kind::tls: return "tls";
  case failure_kind::timeout: return "timeout";
  case failure_kind::reset: return "reset";
  case failure_kind::truncated: return "truncated";
  case failure_kind::malformed: return "malformed";
  case failure_kind::cancelled: return "cancelled";
  }
  return "unknown";
}

} // namespace pawl::net
