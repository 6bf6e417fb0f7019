// SPDX-License-Identifier: Apache-2.0
#include "identity/login_flow.h"

#include <algorithm>

#include "base/base64.h"
#include "base/crypto/aes_gcm.h"
#include "base/crypto/hmac.h"
#include "base/crypto/random.h"

namespace ashlar::identity {
namespace {

constexpr size_t kUuidBytes = 16, kTimeBytes = 8, kChallengeBytes = 32, kMarkBytes = 16, kSecretBytes = 32;
constexpr size_t kFixedBytes = 3 * kUuidBytes + kTimeBytes + kMarkBytes + 1;
constexpr size_t kMostText = 512;

std::string TextOf(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

void Append(std::string& out, const types::Uuid& id) {
  out.append(reinterpret_cast<const char*>(id.bytes.data()), kUuidBytes);
}

types::Uuid TakeUuid(std::string_view& rest) {
  types::Uuid id;
  std::copy_n(rest.begin(), kUuidBytes, id.bytes.begin());
  rest.remove_prefix(kUuidBytes);
  return id;
}

// A key of each, so that none has sealed too much, however many flows strangers begin.
Digest SealKey(const FlowKeys& keys, FlowStage stage, std::string_view browser) {
  return HmacSha256(keys.secret, fmt::format("seal {} {}", static_cast<char>(stage), browser));
}

std::string Derived(const FlowKeys& keys, std::string_view what, std::string_view browser, const LoginFlow& flow) {
  std::string said = fmt::format("{} {} ", what, browser);
  Append(said, flow.id);
  return Base64UrlEncode(TextOf(HmacSha256(keys.secret, said)));
}

}  // namespace

std::string NewBrowserSecret() {
  std::array<uint8_t, kSecretBytes> bytes{};
  RandomBytes(bytes);
  return Base64UrlEncode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool IsBrowserSecret(std::string_view text) {
  if (text.size() > kMostText) return false;
  auto bytes = Base64UrlDecode(text);
  return bytes && bytes->size() == kSecretBytes;
}

std::string SealFlow(const FlowKeys& keys, FlowStage stage, std::string_view browser, const LoginFlow& flow) {
  std::string said;
  Append(said, flow.id);
  Append(said, flow.user);
  Append(said, flow.by);
  for (size_t i = kTimeBytes; i-- > 0;) said += static_cast<char>(static_cast<uint64_t>(flow.expires_at) >> (8 * i));
  said += flow.return_to;
  said += flow.challenge.empty() ? '\0' : '\1';
  said += flow.challenge;
  said += flow.provider;
  return Base64UrlEncode(SealAesGcm(SealKey(keys, stage, browser), "", said));
}

std::optional<LoginFlow> OpenFlow(const FlowKeys& keys, FlowStage stage, std::string_view browser,
                                  std::string_view text) {
  if (text.size() > kMostText) return std::nullopt;
  auto sealed = Base64UrlDecode(text);
  auto said = sealed ? OpenAesGcm(SealKey(keys, stage, browser), "", *sealed) : std::nullopt;
  if (!said || said->size() < kFixedBytes) return std::nullopt;
  std::string_view rest = *said;  // as it was written
  LoginFlow flow;
  flow.id = TakeUuid(rest);
  flow.user = TakeUuid(rest);
  flow.by = TakeUuid(rest);
  uint64_t expires = 0;
  for (char c : rest.substr(0, kTimeBytes)) expires = expires << 8 | static_cast<uint8_t>(c);
  flow.expires_at = static_cast<int64_t>(expires);
  flow.return_to = rest.substr(kTimeBytes, kMarkBytes);
  const bool challenged = rest[kTimeBytes + kMarkBytes] != '\0';
  rest.remove_prefix(kTimeBytes + kMarkBytes + 1);
  if (challenged) {
    if (rest.size() < kChallengeBytes) return std::nullopt;
    flow.challenge = rest.substr(0, kChallengeBytes);
    rest.remove_prefix(kChallengeBytes);
  }
  flow.provider = rest;
  return flow;
}

std::string NonceOf(const FlowKeys& keys, std::string_view browser, const LoginFlow& flow) {
  return Derived(keys, "nonce", browser, flow);
}

std::string VerifierOf(const FlowKeys& keys, std::string_view browser, const LoginFlow& flow) {
  return Derived(keys, "verifier", browser, flow);
}

std::string ChallengeOf(std::string_view verifier) { return TextOf(Sha256(verifier)); }

std::string ReturnMark(std::string_view address) { return TextOf(Sha256(address)).substr(0, kMarkBytes); }

}  // namespace ashlar::identity
