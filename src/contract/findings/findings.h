// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "contract/findings/review.h"

namespace ashlar::contract {

// A kind of finding and what looks for it. A newcomer is a row of the table in findings.cc, its function and its cases
// in tests/contract/findings.
struct Finding {
  std::string_view id;
  std::string_view title;
  std::string_view doc;
  void (*look)(Review& review);
};
std::span<const Finding> Findings();

// What all of them find.
std::vector<Found> FindAll(const Draft& draft);

// findings/access.cc
void FindWorldWritable(Review& review);
void FindPersonalPublic(Review& review);
void FindUnreachable(Review& review);
// findings/oracles.cc
void FindGuardedUnique(Review& review);
void FindGuardedCheck(Review& review);
// findings/indexes.cc
void FindUnindexedRules(Review& review);
// findings/rows.cc
void FindLargePages(Review& review);
void FindFreedUniques(Review& review);
void FindKeptIds(Review& review);
void FindUncreatable(Review& review);
void FindCircles(Review& review);
// findings/unused.cc
void FindUnusedRoles(Review& review);
void FindUnusedRules(Review& review);
// findings/limits.cc
void FindUnusedLimits(Review& review);
void FindShadowedLimits(Review& review);
void FindUncountedCallers(Review& review);
// findings/names.cc
void FindPluralNames(Review& review);
void FindNegations(Review& review);
void FindRelationsNamedId(Review& review);
void FindShortWords(Review& review);
// findings/descriptions.cc
void FindUndescribed(Review& review);
void FindOpaque(Review& review);

}  // namespace ashlar::contract
