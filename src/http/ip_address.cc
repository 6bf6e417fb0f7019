// SPDX-License-Identifier: Apache-2.0
#include "http/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace ashlar::http {
namespace {

constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

bool IpAddress::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

std::optional<IpAddress> ParseIpAddress(std::string_view text) {
  char copy[INET6_ADDRSTRLEN];  // inet_pton wants an end
  if (text.size() >= sizeof copy || text.contains('\0')) return std::nullopt;
  *std::copy(text.begin(), text.end(), copy) = '\0';
  IpAddress address;
  if (text.contains(':')) {
    if (inet_pton(AF_INET6, copy, address.bytes.data()) != 1) return std::nullopt;
    return address;
  }
  std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
  if (inet_pton(AF_INET, copy, address.bytes.data() + kMapped.size()) != 1) return std::nullopt;
  return address;
}

std::string FormatIpAddress(const IpAddress& address) {
  if (address == IpAddress{}) return "";
  char text[INET6_ADDRSTRLEN] = "";
  const bool v4 = address.is_v4();
  inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes.data() + (v4 ? 12 : 0), text, sizeof text);
  return text;
}

IpAddress Masked(const IpAddress& address, int bits) {
  IpAddress masked;
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(bits - 8 * i, 0, 8);
    const auto mask = static_cast<uint8_t>(0xff00u >> kept);
    masked.bytes[static_cast<size_t>(i)] = address.bytes[static_cast<size_t>(i)] & mask;
  }
  return masked;
}

bool IpNetwork::Contains(const IpAddress& address) const { return Masked(address, bits) == base; }

std::optional<IpNetwork> ParseIpNetwork(std::string_view text) {
  const size_t slash = text.find('/');
  auto base = ParseIpAddress(text.substr(0, slash));
  if (!base) return std::nullopt;
  const int before = text.contains(':') ? 0 : 96;
  IpNetwork network{*base, 128};
  if (slash != std::string_view::npos) {
    std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const bool whole = error == std::errc() && end == digits.data() + digits.size();
    if (!whole || bits > static_cast<unsigned>(128 - before)) return std::nullopt;
    network.bits = before + static_cast<int>(bits);
  }
  if (!network.Contains(*base)) return std::nullopt;
  return network;
}

}  // namespace ashlar::http
