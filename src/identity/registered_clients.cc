// SPDX-License-Identifier: Apache-2.0
#include "identity/registered_clients.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/await.h"
#include "base/base64.h"
#include "base/crypto/random.h"
#include "base/crypto/sha256.h"
#include "identity/authorization.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;
using model::ClientGrant;

constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kUnusedMicros = 3600 * kMicros;  // in which a new client has its place whether it is used or not
constexpr int64_t kUsedMicros = 180 * 86'400 * kMicros;
constexpr int64_t kNoteMicros = 86'400 * kMicros;  // how often it is written that a client is used
constexpr int64_t kFullSeconds = 600;              // until another may try
constexpr int kTries = 20;                         // while others take the same place
constexpr size_t kSecretBytes = 32;

// Whether another may have the place.
bool IsOver(const model::Resource& client, const call::RowSet& rows, int64_t now, size_t row = 0) {
  const int64_t used = MicrosIn(client, rows, "usedAt", row);
  if (used == 0) return now - MicrosIn(client, rows, "createdAt", row) > kUnusedMicros;
  return now - used > kUsedMicros;
}

size_t RandomBelow(size_t most) {
  std::array<uint8_t, 8> bytes{};
  RandomBytes(bytes);
  uint64_t number = 0;
  for (uint8_t byte : bytes) number = number << 8 | byte;
  return number % most;
}

std::string NewSecret() {
  std::array<uint8_t, kSecretBytes> bytes{};
  RandomBytes(bytes);
  return Base64UrlEncode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string HashOf(const Digest& digest) {
  return Base64UrlEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// One that cannot be read is of nothing that anybody has.
std::optional<Digest> ReadHash(const std::string& text) {
  if (text.empty()) return std::nullopt;
  Digest digest{};
  auto bytes = Base64UrlDecode(text);
  if (bytes && bytes->size() == digest.size()) std::ranges::copy(*bytes, digest.begin());
  return digest;
}

Json TextsJson(const std::vector<std::string>& texts) {
  json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return Json(std::move(array));
}

std::vector<std::string> TextsIn(const model::Resource& resource, const call::RowSet& rows, std::string_view name,
                                 size_t row) {
  std::vector<std::string> texts;
  const types::Value value = ValueOf(resource, rows, name, row);
  const auto* list = value.get<types::List>();
  if (list == nullptr) return texts;
  for (const types::Value& item : list->items) texts.push_back(*item.get<std::string>());
  return texts;
}

}  // namespace

struct RegisteredClients::Place {
  int64_t slot = 0;
  std::string row;  // of whose place it was; empty: it is free
};

std::optional<std::string> RowIdOf(std::string_view client_id) {
  if (!model::IsRegisteredId(client_id)) return std::nullopt;
  const std::string_view text = client_id.substr(model::kRegistered.size());
  auto id = types::ParseUuid(text);
  if (!id || types::FormatUuid(*id) != text) return std::nullopt;
  return std::string(text);
}

model::Client ClientIn(const model::Service& service, const call::RowSet& rows, size_t row) {
  const model::Resource& resource = service.resource(service.client);
  const model::Client& like = service.identity->provider->registration->like;
  model::Client client;
  client.id = fmt::format("{}{}", model::kRegistered, IdIn(resource, rows, "id", row));
  client.name = TextIn(resource, rows, "name", row);
  client.secret = ReadHash(TextIn(resource, rows, "secretHash", row));
  client.redirects = TextsIn(resource, rows, "redirects", row);
  client.after_logout = TextsIn(resource, rows, "afterLogout", row);
  const std::string scope = TextIn(resource, rows, "scope", row);
  std::ranges::copy_if(like.scopes, std::back_inserter(client.scopes),
                       [&](const std::string& one) { return HasScope(scope, one); });
  const bool refreshes = FlagIn(resource, rows, "refreshes", row) && like.Has(ClientGrant::kRefresh);
  if (refreshes) client.grants |= static_cast<uint8_t>(ClientGrant::kRefresh);
  client.stranger = !FlagIn(resource, rows, "vouched", row);
  return client;
}

Task<call::Answer<model::ClientPtr>> RegisteredClients::Find(Context& context, std::string id) {
  auto row = RowIdOf(id);
  if (!row || !keeper_.service().identity->provider->registration) co_return model::ClientPtr();
  auto found = co_await keeper_.Get(context, keeper_.client(), std::move(*row));
  if (!found && found.error().code == Code::kNotFound) co_return model::ClientPtr();
  if (!found) co_return std::unexpected(found.error());
  auto client = std::make_shared<const model::Client>(ClientIn(keeper_.service(), found->rows));
  // Since a token is needed, those that never had one are nobody's.
  if (client->stranger && keeper_.service().identity->provider->registration->token) co_return model::ClientPtr();
  co_return client;
}

// All places are looked at, as few as they are: the last one that is free is found at once, however many are taken.
Task<call::Answer<std::optional<RegisteredClients::Place>>> RegisteredClients::FindPlace(Context& context) {
  const model::Resource& client = keeper_.client();
  call::Call list = keeper_.Listing(client, "slot", client.page_max);
  list.selection.fields = {"id", "slot", "createdAt", "usedAt"};
  list.paging.total = false;
  auto found = co_await keeper_.Do(context, std::move(list));
  if (!found) co_return std::unexpected(found.error());
  std::vector<bool> taken(static_cast<size_t>(places_), false);
  std::vector<Place> over, free;
  for (size_t row = 0; row < found->rows.rows.size(); ++row) {
    const int64_t slot = NumberIn(client, found->rows, "slot", row);
    if (slot < 0 || slot >= places_) continue;
    taken[static_cast<size_t>(slot)] = true;
    if (!IsOver(client, found->rows, context.clock.NowMicros(), row)) continue;
    over.push_back({slot, IdIn(client, found->rows, "id", row)});
  }
  for (int64_t slot = 0; slot < places_; ++slot) {
    if (!taken[static_cast<size_t>(slot)]) free.push_back({slot, ""});
  }
  std::vector<Place>& some = free.empty() ? over : free;
  if (some.empty()) co_return std::nullopt;
  co_return std::optional<Place>(std::move(some[RandomBelow(some.size())]));
}

// The last one goes in the transaction that makes the next one, unless it was used meanwhile.
Task<OauthAnswer<ClientRegistered>> RegisteredClients::Register(Context& context, ClientMetadata metadata,
                                                                bool vouched) {
  const model::Resource& resource = keeper_.client();
  model::Client& client = metadata.client;
  const std::string secret = metadata.has_secret() ? NewSecret() : "";
  if (!secret.empty()) client.secret = Sha256(secret);
  client.stranger = !vouched;
  for (int i = 0; i < kTries; ++i) {
    const int64_t now = context.clock.NowMicros();
    auto place = co_await FindPlace(context);
    if (!place) co_return Unable(place.error());
    if (!*place) break;
    std::vector<call::Call> calls;
    std::vector<Event> events;
    if (const std::string& last = (*place)->row; !last.empty()) {
      auto found = co_await keeper_.Get(context, resource, last);
      if (!found && found.error().code != Code::kNotFound) co_return Unable(found.error());
      if (!found || !IsOver(resource, found->rows, now)) continue;
      calls.push_back(keeper_.Removing(resource, last, found->version));
      events.push_back({EventKind::kClientDeleted, "", fmt::format("{}{}", model::kRegistered, last)});
    }
    const std::string row = types::FormatUuid(types::NewUuidV7(now));
    client.id = fmt::format("{}{}", model::kRegistered, row);
    Keeper::Body body;
    body.emplace_back("id", Json(row));
    body.emplace_back("slot", NumberJson((*place)->slot));
    body.emplace_back("name", Json(client.name));
    body.emplace_back("secretHash", client.secret ? Json(HashOf(*client.secret)) : Json());
    body.emplace_back("redirects", TextsJson(client.redirects));
    body.emplace_back("afterLogout", TextsJson(client.after_logout));
    body.emplace_back("scope", Json(ScopesOf(client, [](const std::string&) { return true; })));
    body.emplace_back("refreshes", Json(client.Has(ClientGrant::kRefresh)));
    body.emplace_back("vouched", Json(vouched));
    calls.push_back(keeper_.Making(resource, ToJson(std::move(body))));
    events.push_back({EventKind::kClientCreated, "", client.id});
    auto done = co_await keeper_.DoAll(context, std::move(calls), std::move(events));
    if (done) {
      co_return ClientRegistered{std::make_shared<const model::Client>(std::move(client)), secret, now / kMicros};
    }
    const Code why = done.error().error.code;
    const bool passing = why == Code::kConflict || why == Code::kPreconditionFailed || why == Code::kNotFound;
    if (!passing) co_return Unable(done.error().error);
  }
  OauthError full{"temporarily_unavailable", "too many clients have registered; try again later", 503};
  full.retry_after_s = kFullSeconds;
  co_return std::unexpected(std::move(full));
}

// Two at once write the same day: one of them is enough.
Task<void> RegisteredClients::NoteUse(Context& context, std::string id) {
  auto row = RowIdOf(id);
  if (!row) co_return;
  auto found = co_await keeper_.Get(context, keeper_.client(), *row);
  if (!found) co_return;
  const int64_t now = context.clock.NowMicros();
  const int64_t used = MicrosIn(keeper_.client(), found->rows, "usedAt");
  if (used != 0 && now - used < kNoteMicros) co_return;
  Keeper::Body body;
  body.emplace_back("usedAt", TimeJson(now));
  auto call = keeper_.Changing(keeper_.client(), *row, std::move(body), found->version);
  (void)co_await keeper_.Do(context, std::move(call));
}

}  // namespace ashlar::identity
