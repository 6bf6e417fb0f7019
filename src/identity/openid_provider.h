// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "identity/hash_pool.h"
#include "identity/id_token.h"
#include "identity/issuer_keys.h"
#include "identity/provider_document.h"
#include "model/service.h"

namespace ashlar::identity {

// Where a service is, and whom it believes.
struct Surroundings {
  std::string public_url;   // as browsers see it: "https://shop.example"
  std::string authorities;  // whose certificates are believed, a PEM file; empty: the system's
};

// What a provider gives for a code. Secret.
struct ProviderTokens {
  std::string id, access;
};

// A provider with which Users sign in: what it says of itself, its keys, and threads of its own that ask it, so that
// one that is slow holds up nobody but those who sign in with it. Shared by all loops.
class OpenIdProvider {
 public:
  static constexpr int kThreads = 2;
  static constexpr size_t kMostWaiting = 32;
  static constexpr int64_t kAskMillis = 3000;  // of each question

  // All must outlive it.
  OpenIdProvider(const model::OpenIdProvider& provider, const Surroundings& surroundings, const Clock& clock,
                 Observer& observer);

  const model::OpenIdProvider& what() const { return provider_; }
  // Where it sends browsers back to. Of the settings, never of what a request says.
  const std::string& callback() const { return callback_; }

  // What it says of itself; waits for that where nothing is known, if it may be asked now. Nothing: it cannot be had.
  Task<std::optional<ProviderDocument>> Document();
  // Where a browser goes to sign in (OpenID Connect Core, 3.1.2.1), with PKCE by S256.
  std::string AuthorizationUrl(const ProviderDocument& document, std::string_view state, std::string_view nonce,
                               std::string_view challenge) const;
  // Redeems a code. Nothing: it does not, which is noted.
  Task<std::optional<ProviderTokens>> Redeem(ProviderDocument document, std::string code, std::string verifier);
  // Verifies an ID token, by keys that are fetched anew where they lack the one.
  Task<std::optional<ProviderUser>> Verify(const Context& context, std::string token, std::string nonce);
  // What it says at its UserInfo endpoint. Nothing: it does not, which is noted.
  Task<std::optional<std::string>> UserInfo(ProviderDocument document, std::string access);

  // Notes what went wrong, for the operator.
  void Tell(std::string_view what, std::string_view why);

  // Ends the threads, whatever they wait for. May be called again.
  void Close();

 private:
  Task<std::optional<std::string>> Ask(std::string url, Sending sending, std::string_view what);

  const model::OpenIdProvider& provider_;
  const std::string callback_;
  const FetchOptions fetch_;
  Observer& observer_;
  std::atomic<bool> ended_ = false;
  std::atomic<uint64_t> told_of_ = 0;  // which set's document was found wanting
  IssuerKeys keys_;
  HashPool pool_;
};

// All that a contract names.
class OpenIdProviders {
 public:
  // All must outlive it.
  OpenIdProviders(const model::Identity& identity, const Surroundings& surroundings, const Clock& clock,
                  Observer& observer);
  OpenIdProvider* Find(std::string_view name) const;  // null: there is none of that name
  // Where browsers may be sent back to, to the letter; not empty.
  const std::vector<std::string>& returns() const { return returns_; }
  void Close();

 private:
  std::vector<std::unique_ptr<OpenIdProvider>> all_;
  std::vector<std::string> returns_;
};

}  // namespace ashlar::identity
