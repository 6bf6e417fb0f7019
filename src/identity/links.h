// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "identity/id_token.h"
#include "identity/keeper.h"

namespace ashlar::identity {

// Who a User is at a provider.
struct LinkSeen {
  std::string id, user;
  std::string issuer, subject;
  int64_t created_at = 0, used_at = 0;  // microseconds since 1970
};

// What came of somebody whom a provider has proved: a User, or why there is none, in a word for the page.
struct Recognised {
  std::string user, link;  // their ids
  std::string_view refusal;
};

// Which Users are who at which provider: one row for each, unique by issuer and subject, and by User and issuer. One
// loop's.
class Links {
 public:
  explicit Links(Keeper& keeper) : keeper_(keeper) {}

  // The User who comes back, found, linked or made. Of many at once one links or makes, the others find that.
  Task<call::Answer<Recognised>> Recognise(Context& context, const model::OpenIdProvider& provider, ProviderUser user);
  // Links a User who has asked for it. False: one of the two is linked to another already.
  Task<call::Answer<bool>> Link(Context& context, std::string issuer, std::string subject, std::string user);
  // Those of a User.
  Task<call::Answer<std::vector<LinkSeen>>> List(Context& context, std::string user);
  call::Call Removing(const LinkSeen& link) const { return keeper_.Removing(resource(), link.id); }
  // Whether a link is there, and of that user.
  Task<call::Answer<bool>> IsOf(Context& context, std::string id, std::string user);
  // The call that fails where the link is gone.
  call::Call Holding(const Context& context, const std::string& id) const;

 private:
  const model::Resource& resource() const { return keeper_.service().resource(keeper_.service().link); }
  Task<call::Answer<std::optional<LinkSeen>>> Find(Context& context, std::string issuer, std::string subject);
  call::Call Making(const Context& context, const std::string& issuer, const std::string& subject,
                    const std::string& user, const std::string& id) const;
  struct Known;
  Task<call::Answer<Known>> Look(Context& context, const std::string& issuer, const ProviderUser& user);
  std::vector<call::Call> CallsOf(const Context& context, const std::string& issuer, const ProviderUser& user,
                                  Known& known) const;
  Keeper& keeper_;
};

}  // namespace ashlar::identity
