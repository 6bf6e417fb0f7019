// SPDX-License-Identifier: Apache-2.0
#include "identity/device_grants.h"

#include "base/await.h"
#include "base/base64.h"
#include "base/crypto/hmac.h"
#include "base/crypto/random.h"
#include "identity/client_code.h"
#include "identity/owner.h"
#include "identity/row.h"
#include "identity/ticket.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr int64_t kMicros = 1'000'000;
constexpr int kTries = 8;  // at a place that is free
constexpr size_t kLetters = 8;
// Without vowels, so that no words come out, and what looks alike (RFC 8628, 6.1): 20^8 codes.
constexpr std::string_view kAlphabet = "BCDFGHJKLMNPQRSTVWXZ";
constexpr std::string_view kAllowed = "allowed", kDenied = "denied";

std::unexpected<OauthError> NoGrant() { return Deny("invalid_grant", "it is not valid, or no longer"); }

std::string NewUserCode() {
  std::string code;
  while (code.size() < kLetters) {
    std::array<uint8_t, 16> bytes{};
    RandomBytes(bytes);
    for (uint8_t byte : bytes) {
      const bool even = byte < 256 / kAlphabet.size() * kAlphabet.size();  // each letter as often as any
      if (even && code.size() < kLetters) code += kAlphabet[byte % kAlphabet.size()];
    }
  }
  return code;
}

int64_t RandomPlace() {
  std::array<uint8_t, 2> bytes{};
  RandomBytes(bytes);
  return (bytes[0] << 8 | bytes[1]) % DeviceGrants::kPlaces;
}

// The letters of what somebody typed.
std::string Plain(std::string_view typed) {
  std::string plain;
  for (char c : typed.substr(0, 40)) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c >= 'A' && c <= 'Z') plain += c;
  }
  return plain;
}

}  // namespace

struct DeviceGrants::Row {
  std::string id;
  int64_t version = 0;
  std::string user, browser, scope, decision;
  int64_t polled_at = 0, signed_in_at = 0;  // microseconds since 1970
};

// Few, so a hash alone would be guessed: it is one with a key.
std::string DeviceGrants::HashOfUserCode(std::string_view user_code) const {
  const Digest digest = HmacSha256(key_, fmt::format("user code {}", user_code));
  return Base64UrlEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Task<OauthAnswer<DeviceBegun>> DeviceGrants::Begin(Context& context, const model::Client& client, std::string scope) {
  auto normal = NormalScope(client, scope.empty() ? fmt::format("{}", fmt::join(client.scopes, " ")) : scope);
  if (!normal || normal->empty()) co_return Deny("invalid_scope", "scope names nothing that the client may ask for");
  const model::Resource& device = keeper_.device();
  const int64_t now = context.clock.NowMicros();
  for (int i = 0; i < kTries; ++i) {
    const types::Uuid place = DerivedId(key_, fmt::format("device {}", RandomPlace()));
    const std::string id = types::FormatUuid(place);
    auto found = co_await keeper_.Get(context, device, id);
    if (!found && found.error().code != Code::kNotFound) co_return Unable(found.error());
    if (found && MicrosIn(device, found->rows, "expiresAt") > now) continue;
    ClientCode code = NewClientCode(now);
    code.session = place;
    const std::string user_code = NewUserCode();
    Keeper::Body body;
    if (!found) body.emplace_back("id", Json(id));
    body.emplace_back("clientId", Json(client.id));
    body.emplace_back("scope", Json(*normal));
    body.emplace_back("deviceHash", Json(HashOf(code)));
    body.emplace_back("userHash", Json(HashOfUserCode(user_code)));
    body.emplace_back("expiresAt", TimeJson(now + kLastsSeconds * kMicros));
    for (std::string_view none : {"polledAt", "userId", "browser", "signedInAt", "decision"}) {
      body.emplace_back(none, Json());
    }
    auto call = found ? keeper_.Changing(device, id, std::move(body), found->version)
                      : keeper_.Making(device, ToJson(std::move(body)));
    auto done = co_await keeper_.Do(context, std::move(call));
    if (done) {
      const std::string shown = fmt::format("{}-{}", user_code.substr(0, 4), user_code.substr(4));
      co_return DeviceBegun{WriteClientCode(code), shown, kLastsSeconds, kIntervalSeconds};
    }
    const Code why = done.error().code;
    if (why != Code::kPreconditionFailed && why != Code::kConflict) co_return Unable(done.error());
  }
  co_return Deny("temporarily_unavailable", "too many devices wait; try again later", 503);
}

Task<call::Answer<std::optional<DeviceWish>>> DeviceGrants::Find(Context& context, std::string user_code) {
  const model::Resource& device = keeper_.device();
  const std::string plain = Plain(user_code);
  if (plain.size() != kLetters) co_return std::nullopt;
  const std::string hash = HashOfUserCode(plain);
  auto found = co_await keeper_.Do(context, keeper_.Finding(device, "userHash", hash));
  if (!found) co_return std::unexpected(found.error());
  for (size_t row = 0; row < found->rows.rows.size(); ++row) {
    const bool over = MicrosIn(device, found->rows, "expiresAt", row) <= context.clock.NowMicros();
    if (over || !TextIn(device, found->rows, "decision", row).empty()) continue;
    DeviceWish wish{IdIn(device, found->rows, "id", row), hash,
                    keeper_.service().identity->provider->Borrow(TextIn(device, found->rows, "clientId", row)),
                    TextIn(device, found->rows, "scope", row)};
    if (wish.client != nullptr) co_return std::optional<DeviceWish>(std::move(wish));
  }
  co_return std::nullopt;
}

Task<call::Answer<bool>> DeviceGrants::Decide(Context& context, DeviceWish wish, Visitor visitor, bool allows) {
  const model::Resource& device = keeper_.device();
  for (int i = 0; i < kTries; ++i) {
    auto found = co_await keeper_.Get(context, device, wish.id);
    if (!found && found.error().code == Code::kNotFound) co_return false;
    if (!found) co_return std::unexpected(found.error());
    const bool waits = MicrosIn(device, found->rows, "expiresAt") > context.clock.NowMicros() &&
                       TextIn(device, found->rows, "decision").empty();
    const bool same = TextIn(device, found->rows, "clientId") == wish.client->id &&
                      TextIn(device, found->rows, "userHash") == wish.code_hash;
    if (!waits || !same) co_return false;
    Keeper::Body body;
    body.emplace_back("decision", Json(std::string(allows ? kAllowed : kDenied)));
    body.emplace_back("userId", Json(visitor.user));
    body.emplace_back("browser", Json(visitor.session));
    body.emplace_back("signedInAt", TimeJson(visitor.signed_in_at));
    auto done = co_await keeper_.Do(context, keeper_.Changing(device, wish.id, std::move(body), found->version));
    if (done) co_return true;
    if (done.error().code != Code::kPreconditionFailed) co_return std::unexpected(done.error());
  }
  co_return call::Refuse(Code::kOverloaded, "too much is asked at once; try again later");
}

Task<call::Answer<bool>> DeviceGrants::TakeBack(Context& context, std::string user, std::string client) {
  const model::Resource& device = keeper_.device();
  auto found = co_await keeper_.Do(context, keeper_.Finding(device, "userId", user));
  if (!found) co_return std::unexpected(found.error());
  bool any = false;
  for (size_t row = 0; row < found->rows.rows.size(); ++row) {
    const bool allowed = TextIn(device, found->rows, "decision", row) == kAllowed &&
                         MicrosIn(device, found->rows, "expiresAt", row) > context.clock.NowMicros();
    if (!allowed || TextIn(device, found->rows, "clientId", row) != client) continue;
    auto removed = co_await keeper_.Do(context, keeper_.Removing(device, IdIn(device, found->rows, "id", row)));
    if (!removed && removed.error().code != Code::kNotFound) co_return std::unexpected(removed.error());
    any = true;
  }
  co_return any;
}

Task<OauthAnswer<DeviceGrants::Row>> DeviceGrants::Look(Context& context, const model::Client& client,
                                                        const std::string& device_code) {
  auto code = ReadClientCode(device_code);
  if (!code) co_return NoGrant();
  const model::Resource& device = keeper_.device();
  auto found = co_await keeper_.Get(context, device, types::FormatUuid(code->session));
  if (!found && found.error().code == Code::kNotFound) co_return NoGrant();
  if (!found) co_return Unable(found.error());
  const bool own = TextIn(device, found->rows, "clientId") == client.id &&
                   EqualInConstantTime(TextIn(device, found->rows, "deviceHash"), HashOf(*code));
  if (!own) co_return NoGrant();
  if (MicrosIn(device, found->rows, "expiresAt") <= context.clock.NowMicros()) {
    co_return Deny("expired_token", "nobody said yes in time");
  }
  co_return Row{.id = types::FormatUuid(code->session),
                .version = found->version,
                .user = IdIn(device, found->rows, "userId"),
                .browser = IdIn(device, found->rows, "browser"),
                .scope = TextIn(device, found->rows, "scope"),
                .decision = TextIn(device, found->rows, "decision"),
                .polled_at = MicrosIn(device, found->rows, "polledAt"),
                .signed_in_at = MicrosIn(device, found->rows, "signedInAt")};
}

// The row goes with what it brings: of many at once one gets it.
Task<OauthAnswer<ClientTokens>> DeviceGrants::Give(Context& context, const model::Client& client, Row row) {
  Visitor visitor{.user = row.user, .email = "", .session = row.browser, .signed_in_at = row.signed_in_at};
  std::vector<call::Call> calls{keeper_.Removing(keeper_.device(), row.id, row.version)};
  auto tokens = co_await clients_.Start(context, client, std::move(visitor), std::move(row.scope), std::move(calls));
  co_return tokens;
}

Task<OauthAnswer<ClientTokens>> DeviceGrants::Poll(Context& context, const model::Client& client,
                                                   std::string device_code) {
  auto row = co_await Look(context, client, device_code);
  if (!row) co_return std::unexpected(row.error());
  if (row->decision == kAllowed) {
    auto tokens = co_await Give(context, client, std::move(*row));
    co_return tokens;
  }
  if (row->decision == kDenied) co_return Deny("access_denied", "the user does not want it");
  const int64_t now = context.clock.NowMicros();
  if (now - row->polled_at < kIntervalSeconds * kMicros) co_return Deny("slow_down", "ask less often");
  Keeper::Body body;
  body.emplace_back("polledAt", TimeJson(now));
  auto done = co_await keeper_.Do(context, keeper_.Changing(keeper_.device(), row->id, std::move(body), row->version));
  if (!done && RowOf(done.error().code).status >= 500) co_return Unable(done.error());
  co_return Deny("authorization_pending", "nobody has said yes yet");
}

}  // namespace ashlar::identity
