// SPDX-License-Identifier: Apache-2.0
#include "identity/authorization.h"

#include <algorithm>
#include <charconv>

namespace ashlar::identity {
namespace {

constexpr size_t kMostState = 1000, kMostNonce = 255, kMostHint = 320;  // bytes
constexpr int64_t kMostAge = 100LL * 365 * 86'400;  // seconds; whoever asks for more asks for nothing
constexpr size_t kChallenge = 43;  // characters of 256 bits

bool IsBase64Url(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

OauthAnswer<bool> ReadPrompt(std::string_view prompt, Authorization& asked) {
  for (std::string_view word : WordsOf(prompt)) {
    if (word == "none") asked.silent = true;
    if (word == "login" || word == "select_account") asked.sign_in = true;
    if (word == "consent") asked.ask = true;
    if (word != "none" && word != "login" && word != "select_account" && word != "consent") {
      return Deny("invalid_request", "prompt is of none, login, consent and select_account");
    }
  }
  if (asked.silent && (asked.sign_in || asked.ask)) return Deny("invalid_request", "prompt=none stands alone");
  return true;
}

OauthAnswer<bool> ReadMaxAge(std::string_view text, Authorization& asked) {
  if (text.empty()) return true;
  int64_t seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) {
    return Deny("invalid_request", "max_age is a number of seconds");
  }
  asked.max_age_s = std::min(seconds, kMostAge);
  return true;
}

OauthAnswer<bool> ReadChallenge(const Parameters& parameters, Authorization& asked) {
  asked.challenge = ParameterOf(parameters, "code_challenge");
  if (asked.challenge.empty()) return Deny("invalid_request", "code_challenge is required (PKCE)");
  if (ParameterOf(parameters, "code_challenge_method") != "S256") {
    return Deny("invalid_request", "code_challenge_method must be S256");
  }
  if (asked.challenge.size() != kChallenge || !IsBase64Url(asked.challenge)) {
    return Deny("invalid_request", "code_challenge must be 43 characters of base64url");
  }
  return true;
}

// What may be wrong once it is known where to say so.
OauthAnswer<bool> ReadRest(const Parameters& parameters, Authorization& asked) {
  if (!ParameterOf(parameters, "request").empty())
    return Deny("request_not_supported", "request objects are not taken");
  if (!ParameterOf(parameters, "request_uri").empty()) {
    return Deny("request_uri_not_supported", "the only request_uri that is taken is one of ours, by itself");
  }
  if (!ParameterOf(parameters, "registration").empty()) {
    return Deny("registration_not_supported", "clients are not registered by such a request");
  }
  if (!asked.client->Has(model::ClientGrant::kCode)) {
    return Deny("unauthorized_client", "the client has no such grant");
  }
  if (ParameterOf(parameters, "response_type") != "code") {
    return Deny("unsupported_response_type", "response_type must be code");
  }
  const std::string mode = ParameterOf(parameters, "response_mode");
  asked.to.form_post = mode == "form_post";
  if (!mode.empty() && mode != "query" && mode != "form_post") {
    return Deny("invalid_request", "response_mode is query or form_post");
  }
  const std::string scope = ParameterOf(parameters, "scope");
  auto normal = NormalScope(*asked.client, scope);
  if (!normal || normal->empty()) return Deny("invalid_scope", "scope names nothing that the client may ask for");
  asked.scope = std::move(*normal);
  asked.nonce = ParameterOf(parameters, "nonce");
  if (asked.nonce.size() > kMostNonce) return Deny("invalid_request", "nonce is too long");
  asked.login_hint = ParameterOf(parameters, "login_hint").substr(0, kMostHint);
  if (auto done = ReadChallenge(parameters, asked); !done) return done;
  if (auto done = ReadPrompt(ParameterOf(parameters, "prompt"), asked); !done) return done;
  // Who agreed once has agreed to that program, not to whichever comes next in its name (RFC 8252, 8.6).
  const model::Client& client = *asked.client;
  if (client.MayBeAnother(asked.to.redirect_uri)) asked.ask = true;
  // Where it goes back to is all that a User can judge such a client by: who agreed to one place has agreed to no
  // other.
  const bool elsewhere = !client.HasOneOrigin(model::RedirectOriginOf(asked.to.redirect_uri));
  if (model::IsRegisteredId(client.id) && elsewhere) asked.ask = true;
  return ReadMaxAge(ParameterOf(parameters, "max_age"), asked);
}

}  // namespace

std::string ParameterOf(const Parameters& parameters, std::string_view name) {
  auto found = std::ranges::find(parameters, name, [](const auto& one) { return std::string_view(one.first); });
  return found == parameters.end() ? "" : found->second;
}

std::vector<std::string_view> WordsOf(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (!word.empty()) words.push_back(word);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return words;
}

bool HasScope(std::string_view scope, std::string_view name) {
  const auto words = WordsOf(scope);
  return std::ranges::find(words, name) != words.end();
}

bool Authorization::Has(std::string_view scope_name) const { return HasScope(scope, scope_name); }

std::optional<std::string> NormalScope(const model::Client& client, std::string_view scope) {
  std::string normal = ScopesOf(client, [&](const std::string& one) { return HasScope(scope, one); });
  if (normal.empty() && !WordsOf(scope).empty()) return std::nullopt;
  return normal;
}

std::expected<Authorization, NotAuthorized> ReadAuthorization(model::ClientPtr client, const Parameters& parameters) {
  auto page = [](std::string text) {
    return std::unexpected(NotAuthorized{{"invalid_request", std::move(text), 400}, std::nullopt, nullptr});
  };
  Authorization asked;
  asked.client = std::move(client);
  if (asked.client == nullptr) return page("The program that sent you here is not known to this service.");
  asked.to.redirect_uri = ParameterOf(parameters, "redirect_uri");
  if (!asked.client->TakesRedirect(asked.to.redirect_uri)) {
    return page("The program that sent you here named an address to return to that is not one of its own.");
  }
  asked.to.state = ParameterOf(parameters, "state");
  if (asked.to.state.size() > kMostState) return page("The program that sent you here said more than is taken.");
  if (auto done = ReadRest(parameters, asked); !done) {
    return std::unexpected(NotAuthorized{std::move(done.error()), std::move(asked.to), std::move(asked.client)});
  }
  return asked;
}

}  // namespace ashlar::identity
