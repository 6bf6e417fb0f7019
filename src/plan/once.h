// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "call/caller.h"
#include "call/once.h"
#include "model/service.h"
#include "plan/plan.h"

namespace ashlar::plan {

// What is kept of a write that its client named: a row of the system's IdempotencyRecord, for a day. Its id hides the
// name, its caller and its address behind a hash. Of a user it is the user's own, of a service that of all tokens with
// its roles, who see the same; an API key has names of its own.
std::string OnceIdOf(const call::Once& once, const call::Caller& caller);

// Is there one? Its outcome has no rows, or one row whose only cell is what was kept. Refused where it is of another
// request.
std::unique_ptr<Program> MakeRecallProgram(const model::Service& service, const call::Once& once, std::string id,
                                           int64_t now_micros);
// How many bytes may be kept: of all callers together, and of each, so that none takes the others' room.
struct OnceLimits {
  int64_t all = int64_t{4} << 30;
  int64_t of_each() const { return all / 4; }
};
// What a record counts, besides what it keeps: its row and its place in the indexes.
inline constexpr int64_t kRecordBytes = 512;

// Keeps `outcomes`. Refused where there is no room: a record that was promised for a day is never removed for another.
std::unique_ptr<Program> MakeKeepProgram(const model::Service& service, const call::Once& once,
                                         const call::Caller& caller, const OnceLimits& limits, int64_t now_micros,
                                         std::string outcomes);
// Removes some of those that have expired, the oldest first. Its outcome has a row for each.
std::unique_ptr<Program> MakeSweepProgram(const model::Service& service, int64_t now_micros);
inline constexpr size_t kSweptAtOnce = 32;

}  // namespace ashlar::plan
