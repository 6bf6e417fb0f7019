// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <set>
#include <string>

#include "plan/plan.h"
#include "plan/rules.h"
#include "types/uuid.h"

namespace ashlar::plan {

// GET of a row's history.
struct HistoryPlan {
  Query row;      // its key; flag: the history rule
  Query birth;    // of the audit: the creation of the row that is there now, if it was audited
  Query entries;  // of the audit, from there on; limit: one more than a page
  Count count;
  int64_t page = 1;
  int64_t per_page = 20;
  types::TypePtr id_type;
  cel::ExprPtr id;  // of an entry
  call::ApiError denied;
  std::set<std::string> visible;  // names of the fields that images may show
};
HistoryPlan MakeHistoryPlan(const model::Resource& resource, const Values& key, const Rules& rules, int64_t page,
                            int64_t per_page);
std::unique_ptr<Program> MakeHistoryProgram(HistoryPlan plan);

}  // namespace ashlar::plan
