// SPDX-License-Identifier: Apache-2.0
#include "surface/oauth/request.h"

namespace ashlar::surface::oauth {

std::optional<identity::IdToken> ReadHint(const Asked& asked, std::string_view hint) {
  return identity::ReadIdTokenHint(*asked.provider.keys().ring(), asked.provider.model().issuer, hint,
                                   asked.context.clock.NowMicros() / 1'000'000);
}

std::expected<identity::Authorization, identity::NotAuthorized> ReadRequest(const Asked& asked,
                                                                            const http::Parameters& parameters) {
  auto want = identity::ReadAuthorization(asked.provider.model(), parameters);
  const std::string text = identity::ParameterOf(parameters, "id_token_hint");
  if (!want || text.empty()) return want;
  auto hint = ReadHint(asked, text);
  if (!hint || hint->client != want->client->id) {
    return std::unexpected(identity::NotAuthorized{
        {"invalid_request", "id_token_hint must be an ID token that this client got here", 400}, std::move(want->to)});
  }
  want->subject = std::move(hint->subject);
  return want;
}

}  // namespace ashlar::surface::oauth
