// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "identity/client_metadata.h"
#include "identity/keeper.h"
#include "model/provider.h"

namespace ashlar::identity {

// A client that has just registered itself.
struct ClientRegistered {
  model::ClientPtr client;
  std::string secret;     // nothing else will ever have it; empty: the client is public
  int64_t issued_at = 0;  // seconds since 1970
};

// What a row of AuthClient says, as far as the contract still lets such a client have it. REQUIRES: there is such a
// row, and clients register themselves.
model::Client ClientIn(const model::Service& service, const call::RowSet& rows, size_t row = 0);

// Programs that registered themselves as clients of the provider (RFC 7591). There are so many places for them and no
// more: whoever comes takes one at random that is free, or else one whose client has never got tokens within an hour,
// or none for half a year. Its id is new each time, so that nothing of the last one is the next one's. One loop's.
class RegisteredClients {
 public:
  static constexpr int64_t kPlaces = 1000;

  // REQUIRES: kPlaces at most. The keeper must outlive it.
  explicit RegisteredClients(Keeper& keeper, int64_t places = kPlaces) : keeper_(keeper), places_(places) {}

  // The client of that id, as its row is now; null where there is none, or clients do not register themselves.
  Task<call::Answer<model::ClientPtr>> Find(Context& context, std::string id);
  // `vouched`: by whom the contract lets. temporarily_unavailable where no place is to be had. REQUIRES: clients
  // register themselves.
  Task<OauthAnswer<ClientRegistered>> Register(Context& context, ClientMetadata metadata, bool vouched);
  // That the client got tokens: written once a day. Nothing happens where it is of the contract, or gone.
  Task<void> NoteUse(Context& context, std::string id);

 private:
  struct Place;
  Task<call::Answer<std::optional<Place>>> FindPlace(Context& context);

  Keeper& keeper_;
  const int64_t places_;
};

// The id of the row of a client that registered itself; nothing where it is not one to the letter.
std::optional<std::string> RowIdOf(std::string_view client_id);

}  // namespace ashlar::identity
