// SPDX-License-Identifier: Apache-2.0
// Whatever a client puts before what its proxy adds to X-Forwarded-For or Forwarded, it is where the proxy saw it, or
// it counts as the proxy; and whatever the two headers hold, nobody but a trusted proxy is believed.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/ip_address.h"
#include "surface/limits/client_address.h"

namespace ashlar::surface {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

http::IpAddress Address(std::string_view text) { return *http::ParseIpAddress(text); }

http::Request From(std::string_view peer, std::vector<http::Header> headers) {
  http::Request request;
  request.peer = Address(peer);
  request.headers = std::move(headers);
  return request;
}

}  // namespace
}  // namespace ashlar::surface

// Up to a NUL what a client sent in one header, behind it in the other.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  using namespace ashlar::surface;
  static const TrustedProxies proxies = TrustedProxies::Make("10.0.0.0/8").value();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t split = std::min(bytes.find('\0'), bytes.size());
  const std::string listed(bytes.substr(0, split)), forwarded(bytes.substr(std::min(split + 1, bytes.size())));
  const http::IpAddress proxy = Address("10.0.0.1"), stranger = Address("192.0.2.1"), seen = Address("198.51.100.7");

  const auto both = [&](std::string_view peer) {
    return proxies.ClientOf(From(peer, {{"X-Forwarded-For", listed}, {"Forwarded", forwarded}}));
  };
  Require(both("192.0.2.1") == stranger);
  const http::IpAddress client = both("10.0.0.1");
  Require(both("10.0.0.1") == client);

  // The proxy appends: to the client's line, or as a line of its own.
  const http::IpAddress of_list = proxies.ClientOf(From("10.0.0.1", {{"X-Forwarded-For", listed + ", 198.51.100.7"}}));
  Require(of_list == seen);
  Require(proxies.ClientOf(From("10.0.0.1", {{"X-Forwarded-For", listed}, {"X-Forwarded-For", "198.51.100.7"}})) ==
          seen);
  for (const auto& headers : {std::vector<http::Header>{{"Forwarded", forwarded + ", for=198.51.100.7"}},
                              std::vector<http::Header>{{"Forwarded", forwarded}, {"Forwarded", "for=198.51.100.7"}}}) {
    const http::IpAddress found = proxies.ClientOf(From("10.0.0.1", headers));
    Require(found == seen || found == proxy);
  }
  // A header that the proxy does not write cannot move a client that it has seen to anywhere but the proxy.
  const http::IpAddress moved =
      proxies.ClientOf(From("10.0.0.1", {{"X-Forwarded-For", listed + ", 198.51.100.7"}, {"Forwarded", forwarded}}));
  Require(moved == seen || moved == proxy);
  // Networks are read, or refused by name.
  if (auto made = TrustedProxies::Make(listed); !made) Require(!made.error().message.empty());
  return 0;
}
