// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>

#include "identity/client_sessions.h"
#include "identity/consents.h"
#include "identity/device_grants.h"
#include "identity/registered_clients.h"

namespace ashlar::identity {

// The browser's with the provider; SameSite=Lax, as others' pages lead here (docs/decisions/0041).
inline constexpr std::string_view kVisitCookie = "__Host-sign-in";

// Whoever has just signed in, and the cookie that says so; secret.
struct Entered {
  Visitor visitor;
  std::string cookie;
};

// What the service does as an OAuth 2 and OpenID Connect provider. One loop's.
class Provider {
 public:
  // REQUIRES: the service has a provider. All must outlive it.
  Provider(engine::Engine& engine, const ServiceKeys& keys, Accounts& accounts);

  const model::Provider& model() const { return *keeper_.service().identity->provider; }
  const model::Service& service() const { return keeper_.service(); }
  const ServiceKeys& keys() const { return keys_; }
  ClientSessions& clients() { return clients_; }
  DeviceGrants& devices() { return devices_; }
  RegisteredClients& registered() { return registered_; }

  // The client of that id, of the contract or registered by itself; null where there is none.
  Eventually<call::Answer<model::ClientPtr>> FindClient(Context& context, const std::string& id);

  // Who has signed in in the browser of this cookie; keeps the session open.
  Task<call::Answer<std::optional<Visitor>>> Visit(Context& context, std::string cookie);
  // Signs in as POST /auth/login does; ends the session of the cookie that came along.
  Task<call::Answer<Entered>> Enter(Context& context, Accounts::Proof proof, std::string agent, std::string cookie);
  Task<call::Answer<bool>> Leave(Context& context, std::string cookie);

  // Whether the User need not be asked.
  Task<call::Answer<bool>> HasAgreed(Context& context, const Visitor& visitor, const Authorization& asked);
  Task<call::Answer<bool>> Agree(Context& context, const Visitor& visitor, const Authorization& asked);
  // A code for what the User has agreed to, as ClientSessions::IssueCode.
  Task<call::Answer<std::string>> IssueCode(Context& context, Visitor visitor, Authorization asked);
  // Agreement for a device, as DeviceGrants::Decide.
  Task<call::Answer<bool>> Decide(Context& context, DeviceWish wish, Visitor visitor, bool allows);
  Consents& consents() { return consents_; }
  // What the User has agreed to, with the names of the clients, or their ids where they are gone.
  Task<call::Answer<std::vector<Consent>>> ListConsents(Context& context, std::string user);
  // Takes consent back, and ends what the client holds, or would come to hold; 404 where that is nothing.
  Task<call::Answer<bool>> Disagree(Context& context, std::string user, std::string client);

  // What an access token shows of its User (OpenID Connect Core, 5.3).
  Task<OauthAnswer<json::Json>> UserInfo(Context& context, std::string token);

  // A text that goes out and comes back as it was, unread, to the same place (`where`) within `seconds`; url safe.
  std::string Seal(const Context& context, std::string_view where, std::string_view text, int64_t seconds) const;
  std::optional<std::string> Open(const Context& context, std::string_view where, std::string_view sealed) const;

 private:
  Task<call::Answer<bool>> Give(Context& context, std::string user, model::ClientPtr client, std::string scope);

  Keeper keeper_;
  Sessions sessions_;
  const ServiceKeys& keys_;
  Accounts& accounts_;
  ClientSessions clients_;
  Consents consents_;
  DeviceGrants devices_;
  RegisteredClients registered_;
  const std::string cookie_key_;
  Digest seal_key_;
};

}  // namespace ashlar::identity
