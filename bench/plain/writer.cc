// SPDX-License-Identifier: Apache-2.0
#include "writer.h"

#include <iterator>

namespace ashlar::bench {
namespace {

constexpr int kPassivePages = 1000;
constexpr int kRestartPages = 16'384;

constexpr const char* kInsert =
    "INSERT INTO entries (id, version, created_at, updated_at, name, price, stock, status, published, released_at,"
    " maker_id, owner_id) VALUES (?1, 1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
constexpr const char* kAudit =
    "INSERT INTO audit_entries (id, version, created_at, updated_at, resource, row_id, action, row_version, after,"
    " caller_id, caller_kind, request_id) VALUES (?1, 1, ?2, ?2, 'Entry', ?3, 'create', 1, ?4, ?5, 'user', ?6)";

int NotePages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

Writer::Writer(const std::string& path, size_t group, Done done)
    : group_(group),
      done_(std::move(done)),
      store_(OpenStore(path, true)),
      begin_(store_.get(), "BEGIN IMMEDIATE"),
      commit_(store_.get(), "COMMIT"),
      maker_(store_.get(), "SELECT 1 FROM makers WHERE id = ?1"),
      insert_(store_.get(), kInsert),
      audit_(store_.get(), kAudit) {
  sqlite3_wal_hook(store_.get(), NotePages, &log_pages_);
  thread_ = std::thread([this] { Loop(); });
}

Writer::~Writer() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  some_.notify_one();
  thread_.join();
}

void Writer::Add(Job job) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = waiting_.empty();
    waiting_.push_back(std::move(job));
  }
  if (first) some_.notify_one();
}

void Writer::Loop() {
  while (true) {
    std::vector<Job> jobs;
    bool idle = false;
    {
      std::unique_lock lock(mutex_);
      some_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      size_t count = std::min(group_, waiting_.size());
      auto end = waiting_.begin() + static_cast<ptrdiff_t>(count);
      jobs.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
      waiting_.erase(waiting_.begin(), end);
      idle = waiting_.empty();
    }
    Commit(jobs);
    done_(std::move(jobs));
    Checkpoint(idle);
  }
}

void Writer::Commit(std::vector<Job>& jobs) {
  begin_.Run();
  for (Job& job : jobs) Store(job);
  commit_.Run();
  commits_.fetch_add(1, std::memory_order_release);
}

void Writer::Store(Job& job) {
  const Entry& entry = job.entry;
  maker_.Bind(1, entry.maker);
  job.stored = maker_.Step();
  maker_.Reset();
  if (!job.stored) return;
  insert_.Bind(1, entry.id);
  insert_.Bind(2, entry.now);
  insert_.Bind(3, entry.name);
  insert_.Bind(4, entry.price);
  insert_.Bind(5, entry.stock);
  insert_.Bind(6, entry.status);
  insert_.Bind(7, int64_t{entry.published});
  insert_.Bind(8, entry.released);
  insert_.Bind(9, entry.maker);
  insert_.Bind(10, entry.owner);
  insert_.Run();
  char id[kUuidText], owner[kUuidText];
  PutUuid(id, entry.id.data());
  PutUuid(owner, entry.owner.data());
  Uuid audit = NewUuid(entry.now);
  audit_.Bind(1, audit);
  audit_.Bind(2, entry.now);
  audit_.Bind(3, std::string_view(id, sizeof id));
  audit_.Bind(4, entry.json);
  audit_.Bind(5, std::string_view(owner, sizeof owner));
  audit_.Bind(6, std::string_view(entry.request.data(), entry.request.size()));
  audit_.Run();
}

// As the product does it: while nobody waits, or when the log has become long.
void Writer::Checkpoint(bool idle) {
  int how = log_pages_ > kRestartPages ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  if (how == SQLITE_CHECKPOINT_PASSIVE && (!idle || log_pages_ <= kPassivePages)) return;
  sqlite3_wal_checkpoint_v2(store_.get(), nullptr, how, nullptr, nullptr);
}

}  // namespace ashlar::bench
