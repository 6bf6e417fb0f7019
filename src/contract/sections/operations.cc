// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "contract/sections/sections.h"
#include "contract/system.h"

namespace ashlar::contract {
namespace {

using model::OperationKind;

std::string UpperFirst(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string NameFor(OperationKind kind, const model::Resource& resource) {
  std::string verb(model::NameOf(kind));
  if (kind == OperationKind::kList || kind == OperationKind::kAggregate) return verb + UpperFirst(resource.plural);
  if (kind == OperationKind::kHistory) return "get" + resource.name + "History";
  return verb + resource.name;
}

// What identity/ keeps: it works on these rows as the operator, in Calls like any others.
bool IsOfIdentity(const model::Resource& resource) {
  constexpr std::string_view kNames[] = {kCredentialName, kSessionName, kSecondFactorName, kTicketName,  kMailName,
                                         kMailboxName,    kApiKeyName,  kEventName,        kConsentName, kDeviceName,
                                         kClientName,     kLinkName,    kSignInName};
  return std::ranges::find(kNames, resource.name) != std::end(kNames);
}

// What can be asked of a resource. Users are written by the operator's commands and by /auth alone; an event is never
// changed.
std::vector<OperationKind> KindsFor(const model::Resource& resource) {
  if (resource.name == kEventName) return {OperationKind::kList, OperationKind::kCreate, OperationKind::kDelete};
  std::vector<OperationKind> kinds = {OperationKind::kList, OperationKind::kCreate, OperationKind::kGet,
                                      OperationKind::kUpdate};
  if (resource.name != kUserName) kinds.push_back(OperationKind::kReplace);
  kinds.push_back(OperationKind::kDelete);
  if (resource.soft_delete) kinds.push_back(OperationKind::kRestore);
  if (resource.audit) kinds.push_back(OperationKind::kHistory);
  kinds.push_back(OperationKind::kAggregate);
  return kinds;
}

}  // namespace

void MakeOperations(Draft& draft) {
  model::Service& service = *draft.service;
  std::map<std::string, std::string> owners;  // operation -> resource
  for (const model::Resource& resource : service.resources) {
    const bool of_identity = IsOfIdentity(resource);
    if (!resource.routed && !of_identity) continue;
    for (OperationKind kind : KindsFor(resource)) {
      model::Operation operation;
      operation.id = model::OperationId{static_cast<uint32_t>(service.operations.size())};
      operation.kind = kind;
      operation.resource = resource.id;
      operation.name = NameFor(kind, resource);
      operation.internal = of_identity || (resource.name == kUserName && model::Writes(kind));
      auto [owner, first] = owners.emplace(operation.name, resource.name);
      const ResourceDraft& source = draft.resources[resource.id.index()];
      if (!first && owner->second != resource.name && !source.collides) {
        draft.mistakes.Add(source.entry->place, Problem::kOperationCollision, operation.name, resource.name,
                           owner->second);
      }
      service.operations.push_back(std::move(operation));
    }
  }
}

}  // namespace ashlar::contract
