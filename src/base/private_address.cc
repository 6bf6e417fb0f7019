// SPDX-License-Identifier: Apache-2.0
#include "base/private_address.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

namespace ashlar {
namespace {

struct Block {
  uint32_t base;
  int bits;
};
constexpr Block kPrivate[] = {
    {0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16},
    {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24}, {0xC0A80000, 16}, {0xC6120000, 15},
    {0xC6336400, 24}, {0xCB007100, 24}, {0xE0000000, 3},
};

using Bytes = std::array<uint8_t, 16>;

bool IsIn(uint32_t address, const Block& block) { return ((address ^ block.base) >> (32 - block.bits)) == 0; }

uint32_t NumberAt(const Bytes& bytes, size_t at) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | bytes[at + i];
  return number;
}

bool StartsWith(const Bytes& bytes, std::initializer_list<uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

// The IPv4 address that this is, or that it leads to by a prefix of translation (RFC 4291, RFC 6052, RFC 3056).
std::optional<uint32_t> V4Of(const sockaddr& address, Bytes& v6) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return ntohl(v4.sin_addr.s_addr);
  }
  sockaddr_in6 whole{};
  std::memcpy(&whole, &address, sizeof whole);
  std::memcpy(v6.data(), &whole.sin6_addr, v6.size());
  if (StartsWith(v6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return NumberAt(v6, 12);
  if (StartsWith(v6, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return NumberAt(v6, 12);
  if (StartsWith(v6, {0x20, 0x02})) return NumberAt(v6, 2);
  return std::nullopt;
}

}  // namespace

bool IsLoopback(const sockaddr& address) {
  if (address.sa_family != AF_INET && address.sa_family != AF_INET6) return false;
  Bytes v6{};
  if (auto v4 = V4Of(address, v6)) return *v4 >> 24 == 127;
  Bytes own{};
  own[15] = 1;
  return v6 == own;
}

bool IsPrivate(const sockaddr& address) {
  if (address.sa_family != AF_INET && address.sa_family != AF_INET6) return true;
  Bytes v6{};
  if (auto v4 = V4Of(address, v6)) {
    return std::ranges::any_of(kPrivate, [&](const Block& block) { return IsIn(*v4, block); });
  }
  // What is public in IPv6 is in 2000::/3; of that, 2001::/23 is for protocols and 2001:db8::/32 for examples.
  if (v6[0] >> 5 != 1) return true;
  return (v6[0] == 0x20 && v6[1] == 0x01 && v6[2] <= 1) || StartsWith(v6, {0x20, 0x01, 0x0d, 0xb8});
}

}  // namespace ashlar
