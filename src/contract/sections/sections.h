// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "contract/draft.h"

namespace ashlar::contract {

class Expressions;

// The sections of a contract, in the order in which they are read. Each tells what is wrong and leaves the model
// as right as it can be:
//   ReadService ReadIdentity ReadRoles ReadIssuers ReadProvider ReadProviders ReadRules DeclareResources ReadFields
//   ReadInverses ReadIds ReadIndexes (ReadComputed ReadDefaults ReadTransitions ReadFieldRules GuardComputed ReadChecks
//   ReadAccess)  MakeOperations ReadLimits
void ReadService(Draft& draft);
void ReadIdentity(Draft& draft);
void ReadRoles(Draft& draft);
// identity.issuers. REQUIRES: identity and roles are read.
void ReadIssuers(Draft& draft);
// identity.provider. REQUIRES: issuers are read.
void ReadProvider(Draft& draft);
// identity.providers and identity.returnTo. REQUIRES: identity is read.
void ReadProviders(Draft& draft);
// Whether `text` is an issuer's address: a path and no more behind the host, since more is put behind it.
bool IsIssuerUrl(const std::string& text);
// Names, syntax and what rules are made of; they get their meaning per resource, where they are used.
void ReadRules(Draft& draft);
// Names of resources and all about them that does not need their fields.
void DeclareResources(Draft& draft, const Node& resources);
// Stored fields, the keys of to-one relations included, and the to-one relations.
void ReadFields(Draft& draft);
// To-many relations.
void ReadInverses(Draft& draft);
// Composite ids.
void ReadIds(Draft& draft);
void ReadIndexes(Draft& draft);
// What computed fields are made of.
void ReadComputed(Draft& draft, Expressions& expressions);
void ReadDefaults(Draft& draft, Expressions& expressions);
// REQUIRES: defaults are read.
void ReadTransitions(Draft& draft);
void ReadFieldRules(Draft& draft, Expressions& expressions);
// Who reads a computed field: who reads all that it is made of. REQUIRES: field rules are read.
void GuardComputed(Draft& draft);
void ReadChecks(Draft& draft, Expressions& expressions);
void ReadAccess(Draft& draft, Expressions& expressions);
void MakeOperations(Draft& draft);
void ReadLimits(Draft& draft);

// Whether an index can hold values of the type: not lists, not json.
bool IsIndexable(const types::Type& type);
// `cache:` of a resource; nothing where it is absent or wrong.
std::optional<model::Cache> ReadCache(const Node* node, Mistakes& mistakes);
// `deprecated:` of a resource or field.
std::optional<model::Deprecation> ReadDeprecated(const Node* node, Mistakes& mistakes);

}  // namespace ashlar::contract
