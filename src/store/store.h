// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "base/task.h"
#include "call/outcome.h"
#include "plan/plan.h"

namespace ashlar::store {

struct Capabilities {
  bool transactions = false;
  bool relation_predicates = false;
};

// Plans of one unit that are made when their turn comes, from what came of those before, or because they are too many
// to be kept. The store calls it inside the transaction, on one thread at a time, mostly not its maker's.
class Feed {
 public:
  virtual ~Feed() = default;
  // Begins (again) from the first plan.
  virtual void Start() = 0;
  // The next plan, or none any more. An Error ends the unit: nothing of it remains.
  virtual Result<std::optional<plan::Plan>> Next() = 0;
  // What came of the plan that Next gave last; it is the feed's to keep. After a refusal Next is asked on, should it
  // want to learn of more; nothing remains then.
  virtual void Answered(call::Answer<call::Outcome> answer) = 0;
  // Whether none was refused. REQUIRES: Next has given none.
  virtual bool AllWell() const = 0;
};

// What one transaction is asked to do. REQUIRES: outlives the Run.
struct Unit {
  std::vector<plan::Plan> plans;
  // Whether to go on behind a refused plan, to learn of every refusal. Nothing remains either way.
  bool collect_all = false;
  // Does everything but commit.
  bool discard = false;
  // Instead of `plans`; the outcomes are the feed's.
  Feed* feed = nullptr;
  bool feed_writes = true;  // false: none of its plans does
  // It writes, and reads what its caller asks for besides: other writes are taken first, and what it reads is bounded.
  bool mixed = false;
  // Has a transaction to itself, however long it takes, while the others wait.
  bool alone = false;
  bool writes() const {
    if (feed != nullptr) return feed_writes;
    for (const plan::Plan& plan : plans) {
      if (plan.writes()) return true;
    }
    return false;
  }
};
// One for each plan that was run, in order. Unless every one is a success, nothing of the unit remains.
using Outcomes = std::vector<call::Answer<call::Outcome>>;
// Whether every outcome of the unit is a success.
inline bool AllWell(const Unit& unit, const Outcomes& outcomes) {
  if (unit.feed != nullptr && !unit.feed->AllWell()) return false;
  return std::ranges::all_of(outcomes, [](const auto& outcome) { return outcome.has_value(); });
}

// How busy a store is, for those who watch it.
struct Load {
  int64_t readers = 0;  // threads for reads that are too long for a loop
  int64_t readers_busy = 0;
  int64_t reads_waiting = 0;
  int64_t writes_waiting = 0;
  int64_t oldest_write_us = 0;  // how long the first of them has waited
  int64_t group_us = 0;  // how long the last writes that were committed together took
  int64_t commits = 0;  // since the start
  int64_t store_bytes = 0;
  int64_t log_bytes = 0;  // of the write-ahead log's file
  int64_t log_pages = 0;  // in use in it, after the last commit
  bool writable = true;
};

// A loop's way into a store. One thread uses it: the loop that opened it.
//
// Run: an Error is the store's own trouble (kTimeout once the deadline has passed, kTooLarge: a limit, in words for the
// caller, kUnavailable, kInternal); then nothing of the unit remains, but where it says kStorageFailedMeanwhile: the
// next start tells, or kOutcomeUnknown (call/storage.h). One that writes is not begun for a client that is gone. It may
// run programs again from the start. A read finishes at once where it can. A write is acknowledged only once it is
// durable.
class Session {
 public:
  virtual ~Session() = default;
  virtual Eventually<Result<Outcomes>> Run(Context& context, Unit& unit) = 0;
  // The loop is about to sleep: lets go of what a turn of the loop shares (the read transaction).
  virtual void TurnEnds() = 0;
};

// A Store keeps the rows of one service. It runs units of Plans; it knows nothing of callers, rules or HTTP.
// Safe to share between threads; the service must outlive it.
class Store {
 public:
  virtual ~Store() = default;
  virtual Capabilities capabilities() const = 0;
  // For a loop; `loop` is the io_context that the session's continuations run on. It lives until Close has returned:
  // the store's threads may still be waking it.
  virtual std::unique_ptr<Session> Open(boost::asio::io_context& loop) = 0;
  // Runs the unit on the calling thread and waits: for operator commands and tests.
  virtual Result<Outcomes> RunAndWait(Context& context, Unit& unit) = 0;
  // Whether it can serve now; for /health/ready.
  virtual Result<void> Ready() = 0;
  virtual Load CurrentLoad(const Clock& clock) = 0;
  // Finishes what is queued and takes no more: every later Run is kUnavailable. Call it once the loops have ended and
  // before their io_contexts go: what the store still owes is handed to them.
  virtual void Close() = 0;
};

}  // namespace ashlar::store
