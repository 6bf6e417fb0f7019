// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/postgres_store.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <set>

#include "base/await.h"
#include "base/crypto/random.h"
#include "store/postgres/run.h"
#include "store/postgres/tables.h"

namespace ashlar::store::postgres {
namespace {

namespace asio = boost::asio;

constexpr int kMostTries = 8;  // of a transaction that others came between
constexpr int64_t kPauseUs = 2'000;  // at most, before the second; twice as long each time

constexpr std::string_view kEarly =
    "stores in PostgreSQL are early: several processes, replicas and 'ashlar explain' are not "
    "built for them yet";

// Nobody comes between what a unit reads and what it writes.
constexpr std::string_view kBeginWrite = "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE";
// All of its reads see the same moment.
constexpr std::string_view kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

class LoopSession;

// What sessions share; outlives them, for they hold it.
struct Shared {
  Shared(const model::Service& in_service, Options in_options, Observer& observer, const Clock& in_clock)
      : service(in_service),
        options(std::move(in_options)),
        violations(in_service),
        clock(in_clock),
        health(observer, in_clock) {}
  const model::Service& service;
  const Options options;
  const Violations violations;
  const Clock& clock;
  Health health;
  std::atomic<bool> closed = false;
  std::atomic<int64_t> commits = 0;
  std::atomic<int64_t> writing = 0;
  std::unique_ptr<Blocking> owner;  // that the tables are this process's, for as long as it is there
  std::mutex mutex;
  std::set<LoopSession*> sessions;  // that are open
};

class LoopSession final : public Session {
 public:
  LoopSession(std::shared_ptr<Shared> shared, asio::io_context& loop, PoolOptions options)
      : shared_(std::move(shared)),
        loop_(loop),
        pool_(std::make_unique<Pool>(loop, shared_->options.server, options, shared_->health, shared_->clock)) {
    std::lock_guard lock(shared_->mutex);
    shared_->sessions.insert(this);
  }
  ~LoopSession() override {
    std::lock_guard lock(shared_->mutex);
    shared_->sessions.erase(this);
  }

  Eventually<Result<Outcomes>> Run(Context& context, Unit& unit) override {
    if (shared_->closed) return Result<Outcomes>(Fail(ErrorKind::kUnavailable, "the store is closed"));
    return unit.writes() ? Write(context, unit) : Read(context, unit);
  }
  void TurnEnds() override {}
  // Its connections end. REQUIRES: the loop's own thread, or that the loop has ended.
  void Close() { pool_.reset(); }

 private:
  Task<Result<Outcomes>> Read(Context& context, Unit& unit) {
    if (unit.feed == nullptr && unit.plans.size() == 1) {
      SharedWay way(*pool_);
      auto outcomes = co_await RunUnit(way, shared_->service, shared_->violations, context, unit);
      co_return outcomes;
    }
    auto lease = co_await pool_->Hold(context);
    if (!lease) co_return std::unexpected(lease.error());
    HeldWay way(std::move(*lease), shared_->service, kBeginRead, false);
    auto outcomes = co_await RunUnit(way, shared_->service, shared_->violations, context, unit);
    co_return outcomes;
  }

  // What others come between is done again from the start, one behind the other where it is about the same row, and so
  // is what asks behind a refusal.
  Task<Result<Outcomes>> Write(Context& context, Unit& unit) {
    const Counted counted(shared_->writing);
    Attempt attempt;
    for (int tries = 1;; ++tries) {
      auto outcomes = co_await Try(context, unit, attempt);
      const bool again = attempt.spoilt || (attempt.may_go_again && tries < kMostTries);
      if (!again || context.deadline.Passed(context.clock)) co_return outcomes;
      attempt.careful = attempt.careful || attempt.spoilt;
      if (attempt.may_go_again && (tries > 1 || !attempt.turn)) co_await Pause(tries);
    }
  }

  struct Attempt {
    std::unique_ptr<HeldWay> way;  // of the last one
    bool careful = false;
    std::optional<int64_t> turn, queued;  // in which the next one goes, in which the last one went
    bool spoilt = false;
    bool may_go_again = false;
    void Learn() {
      spoilt = way->spoilt();
      may_go_again = way->may_go_again();
      if (may_go_again && way->turn()) turn = way->turn();
    }
  };
  // Whoever has their turn keeps it until they are done.
  Task<Result<void>> Begin(Context& context, Attempt& attempt) {
    if (attempt.way != nullptr && attempt.queued == attempt.turn) {
      auto again = co_await attempt.way->Restart(context, attempt.careful);
      co_return again;
    }
    attempt.way.reset();
    auto lease = co_await pool_->Hold(context);
    if (!lease) co_return std::unexpected(lease.error());
    attempt.way = std::make_unique<HeldWay>(std::move(*lease), shared_->service, kBeginWrite, attempt.careful);
    attempt.queued = attempt.turn;
    if (!attempt.turn) co_return Result<void>();
    auto queued = co_await attempt.way->Queue(context, *attempt.turn);
    co_return queued;
  }
  Task<Result<Outcomes>> Try(Context& context, Unit& unit, Attempt& attempt) {
    attempt.spoilt = attempt.may_go_again = false;
    auto begun = co_await Begin(context, attempt);
    if (!begun) co_return std::unexpected(begun.error());
    HeldWay& way = *attempt.way;
    auto outcomes = co_await RunUnit(way, shared_->service, shared_->violations, context, unit);
    attempt.Learn();
    if (!outcomes || !AllWell(unit, *outcomes) || unit.discard) co_return outcomes;  // the way takes it back
    auto kept = co_await way.Commit(context);
    attempt.Learn();
    if (!kept) co_return std::unexpected(kept.error());
    if (*kept) co_return std::unexpected(ErrorOf(**kept));
    shared_->commits.fetch_add(1, std::memory_order_relaxed);
    co_return outcomes;
  }

  Task<void> Pause(int tries) {
    std::array<uint8_t, 2> chance{};
    RandomBytes(chance);
    const int64_t most = kPauseUs << tries;
    asio::steady_timer timer(loop_, std::chrono::microseconds((chance[0] << 8 | chance[1]) * most >> 16));
    co_await timer.async_wait(asio::use_awaitable);
  }

  struct Counted {
    explicit Counted(std::atomic<int64_t>& in_count) : count(in_count) { count.fetch_add(1); }
    ~Counted() { count.fetch_sub(1); }
    Counted(const Counted&) = delete;
    std::atomic<int64_t>& count;
  };

  std::shared_ptr<Shared> shared_;
  asio::io_context& loop_;
  std::unique_ptr<Pool> pool_;  // null: it is closed
};

class PostgresStore final : public Store {
 public:
  explicit PostgresStore(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  ~PostgresStore() override { Close(); }

  Capabilities capabilities() const override { return {.transactions = true, .relation_predicates = true}; }

  std::unique_ptr<Session> Open(asio::io_context& loop) override {
    return std::make_unique<LoopSession>(shared_, loop, PoolOptions{.most_held = shared_->options.held});
  }

  // On a loop of the moment.
  Result<Outcomes> RunAndWait(Context& context, Unit& unit) override {
    asio::io_context loop(1);
    Result<Outcomes> told = Fail(ErrorKind::kUnavailable, "the store did not answer");
    {
      LoopSession session(shared_, loop, {.shared = 1, .most_held = 1});
      asio::co_spawn(loop, Await(session.Run(context, unit)), [&](std::exception_ptr, Result<Outcomes> outcomes) {
        told = std::move(outcomes);
        session.Close();
        loop.stop();  // whatever waits on
      });
      loop.run();
    }
    loop.restart();
    loop.poll();
    return told;
  }

  Result<void> Ready() override {
    const Health::Status status = shared_->health.status();
    if (status.state == Health::State::kDown) return Fail(ErrorKind::kUnavailable, status.why);
    return {};
  }

  Load CurrentLoad(const Clock&) override {
    Load load;
    load.commits = shared_->commits.load(std::memory_order_relaxed);
    load.writes_waiting = shared_->writing.load(std::memory_order_relaxed);
    load.writable = shared_->health.status().state != Health::State::kDown;
    return load;
  }

  void Close() override {
    shared_->closed = true;
    std::lock_guard lock(shared_->mutex);
    for (LoopSession* session : shared_->sessions) session->Close();
  }

 private:
  std::shared_ptr<Shared> shared_;
};

// One process at a time: what others would have to hear of, nobody tells them yet.
Result<void> OwnTables(Blocking& connection) {
  auto owned = connection.QueryText("SELECT pg_try_advisory_lock(hashtextextended('ashlar ' || current_schema(), 0))");
  if (!owned) return std::unexpected(ErrorOf(owned.error()));
  if (*owned == "t") return {};
  return Fail(ErrorKind::kConflict,
              "another process serves the tables of this database, and several at once are not "
              "built yet");
}

}  // namespace

Result<std::unique_ptr<Store>> Open(const model::Service& service, const Options& options, Observer& observer,
                                    const Clock& clock) {
  Settings settings;
  settings.statement_timeout_ms = 0;  // a large table's index takes its time
  TRY(connection, Blocking::Open(options.server, settings));
  TRY_VOID(OwnTables(*connection));
  TRY_VOID(BringTables(*connection, service));
  auto shared = std::make_shared<Shared>(service, options, observer, clock);
  shared->owner = std::move(connection);
  observer.Observe(Note{Severity::kWarning, "store.early", std::string(kEarly)});
  return std::make_unique<PostgresStore>(std::move(shared));
}

}  // namespace ashlar::store::postgres
