// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/writer.h"

#include "store/sqlite/run.h"

namespace ashlar::store::sqlite {
namespace {

constexpr size_t kQueueLimit = 4096;   // units that wait
constexpr size_t kGroupLimit = 128;    // units of one commit
constexpr int kCheckpointPages = 1000;   // 4 MiB: from here on when nobody waits
constexpr int kRestartPages = 16'384;    // 64 MiB: whoever waits

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, const model::Service& service, Observer& observer)
    : connection_(std::move(connection)), service_(service), observer_(observer), queue_(kQueueLimit) {
  thread_ = std::thread([this] { Loop(); });
}

void Writer::Close() {
  queue_.Close();
  if (thread_.joinable()) thread_.join();
}

void Writer::Loop() {
  while (true) {
    std::vector<Job> jobs = queue_.Take(kGroupLimit);
    if (jobs.empty()) return;
    Group(jobs);
    Checkpoint();
  }
}

void Writer::Group(std::vector<Job>& jobs) {
  Results results;
  Result<void> committed = broken() ? Result<void>(Fail(ErrorKind::kUnavailable, "the store is read-only: the disk failed"))
                                    : Commit(jobs, results);
  if (!committed && jobs.size() > 1 && !broken()) {
    // One unit may have spoilt the commit for all: the others are done again by themselves.
    for (Job& job : jobs) {
      std::vector<Job> alone;
      alone.push_back(std::move(job));
      Group(alone);
    }
    return;
  }
  if (committed) commits_.fetch_add(1, std::memory_order_release);
  for (size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].done(committed ? std::move(results[i]) : Result<Outcomes>(std::unexpected(committed.error())));
  }
}

Result<void> Writer::Commit(std::vector<Job>& jobs, Results& results) {
  Result<void> done = connection_->Execute("BEGIN IMMEDIATE");
  if (done) {
    for (Job& job : jobs) results.push_back(InSavepoint(job));
    done = connection_->Execute("COMMIT");
  }
  if (done) return done;
  if (connection_->in_transaction()) (void)connection_->Execute("ROLLBACK");
  observer_.Observe(Note{Severity::kError, "store.commit", done.error().message});
  if (done.error().kind == ErrorKind::kUnavailable && jobs.size() == 1) broken_.store(true);
  return done;
}

Result<Outcomes> Writer::InSavepoint(Job& job) {
  if (job.context->deadline.Passed(job.context->clock)) return Fail(ErrorKind::kTimeout, "the deadline has passed");
  TRY_VOID(connection_->Execute("SAVEPOINT unit"));
  Result<Outcomes> outcomes = RunUnit(*connection_, service_, *job.context, *job.unit);
  if (!outcomes || !AllWell(*outcomes) || job.unit->discard) {
    if (Result<void> undone = connection_->Execute("ROLLBACK TO unit"); !undone) return std::unexpected(undone.error());
  }
  TRY_VOID(connection_->Execute("RELEASE unit"));
  return outcomes;
}

void Writer::Checkpoint() {
  int pages = connection_->log_pages();
  if (pages > kRestartPages) {
    connection_->Checkpoint(true);
  } else if (pages > kCheckpointPages && queue_.empty()) {
    connection_->Checkpoint(false);
  }
}

}  // namespace ashlar::store::sqlite
