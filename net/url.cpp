#include "net/url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace pawl::net {

std::string http_url::origin() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

result<http_url> parse_http_url(std::string_view text) {
  const auto bad = [](std::string what) {
    return error(errc::invalid_argument, "url: " + std::move(what), {},
                 "write http://host[:port]/path");
  };
  const auto parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
  if (!parsed)
    return bad("not an absolute URL");
  const boost::urls::url_view view = *parsed;

  http_url url;
  if (view.scheme_id() == boost::urls::scheme::https)
    url.scheme = url_scheme::https;
  else if (view.scheme_id() != boost::urls::scheme::http)
    return bad("scheme is neither http nor https");
  if (view.has_userinfo())
    return bad("user information is not supported, credentials belong into a header");
  const auto encoded_host = view.encoded_host();
  if (!view.has_authority() || encoded_host.empty())
    return bad("there is no host");
  if (view.host_type() == boost::urls::host_type::ipvfuture)
    return bad("host is an address of an unknown kind");
  url.host.assign(encoded_host.data(), encoded_host.size());
  if (url.host.find('%') != std::string::npos)
    return bad("host holds percent signs");
  if (url.host.front() == '[')
    url.host = url.host.substr(1, url.host.size() - 2);

  const std::uint16_t standard = url.scheme == url_scheme::https ? 443 : 80;
  url.port = standard;
  if (view.has_port() && !view.port().empty()) {
    url.port = view.port_number();
    if (url.port == 0)
      return bad("port is not between 1 and 65535");
  }
  url.authority.assign(encoded_host.data(), encoded_host.size());
  if (url.port != standard)
    url.authority += ":" + std::to_string(url.port);

  const auto path = view.encoded_path();
  url.target.assign(path.data(), path.size());
  // The parser takes "host:x/" for an empty port and the path "x/".
  if (!url.target.empty() && url.target.front() != '/')
    return bad("port is not a number");
  if (url.target.empty())
    url.target = "/";
  if (view.has_query()) {
    const auto query = view.encoded_query();
    url.target += '?';
    url.target.append(query.data(), query.size());
  }
  return url;
}

} // namespace pawl::net
