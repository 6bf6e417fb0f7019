// SPDX-License-Identifier: Apache-2.0
#include "identity/keys.h"

#include <cstring>

#include "base/crypto/hmac.h"
#include "identity/private_file.h"

namespace ashlar::identity {

ServiceKeys::ServiceKeys(std::string path, const KeyOptions& options, KeyRing ring)
    : path_(std::move(path)), options_(options), state_(std::make_unique<State>()), secret_(ring.secret()) {
  cursor_ = HmacSha256(secret_, "ashlar cursor");
  refresh_ = Derive("ashlar refresh token");
  browser_ = Derive("ashlar browser session");
  second_factor_ = HmacSha256(secret_, "ashlar second factor");
  const Digest limits = HmacSha256(secret_, "ashlar limits");
  std::memcpy(&limits_, limits.data(), sizeof limits_);
  state_->ring = std::make_shared<const KeyRing>(std::move(ring));
}

std::string ServiceKeys::Derive(std::string_view label) const {
  Digest digest = HmacSha256(secret_, label);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Result<ServiceKeys> ServiceKeys::Open(const std::string& path, const KeyOptions& options) {
  TRY(text, ReadPrivate(path));
  if (!text) {
    TRY(fresh, KeyRing::Make(options.algorithm.value_or(SignatureAlgorithm::kEs256)));
    TRY_VOID(MakePrivate(path, fresh.Write()));
    TRY(again, ReadPrivate(path));
    text = std::move(again);
  }
  auto ring = KeyRing::Read(text.value_or(""));
  if (!ring) return Fail(ErrorKind::kInvalid, fmt::format("{}: {}", path, ring.error().message));
  ServiceKeys keys(path, options, std::move(*ring));
  KeyRing now = *keys.ring();
  bool fewer = now.Forget(keys.Now());
  bool other = options.algorithm && now.newest_algorithm() != *options.algorithm;
  if (other) TRY_VOID(now.Rotate(*options.algorithm, keys.Now()));
  if (fewer || other) {
    std::lock_guard lock(keys.state_->mutex);
    auto put = keys.Put(std::move(now));
    if (other && !put) return std::unexpected(put.error());  // to keep what has ended does no harm
  }
  return keys;
}

std::shared_ptr<const KeyRing> ServiceKeys::ring() const {
  std::lock_guard lock(state_->mutex);
  return state_->ring;
}

SigningKey ServiceKeys::signing() const { return ring()->SignerAt(Now()); }

Result<SigningKey> ServiceKeys::SigningUntil(int64_t seconds) {
  std::lock_guard lock(state_->mutex);
  const int64_t now = Now();
  KeyRing ring = *state_->ring;
  if (ring.Hold(now, seconds)) TRY_VOID(Put(ring));
  return ring.SignerAt(now);
}

Result<std::shared_ptr<const KeyRing>> ServiceKeys::Rotate(bool at_once) {
  std::lock_guard lock(state_->mutex);
  KeyRing ring = *state_->ring;
  const SignatureAlgorithm algorithm = options_.algorithm.value_or(ring.newest_algorithm());
  TRY_VOID(at_once ? ring.Replace(algorithm, Now()) : ring.Rotate(algorithm, Now()));
  TRY_VOID(Put(std::move(ring)));
  if (at_once) state_->number.fetch_add(1, std::memory_order_acq_rel);
  return state_->ring;
}

Result<void> ServiceKeys::Put(KeyRing ring) {
  TRY_VOID(ReplacePrivate(path_, ring.Write()));
  state_->ring = std::make_shared<const KeyRing>(std::move(ring));
  return {};
}

}  // namespace ashlar::identity
