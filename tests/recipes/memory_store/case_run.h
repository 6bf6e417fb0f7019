// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "base/json/json.h"
#include "plan/planner.h"
#include "store/store.h"

namespace ashlar::recipes {

// Runs the steps of one case on a store and tells each answer as JSON; tests/conformance/store/README.md says how cases
// are written. The service and the store must outlive it.
class CaseRun {
 public:
  CaseRun(const model::Service& service, store::Store& store);

  // The answer to a step: {"rows": [...], "total": N, "next": bool, ...}, {"code": "CONFLICT", ...} or {"trouble":
  // "..."}.
  json::Json Answer(const json::Json& step);

 private:
  call::Call CallOf(const json::Json& step) const;

  const model::Service& service_;
  store::Store& store_;
  plan::Planner planner_;
  std::string next_;  // cursors of the last answer that had them
  std::string previous_;
};

}  // namespace ashlar::recipes
