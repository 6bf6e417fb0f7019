// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/writer.h"

#include "call/storage.h"
#include "store/sqlite/run.h"

namespace ashlar::store::sqlite {
namespace {

constexpr size_t kQueueLimit = 4096;      // units that wait
constexpr int64_t kQueueAgeUs = 5'000'000;  // of the unit that waits longest
constexpr size_t kGroupLimit = 128;       // units of one commit
constexpr int64_t kReadUs = 2'000'000;    // of one unit, while it reads what it needs to write
constexpr int64_t kGroupUs = 5'000;       // after which a group takes no more
constexpr int kCarefulGroups = 64;        // with savepoints, behind one that was lost for want of them
// 20 MiB of log, or of more log: from here on, though others wait, who then wait some milliseconds. Pages that many
// writes change are moved once for all of them.
constexpr int kPassivePages = 5000;
constexpr int kRestartPages = 16'384;     // 64 MiB: whoever waits
constexpr int kAgainPages = 4096;         // more, when readers did not let go or the disk was full
constexpr int kDeputyMillis = 100;        // between looks for those who have waited long enough
constexpr const char* kReadsTooLong =
    "what this reads takes too long, as nobody else can write meanwhile; nothing of it was done: send the reads apart "
    "from the writes, or ask for less";
constexpr const char* kBusy = "another transaction holds the store; nothing of this was done";

std::unexpected<Error> ReadOnly() { return Fail(ErrorKind::kUnavailable, std::string(call::kStorageFailed)); }

// Whether it was the store that failed, not time that passed: what it has done is not known.
bool StoreFailed(const Result<Outcomes>& outcomes) {
  return !outcomes && outcomes.error().kind != ErrorKind::kTimeout && outcomes.error().kind != ErrorKind::kTooLarge;
}

// Answers for the writer, which is at work for long, those whose deadline passes meanwhile.
class Deputy {
 public:
  explicit Deputy(WorkQueue& queue)
      : thread_([this, &queue] {
          std::unique_lock lock(mutex_);
          while (!end_.wait_for(lock, std::chrono::milliseconds(kDeputyMillis), [this] { return ended_; })) {
            for (Job& job : queue.TakeLate()) job.done(Fail(ErrorKind::kUnavailable, kBusy));
          }
        }) {}
  ~Deputy() {
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
    }
    end_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, const model::Service& service, Observer& observer,
               int64_t mixed_read_us)
    : mixed_read_us_(mixed_read_us),
      connection_(std::move(connection)),
      service_(service),
      observer_(observer),
      queue_(kQueueLimit, kQueueAgeUs),
      take_(kGroupLimit),
      passive_at_(kPassivePages),
      restart_at_(kRestartPages) {
  thread_ = std::thread([this] { Loop(); });
}

void Writer::Close() {
  queue_.Close();
  if (thread_.joinable()) thread_.join();
}

void Writer::Loop() {
  while (true) {
    std::this_thread::yield();  // where loops share its core, they first hand over all that they have
    std::vector<Job> jobs = queue_.Take(take_);
    if (jobs.empty()) return;
    if (jobs[0].unit->alone) {
      Alone(jobs[0]);
      continue;
    }
    RunGroups(jobs);
    Checkpoint();
  }
}

// Once a mixed unit has had its turn, other writes that came meanwhile are before the mixed ones that are left. What
// the first group has no time for is not taken the next time: it is seen to wait where it does, in the queue.
void Writer::RunGroups(std::span<Job> jobs) {
  std::vector<bool> mixed;  // the units are gone once they are answered
  for (const Job& job : jobs) mixed.push_back(job.unit->mixed);
  const Clock& clock = jobs[0].context->clock;
  for (size_t done = 0; done < jobs.size();) {
    const int64_t begun = clock.SteadyMicros();
    const size_t ran = Group(jobs.subspan(done));
    group_us_.store(clock.SteadyMicros() - begun, std::memory_order_relaxed);
    if (done == 0 && ran < jobs.size()) {
      take_ = ran;
    } else if (done == 0 && jobs.size() >= take_) {
      take_ = std::min(2 * take_, kGroupLimit);
    }
    done += ran;
    if (mixed[done - 1] && done < jobs.size()) return queue_.GiveBack(jobs.subspan(done));
  }
}

size_t Writer::Group(std::span<Job> jobs) {
  if (jobs.size() == 1) return Single(jobs[0]), 1;
  Results results;
  Result<void> committed = broken() ? ReadOnly() : Commit(jobs, results);
  const Spoilt spoilt = std::exchange(spoilt_, Spoilt::kNot);
  if (spoilt == Spoilt::kByAUnit) return Group(jobs);
  size_t ran = results.size();
  if (spoilt == Spoilt::kForAll || (!committed && ran > 1 && !broken())) {
    // One unit may have spoilt the commit for all: they are done again, each by itself.
    for (size_t i = 0; i < ran; ++i) Single(jobs[i]);
    return ran;
  }
  if (committed) Committed();
  size_t answered = ran == 0 ? jobs.size() : ran;
  for (size_t i = 0; i < answered; ++i) {
    jobs[i].done(committed ? std::move(results[i]) : Result<Outcomes>(std::unexpected(committed.error())));
  }
  return answered;
}

void Writer::Single(Job& job) {
  Result<void> begins = broken() ? ReadOnly() : MayBegin(job);
  Result<Outcomes> outcomes = begins ? InTransaction(job) : Result<Outcomes>(std::unexpected(begins.error()));
  if (outcomes) Committed();
  job.done(std::move(outcomes));
}

void Writer::Committed() {
  log_pages_.store(connection_->log_pages(), std::memory_order_relaxed);
  commits_.fetch_add(1, std::memory_order_release);
}

Result<void> Writer::Commit(std::span<Job> jobs, Results& results) {
  const bool careful = careful_ > 0;
  if (careful) --careful_;
  Result<void> done = connection_->ExecuteAgain("BEGIN IMMEDIATE");
  const Clock& clock = jobs[0].context->clock;
  const int64_t until = clock.SteadyMicros() + kGroupUs;
  const int64_t spilled = connection_->spilled_pages();
  for (Job& job : jobs) {
    if (!done || (!results.empty() && clock.SteadyMicros() >= until)) break;
    results.push_back(InGroup(job, careful || job.unit->discard, spilled));
    if (spoilt_ != Spoilt::kNot) {
      done = connection_->Execute("ROLLBACK");
      LookForDamage();
      return done;
    }
    if (connection_->in_transaction()) continue;
    // SQLite ends the whole transaction itself when the disk is full or fails: nothing of the group is there.
    done = results.back() ? Fail(ErrorKind::kUnavailable, "the transaction was lost")
                          : Result<void>(std::unexpected(results.back().error()));
  }
  if (done) done = Keep();
  if (connection_->in_transaction()) (void)connection_->Execute("ROLLBACK");
  LookForDamage();
  if (done) return done;
  observer_.Observe(Note{Severity::kError, "store.commit", done.error().message});
  return ForCaller(std::move(done).error());
}

Result<void> Writer::Keep() {
  Result<void> kept = connection_->ExecuteAgain("COMMIT");
  in_doubt_ = !kept && connection_->damaged();
  return kept;
}

// What was written of a commit whose sync failed may be in the log, whole, and be found at the next start, or not.
std::unexpected<Error> Writer::ForCaller(Error error) const {
  if (in_doubt_) return Fail(ErrorKind::kUnavailable, std::string(call::kStorageFailedMeanwhile));
  if (broken()) return ReadOnly();
  return std::unexpected(std::move(error));
}

// Once a sync has failed, the system takes for clean what is not on the disk, and later syncs succeed without it.
void Writer::LookForDamage() {
  if (broken() || !connection_->damaged()) return;
  broken_.store(true);
  observer_.Observe(Note{Severity::kError, "store.read_only",
                         "the disk has failed: nothing is changed until the service is started again, reads go on"});
}

void Writer::Alone(Job& job) {
  Deputy deputy(queue_);
  Single(job);
  Checkpoint();
}

// Without a savepoint, whose journal would keep every page that was there before.
Result<Outcomes> Writer::InTransaction(Job& job) {
  Result<void> ended = connection_->ExecuteAgain("BEGIN IMMEDIATE");
  Result<Outcomes> outcomes = ended ? Checked(job) : Result<Outcomes>(std::unexpected(ended.error()));
  bool keep = outcomes && AllWell(*job.unit, *outcomes) && !job.unit->discard;
  if (keep) {
    ended = Keep();
  } else if (ended && !connection_->in_transaction()) {  // SQLite ends it itself when the disk is full or fails
    ended = outcomes ? Fail(ErrorKind::kUnavailable, "the transaction was lost")
                     : Result<void>(std::unexpected(outcomes.error()));
  }
  if (connection_->in_transaction()) (void)connection_->Execute("ROLLBACK");
  LookForDamage();
  if (ended) return outcomes;
  observer_.Observe(Note{Severity::kError, "store.commit", ended.error().message});
  return ForCaller(std::move(ended).error());
}

Result<void> Writer::MayBegin(const Job& job) {
  if (job.context->deadline.Passed(job.context->clock)) return Fail(ErrorKind::kTimeout, "the deadline has passed");
  if (job.context->ClientGone()) return Fail(ErrorKind::kUnavailable, "its client is gone");
  return {};
}

Result<Outcomes> Writer::InGroup(Job& job, bool careful, int64_t spilled) {
  TRY_VOID(MayBegin(job));
  return careful ? InSavepoint(job, spilled) : AtOnce(job);
}

Result<Outcomes> Writer::InSavepoint(Job& job, int64_t spilled) {
  TRY_VOID(connection_->ExecuteAgain("SAVEPOINT unit"));
  Result<Outcomes> outcomes = Checked(job);
  if (!connection_->in_transaction()) return outcomes;
  const bool stays = outcomes && AllWell(*job.unit, *outcomes) && !job.unit->discard;
  if (stays) {
    TRY_VOID(connection_->ExecuteAgain("RELEASE unit"));
    return outcomes;
  }
  const bool undone = !StoreFailed(outcomes) && connection_->spilled_pages() == spilled &&
                      connection_->ExecuteAgain("ROLLBACK TO unit") && connection_->ExecuteAgain("RELEASE unit");
  if (!undone) spoilt_ = Spoilt::kForAll;
  return outcomes;
}

Result<Outcomes> Writer::AtOnce(Job& job) {
  const int64_t changes = connection_->changes();
  Result<Outcomes> outcomes = Checked(job);
  if (!connection_->in_transaction()) return outcomes;
  bool well = outcomes && AllWell(*job.unit, *outcomes);
  if (StoreFailed(outcomes)) {
    spoilt_ = Spoilt::kForAll;
  } else if (!well && connection_->changes() != changes) {
    spoilt_ = Spoilt::kByAUnit;
    careful_ = kCarefulGroups;
  }
  return outcomes;
}

// Runs it; where all went well, no reference may lead nowhere.
Result<Outcomes> Writer::Checked(Job& job) {
  Result<Outcomes> outcomes = RunWithin(job);
  bool well = connection_->in_transaction() && outcomes && AllWell(*job.unit, *outcomes);
  if (well && !connection_->ReferencesHold()) return Fail(ErrorKind::kInternal, "a reference leads nowhere");
  return outcomes;
}

// Within its deadline and, where it has one, within what a unit may read.
Result<Outcomes> Writer::RunWithin(Job& job) {
  struct Limits {
    const Clock& clock;
    int64_t until;
    ReadBudget* budget;
  };
  const Clock& clock = job.context->clock;
  int64_t until = job.context->deadline.steady_micros;
  if (until != Deadline{}.steady_micros) until = std::min(until, clock.SteadyMicros() + kReadUs);
  ReadBudget budget(mixed_read_us_);
  Limits limits{clock, until, job.unit->mixed ? &budget : nullptr};
  auto expired = [](void* data) {
    auto* own = static_cast<Limits*>(data);
    return own->clock.SteadyMicros() >= own->until || (own->budget != nullptr && own->budget->SpentNow());
  };
  connection_->SetInterrupt(expired, &limits);
  Result<Outcomes> outcomes = RunUnit(*connection_, service_, *job.context, *job.unit, limits.budget);
  connection_->SetInterrupt(nullptr, nullptr);
  if (!outcomes && outcomes.error().kind == ErrorKind::kTimeout && budget.Spent()) {
    return Fail(ErrorKind::kTooLarge, kReadsTooLong);
  }
  return outcomes;
}

void Writer::Checkpoint() {
  const int pages = connection_->log_pages();
  const bool restart = pages > restart_at_;
  if (pages < moved_) moved_ = 0;  // the log has begun anew
  const bool due = pages > passive_at_ && (queue_.empty() || pages - moved_ > kPassivePages);
  if (broken() || (!restart && !due)) return;
  using enum Connection::Checkpoints;
  Result<void> done = connection_->Checkpoint(restart ? kRestart : kPassive);
  LookForDamage();
  if (restart) restart_at_ = done ? kRestartPages : pages + kAgainPages;
  passive_at_ = done ? kPassivePages : pages + kAgainPages;
  moved_ = pages;
  if (!done) observer_.Observe(Note{Severity::kWarning, "store.checkpoint", done.error().message});
}

}  // namespace ashlar::store::sqlite
