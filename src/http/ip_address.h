// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::http {

// Where a client is: an IPv6 address, an IPv4 one as IPv6 maps it (::ffff:192.0.2.1), so that each has one form.
// "::" where nothing is known.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};
  bool is_v4() const;
  bool operator==(const IpAddress&) const = default;
};

// "192.0.2.1" or "2001:db8::1", without brackets, port and zone.
std::optional<IpAddress> ParseIpAddress(std::string_view text);

// The same text again, in the shortest form (RFC 5952); empty for "::".
std::string FormatIpAddress(const IpAddress& address);

// All addresses that begin with the same bits.
struct IpNetwork {
  IpAddress base;
  int bits = 128;  // of the form above: 96 more than IPv4's own
  bool Contains(const IpAddress& address) const;
  bool operator==(const IpNetwork&) const = default;
};

// "10.0.0.0/8", "2001:db8::/32", or an address alone. Nothing where bits behind the prefix are set.
std::optional<IpNetwork> ParseIpNetwork(std::string_view text);

// The address without all but its first bits.
IpAddress Masked(const IpAddress& address, int bits);

}  // namespace ashlar::http
