// SPDX-License-Identifier: Apache-2.0
#include "surface/limits/client_address.h"

#include <algorithm>
#include <optional>

namespace ashlar::surface {
namespace {

using http::IpAddress;
using Nodes = std::vector<std::string_view>;  // nearest last; views into what was read

bool IsPort(std::string_view text) {
  return text.size() > 1 && text.size() <= 6 && text[0] == ':' && http::IsDigits(text.substr(1));
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80".
std::optional<IpAddress> AddressOf(std::string_view node) {
  if (node.starts_with('[')) {
    const size_t end = node.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view port = node.substr(end + 1);
    if (!port.empty() && !IsPort(port)) return std::nullopt;
    std::string_view inner = node.substr(1, end - 1);
    return inner.contains(':') ? http::ParseIpAddress(inner) : std::nullopt;
  }
  const size_t colon = node.find(':');
  const bool has_port = colon != std::string_view::npos && node.find(':', colon + 1) == std::string_view::npos;
  if (has_port && !IsPort(node.substr(colon))) return std::nullopt;
  return http::ParseIpAddress(has_port ? node.substr(0, colon) : node);
}

Nodes NodesOfList(std::string_view list) {
  Nodes nodes;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view node = http::Trim(list.substr(0, comma));
    if (!node.empty()) nodes.push_back(node);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return nodes;
}

// Reads Forwarded from its beginning, as only there it is known what is quoted.
class ForwardedReader {
 public:
  explicit ForwardedReader(std::string_view text) : rest_(text) {}

  // Nothing where it is not as RFC 7239, 4 says. What says nothing of `for` has an empty node.
  std::optional<Nodes> Read() {
    Nodes nodes;
    while (true) {
      SkipSpace();
      if (rest_.empty()) return nodes;
      if (Skip(',')) continue;
      auto node = ReadElement();
      if (!node) return std::nullopt;
      nodes.push_back(*node);
      SkipSpace();
      if (!rest_.empty() && !Skip(',')) return std::nullopt;
    }
  }

 private:
  bool Skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void SkipSpace() {
    while (Skip(' ') || Skip('\t')) continue;
  }

  std::optional<std::string_view> ReadElement() {
    std::string_view node;
    bool given = false;
    while (true) {
      const std::string_view name = ReadToken();
      if (name.empty() || !Skip('=')) return std::nullopt;
      const auto value = ReadValue();
      if (!value) return std::nullopt;
      if (http::EqualIgnoringCase(name, "for")) {
        if (std::exchange(given, true)) return std::nullopt;
        node = *value;
      }
      SkipSpace();
      if (!Skip(';')) return node;
      SkipSpace();
    }
  }

  std::string_view ReadToken() {
    const size_t end = std::min(rest_.find_first_of("=;, \t\""), rest_.size());
    const std::string_view token = rest_.substr(0, end);
    if (!http::IsToken(token)) return {};
    rest_.remove_prefix(end);
    return token;
  }

  std::optional<std::string_view> ReadValue() {
    if (!Skip('"')) {
      const std::string_view token = ReadToken();
      return token.empty() ? std::nullopt : std::optional(token);
    }
    const size_t end = rest_.find_first_of("\"\\");  // no address needs a backslash
    if (end == std::string_view::npos || rest_[end] == '\\') return std::nullopt;
    const std::string_view value = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return value;
  }

  std::string_view rest_;
};

}  // namespace

Result<TrustedProxies> TrustedProxies::Make(std::string_view networks) {
  TrustedProxies proxies;
  for (std::string_view one : NodesOfList(networks)) {
    auto network = http::ParseIpNetwork(one);
    if (!network) {
      return Fail(ErrorKind::kInvalid, fmt::format("'{}' is no network: write it as 192.0.2.1, 10.0.0.0/8 or "
                                                   "2001:db8::/32, with nothing behind the prefix",
                                                   one));
    }
    proxies.networks_.push_back(*network);
  }
  return proxies;
}

bool TrustedProxies::Trusts(const IpAddress& address) const {
  return std::ranges::any_of(networks_, [&](const http::IpNetwork& network) { return network.Contains(address); });
}

// What stands before the first untrusted address is hearsay, and not even read. Where all are proxies, the first is
// who asked.
IpAddress TrustedProxies::LastOther(const Nodes& nodes, const IpAddress& peer) const {
  IpAddress last = peer;
  for (size_t i = nodes.size(); i-- > 0;) {
    auto address = AddressOf(nodes[i]);
    if (!address) return peer;
    last = *address;
    if (!Trusts(last)) break;
  }
  return last;
}

IpAddress TrustedProxies::ClientOf(const http::Request& request) const {
  const IpAddress& peer = request.peer;
  if (!Trusts(peer)) return peer;
  const auto listed = request.FindList("X-Forwarded-For");
  const auto forwarded = request.FindList("Forwarded");
  std::optional<IpAddress> client;
  if (listed) client = LastOther(NodesOfList(*listed), peer);
  if (!forwarded) return client.value_or(peer);
  // A proxy that writes one of the two may pass on the other as a client has made it up.
  auto nodes = ForwardedReader(*forwarded).Read();
  if (!nodes) return peer;
  const IpAddress other = LastOther(*nodes, peer);
  return !client || *client == other ? other : peer;
}

}  // namespace ashlar::surface
