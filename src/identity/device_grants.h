// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>

#include "identity/client_sessions.h"

namespace ashlar::identity {

// What a device is told that has no browser (RFC 8628, 3.2). Both codes are secret; the User types the short one.
struct DeviceBegun {
  std::string device_code, user_code;
  int64_t expires_in = 0, interval = 0;  // seconds
};

// What a device asks for and waits for.
struct DeviceWish {
  std::string id;         // of its row
  std::string code_hash;  // of the code that was typed: a place may be another's by now
  model::ClientPtr client;  // of the contract: none that registered itself has the grant
  std::string scope;
};

// Devices that wait for a User to say yes elsewhere. There are so many places for them and no more: whoever comes takes
// one at random that is free or over, so that nothing grows and nothing need be swept. One loop's.
class DeviceGrants {
 public:
  static constexpr int64_t kPlaces = 16'384;
  static constexpr int64_t kLastsSeconds = 600, kIntervalSeconds = 5;

  // All must outlive it.
  DeviceGrants(Keeper& keeper, ClientSessions& clients, std::string key)
      : keeper_(keeper), clients_(clients), key_(std::move(key)) {}

  // `scope` empty: all that the client may ask for.
  Task<OauthAnswer<DeviceBegun>> Begin(Context& context, const model::Client& client, std::string scope);
  // What the code stands for that somebody typed, as people type: in lower case, with spaces. Nothing for one that is
  // none, is over, or was decided.
  Task<call::Answer<std::optional<DeviceWish>>> Find(Context& context, std::string user_code);
  // False where it is over, or somebody has decided it meanwhile.
  Task<call::Answer<bool>> Decide(Context& context, DeviceWish wish, Visitor visitor, bool allows);
  // Forgets what the user has let this client's devices have that they have not fetched; false: that was nothing.
  Task<call::Answer<bool>> TakeBack(Context& context, std::string user, std::string client);
  // What there is for the device (RFC 8628, 3.5): its tokens once, or why not.
  Task<OauthAnswer<ClientTokens>> Poll(Context& context, const model::Client& client, std::string device_code);

 private:
  struct Row;
  Task<OauthAnswer<Row>> Look(Context& context, const model::Client& client, const std::string& device_code);
  Task<OauthAnswer<ClientTokens>> Give(Context& context, const model::Client& client, Row row);
  std::string HashOfUserCode(std::string_view user_code) const;

  Keeper& keeper_;
  ClientSessions& clients_;
  const std::string key_;
};

}  // namespace ashlar::identity
