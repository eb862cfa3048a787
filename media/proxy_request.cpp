#include "media/proxy_request.hpp"

#include "model/text.hpp"

#include <boost/url/parse.hpp>

#include <algorithm>

namespace troupe::media {
namespace {

std::optional<proxy_request> read_connect(std::string_view authority) {
  const auto colon = authority.rfind(':');
  if (colon == authority.npos || colon == 0) return std::nullopt;
  auto host = authority.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return proxy_request{std::string(host), std::string(authority.substr(colon + 1)), {}};
}

/// Without what is between the client and this proxy; the connection ends with the answer, so that whatever
/// comes after it cannot be meant for another host.
std::string forwarded_fields(std::string_view fields) {
  std::string out;
  while (!fields.empty()) {
    const auto end = std::min(fields.find("\r\n"), fields.size());
    const auto field = fields.substr(0, end);
    fields.remove_prefix(std::min(end + 2, fields.size()));
    const auto name = ascii_lower(field.substr(0, field.find(':')));
    if (!field.empty() && name != "connection" && name != "proxy-connection" && name != "keep-alive" &&
        name != "proxy-authorization")
      out.append(field).append("\r\n");
  }
  return out + "Connection: close\r\n\r\n";
}

} // namespace

std::optional<proxy_request> read_proxy_request(std::string_view head) {
  const auto end = head.find("\r\n");
  const auto line = head.substr(0, end);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == line.npos || last == first) return std::nullopt;
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  if (method == "CONNECT") return read_connect(target);
  const auto url = boost::urls::parse_uri(target);
  if (!url || url->scheme() != "http" || url->host().empty()) return std::nullopt;
  proxy_request out{url->host_address(), url->port().empty() ? "80" : std::string(url->port()), {}};
  const auto origin_form = url->encoded_target();
  out.forwarded = std::string(method) + " " + (origin_form.empty() ? "/" : std::string(origin_form)) +
                  std::string(line.substr(last)) + "\r\n" + forwarded_fields(head.substr(end + 2));
  return out;
}

} // namespace troupe::media
