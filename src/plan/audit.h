// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>

#include "plan/rules.h"
#include "plan/statement.h"

namespace ashlar::plan {

// Who changes something, and under which request; what audit rows say of it.
struct Actor {
  std::string kind;        // "anonymous", "user", "service", "operator"
  std::string id;
  std::string request_id;
  int64_t now_micros = 0;
};
Actor ActorOf(const Rules& rules, const std::string& request_id);

// The append-only row that tells of one change, for a resource that is audited; nothing for others. `before` or
// `after` is null where the row was or is not.
std::optional<Statement> MakeAudit(const model::Service& service, const model::Resource& resource, const Actor& actor,
                                   std::string_view action, const Values* before, const Values* after);

// The key of a row, in the order of the resource's key.
Values KeyOf(const model::Resource& resource, const Values& row);

}  // namespace ashlar::plan
