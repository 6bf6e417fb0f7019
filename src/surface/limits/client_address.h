// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace ashlar::surface {

// The proxies that are believed when they say for whom they ask. Immutable; safe to share between threads.
class TrustedProxies {
 public:
  // "10.0.0.0/8, 2001:db8::1": none, where it is empty. kInvalid names what is no network.
  static Result<TrustedProxies> Make(std::string_view networks);

  // Where a request comes from: the peer, or, if that is such a proxy, the last address of X-Forwarded-For or of
  // Forwarded (RFC 7239) that is none. Where what a proxy says cannot be read, or the two headers do not agree, the
  // peer is.
  http::IpAddress ClientOf(const http::Request& request) const;

 private:
  bool Trusts(const http::IpAddress& address) const;
  http::IpAddress LastOther(const std::vector<std::string_view>& nodes, const http::IpAddress& peer) const;

  std::vector<http::IpNetwork> networks_;
};

}  // namespace ashlar::surface
