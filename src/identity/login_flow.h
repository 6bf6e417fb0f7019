// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "identity/keys.h"
#include "types/value.h"

namespace ashlar::identity {

// A sign-in by a provider on its way: what its `state` says until the browser comes back, and what a ticket says from
// then on. It is sealed and given away, so that nothing is kept of those who never come back.
struct LoginFlow {
  types::Uuid id;                // drawn anew; under it the store remembers that it came back
  std::string provider;          // its name, at most 32 bytes
  int64_t expires_at = 0;        // seconds since 1970
  std::string challenge;         // SHA-256 of what the app will show for tokens; empty: of a browser, for a cookie
  std::string return_to;         // 16 bytes that stand for the address, see ReturnMark
  types::Uuid user;              // who links, or whose ticket it is; null: whoever comes
  types::Uuid by;                // the session that links; of a ticket the link that signs in; null: neither yet
  bool operator==(const LoginFlow&) const = default;
};

enum class FlowStage : char { kState = 's', kTicket = 't' };

inline constexpr int64_t kFlowSeconds = 600;    // in which the browser comes back
inline constexpr int64_t kTicketSeconds = 60;   // in which the app shows a ticket
inline constexpr int64_t kCodeSeconds = 300;    // the same, where somebody has a code to type

// What all of the below is derived from, of the service's keys; secret.
struct FlowKeys {
  explicit FlowKeys(const ServiceKeys& keys) : secret(keys.Derive("ashlar login flow")) {}
  std::string secret;
};

// What binds a flow to a browser: 32 random bytes in base64url, in a cookie of its own. Secret.
std::string NewBrowserSecret();
bool IsBrowserSecret(std::string_view text);

// base64url(AES-256-GCM of the flow) under a key of the stage and the browser, for which alone it opens. `browser` is
// empty for a ticket that an app shows. Secret.
std::string SealFlow(const FlowKeys& keys, FlowStage stage, std::string_view browser, const LoginFlow& flow);
// Nothing unless it was sealed with these; whether it is over is the caller's to see.
std::optional<LoginFlow> OpenFlow(const FlowKeys& keys, FlowStage stage, std::string_view browser,
                                  std::string_view text);

// What the provider puts into the ID token, and what proves that the code is ours (RFC 7636): 43 characters each, of
// this flow in this browser. Computed, not kept. Secret.
std::string NonceOf(const FlowKeys& keys, std::string_view browser, const LoginFlow& flow);
std::string VerifierOf(const FlowKeys& keys, std::string_view browser, const LoginFlow& flow);
// S256 of RFC 7636, as bytes; `verifier` is any text.
std::string ChallengeOf(std::string_view verifier);

std::string ReturnMark(std::string_view address);

}  // namespace ashlar::identity
