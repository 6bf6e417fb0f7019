// SPDX-License-Identifier: Apache-2.0
#include "identity/api_keys.h"

#include <algorithm>
#include <set>

#include "base/await.h"
#include "identity/api_key.h"
#include "identity/row.h"
#include "model/bounds.h"
#include "types/datetime.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;
using model::OperationKind;
using types::Detail;

constexpr int64_t kMicros = 1'000'000;
constexpr int kTries = 200;  // while others make keys for the same user: each that fails is one that another made
constexpr size_t kShownEnding = 4;

call::ApiError Invalid(std::vector<call::ErrorDetail> details) {
  return {Code::kValidationError, std::string(RowOf(Code::kValidationError).message), std::move(details)};
}

// Reads the members of a body by the types of the fields that they become.
class WishReader {
 public:
  WishReader(const model::Service& service, const Json& body)
      : service_(service), resource_(service.resource(service.api_key)), body_(body) {}

  types::Value Take(std::string_view name, bool required) {
    const Json* member = body_.Find(name);
    if (member == nullptr || member->is_null()) {
      if (member != nullptr) Wrong(name, Detail::kNull, "must not be null");
      if (member == nullptr && required) Wrong(name, Detail::kRequired, "is required");
      return {};
    }
    auto value = resource_.field(resource_.FindField(name)).type->Parse(*member);
    if (value) return std::move(*value);
    for (types::FieldError& error : value.error()) {
      wrong.push_back({std::string(name) + error.path, error.code, std::move(error.message)});
    }
    return {};
  }

  void Scopes(const types::Value& value, bool granted, ApiKeyWish& wish) {
    const auto* list = value.get<types::List>();
    if (list == nullptr) return;
    if (list->items.empty()) Wrong("scopes", Detail::kTooShort, "must name one at least; left out, there is no limit");
    std::set<std::string> seen;
    for (size_t i = 0; i < list->items.size(); ++i) {
      const std::string& scope = *list->items[i].get<std::string>();
      const std::string at = fmt::format("scopes[{}]", i);
      if (!model::IsScope(scope) || (!granted && !model::IsBound(service_, scope))) {
        const std::string near = model::NearBound(service_, scope);
        Wrong(at, Detail::kEnum,
              fmt::format("is none of read, write, list, get, create, ... and COLLECTION:read, ...{}",
                          near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)));
      } else if (!seen.insert(scope).second) {
        Wrong(at, Detail::kCheck, "is named twice");
      }
      wish.scopes.push_back(scope);
    }
  }

  void Expiry(const types::Value& value, int64_t now, ApiKeyWish& wish) {
    const int64_t last = now + service_.identity->api_keys->longest_s * kMicros;
    const auto* time = value.get<types::Timestamp>();
    wish.expires_at = time == nullptr ? last : time->micros;
    if (wish.expires_at <= now) Wrong("expiresAt", Detail::kTooSmall, "must be in the future");
    if (wish.expires_at > last)
      Wrong("expiresAt", Detail::kTooLarge,
            fmt::format("must be at most {}", types::FormatTimestamp(types::Timestamp{last})));
  }

  void Wrong(std::string_view field, Detail code, std::string message) {
    wrong.push_back({std::string(field), code, std::move(message)});
  }

  std::vector<call::ErrorDetail> wrong;

 private:
  const model::Service& service_;
  const model::Resource& resource_;
  const Json& body_;
};

Json RowOf(const ApiKeyMade& made, bool granted, int64_t slot) {
  json::Array scopes;
  for (const std::string& scope : made.seen.scopes) scopes.emplace_back(scope);
  Keeper::Body body;
  body.emplace_back("id", Json(made.seen.id));
  body.emplace_back("userId", Json(made.seen.user));
  body.emplace_back("slot", NumberJson(slot));
  body.emplace_back("name", Json(made.seen.name));
  body.emplace_back("hash", Json(HashApiKey(made.key)));
  body.emplace_back("ending", Json(made.seen.ending));
  body.emplace_back("scopes", Json(std::move(scopes)));
  body.emplace_back("granted", Json(granted));
  body.emplace_back("expiresAt", TimeJson(made.seen.expires_at));
  return ToJson(std::move(body));
}

// A place that is free, or held by a row that is over, which must go first.
struct Place {
  int64_t slot = 0;
  std::string over;
};
std::optional<Place> FindPlace(const model::Resource& key, const call::RowSet& rows, int64_t most, int64_t now) {
  std::set<int64_t> taken;
  std::optional<Place> over;
  for (size_t row = 0; row < rows.rows.size(); ++row) {
    const int64_t slot = NumberIn(key, rows, "slot", row);
    taken.insert(slot);
    if (slot <= most && !IsGoodKey(key, rows, now, row)) over = Place{slot, IdIn(key, rows, "id", row)};
  }
  for (int64_t slot = 1; slot <= most; ++slot) {
    if (!taken.contains(slot)) return Place{slot, ""};
  }
  return over;
}

}  // namespace

call::Answer<ApiKeyWish> ReadApiKeyWish(const model::Service& service, const Json& body, int64_t now_micros,
                                        bool granted) {
  if (body.object() == nullptr) return std::unexpected(Invalid({{"", Detail::kWrongType, "must be an object"}}));
  WishReader reader(service, body);
  ApiKeyWish wish{.granted = granted};
  const types::Value name = reader.Take("name", true);
  if (const auto* text = name.get<std::string>()) wish.name = *text;
  reader.Scopes(reader.Take("scopes", false), granted, wish);
  reader.Expiry(reader.Take("expiresAt", false), now_micros, wish);
  for (const json::Member& member : *body.object()) {
    const bool known = member.name == "name" || member.name == "scopes" || member.name == "expiresAt";
    if (!known) reader.Wrong(member.name, Detail::kUnknownField, "is not taken here");
  }
  if (!reader.wrong.empty()) return std::unexpected(Invalid(std::move(reader.wrong)));
  return wish;
}

call::Answer<ApiKeyMade> MakeApiKey(const model::Service& service, const call::RowSet& rows, const std::string& user,
                                    ApiKeyWish wish, int64_t now_micros) {
  const model::Resource& resource = service.resource(service.api_key);
  const int64_t most = service.identity->api_keys->per_user;
  auto place = FindPlace(resource, rows, most, now_micros);
  if (!place) return call::Refuse(Code::kConflict, fmt::format("there are {} keys already; revoke one first", most));
  const types::Uuid id = types::NewUuidV7(now_micros);
  ApiKeyMade made;
  made.key = NewApiKey(id);
  made.seen = {.id = types::FormatUuid(id),
               .user = user,
               .name = std::move(wish.name),
               .ending = made.key.substr(made.key.size() - kShownEnding),
               .scopes = std::move(wish.scopes),
               .created_at = now_micros,
               .expires_at = wish.expires_at};
  if (!place->over.empty()) {
    call::Call remove;
    remove.operation = service.FindOperation(resource.id, OperationKind::kDelete);
    remove.id = place->over;
    made.calls.push_back(std::move(remove));
  }
  call::Call create;
  create.operation = service.FindOperation(resource.id, OperationKind::kCreate);
  create.body = RowOf(made, wish.granted, place->slot);
  made.calls.push_back(std::move(create));
  return made;
}

bool IsGoodKey(const model::Resource& key, const call::RowSet& rows, int64_t now_micros, size_t row) {
  return MicrosIn(key, rows, "revokedAt", row) == 0 && MicrosIn(key, rows, "expiresAt", row) > now_micros;
}

ApiKeySeen SeenKey(const model::Resource& key, const call::RowSet& rows, size_t row) {
  ApiKeySeen seen{.id = IdIn(key, rows, "id", row),
                  .user = IdIn(key, rows, "userId", row),
                  .name = TextIn(key, rows, "name", row),
                  .ending = TextIn(key, rows, "ending", row),
                  .created_at = MicrosIn(key, rows, "createdAt", row),
                  .expires_at = MicrosIn(key, rows, "expiresAt", row),
                  .last_used_at = MicrosIn(key, rows, "lastUsedAt", row)};
  const types::Value scopes = ValueOf(key, rows, "scopes", row);
  if (const auto* list = scopes.get<types::List>()) {
    for (const types::Value& scope : list->items) seen.scopes.push_back(*scope.get<std::string>());
  }
  return seen;
}

Task<call::Answer<ApiKeyMade>> ApiKeys::Make(Context& context, std::string user, Json body) {
  const model::Service& service = keeper_.service();
  auto wish = ReadApiKeyWish(service, body, context.clock.NowMicros(), false);
  if (!wish) co_return std::unexpected(wish.error());
  for (int i = 0; i < kTries; ++i) {
    auto found = co_await keeper_.Do(context, keeper_.Finding(keeper_.api_key(), "userId", user));
    if (!found) co_return std::unexpected(found.error());
    auto made = MakeApiKey(service, found->rows, user, *wish, context.clock.NowMicros());
    if (!made) co_return std::unexpected(made.error());
    std::vector events{Event{EventKind::kTokenCreated, user, made->seen.id}};
    auto done = co_await keeper_.DoAll(context, made->calls, std::move(events));
    if (done) co_return std::move(*made);
    const Code code = done.error().error.code;
    if (code != Code::kConflict && code != Code::kNotFound) co_return std::unexpected(done.error().error);
  }
  co_return call::Refuse(Code::kOverloaded, "too many make keys at once; try again later");
}

Task<call::Answer<std::vector<ApiKeySeen>>> ApiKeys::List(Context& context, std::string user) {
  auto found = co_await keeper_.Do(context, keeper_.Finding(keeper_.api_key(), "userId", user));
  if (!found) co_return std::unexpected(found.error());
  std::vector<ApiKeySeen> list;
  for (size_t row = 0; row < found->rows.rows.size(); ++row) {
    if (!IsGoodKey(keeper_.api_key(), found->rows, context.clock.NowMicros(), row)) continue;
    list.push_back(SeenKey(keeper_.api_key(), found->rows, row));
  }
  co_return list;
}

// That it was used may be written at the same time.
Task<call::Answer<bool>> ApiKeys::Revoke(Context& context, std::string user, std::string id) {
  const model::Resource& key = keeper_.api_key();
  for (int i = 0; i < kTries; ++i) {
    auto found = co_await keeper_.Get(context, key, id);
    if (!found) co_return std::unexpected(found.error());
    const bool own = IdIn(key, found->rows, "userId") == user && IsGoodKey(key, found->rows, context.clock.NowMicros());
    if (!own) co_return call::Refuse(Code::kNotFound, "there is no such row");
    Keeper::Body body;
    body.emplace_back("revokedAt", TimeJson(context.clock.NowMicros()));
    std::vector<call::Call> calls{keeper_.Changing(key, id, std::move(body), found->version)};
    std::vector events{Event{EventKind::kTokenRevoked, user, id}};
    auto done = co_await keeper_.DoAll(context, std::move(calls), std::move(events));
    if (done) co_return true;
    const Code code = done.error().error.code;
    if (code != Code::kPreconditionFailed) co_return std::unexpected(done.error().error);
  }
  co_return call::Refuse(Code::kOverloaded, "too many change this key at once; try again later");
}

}  // namespace ashlar::identity
