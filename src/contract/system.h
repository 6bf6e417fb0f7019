// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "contract/mistakes.h"
#include "contract/node.h"

namespace ashlar::contract {

inline constexpr std::string_view kUserName = "User";
inline constexpr std::string_view kAuditName = "AuditEntry";
inline constexpr std::string_view kCredentialName = "AuthCredential";
inline constexpr std::string_view kSessionName = "AuthSession";
inline constexpr std::string_view kTicketName = "AuthTicket";
inline constexpr std::string_view kMailName = "AuthMail";
inline constexpr std::string_view kMailboxName = "AuthMailbox";
inline constexpr std::string_view kSecondFactorName = "AuthSecondFactor";
inline constexpr std::string_view kApiKeyName = "AuthApiKey";
inline constexpr std::string_view kEventName = "AuthEvent";
inline constexpr std::string_view kConsentName = "AuthConsent";
inline constexpr std::string_view kDeviceName = "AuthDevice";
inline constexpr std::string_view kClientName = "AuthClient";
inline constexpr std::string_view kLinkName = "AuthLink";
inline constexpr std::string_view kSignInName = "AuthSignIn";
inline constexpr std::string_view kIdempotencyName = "IdempotencyRecord";
inline constexpr std::string_view kIdempotencySpaceName = "IdempotencySpace";

// The resources that every service has, as a contract: same tables, migrations and stores as the user's.
std::string_view SystemContract();
bool IsSystemResource(std::string_view name);

// The system's resources and then the user's, User being both's: its fields are the system's, then the user's.
// `own` is null if the contract has no resources.
Node MergeSystem(const Node& system, const Node* own, Mistakes& mistakes);

}  // namespace ashlar::contract
