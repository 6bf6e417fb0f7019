// SPDX-License-Identifier: Apache-2.0
#include "identity/key_ring.h"

#include "base/base64.h"
#include "base/crypto/random.h"
#include "base/json/writer.h"
#include "identity/jws.h"

namespace ashlar::identity {
namespace {

constexpr size_t kSecretBytes = 32;

std::string NewSecret() {
  std::array<uint8_t, kSecretBytes> bytes{};
  RandomBytes(bytes);
  return Base64UrlEncode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

Result<KeyRing> KeyRing::Make(SignatureAlgorithm algorithm) {
  KeyRing ring;
  ring.secret_ = NewSecret();
  TRY(key, SigningKey::Generate(algorithm));
  ring.keys_.push_back({std::move(key)});
  return ring;
}

Result<KeyRing> KeyRing::Read(std::string_view text) {
  KeyRing ring;
  if (!text.starts_with('{')) {
    TRY(key, SigningKey::FromPem(text));
    ring.secret_ = key.ToPem();
    ring.keys_.push_back({std::move(key)});
    return ring;
  }
  auto wrong = Fail(ErrorKind::kInvalid, "not the keys of a service");
  auto document = json::Parse(text, {.depth = 4, .bytes = text.size()});
  if (!document) return wrong;
  const std::string* secret = TextOf(*document, "secret");
  const json::Json* keys = document->Find("keys");
  if (secret == nullptr || secret->size() < kSecretBytes || keys == nullptr || keys->array() == nullptr) return wrong;
  ring.secret_ = *secret;
  for (const json::Json& one : *keys->array()) {
    const std::string* pem = TextOf(one, "pem");
    auto from = SecondsOf(one, "signsFrom"), until = SecondsOf(one, "heldUntil");
    if (pem == nullptr || !from || !until || *from < 0) return wrong;
    if (!ring.keys_.empty() && *from < ring.keys_.back().signs_from) return wrong;
    TRY(key, SigningKey::FromPem(*pem));
    ring.keys_.push_back({std::move(key), *from, *until});
  }
  if (ring.keys_.empty() || ring.keys_.size() > kMost) return wrong;
  return ring;
}

std::string KeyRing::Write() const {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  out.Field("secret", secret_);
  out.Key("keys");
  out.BeginArray();
  for (const Kept& kept : keys_) {
    out.BeginObject();
    out.Field("pem", kept.key.ToPem());
    out.Field("signsFrom", kept.signs_from);
    out.Field("heldUntil", kept.held_until);
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
  return text + "\n";
}

// Where the clock is before all of them, the first.
size_t KeyRing::IndexAt(int64_t now) const {
  size_t which = keys_.size() - 1;
  while (which > 0 && keys_[which].signs_from > now) --which;
  return which;
}

int64_t KeyRing::EndOf(size_t which) const {
  if (which + 1 == keys_.size()) return INT64_MAX;
  return std::max(keys_[which + 1].signs_from + kLongestAccess, keys_[which].held_until);
}

const SigningKey* KeyRing::Find(std::string_view id, int64_t now) const {
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].key.thumbprint() == id) return now < EndOf(i) ? &keys_[i].key : nullptr;
  }
  return nullptr;
}

std::vector<KeyRing::Seen> KeyRing::SeenAt(int64_t now) const {
  std::vector<Seen> seen;
  for (size_t i = keys_.size(); i-- > 0;) {
    if (now < EndOf(i)) seen.push_back({&keys_[i].key, keys_[i].signs_from, EndOf(i)});
  }
  return seen;
}

Result<void> KeyRing::Rotate(SignatureAlgorithm algorithm, int64_t now) {
  Forget(now);
  if (keys_.size() == kMost) {
    return Fail(ErrorKind::kConflict, fmt::format("there are {} keys already that tokens need", kMost));
  }
  TRY(key, SigningKey::Generate(algorithm));
  keys_.push_back({std::move(key), std::max(now + kLeadSeconds, keys_.back().signs_from)});
  return {};
}

Result<void> KeyRing::Replace(SignatureAlgorithm algorithm, int64_t now) {
  TRY(key, SigningKey::Generate(algorithm));
  keys_.clear();
  keys_.push_back({std::move(key), now});
  return {};
}

bool KeyRing::Hold(int64_t now, int64_t until) {
  Kept& kept = keys_[IndexAt(now)];
  if (until <= std::max(kept.held_until, now + kLongestAccess)) return false;
  kept.held_until = until;
  return true;
}

bool KeyRing::Forget(int64_t now) {
  std::vector<Kept> left;
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (now < EndOf(i)) left.push_back(keys_[i]);
  }
  bool fewer = left.size() < keys_.size();
  keys_ = std::move(left);
  return fewer;
}

}  // namespace ashlar::identity
