// SPDX-License-Identifier: Apache-2.0
#include "identity/provider_document.h"

#include <algorithm>

#include "base/http_fetch.h"
#include "identity/jws.h"

namespace ashlar::identity {
namespace {

bool Holds(const json::Json& list, std::string_view text) {
  return list.array() != nullptr && std::ranges::any_of(*list.array(), [&](const json::Json& one) {
           return one.string() != nullptr && *one.string() == text;
         });
}

bool IsTrue(const json::Json& document, std::string_view name) {
  const json::Json* member = document.Find(name);
  return member != nullptr && member->boolean() != nullptr && *member->boolean();
}

}  // namespace

Result<ProviderDocument> ReadProviderDocument(std::string_view text, const std::string& issuer) {
  auto read = json::Parse(text, {.depth = 16, .bytes = 256 << 10});
  if (!read || read->object() == nullptr) return Fail(ErrorKind::kInvalid, "its discovery document is no JSON object");
  if (!IsText(*read, "issuer", issuer)) return Fail(ErrorKind::kInvalid, "its discovery document is another issuer's");
  // As secure as the issuer itself: http is for one on this machine.
  auto address = [&](std::string_view name) -> std::string {
    const std::string* url = TextOf(*read, name);
    const bool fits =
        url != nullptr && IsFetchable(*url) && (url->starts_with("https:") || issuer.starts_with("http:"));
    return fits ? *url : "";
  };
  ProviderDocument document{address("authorization_endpoint"), address("token_endpoint"), address("userinfo_endpoint")};
  if (document.authorization.empty() || document.token.empty()) {
    return Fail(ErrorKind::kInvalid, "its discovery document names no https addresses for signing in");
  }
  const json::Json* responses = read->Find("response_types_supported");
  if (responses != nullptr && !Holds(*responses, "code")) return Fail(ErrorKind::kInvalid, "it gives no codes");
  const json::Json* methods = read->Find("token_endpoint_auth_methods_supported");
  document.basic = methods == nullptr || Holds(*methods, "client_secret_basic");
  if (!document.basic && !Holds(*methods, "client_secret_post")) {
    return Fail(ErrorKind::kInvalid, "it takes no client secret");
  }
  document.names_itself = IsTrue(*read, "authorization_response_iss_parameter_supported");
  return document;
}

}  // namespace ashlar::identity
