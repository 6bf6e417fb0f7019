// SPDX-License-Identifier: Apache-2.0
#include "contract/system.h"

#include "contract/keys.h"
#include "contract/members.h"

namespace ashlar::contract {
namespace {

constexpr std::string_view kText = R"(service: system
resources:
  User:
    fields:
      email: { type: email!, unique: true, description: 'Stored in lower case.' }
      emailVerified: { type: bool!, default: false, readOnly: true }
      roles: { type: '[string]', readOnly: true }
      disabled: { type: bool!, default: false, readOnly: true }
  AuditEntry:
    fields:
      resource: string!
      rowId: { type: string!, max: 1024 }
      action: string!
      rowVersion: int!
      before: { type: json, max: 16777216 }
      after: { type: json, max: 16777216 }
      callerId: string
      callerKind: string!
      requestId: string!
    indexes:
      - [resource, rowId]
  IdempotencyRecord:
    id: string
    fields:
      fingerprint: string!
      outcomes: { type: bytes!, max: 16777216 }
      expiresAt: { type: datetime!, index: true }
      owner: string
      bytes: int
  IdempotencySpace:
    id: string
    fields:
      bytes: int!
  AuthCredential:
    fields:
      password: { type: string!, max: 200 }
      failures: { type: int!, default: 0 }
      lockedUntil: datetime
  AuthSession:
    page: { max: 200 }
    fields:
      userId: { type: uuid!, index: true }
      step: int!
      rotatedAt: datetime!
      expiresAt: { type: datetime!, index: true }
      endedAt: datetime
      agent: { type: string, max: 200 }
      browser: { type: bool!, default: false }
      clientId: { type: string, max: 64 }
      scope: { type: string, max: 1000 }
      code: { type: json, max: 8192 }
  AuthConsent:
    fields:
      userId: { type: uuid!, index: true }
      clientId: { type: string!, max: 64 }
      scope: { type: string!, max: 1000 }
  AuthDevice:
    fields:
      clientId: { type: string!, max: 64 }
      scope: { type: string!, max: 1000 }
      deviceHash: string!
      userHash: { type: string!, index: true }
      expiresAt: datetime!
      polledAt: datetime
      userId: { type: uuid, index: true }
      browser: uuid
      signedInAt: datetime
      decision: string
  AuthClient:
    page: { max: 1000 }
    fields:
      slot: { type: int!, unique: true }
      name: { type: string!, min: 1, max: 100, pattern: '\P{C}+' }
      secretHash: { type: string, max: 64 }
      redirects: { type: '[string]', max: 20 }
      afterLogout: { type: '[string]', max: 20 }
      scope: { type: string!, max: 1000 }
      refreshes: { type: bool!, default: false }
      vouched: { type: bool!, default: false }
      usedAt: datetime
  AuthSecondFactor:
    fields:
      secret: { type: string!, max: 200 }
      begunAt: datetime!
      confirmedAt: datetime
      lastStep: { type: int!, default: 0 }
      recovery: '[string]'
  AuthTicket:
    fields:
      purpose: string!
      userId: uuid
      email: email
      roles: '[string]'
      stamp: int!
      expiresAt: { type: datetime!, index: true }
  AuthMail:
    fields:
      kind: string!
      recipient: email
      ticket: uuid
      stamp: int
      attempts: { type: int!, default: 0 }
      dueAt: { type: datetime!, index: true }
      expiresAt: datetime!
  AuthMailbox:
    fields:
      fullAt: { type: datetime!, index: true }
  AuthApiKey:
    fields:
      userId: uuid!
      slot: int!
      name: { type: string!, min: 1, max: 100, pattern: '\P{C}+' }
      hash: { type: string!, max: 64 }
      ending: { type: string!, max: 4 }
      scopes: { type: '[string]', max: 32 }
      granted: { type: bool!, default: false }
      expiresAt: datetime!
      lastUsedAt: datetime
      revokedAt: datetime
    unique:
      - [userId, slot]
  AuthEvent:
    fields:
      kind: { type: string!, max: 60 }
      userId: { type: uuid, index: true }
      subject: { type: string, max: 100 }
      address: { type: string, max: 45 }
      agent: { type: string, max: 200 }
      requestId: { type: string!, max: 200 }
      byOperator: { type: bool!, default: false }
      dropped: int
  AuthLink:
    fields:
      userId: { type: uuid!, index: true }
      issuer: { type: string!, max: 2048 }
      subject: string!
      usedAt: datetime!
    unique:
      - [issuer, subject]
      - [userId, issuer]
  AuthSignIn:
    fields:
      endedAt: datetime
      expiresAt: { type: datetime!, index: true }
)";

Entry* FindEntry(Node& mapping, std::string_view key) {
  for (Entry& entry : mapping.entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

void MergeFields(Node& fields, const Node& own, Mistakes& mistakes) {
  if (!IsMapping(own)) {
    mistakes.Add(own.place, Problem::kWrongShape, "fields", Wanted(Shape::kNamedFields));
    return;
  }
  std::vector<std::string> built_in;
  for (const Entry& entry : fields.entries) built_in.push_back(entry.key);
  for (const Entry& entry : own.entries) {
    if (std::ranges::find(built_in, entry.key) != built_in.end()) {
      mistakes.Add(entry.place, Problem::kUserField, entry.key);
    } else {
      fields.entries.push_back(entry);
    }
  }
}

void MergeUser(Entry& user, const Entry& own, Mistakes& mistakes) {
  user.place = own.place;
  if (!IsMapping(own.value)) {
    mistakes.Add(own.value.place, Problem::kWrongShape, own.key, NameOf(Shape::kMapping));
    return;
  }
  user.value.place = own.value.place;
  for (const Entry& entry : own.value.entries) {
    if (entry.key == "fields") {
      MergeFields(FindEntry(user.value, "fields")->value, entry.value, mistakes);
    } else {
      user.value.entries.push_back(entry);
    }
  }
}

}  // namespace

std::string_view SystemContract() { return kText; }

bool IsSystemResource(std::string_view name) {
  constexpr std::string_view kNames[] = {
      kTicketName, kMailName,  kMailboxName, kCredentialName,  kSessionName,         kSecondFactorName,
      kApiKeyName, kEventName, kConsentName, kDeviceName,      kClientName,          kLinkName,
      kSignInName, kUserName,  kAuditName,   kIdempotencyName, kIdempotencySpaceName};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

Node MergeSystem(const Node& system, const Node* own, Mistakes& mistakes) {
  Node all = system.Find("resources")->value;
  if (own == nullptr) return all;
  for (const Entry& entry : own->entries) {
    if (entry.key == kUserName) {
      MergeUser(*FindEntry(all, kUserName), entry, mistakes);
    } else if (IsSystemResource(entry.key)) {
      mistakes.Add(entry.place, Problem::kResourceTaken, entry.key);
    } else {
      all.entries.push_back(entry);
    }
  }
  return all;
}

}  // namespace ashlar::contract
