// SPDX-License-Identifier: Apache-2.0
// ReadForm and ReadAuthorization: what is read is written and read again as it is, no name twice; and whatever a
// request says, its answer goes to an address of the client's alone.
#include "surface/oauth/form.h"

#include <cstdlib>
#include <set>

#include "identity/authorization.h"
#include "model/provider.h"

namespace {

const ashlar::model::Provider& Provided() {
  static const ashlar::model::Provider provider = [] {
    ashlar::model::Client app;
    app.id = "app";
    app.redirects = {"https://app.example/cb", "http://127.0.0.1/cb"};
    app.scopes = {"openid", "email"};
    return ashlar::model::Provider{"https://id.test", {app}};
  }();
  return provider;
}

void Judge(const ashlar::http::Parameters& parameters) {
  auto asked = ashlar::identity::ReadAuthorization(Provided(), parameters);
  const ashlar::identity::ReturnTo* to = asked ? &asked->to : asked.error().to ? &*asked.error().to : nullptr;
  if (to == nullptr) return;
  const std::string& uri = to->redirect_uri;
  const bool own = uri == "https://app.example/cb" || uri == "http://127.0.0.1/cb" ||
                   (uri.starts_with("http://127.0.0.1:") && uri.ends_with("/cb") && !uri.contains('@'));
  if (!own) std::abort();
  if (asked && (asked->challenge.size() != 43 || asked->scope.empty())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view kType = "application/x-www-form-urlencoded";
  auto form = ashlar::surface::oauth::ReadForm(kType, text);
  if (!form) return 0;
  std::set<std::string> names;
  for (const auto& [name, value] : *form) {
    if (value.empty() || !names.insert(name).second) std::abort();
  }
  const std::string written = ashlar::surface::oauth::WriteForm(*form);
  auto again = ashlar::surface::oauth::ReadForm(kType, written);
  if (written.size() <= ashlar::surface::oauth::kMostForm && (!again || *again != *form)) std::abort();
  Judge(*form);
  return 0;
}
