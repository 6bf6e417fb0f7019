// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <utility>

#include "store/postgres/link.h"

namespace ashlar::store::postgres {
namespace {

constexpr int kMostTurns = 2;           // that TLS may keep back of what it has taken from the socket
constexpr int64_t kHitUs = 5'000'000;   // for how long the end of one batch may hit the next

// What a statement that was prepared may say though its text would do: a table has changed since, or the server has
// forgotten it.
bool IsStale(std::string_view state) { return state == "0A000" || state == "26000"; }
constexpr std::string_view kEnded = "57014";  // query_canceled

}  // namespace

void Link::TakeIn() {
  TakeOnce();
  // libpq reads as much as it has room for, and of a record of TLS the rest lies where no socket tells of it.
  for (int turn = 0; tls_ && turn < kMostTurns && !closed_ && !batches_.empty(); ++turn) TakeOnce();
  Flush();
  AnswerFinished();
}

void Link::TakeOnce() {
  if (closed_) return;
  WatchSize();
  const bool alive = PQconsumeInput(connection_.get()) == 1;
  Drain();  // also what came right before the end
  if (!alive && !closed_) Close(WordsOf(*connection_));
}

// libpq keeps a result until it is whole, however large: one that grows too large is ended.
void Link::WatchSize() {
  if (!partly_ || batches_.empty()) return;
  int ready = 0;
  if (ioctl(PQsocket(connection_.get()), FIONREAD, &ready) == 0) taken_bytes_ += static_cast<size_t>(ready);
  Batch& front = batches_.front();
  if (taken_bytes_ <= kMostResultBytes || front.unwanted) return;
  front.unwanted = true;
  front.error = ErrorOf(Decoded::kFull, {});
  EndFrontsWork();
}

void Link::Drain() {
  partly_ = true;
  int silent = 0;
  while (!closed_ && PQisBusy(connection_.get()) == 0 && !batches_.empty()) {
    ResultPtr result(PQgetResult(connection_.get()));
    if (result != nullptr) {
      silent = 0;
      Take(*result);
    } else if (++silent > 2) {  // one ends each statement
      Close("it answers less than it was asked");
    }
  }
}

void Link::Take(const pg_result& result) {
  partly_ = false;
  taken_bytes_ = 0;
  Batch& batch = batches_.front();
  const ExecStatusType status = PQresultStatus(&result);
  if (status == PGRES_PIPELINE_SYNC) return EndFront();
  if (status == PGRES_PIPELINE_ABORTED) return;
  if (status == PGRES_FATAL_ERROR) {
    if (!EndsConnection(result)) return TakeTrouble(batch, TroubleOf(result));
    const std::string message = TroubleOf(result).message;
    return Close(message.empty() ? WordsOf(*connection_) : message);
  }
  const bool reply = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
  if (!reply || batch.at >= batch.parts.size()) return Close("it answers what it was not asked");
  TakeReply(batch, result);
}

void Link::TakeReply(Batch& batch, const pg_result& result) {
  Part& part = batch.parts[batch.at];
  if (part.prepares && !std::exchange(batch.prepared, true)) {
    part.entry->there = true;
    return;
  }
  batch.prepared = false;
  ++batch.at;
  if (!batch.done || batch.error || batch.failed()) return;
  if (part.commits && IsRolledBack(result)) {
    return TakeTrouble(batch, {.state = "25P02", .message = "the transaction had failed before its end"});
  }
  Result<Reply> reply = ReplyOf(result, part.columns, part.measures);
  if (reply) {
    batch.replies.push_back(std::move(*reply));
  } else {
    batch.error = std::move(reply).error();
  }
}

void Link::TakeTrouble(Batch& batch, Trouble trouble) {
  if (batch.failed()) return;
  if (batch.at < batch.parts.size() && IsStale(trouble.state)) {
    const Part& part = batch.parts[batch.at];
    if (part.entry != nullptr) prepared_.Forget(part.entry);
  }
  batch.replies.emplace_back(std::move(trouble));
}

bool Link::MayRunAgain(const Batch& batch) const {
  const Trouble* trouble = TroubleIn(batch.replies);
  if (trouble == nullptr || batch.effect != Effect::kReads || batch.again || batch.unwanted) return false;
  const bool hit = trouble->state == kEnded && ended_us_ != INT64_MIN && clock_.SteadyMicros() - ended_us_ < kHitUs;
  return hit || IsStale(trouble->state);
}

void Link::EndFront() {
  Batch batch = std::move(batches_.front());
  batches_.pop_front();
  for (const Part& part : batch.parts) {
    if (part.prepares && !part.entry->there) prepared_.Forget(part.entry);  // passed over
  }
  if (batch.done && MayRunAgain(batch)) {
    Batch again;
    again.asks = std::move(batch.asks);
    again.until_us = batch.until_us;
    again.done = std::move(batch.done);
    again.again = true;
    Send(std::move(again));
  } else if (batch.done) {
    const Trouble* trouble = TroubleIn(batch.replies);
    if (batch.late && trouble != nullptr && trouble->state == kEnded) {
      batch.error = Error{ErrorKind::kTimeout, "the deadline has passed"};
    }
    const bool whole = trouble != nullptr || batch.replies.size() == batch.parts.size();
    if (!batch.error && !whole)
      batch.error = Error{ErrorKind::kInternal, "postgres: it answers less than it was asked"};
    Result<Replies> result = std::move(batch.replies);
    if (batch.error) result = std::unexpected(std::move(*batch.error));
    finished_.emplace_back(std::move(batch.done), std::move(result));
  }
  EndFrontsWork();
}

void Link::AnswerFinished() {
  for (auto& [done, result] : std::exchange(finished_, {})) done(std::move(result));
}

}  // namespace ashlar::store::postgres
