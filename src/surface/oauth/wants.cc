// SPDX-License-Identifier: Apache-2.0
#include "surface/oauth/wants.h"

#include <algorithm>

#include "identity/authorization.h"

namespace ashlar::surface::oauth {
namespace {

struct Word {
  std::string_view word, does;
};
constexpr Word kWords[] = {{"read", "see"},
                           {"list", "see"},
                           {"get", "see"},
                           {"history", "see what became of"},
                           {"write", "make, change and remove"},
                           {"create", "make"},
                           {"update", "change"},
                           {"delete", "remove"},
                           {"restore", "bring back"},
                           {"purge", "remove for good"}};

// Of a scope of data: "see orders".
std::string WantOf(std::string_view scope) {
  const size_t colon = scope.find(':');
  const std::string_view word = colon == std::string_view::npos ? scope : scope.substr(colon + 1);
  auto known = std::ranges::find(kWords, word, &Word::word);
  if (known == std::end(kWords)) return fmt::format("use '{}'", scope);
  const std::string_view what = word == scope ? "whatever you may" : scope.substr(0, colon);
  return fmt::format("{} {}, as you", known->does, what);
}

}  // namespace

std::vector<std::string> WantsOf(std::string_view scope) {
  std::vector<std::string> wants;
  if (identity::HasScope(scope, "openid")) wants.emplace_back("know who you are here, by a number");
  if (identity::HasScope(scope, "email")) wants.emplace_back("see your e-mail address");
  if (identity::HasScope(scope, "offline_access")) wants.emplace_back("keep this while you are away, until you end it");
  for (std::string_view one : identity::WordsOf(scope)) {
    if (model::IsDataScope(one)) wants.push_back(WantOf(one));
  }
  return wants;
}

}  // namespace ashlar::surface::oauth
