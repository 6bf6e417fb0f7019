// SPDX-License-Identifier: Apache-2.0
#include "identity/consents.h"

#include <algorithm>

#include "base/await.h"
#include "identity/authorization.h"
#include "identity/row.h"
#include "identity/ticket.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr int kTries = 20;  // while the same User agrees elsewhere

// All of both that the client may have.
std::string Together(const model::Client& client, std::string_view a, std::string_view b) {
  return ScopesOf(client, [&](const std::string& one) { return HasScope(a, one) || HasScope(b, one); });
}

bool HasAll(std::string_view given, std::string_view scope) {
  return std::ranges::all_of(WordsOf(scope), [&](std::string_view one) { return HasScope(given, one); });
}

}  // namespace

std::string Consents::IdOf(const std::string& user, const std::string& client) const {
  return types::FormatUuid(DerivedId(key_, fmt::format("consent of {} to {}", user, client)));
}

Task<call::Answer<bool>> Consents::Covers(Context& context, std::string user, std::string client, std::string scope) {
  auto found = co_await keeper_.Get(context, keeper_.consent(), IdOf(user, client));
  if (!found && found.error().code == Code::kNotFound) co_return false;
  if (!found) co_return std::unexpected(found.error());
  const std::string given = TextIn(keeper_.consent(), found->rows, "scope");
  co_return HasAll(given, scope);
}

Keeper::Look Consents::Covering(const std::string& user, const std::string& client, std::string scope) const {
  return keeper_.LookingAt(keeper_.consent(), IdOf(user, client),
                           [this, scope = std::move(scope)](const call::Outcome& found) -> Keeper::Judged {
                             if (HasAll(TextIn(keeper_.consent(), found.rows, "scope"), scope)) return {};
                             return call::Refuse(Code::kNotFound, "there is no such row");
                           });
}

Task<call::Answer<bool>> Consents::Give(Context& context, std::string user, const model::Client& client,
                                        std::string scope) {
  const std::string id = IdOf(user, client.id);
  for (int i = 0; i < kTries; ++i) {
    auto found = co_await keeper_.Get(context, keeper_.consent(), id);
    if (!found && found.error().code != Code::kNotFound) co_return std::unexpected(found.error());
    Keeper::Body body;
    if (!found) {
      body.emplace_back("id", Json(id));
      body.emplace_back("userId", Json(user));
      body.emplace_back("clientId", Json(client.id));
    }
    const std::string given = found ? TextIn(keeper_.consent(), found->rows, "scope") : "";
    body.emplace_back("scope", Json(Together(client, given, scope)));
    auto call = found ? keeper_.Changing(keeper_.consent(), id, std::move(body), found->version)
                      : keeper_.Making(keeper_.consent(), ToJson(std::move(body)));
    std::vector<call::Call> calls{std::move(call)};
    auto done = co_await keeper_.DoAllWhileEnabled(context, user, std::move(calls));
    if (done) co_return true;
    const Code code = done.error().error.code;
    if (code != Code::kPreconditionFailed && code != Code::kConflict) co_return std::unexpected(done.error().error);
  }
  co_return call::Refuse(Code::kOverloaded, "too much is agreed to at once; try again later");
}

Task<call::Answer<std::vector<std::string>>> Consents::Surplus(Context& context, std::string user) {
  auto list = co_await List(context, std::move(user));
  if (!list) co_return std::unexpected(list.error());
  std::erase_if(*list, [](const Consent& one) { return !model::IsRegisteredId(one.client); });
  std::ranges::sort(*list, {}, &Consent::given_at);
  std::vector<std::string> clients;
  for (size_t i = 0; list->size() - i > kMostOfRegistered; ++i) clients.push_back(std::move((*list)[i].client));
  co_return clients;
}

Task<call::Answer<std::vector<Consent>>> Consents::List(Context& context, std::string user) {
  auto found = co_await keeper_.Do(context, keeper_.Finding(keeper_.consent(), "userId", user));
  if (!found) co_return std::unexpected(found.error());
  std::vector<Consent> list;
  for (size_t row = 0; row < found->rows.rows.size(); ++row) {
    list.push_back({.client = TextIn(keeper_.consent(), found->rows, "clientId", row),
                    .scope = TextIn(keeper_.consent(), found->rows, "scope", row),
                    .given_at = MicrosIn(keeper_.consent(), found->rows, "createdAt", row)});
  }
  co_return list;
}

Task<call::Answer<bool>> Consents::TakeBack(Context& context, std::string user, std::string client) {
  auto removed = co_await keeper_.Do(context, keeper_.Removing(keeper_.consent(), IdOf(user, client)));
  if (!removed && removed.error().code == Code::kNotFound) co_return false;
  if (!removed) co_return std::unexpected(removed.error());
  co_return true;
}

}  // namespace ashlar::identity
