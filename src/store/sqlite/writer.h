// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <span>
#include <thread>

#include "store/sqlite/connection.h"
#include "store/sqlite/work_queue.h"

namespace ashlar::store::sqlite {

// The one thread that writes and checkpoints. Units that wait are committed together, and answered behind the commit,
// so that an answer means that its unit is durable. Of one that fails nothing stays: mostly it has written nothing yet;
// if it has, the group is done again, and so are the next ones, with a savepoint for each unit, which costs a copy of
// every page that the unit is first to change. A unit is interrupted while it reads, at its deadline or when it has
// held the others up for too long; one whose client is gone is not begun. Mixed units have their turn behind the others
// that wait, one commit of them at a time. A unit that is to be alone is committed by itself, however long it takes:
// what waits meanwhile is told that the store is busy when its deadline passes. Thread safe.
class Writer {
 public:
  // `mixed_read_us`: of the processor, what the reads of a mixed unit may take, as they hold up everybody's writes.
  Writer(std::unique_ptr<Connection> connection, const model::Service& service, Observer& observer,
         int64_t mixed_read_us = 200'000);
  ~Writer() { Close(); }

  // False if too many units wait, or for too long.
  bool Submit(Job& job) { return queue_.Push(job); }
  void Close();
  // Moves with every commit.
  uint64_t commits() const { return commits_.load(std::memory_order_acquire); }
  WorkQueue::Waiting waiting() const { return queue_.waiting(); }
  // Pages of the write-ahead log in use, after the last commit.
  int log_pages() const { return log_pages_.load(std::memory_order_relaxed); }
  // How long the last group took, of one unit or of many, with its commit.
  int64_t group_us() const { return group_us_.load(std::memory_order_relaxed); }
  // The disk failed: no unit is taken any more, reads go on.
  bool broken() const { return broken_.load(std::memory_order_relaxed); }

 private:
  using Results = std::vector<Result<Outcomes>>;
  void Loop();
  void RunGroups(std::span<Job> jobs);
  // Runs and answers the first of these jobs, or all: says how many.
  size_t Group(std::span<Job> jobs);
  void Single(Job& job);
  void Alone(Job& job);
  // Fills `results` for the jobs that it ran; an Error, or a group that is spoilt: nothing of them is there.
  Result<void> Commit(std::span<Job> jobs, Results& results);
  void Committed();
  // Ends the transaction so that it is on the disk. in_doubt_: the disk failed meanwhile.
  Result<void> Keep();
  // What whoever asked is told of it.
  std::unexpected<Error> ForCaller(Error error) const;
  // Takes no more once the disk has failed, and says so.
  void LookForDamage();
  static Result<void> MayBegin(const Job& job);
  Result<Outcomes> InTransaction(Job& job);
  // `spilled`: the pages that the connection had spilled when the group began.
  Result<Outcomes> InGroup(Job& job, bool careful, int64_t spilled);
  // kForAll: it cannot be taken back, or SQLite 3.40 would get that wrong, as pages are in the log (decision 0026).
  Result<Outcomes> InSavepoint(Job& job, int64_t spilled);
  // kByAUnit: it has failed, and something of it is there. kForAll: the store has.
  Result<Outcomes> AtOnce(Job& job);
  Result<Outcomes> Checked(Job& job);
  Result<Outcomes> RunWithin(Job& job);
  void Checkpoint();

  const int64_t mixed_read_us_;
  std::unique_ptr<Connection> connection_;
  const model::Service& service_;
  Observer& observer_;
  WorkQueue queue_;
  size_t take_;  // as many at once as groups have time for
  int passive_at_;  // pages of log
  int restart_at_;
  int careful_ = 0;  // groups that are still to have savepoints
  enum class Spoilt : uint8_t { kNot, kByAUnit, kForAll };
  Spoilt spoilt_ = Spoilt::kNot;  // the group that runs; it is done again with savepoints, or each by itself
  int moved_ = 0;  // of the log, at the last checkpoint
  bool in_doubt_ = false;  // the writer's alone: whether what is in the log of the last commit will be found
  std::atomic<uint64_t> commits_ = 0;
  std::atomic<int> log_pages_ = 0;
  std::atomic<int64_t> group_us_ = 0;
  std::atomic<bool> broken_ = false;
  std::thread thread_;
};

}  // namespace ashlar::store::sqlite
