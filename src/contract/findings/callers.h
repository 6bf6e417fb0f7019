// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "cel/cel.h"
#include "model/service.h"

namespace ashlar::contract {

// Whether a rule holds for whoever asks, without a credential, whatever the row is. A null rule asks nothing.
bool HoldsForAnonymous(const cel::ExprPtr& rule);

// What a rule says to a caller before any row is looked at.
enum class Verdict : uint8_t { kNever, kPerhaps, kAlways };

// Callers who stand for all that the roles of a service make different: nobody in particular, a user without a role,
// and a user for each role.
class Callers {
 public:
  explicit Callers(const model::Service& service);
  size_t size() const { return principals_.size() + 1; }
  // Of caller `which`, 0 being anonymous.
  Verdict Judge(const cel::ExprPtr& rule, size_t which) const;

 private:
  std::vector<cel::Principal> principals_;
};

}  // namespace ashlar::contract
