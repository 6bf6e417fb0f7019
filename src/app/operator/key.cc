// SPDX-License-Identifier: Apache-2.0
// `key ...`: the API keys of users.
#include <charconv>
#include <map>

#include "app/operator/users.h"
#include "identity/api_keys.h"
#include "identity/row.h"
#include "model/bounds.h"
#include "types/datetime.h"

namespace ashlar::app {
namespace {

using call::Code;
using json::Json;
using model::OperationKind;

constexpr int kTries = 200;  // while others make keys for the same user
constexpr int64_t kMicros = 1'000'000;

std::string DayOf(int64_t micros) {
  return micros == 0 ? "never" : types::FormatTimestamp(types::Timestamp{micros}).substr(0, 10);
}

class Keys {
 public:
  Keys(const Runtime& runtime, Observer& observer) : runtime_(runtime), observer_(observer) {}

  OperatorAnswer Create(const Json& request) {
    if (!service().identity || !service().identity->api_keys) {
      return Wrong("the contract takes no API keys; it does with: identity: { apiKeys: true }");
    }
    const std::string who = TextOf(request, "who");
    auto user = FindUser(runtime_, who, observer_);
    if (!user) return std::move(user.error());
    if (user->disabled) return Wrong(fmt::format("{} is disabled", who));
    auto wish = identity::ReadApiKeyWish(service(), WishOf(request), SystemClock().NowMicros(), true);
    if (!wish) return Refused(wish.error());
    std::string told;
    for (const std::string& scope : wish->scopes) {
      if (model::IsBound(service(), scope)) continue;
      const std::string near = model::NearBound(service(), scope);
      told += fmt::format("--scope: '{0}' opens nothing by itself{1}; a rule may ask for it by hasScope('{0}')\n",
                          scope, near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near));
    }
    auto made = Make(user->id, *wish);
    if (!made) return Refused(made.error());
    told += fmt::format("key {} of {}, good until {}\n", made->seen.id, who, DayOf(made->seen.expires_at));
    return {0, made->key + "\n", std::move(told)};
  }

  OperatorAnswer List(const Json& request) {
    call::Call list = For(resource(), OperationKind::kList);
    list.sort.push_back({"id", false});
    list.paging.per_page = resource().page_max;
    if (const std::string who = TextOf(request, "who"); !who.empty()) {
      auto user = FindUser(runtime_, who, observer_);
      if (!user) return std::move(user.error());
      list.where.push_back({"user", {"userId"}, call::Operator::kEq, {user->id}});
    }
    const bool as_json = TextOf(request, "format") == "json";
    json::Array array;
    OperatorAnswer answer;
    for (bool more = true; more; ++list.paging.page) {
      auto found = RunOne(runtime_, list, observer_);
      if (!found) return Refused(found.error());
      for (size_t row = 0; row < found->rows.rows.size(); ++row) {
        const std::string state = StateOf(found->rows, row);
        const identity::ApiKeySeen seen = identity::SeenKey(resource(), found->rows, row);
        if (as_json) {
          array.push_back(Shown(seen, state));
        } else {
          answer.out += Line(seen, state);
        }
      }
      more = found->page->has_next;
    }
    if (as_json) answer.out = json::ToText(Json(std::move(array))) + "\n";
    return answer;
  }

  OperatorAnswer Revoke(const Json& request) {
    const std::string id = TextOf(request, "id");
    call::Call get = For(resource(), OperationKind::kGet);
    get.id = id;
    auto found = RunOne(runtime_, get, observer_);
    if (!found && found.error().code != Code::kNotFound) return Refused(found.error());
    if (!found || identity::MicrosIn(resource(), found->rows, "revokedAt") != 0) {
      return Wrong(fmt::format("there is no key '{}'", id));
    }
    call::Call update = For(resource(), OperationKind::kUpdate);
    update.id = id;
    update.body = MakeObject({{"revokedAt", identity::TimeJson(SystemClock().NowMicros())}});
    const std::string owner = identity::IdIn(resource(), found->rows, "userId");
    auto refused = RunTogether(runtime_, {update}, observer_, {{identity::EventKind::kTokenRevoked, owner, id}});
    if (refused) return Refused(*refused);
    return {0, fmt::format("{} revoked\n", id), ""};
  }

 private:
  const model::Service& service() const { return *runtime_.service; }
  const model::Resource& resource() const { return service().resource(service().api_key); }
  const model::Resource& user() const { return service().resource(service().user); }
  call::Call For(const model::Resource& of, OperationKind kind) const {
    call::Call call;
    call.operation = service().FindOperation(of.id, kind);
    return call;
  }

  static Json WishOf(const Json& request) {
    std::vector<std::pair<std::string, Json>> members{{"name", Json(TextOf(request, "name"))}};
    std::vector<std::string> scopes = TextsOf(request, "scopes");
    if (!scopes.empty()) members.emplace_back("scopes", MakeTexts(scopes));
    const std::string text = TextOf(request, "seconds");
    int64_t seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (seconds > 0) {
      members.emplace_back("expiresAt", identity::TimeJson(SystemClock().NowMicros() + seconds * kMicros));
    }
    return MakeObject(std::move(members));
  }

  call::Answer<identity::ApiKeyMade> Make(const std::string& owner, const identity::ApiKeyWish& wish) {
    call::Call list = For(resource(), OperationKind::kList);
    list.where.push_back({"user", {"userId"}, call::Operator::kEq, {owner}});
    list.paging.per_page = resource().page_max;
    for (int i = 0; i < kTries; ++i) {
      auto found = RunOne(runtime_, list, observer_);
      if (!found) return std::unexpected(found.error());
      auto made = identity::MakeApiKey(service(), found->rows, owner, wish, SystemClock().NowMicros());
      if (!made) return std::unexpected(made.error());
      auto refused =
          RunTogether(runtime_, made->calls, observer_, {{identity::EventKind::kTokenCreated, owner, made->seen.id}});
      if (!refused) return std::move(*made);
      const bool passing = refused->code == Code::kConflict || refused->code == Code::kNotFound;
      if (!passing) return std::unexpected(std::move(*refused));
    }
    return call::Refuse(Code::kOverloaded, "too many make keys at once; try again later");
  }

  std::string StateOf(const call::RowSet& rows, size_t row) const {
    if (identity::MicrosIn(resource(), rows, "revokedAt", row) != 0) return "revoked";
    return identity::IsGoodKey(resource(), rows, SystemClock().NowMicros(), row) ? "good" : "expired";
  }

  const std::string& AddressOf(const std::string& owner) {
    auto [known, fresh] = addresses_.emplace(owner, "-");
    if (!fresh) return known->second;
    call::Call get = For(user(), OperationKind::kGet);
    get.id = owner;
    auto found = RunOne(runtime_, get, observer_);
    if (found) known->second = identity::TextIn(user(), found->rows, "email");
    return known->second;
  }

  std::string Line(const identity::ApiKeySeen& key, const std::string& state) {
    const std::string scopes = key.scopes.empty() ? "-" : fmt::format("{}", fmt::join(key.scopes, ","));
    return fmt::format("{}  {:<32}  ...{}  {:<7}  expires {}  used {}  {}  {}\n", key.id, AddressOf(key.user),
                       key.ending, state, DayOf(key.expires_at), DayOf(key.last_used_at), scopes, key.name);
  }

  Json Shown(const identity::ApiKeySeen& key, const std::string& state) {
    return MakeObject({{"id", Json(key.id)},
                       {"userId", Json(key.user)},
                       {"email", Json(AddressOf(key.user))},
                       {"name", Json(key.name)},
                       {"ending", Json(key.ending)},
                       {"scopes", MakeTexts(key.scopes)},
                       {"state", Json(state)},
                       {"createdAt", identity::TimeJson(key.created_at)},
                       {"expiresAt", identity::TimeJson(key.expires_at)},
                       {"lastUsedAt", key.last_used_at == 0 ? Json() : identity::TimeJson(key.last_used_at)}});
  }

  const Runtime& runtime_;
  Observer& observer_;
  std::map<std::string, std::string> addresses_;
};

}  // namespace

OperatorAnswer ExecuteKey(const Runtime& runtime, const Json& request, Observer& observer) {
  Keys keys(runtime, observer);
  const std::string what = TextOf(request, "what");
  if (what == "create") return keys.Create(request);
  if (what == "revoke") return keys.Revoke(request);
  if (what == "list") return keys.List(request);
  return Wrong(fmt::format("'key {}' is not supported by the server", what));
}

}  // namespace ashlar::app
