// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "contract/keys.h"

namespace ashlar::contract {

// The keys of `identity.provider` and of its clients.
inline constexpr Key kClientRows[] = {
    {"name", Shape::kText, "As Users are shown it; its id, where it is left out."},
    {"secret", Shape::kText,
     "What it proves itself by, from the environment alone, as '${SHOP_SECRET}'; left out: the client is public, as "
     "programs in browsers and on phones are."},
    {"redirectUris", Shape::kNames,
     "Where answers may go, to the letter; needed but for device_code alone. Of public clients also schemes of their "
     "own, as com.example.app:/done, and http://127.0.0.1/done at any port."},
    {"postLogoutRedirectUris", Shape::kNames, "Where browsers may go that signed out; nowhere."},
    {"grants", Shape::kNames,
     "Of authorization_code, which is the default, refresh_token, device_code, and client_credentials, by which it "
     "acts "
     "for itself."},
    {"scopes",
     Shape::kNames,
     "What it may ask for: openid, email, offline_access (which goes with the grant refresh_token), and of the data, "
     "within the rules, what words of `access` name, for everything or a collection: read, orders:create; and what "
     "rules "
     "ask for by hasScope().",
     true,
     {},
     kOnAll,
     true},
    {"trusted", Shape::kBool, "It is of the same house: Users are not asked whether it may. Needs 'secret'."},
};

inline constexpr Key kRegistrationRows[] = {
    {"open", Shape::kBool, "Anybody may; either this or 'token'."},
    {"token", Shape::kText,
     "What whoever registers a client brings as a Bearer token, from the environment alone, as "
     "'${REGISTRATION_TOKEN}'."},
    {"scopes", Shape::kNames,
     "What such a client may ask for at most, as 'scopes' of a client; [openid]. With offline_access they may have the "
     "grant refresh_token."},
};

inline constexpr Key kProviderRows[] = {
    {"issuer",
     Shape::kName,
     "The service's own address, as others reach it: https://id.example.com, without a path; http on this machine "
     "alone.",
     true,
     {},
     kOnAll,
     true,
     "https?://[^ /]+"},
    {"clients", Shape::kNamed, "name: {...}, of lower case, digits and '-'; needed unless there is 'registration'.",
     true, kClientRows, kOnAll, false, "[a-z][a-z0-9-]{0,62}"},
    {"registration", Shape::kMapping,
     "That programs register themselves as clients (RFC 7591), at POST /oauth/register; nobody may.", true,
     kRegistrationRows},
};

// Of whom tokens are taken.
inline constexpr Key kIssuerAddress = {
    "issuer",
    Shape::kName,
    "Its https address, as `iss` of its tokens has it to the letter; http on this machine alone.",
    true,
    {},
    kOnAll,
    true,
    "https?://[^ ]+"};

// Those with which Users may sign in.
inline constexpr Key kOpenIdProviderRows[] = {
    kIssuerAddress,
    {"clientId", Shape::kText, "What the provider calls this service.", true, {}, kOnAll, true},
    {"clientSecret",
     Shape::kText,
     "What it knows this service by: of the environment, as ${GOOGLE_CLIENT_SECRET}.",
     true,
     {},
     kOnAll,
     true},
    {"scopes", Shape::kNames, "What is asked for, openid among it; [openid, email, profile]."},
    {"private", Shape::kBool, "Its names may lead to addresses of private networks."},
};

}  // namespace ashlar::contract
