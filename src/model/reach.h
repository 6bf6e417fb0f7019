// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "model/service.h"

namespace ashlar::model {

// The rule that decides, before any row is looked at, whether a caller may ask for that at all.
cel::ExprPtr GateOf(const Access& access, OperationKind kind);
inline cel::ExprPtr GateOf(const Resource& resource, OperationKind kind) { return GateOf(resource.access, kind); }

// Whether somebody may delete rows for good that would be kept otherwise.
bool Purges(const Resource& resource);

// Whom a rule lets in, as far as it can be told before anybody asks.
enum class Reach : uint8_t {
  kNobody,
  kSome,  // it depends on the caller or on the row
  kEveryone,
};
Reach ReachOf(const cel::ExprPtr& rule);  // null: everyone
// False where the rule lets in nobody who shows no credential, whatever the row.
bool MayBeAnonymous(const cel::ExprPtr& rule);

}  // namespace ashlar::model
