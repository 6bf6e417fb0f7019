// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_store.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <future>

#include "base/json/json.h"
#include "base/sync_folder.h"
#include "call/storage.h"
#include "store/sql/change.h"
#include "store/sql/schema.h"
#include "store/sqlite/lock.h"
#include "store/sqlite/run.h"
#include "store/sqlite/writer.h"

namespace ashlar::store::sqlite {
namespace {

namespace asio = boost::asio;

constexpr size_t kReadQueueLimit = 1024;
constexpr int64_t kReadQueueAgeUs = 5'000'000;
constexpr const char* kBusy = "too many requests wait for the store";

// Threads that run reads which are too long for a loop.
class Readers {
 public:
  explicit Readers(const model::Service& service) : service_(service), queue_(kReadQueueLimit, kReadQueueAgeUs) {}
  ~Readers() { Close(); }

  Result<void> Begin(const std::string& path, int threads) {
    for (int i = 0; i < threads; ++i) {
      TRY(connection, Connection::Open(path, Connection::Role::kReader));
      threads_.emplace_back([this, own = std::shared_ptr<Connection>(std::move(connection))] { Loop(*own); });
    }
    began_ = threads;
    return {};
  }
  bool Submit(Job& job) { return queue_.Push(job); }
  void AddTo(Load& load) const {
    load.readers = began_;
    load.readers_busy = busy_.load(std::memory_order_relaxed);
    load.reads_waiting = queue_.waiting().jobs;
  }
  void Close() {
    queue_.Close();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  void Loop(Connection& connection) {
    while (true) {
      std::vector<Job> jobs = queue_.Take(1);
      if (jobs.empty()) return;
      busy_.fetch_add(1, std::memory_order_relaxed);
      Result<Outcomes> outcomes = Read(connection, jobs[0]);
      busy_.fetch_sub(1, std::memory_order_relaxed);
      jobs[0].done(std::move(outcomes));
    }
  }

  Result<Outcomes> Read(Connection& connection, Job& job) {
    TRY_VOID(connection.ExecuteAgain("BEGIN"));
    connection.SetInterrupt(
        [](void* context) {
          auto* own = static_cast<Context*>(context);
          return own->deadline.Passed(own->clock);
        },
        job.context);
    Result<Outcomes> outcomes = RunUnit(connection, service_, *job.context, *job.unit);
    connection.SetInterrupt(nullptr, nullptr);
    TRY_VOID(connection.ExecuteAgain("END"));
    return outcomes;
  }

  const model::Service& service_;
  WorkQueue queue_;
  int64_t began_ = 0;  // threads
  std::atomic<int64_t> busy_ = 0;
  std::vector<std::thread> threads_;
};

// What sessions share; outlives them, for they hold it.
struct Shared {
  Shared(const model::Service& in_service, Options in_options, Lock in_lock)
      : service(in_service), options(std::move(in_options)), lock(std::move(in_lock)), readers(in_service) {}
  const model::Service& service;
  const Options options;
  Lock lock;
  Readers readers;
  std::unique_ptr<Writer> writer;
};

// What the store's threads have finished for one loop: it is woken once for all that there is when it comes. Until then
// it is the loop's: what is never resumed goes with its io_context.
class Landing : public std::enable_shared_from_this<Landing> {
 public:
  explicit Landing(asio::io_context& loop) : loop_(loop) {}

  void Land(std::move_only_function<void()> done) {
    std::lock_guard lock(mutex_);
    std::shared_ptr<Landed> landed = landed_.lock();
    if (landed == nullptr) {
      landed = std::make_shared<Landed>();
      landed_ = landed;
      asio::post(loop_, [own = shared_from_this(), landed] { own->GoOn(*landed); });
    }
    landed->push_back(std::move(done));
  }

 private:
  using Landed = std::vector<std::move_only_function<void()>>;
  void GoOn(Landed& landed) {
    {
      std::lock_guard lock(mutex_);
      landed_.reset();
    }
    for (auto& done : landed) done();
  }

  asio::io_context& loop_;
  std::mutex mutex_;
  std::weak_ptr<Landed> landed_;  // that the loop has not come to yet
};

// Hands a unit to one of the store's threads and goes on, on the loop, when it is done.
template <class Target>
Task<Result<Outcomes>> Elsewhere(Target& target, Landing& landing, Context& context, Unit& unit) {
  auto start = [&](auto handler) {
    auto done = [own = std::move(handler), landing = landing.shared_from_this()](Result<Outcomes> outcomes) mutable {
      auto go_on = [own = std::move(own), outcomes = std::move(outcomes)]() mutable {
        std::move(own)(std::move(outcomes));
      };
      landing->Land(std::move(go_on));
    };
    Job job{&context, &unit, std::move(done)};
    if (!target.Submit(job)) job.done(Fail(ErrorKind::kUnavailable, kBusy));
  };
  auto outcomes =
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<Outcomes>)>(start, asio::use_awaitable);
  co_return outcomes;
}

class LoopSession final : public Session {
 public:
  LoopSession(std::shared_ptr<Shared> shared, std::unique_ptr<Connection> connection, asio::io_context& loop)
      : shared_(std::move(shared)), connection_(std::move(connection)), landing_(std::make_shared<Landing>(loop)) {}

  Eventually<Result<Outcomes>> Run(Context& context, Unit& unit) override {
    if (unit.writes()) return Elsewhere(*shared_->writer, *landing_, context, unit);
    // What a feed still asks for, nobody knows: too much for a loop, perhaps.
    bool elsewhere = connection_ == nullptr || unit.feed != nullptr;
    if (elsewhere) return Elsewhere(shared_->readers, *landing_, context, unit);
    Result<void> begun = BeginRead();
    if (!begun) return Result<Outcomes>(std::unexpected(begun.error()));
    int64_t until = context.clock.SteadyMicros() + shared_->options.read_budget_us;
    Budget budget{context.clock, std::min(until, context.deadline.steady_micros)};
    connection_->SetInterrupt(
        [](void* data) {
          auto* own = static_cast<Budget*>(data);
          return own->clock.SteadyMicros() >= own->until;
        },
        &budget);
    Result<Outcomes> outcomes = RunUnit(*connection_, shared_->service, context, unit);
    connection_->SetInterrupt(nullptr, nullptr);
    bool too_long =
        !outcomes && outcomes.error().kind == ErrorKind::kTimeout && !context.deadline.Passed(context.clock);
    if (too_long) return Elsewhere(shared_->readers, *landing_, context, unit);
    return outcomes;
  }

  void TurnEnds() override {
    if (!reading_) return;
    reading_ = false;
    (void)connection_->ExecuteAgain("END");
  }

 private:
  struct Budget {
    const Clock& clock;
    int64_t until;
  };

  // One read transaction for a turn of the loop, begun anew once something was committed: a client reads its writes.
  Result<void> BeginRead() {
    uint64_t commits = shared_->writer->commits();
    if (reading_ && commits == seen_) return {};
    TurnEnds();
    TRY_VOID(connection_->ExecuteAgain("BEGIN"));
    reading_ = true;
    seen_ = commits;
    return {};
  }

  std::shared_ptr<Shared> shared_;
  std::unique_ptr<Connection> connection_;
  std::shared_ptr<Landing> landing_;
  bool reading_ = false;
  uint64_t seen_ = 0;
};

// Of a file; 0 where there is none.
int64_t SizeOf(const std::string& path) {
  std::error_code error;
  uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  ~SqliteStore() override { Close(); }

  Capabilities capabilities() const override { return {.transactions = true, .relation_predicates = true}; }

  std::unique_ptr<Session> Open(asio::io_context& loop) override {
    const Options& options = shared_->options;
    auto connection = Connection::Open(options.path, Connection::Role::kReader);
    if (connection) (void)(*connection)->Execute(fmt::format("PRAGMA cache_size=-{}", options.cache_mib * 1024));
    return std::make_unique<LoopSession>(shared_, connection ? std::move(*connection) : nullptr, loop);
  }

  Result<Outcomes> RunAndWait(Context& context, Unit& unit) override {
    std::promise<Result<Outcomes>> promise;
    Job job{&context, &unit, [&promise](Result<Outcomes> outcomes) { promise.set_value(std::move(outcomes)); }};
    bool taken = unit.writes() ? shared_->writer->Submit(job) : shared_->readers.Submit(job);
    if (!taken) return Fail(ErrorKind::kUnavailable, kBusy);
    return promise.get_future().get();
  }

  Result<void> Ready() override {
    if (shared_->writer->broken()) return Fail(ErrorKind::kUnavailable, std::string(call::kStorageFailed));
    return {};
  }

  Load CurrentLoad(const Clock& clock) override {
    Load load;
    shared_->readers.AddTo(load);
    const Writer& writer = *shared_->writer;
    WorkQueue::Waiting waiting = writer.waiting();
    load.writes_waiting = waiting.jobs;
    if (waiting.since_us > 0) load.oldest_write_us = std::max<int64_t>(0, clock.SteadyMicros() - waiting.since_us);
    load.group_us = writer.group_us();
    load.commits = static_cast<int64_t>(writer.commits());
    load.store_bytes = SizeOf(shared_->options.path);
    load.log_bytes = SizeOf(shared_->options.path + "-wal");
    load.log_pages = writer.log_pages();
    load.writable = !writer.broken();
    return load;
  }

  void Close() override {
    shared_->writer->Close();
    shared_->readers.Close();
  }

 private:
  std::shared_ptr<Shared> shared_;
};

Result<void> ApplyAll(Connection& connection, const std::vector<std::string>& statements,
                      const std::string& described) {
  for (const std::string& statement : statements) TRY_VOID(connection.Execute(statement));
  std::string quoted;
  for (char c : described) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  TRY_VOID(
      connection.Execute("CREATE TABLE IF NOT EXISTS ashlar_schema (one INTEGER PRIMARY KEY CHECK (one = 1), "
                         "description TEXT NOT NULL) STRICT"));
  return connection.Execute(fmt::format("INSERT OR REPLACE INTO ashlar_schema VALUES (1, '{}')", quoted));
}

// Makes the tables, or brings them to what the service says, all or nothing.
Result<void> BringTables(Connection& connection, const model::Service& service, const std::string& path) {
  TRY(there, connection.QueryText("SELECT name FROM sqlite_schema WHERE name = 'ashlar_schema'"));
  std::vector<std::string> statements;
  std::string described = sql::Describe(service, sql::Sqlite());
  if (there) {
    TRY(text, connection.QueryText("SELECT description FROM ashlar_schema"));
    auto applied = json::Parse(text.value_or(""), {.depth = 64, .bytes = SIZE_MAX});
    if (!applied) return Fail(ErrorKind::kInvalid, "the store's description of itself cannot be read");
    sql::Change change = sql::Compare(*applied, service, sql::Sqlite());
    if (!change.refused.empty()) {
      return std::unexpected(sql::Refusal(change, "a new file (--store sqlite:PATH)"));
    }
    if (*text == described) return {};
    statements = std::move(change.statements);
  } else {
    TRY(other, connection.QueryText("SELECT name FROM sqlite_schema LIMIT 1"));
    if (other) return Fail(ErrorKind::kInvalid, fmt::format("{} is a database of something else", path));
    statements = sql::CreateAll(service, sql::Sqlite());
  }
  TRY_VOID(connection.Execute("BEGIN IMMEDIATE"));
  Result<void> applied = ApplyAll(connection, statements, described);
  if (applied) return connection.Execute("COMMIT");
  (void)connection.Execute("ROLLBACK");
  return applied;
}

// Makes the folder of the store, and those above it, where they are missing. Gives what stands in a new folder each,
// for their names to be synced.
Result<std::vector<std::string>> MakeFolders(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> made;
  const fs::path parent = fs::path(path).parent_path();
  for (fs::path one = parent; !one.empty() && !fs::exists(one, error); one = one.parent_path()) made.push_back(one);
  if (!parent.empty()) fs::create_directories(parent, error);
  if (error) return Fail(ErrorKind::kUnavailable, fmt::format("cannot make {}: {}", parent.string(), error.message()));
  return made;
}

// What an unclean end has left in the log is in the database, and on the disk, before anything is built upon it: a sync
// that failed then may have left it in the system's memory alone (docs/decisions/0023).
Result<void> Settle(Connection& connection, const std::string& path, Observer& observer) {
  Result<void> settled = connection.Checkpoint(Connection::Checkpoints::kTruncate);
  if (settled) return settled;
  if (settled.error().kind ==
      ErrorKind::kConflict) {  // a copy is being made, perhaps: it comes with a later checkpoint
    observer.Observe(Note{Severity::kWarning, "store.checkpoint", settled.error().message});
    return {};
  }
  return Fail(ErrorKind::kUnavailable,
              fmt::format("cannot bring the log of {} to an end: {}", path, settled.error().message));
}

}  // namespace

Result<std::unique_ptr<Store>> Open(const model::Service& service, const Options& options, Observer& observer) {
  TRY(new_names, MakeFolders(options.path));
  TRY(lock, Lock::Take(options.path));
  TRY(connection, Connection::Open(options.path, Connection::Role::kWriter));
  TRY_VOID(Settle(*connection, options.path, observer));
  TRY_VOID(BringTables(*connection, service, options.path));
  new_names.push_back(options.path);
  for (const std::string& name : new_names) TRY_VOID(SyncFolderOf(name));
  auto shared = std::make_shared<Shared>(service, options, std::move(lock));
  shared->writer = std::make_unique<Writer>(std::move(connection), service, observer, options.mixed_read_us);
  TRY_VOID(shared->readers.Begin(options.path, options.reader_threads));
  return std::make_unique<SqliteStore>(std::move(shared));
}

}  // namespace ashlar::store::sqlite
