// SPDX-License-Identifier: Apache-2.0
#include "identity/client_proof.h"

#include "base/crypto/hmac.h"

namespace ashlar::identity {
namespace {

std::string_view BytesOf(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

}  // namespace

bool ProvesItself(const model::Client* client, std::optional<std::string_view> secret) {
  const Digest given = Sha256(secret.value_or(""));
  const Digest kept = client == nullptr ? Digest{} : client->secret.value_or(Digest{});
  const bool right = EqualInConstantTime(BytesOf(given), BytesOf(kept));
  if (client == nullptr) return false;
  return client->secret ? secret && right : !secret;
}

}  // namespace ashlar::identity
