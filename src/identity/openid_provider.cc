// SPDX-License-Identifier: Apache-2.0
#include "identity/openid_provider.h"

#include <algorithm>

#include "base/await.h"
#include "base/base64.h"
#include "http/path.h"

namespace ashlar::identity {
namespace {

constexpr int kTries = 2;  // a fetch that ran already may have asked too early
constexpr int64_t kMicros = 1'000'000;
constexpr size_t kMostAnswer = 128 << 10;  // bytes

std::string FormOf(const std::vector<std::pair<std::string_view, std::string_view>>& members) {
  std::string form;
  for (const auto& [name, value] : members) {
    form += fmt::format("{}{}={}", form.empty() ? "" : "&", name, http::EncodeQuery(value));
  }
  return form;
}

// RFC 6749, 2.3.1: each is encoded as in a form first.
std::string BasicOf(const model::OpenIdProvider& provider) {
  const std::string both =
      fmt::format("{}:{}", http::EncodeQuery(provider.issuer.audience), http::EncodeQuery(provider.secret.text));
  return "Basic " + Base64Encode(both);
}

// What can stand in a header (RFC 6750, 2.1, and a little more).
bool IsBearer(const std::string& token) {
  return token.size() <= kMostToken && std::ranges::all_of(token, [](char c) { return c > ' ' && c <= '~'; });
}

std::optional<ProviderTokens> ReadTokens(std::string_view answer) {
  auto read = json::Parse(answer, {.depth = 16, .bytes = kMostAnswer});
  if (!read || read->object() == nullptr) return std::nullopt;
  const std::string* id = TextOf(*read, "id_token");
  if (id == nullptr) return std::nullopt;
  const std::string* access = TextOf(*read, "access_token");
  return ProviderTokens{*id, access != nullptr && IsBearer(*access) ? *access : ""};
}

}  // namespace

OpenIdProvider::OpenIdProvider(const model::OpenIdProvider& provider, const Surroundings& surroundings,
                               const Clock& clock, Observer& observer)
    : provider_(provider),
      callback_(fmt::format("{}/auth/callback/{}", surroundings.public_url, provider.name)),
      fetch_{.private_addresses = provider.issuer.private_addresses,
             .authorities = surroundings.authorities,
             .bytes = kMostAnswer,
             .millis = kAskMillis},
      observer_(observer),
      keys_(provider.issuer, surroundings.authorities, clock, observer),
      pool_(kThreads, kMostWaiting) {}

void OpenIdProvider::Tell(std::string_view what, std::string_view why) {
  observer_.Observe(Note{Severity::kWarning, "provider.failed", fmt::format("{}: {}: {}", provider_.name, what, why)});
}

Task<std::optional<ProviderDocument>> OpenIdProvider::Document() {
  for (int i = 0;; ++i) {
    if (auto set = keys_.Current()) {
      auto document = ReadProviderDocument(set->discovery, provider_.issuer.issuer);
      if (document) co_return std::move(*document);
      if (told_of_.exchange(set->number) != set->number) Tell("discovery", document.error().message);
      co_return std::nullopt;
    }
    if (i == kTries) co_return std::nullopt;
    auto renewed = co_await keys_.Renew();
    if (!renewed) co_return std::nullopt;
  }
}

std::string OpenIdProvider::AuthorizationUrl(const ProviderDocument& document, std::string_view state,
                                             std::string_view nonce, std::string_view challenge) const {
  const std::string& at = document.authorization;
  return at + (at.contains('?') ? "&" : "?") +
         FormOf({{"response_type", "code"},
                 {"client_id", provider_.issuer.audience},
                 {"redirect_uri", callback_},
                 {"scope", fmt::format("{}", fmt::join(provider_.scopes, " "))},
                 {"state", state},
                 {"nonce", nonce},
                 {"code_challenge", challenge},
                 {"code_challenge_method", "S256"}});
}

Task<std::optional<std::string>> OpenIdProvider::Ask(std::string url, Sending sending, std::string_view what) {
  auto fetched = std::make_shared<Result<Fetched>>(Fail(ErrorKind::kUnavailable, "too many wait for it"));
  std::function<std::string()> work = [this, fetched, url, sending] {
    *fetched = Fetch(url, fetch_, ended_, sending);
    return std::string();
  };
  auto done = co_await pool_.Run(std::move(work));
  if (done && *fetched) co_return std::move((*fetched)->body);
  Tell(what, done ? fetched->error().message : "too many wait for it");
  co_return std::nullopt;
}

Task<std::optional<ProviderTokens>> OpenIdProvider::Redeem(ProviderDocument document, std::string code,
                                                           std::string verifier) {
  std::vector<std::pair<std::string_view, std::string_view>> form = {
      {"grant_type", "authorization_code"}, {"code", code}, {"redirect_uri", callback_}, {"code_verifier", verifier}};
  Sending sending;
  if (document.basic) {
    sending.authorization = BasicOf(provider_);
  } else {
    form.emplace_back("client_id", provider_.issuer.audience);
    form.emplace_back("client_secret", provider_.secret.text);
  }
  sending.form = FormOf(form);
  auto answer = co_await Ask(document.token, std::move(sending), "its token endpoint");
  if (!answer) co_return std::nullopt;
  auto tokens = ReadTokens(*answer);
  if (!tokens) Tell("its token endpoint", "it gave no ID token");
  co_return tokens;
}

Task<std::optional<ProviderUser>> OpenIdProvider::Verify(const Context& context, std::string token, std::string nonce) {
  for (int i = 0;; ++i) {
    auto set = keys_.Current();
    std::span<const VerificationKey> keys;
    if (set != nullptr) keys = set->keys;
    auto user = VerifyIdToken(provider_, keys, token, nonce, context.clock.NowMicros() / kMicros);
    if (user) co_return std::move(*user);
    if (user.error() != IssuerFault::kUnknownKey) {
      Tell("its ID token", user.error() == IssuerFault::kExpired ? "it has expired" : "it is not valid");
      co_return std::nullopt;
    }
    auto renewed = co_await keys_.Renew();
    if (renewed && i < kTries) continue;
    Tell("its ID token", "its key is not published");
    co_return std::nullopt;
  }
}

Task<std::optional<std::string>> OpenIdProvider::UserInfo(ProviderDocument document, std::string access) {
  if (document.userinfo.empty() || access.empty()) co_return std::nullopt;
  auto answer = co_await Ask(document.userinfo, {.form = "", .authorization = "Bearer " + access}, "its userinfo");
  co_return answer;
}

void OpenIdProvider::Close() {
  ended_ = true;
  keys_.Close();
  pool_.Close();
}

OpenIdProviders::OpenIdProviders(const model::Identity& identity, const Surroundings& surroundings, const Clock& clock,
                                 Observer& observer)
    : returns_(identity.return_to) {
  for (const model::OpenIdProvider& provider : identity.providers) {
    all_.push_back(std::make_unique<OpenIdProvider>(provider, surroundings, clock, observer));
  }
  if (returns_.empty()) returns_.push_back(surroundings.public_url + "/");
}

OpenIdProvider* OpenIdProviders::Find(std::string_view name) const {
  auto found = std::ranges::find_if(all_, [&](const auto& one) { return one->what().name == name; });
  return found == all_.end() ? nullptr : found->get();
}

void OpenIdProviders::Close() {
  for (const auto& one : all_) one->Close();
}

}  // namespace ashlar::identity
