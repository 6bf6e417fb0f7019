// SPDX-License-Identifier: Apache-2.0
// `key rotate`: the keys that sign tokens.
#include "app/operator/request.h"
#include "identity/jwks.h"
#include "types/datetime.h"

namespace ashlar::app {
namespace {

std::string TimeOf(int64_t seconds) { return types::FormatTimestamp(types::Timestamp{seconds * 1'000'000}); }

// "ID  ES256  signs until ..., verifies until ...", a line a key, the newest first.
std::string Describe(const identity::KeyRing& ring, int64_t now) {
  std::string text;
  const SigningKey& signer = ring.SignerAt(now);
  for (const identity::KeyRing::Seen& seen : ring.SeenAt(now)) {
    std::string state = seen.key->thumbprint() == signer.thumbprint() ? "signs" : "verifies";
    if (seen.signs_from > now) state = "published, signs from " + TimeOf(seen.signs_from);
    if (seen.ends != INT64_MAX) state += ", verifies until " + TimeOf(seen.ends);
    text += fmt::format("{}  {}  {}\n", seen.key->thumbprint(), NameOf(seen.key->algorithm()), state);
  }
  return text;
}

}  // namespace

OperatorAnswer ExecuteKeyRotate(const Runtime& runtime, const json::Json& request) {
  auto done = runtime.keys->Rotate(TextOf(request, "now") == "yes");
  if (!done) return {done.error().kind == ErrorKind::kConflict ? 2 : 1, "", done.error().message + "\n"};
  return {0, Describe(**done, SystemClock().NowMicros() / 1'000'000), ""};
}

}  // namespace ashlar::app
