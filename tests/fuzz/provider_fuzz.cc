// SPDX-License-Identifier: Apache-2.0
// Bytes as what a provider says of itself, as what it brings back, as its UserInfo and as a flow: whatever is read of
// them is of the form that the rest believes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/http_fetch.h"
#include "http/path.h"
#include "identity/callback.h"
#include "identity/id_token.h"
#include "identity/login_flow.h"
#include "identity/provider_document.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

bool IsPlain(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  using namespace ashlar::identity;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (auto document = ReadProviderDocument(bytes, "https://login.test")) {
    for (const std::string* url : {&document->authorization, &document->token}) {
      Require(url->starts_with("https://") && IsPlain(*url) && !url->contains(' ') && !url->contains('#'));
    }
    Require(document->userinfo.empty() || document->userinfo.starts_with("https://"));
  }
  if (auto query = http::ParseQuery(bytes)) {
    auto callback = ReadCallback(*query);
    Require(!callback || (!callback->state.empty() && IsPlain(callback->state) && IsPlain(callback->code)));
    Require(!callback || callback->error.empty() || (callback->code.empty() && IsErrorCode(callback->error)));
  }
  ProviderUser user{"subject"};
  const bool same = AddUserInfo(bytes, user);
  Require(same || user.email.empty());
  Require(!user.verified || !user.email.empty());
  (void)IsBrowserSecret(bytes);
  return 0;
}
