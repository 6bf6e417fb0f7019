// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "call/call.h"
#include "call/caller.h"
#include "model/service.h"

namespace ashlar::app {

// Who is asked for: everybody whom the rules of a contract tell apart by their roles, and the operator, who meets no
// rules.
struct Asker {
  std::string name;  // "anonymous", "signed in", "role staff"; "" for the operator
  call::Caller caller;
};
std::vector<Asker> AskersOf(const model::Service& service);

// A call that shows how an operation is run.
struct Question {
  enum class What : uint8_t { kPlain, kFilter, kSort, kInclude, kCursor, kGroup, kPurge };
  What what = What::kPlain;
  std::string name;  // of the field or relation
  call::Call call;
};
// What everybody is asked to call, of one operation: itself, its includes, the second page of a list by cursor,
// a deletion for good.
std::vector<Question> QuestionsOf(const model::Service& service, const model::Operation& operation);
// The filters and sorts of a list, the groups of an aggregate, each by itself; for the operator. Versions and the times
// of deletions are left out.
std::vector<Question> ClausesOf(const model::Service& service, const model::Operation& operation);

}  // namespace ashlar::app
