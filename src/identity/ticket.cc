// SPDX-License-Identifier: Apache-2.0
#include "identity/ticket.h"

#include <algorithm>

#include "base/base64.h"
#include "base/crypto/hmac.h"
#include "base/crypto/random.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

constexpr size_t kIdBytes = 16, kStampBytes = 8, kMacBytes = 32;
constexpr size_t kSaidBytes = 1 + kIdBytes + kStampBytes;
constexpr size_t kMostText = 128;
constexpr int kStampBits = 53;

std::string Hmac(std::string_view key, std::string_view said) {
  Digest mac = HmacSha256(key, said);
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

int64_t NewStamp() {
  std::array<uint8_t, 8> bytes{};
  RandomBytes(bytes);
  uint64_t stamp = 0;
  for (uint8_t byte : bytes) stamp = stamp << 8 | byte;
  return static_cast<int64_t>(stamp >> (64 - kStampBits));
}

}  // namespace

std::string TicketKey(std::string_view service_key) { return Hmac(service_key, "ashlar ticket"); }

types::Uuid DerivedId(std::string_view key, std::string_view of) {
  Digest digest = HmacSha256(key, fmt::format("id of {}", of));
  types::Uuid id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

Ticket NewTicket(std::string_view key, Purpose purpose, std::string_view subject) {
  return {purpose, DerivedId(key, fmt::format("ticket {} of {}", static_cast<int>(purpose), subject)), NewStamp()};
}

std::string WriteTicket(std::string_view key, const Ticket& ticket) {
  std::string bytes(1, static_cast<char>(ticket.purpose));
  bytes.append(reinterpret_cast<const char*>(ticket.id.bytes.data()), kIdBytes);
  for (size_t i = kStampBytes; i-- > 0;) bytes += static_cast<char>(static_cast<uint64_t>(ticket.stamp) >> (8 * i));
  bytes += Hmac(key, bytes);
  return Base64UrlEncode(bytes);
}

std::optional<Ticket> ReadTicket(std::string_view key, std::string_view text) {
  if (text.size() > kMostText) return std::nullopt;
  auto bytes = Base64UrlDecode(text);
  if (!bytes || bytes->size() != kSaidBytes + kMacBytes) return std::nullopt;
  std::string_view said = std::string_view(*bytes).substr(0, kSaidBytes);
  if (!EqualInConstantTime(Hmac(key, said), std::string_view(*bytes).substr(kSaidBytes))) return std::nullopt;
  Ticket ticket;
  ticket.purpose = static_cast<Purpose>(said[0]);  // as it was written
  std::copy_n(said.begin() + 1, kIdBytes, ticket.id.bytes.begin());
  uint64_t stamp = 0;
  for (char c : said.substr(1 + kIdBytes)) stamp = stamp << 8 | static_cast<uint8_t>(c);
  ticket.stamp = static_cast<int64_t>(stamp);
  return ticket;
}

}  // namespace ashlar::identity
