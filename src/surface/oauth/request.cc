// SPDX-License-Identifier: Apache-2.0
#include "surface/oauth/request.h"

#include "base/await.h"

namespace ashlar::surface::oauth {

std::optional<identity::IdToken> ReadHint(const Asked& asked, std::string_view hint) {
  return identity::ReadIdTokenHint(*asked.provider.keys().ring(), asked.provider.model().issuer, hint,
                                   asked.context.clock.NowMicros() / 1'000'000);
}

Task<std::expected<identity::Authorization, identity::NotAuthorized>> ReadRequest(Asked& asked,
                                                                                  const http::Parameters& parameters) {
  const std::string id = identity::ParameterOf(parameters, "client_id");
  auto finding = asked.provider.FindClient(asked.context, id);
  auto client = co_await Await(std::move(finding));
  if (!client) {
    co_return std::unexpected(identity::NotAuthorized{identity::Unable(client.error()).error(), std::nullopt, nullptr});
  }
  auto want = identity::ReadAuthorization(std::move(*client), parameters);
  const std::string text = identity::ParameterOf(parameters, "id_token_hint");
  if (!want || text.empty()) co_return want;
  auto hint = ReadHint(asked, text);
  if (!hint || hint->client != want->client->id) {
    co_return std::unexpected(
        identity::NotAuthorized{{"invalid_request", "id_token_hint must be an ID token that this client got here", 400},
                                std::move(want->to),
                                std::move(want->client)});
  }
  want->subject = std::move(hint->subject);
  co_return want;
}

}  // namespace ashlar::surface::oauth
