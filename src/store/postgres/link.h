// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/context.h"
#include "base/result.h"
#include "base/task.h"
#include "store/postgres/ask.h"
#include "store/postgres/prepared.h"
#include "store/postgres/result.h"

namespace ashlar::store::postgres {

// A process of the server, as nobody else is it, on whichever machine: who works for a connection.
struct Backend {
  int64_t pid = 0;
  int64_t since_us = 0;  // when it was begun, since 1970; 0: nothing is known of it
  bool operator==(const Backend&) const = default;
};

// One connection to a server, until it is closed. Batches go out at once, however many are under way (libpq's pipeline
// mode), and their answers come in the same order. Texts are prepared with their first use and kept (Prepared). Kept
// alive by what is under way on it. Touched on its loop alone.
//
// A batch whose deadline passes is not waited for any longer, and what the server does for it is ended, once it is its
// turn. Whom that hits as well, since the server was faster than its end, is run again if it only reads. A kCommits
// waits on for what came of it. A server that ends nothing in time loses the link.
class Link : public std::enable_shared_from_this<Link> {
 public:
  static constexpr size_t kMostWaiting = 4096;    // batches under way
  static constexpr size_t kMostResultBytes = 64 << 20;  // of one statement

  struct Means {
    size_t prepared = 256;         // statements
    bool shared = false;           // by batches that know nothing of each other: all of them are kReads
    int64_t stuck_us = 3'000'000;  // in which the server has to end what it is told to
    std::function<void(const Backend&)> cancel;  // ends what that process does for us, in time
  };

  // `connection` is established and non-blocking. The loop and the clock must outlive it.
  Link(boost::asio::io_context& loop, const Clock& clock, ConnectionPtr connection, Means means);
  ~Link();
  // Begins to take in what the server says.
  Result<void> Begin();

  // Runs one batch. It is one transaction, unless BEGIN or COMMIT stands in it or before it. Without statements: asks
  // whether the server is there. An Error is kTimeout once the deadline has passed, kTooLarge where rows do not fit,
  // kUnavailable where the connection is lost (see kOutcomeUnknown), kInternal.
  Task<Result<Replies>> Run(Context& context, std::vector<Ask> asks, Effect effect);
  Task<Result<Replies>> Run(std::vector<Ask> asks, Effect effect, int64_t until_us);

  Task<void> AwaitClosed();
  // All batches under way end with kUnavailable.
  void Close(std::string_view why);

  bool closed() const { return closed_; }
  const std::string& why() const { return why_; }
  size_t waiting() const { return batches_.size(); }
  size_t prepared() const { return prepared_.size(); }
  // Nothing is under way, no transaction is open, and no lock is held.
  bool clean() const;
  // The session holds locks, or no longer.
  void set_locks(bool locks) { locks_ = locks; }
  void set_backend(const Backend& backend) { backend_ = backend; }
  const Backend& backend() const { return backend_; }

 private:
  using Done = std::move_only_function<void(Result<Replies>)>;
  struct Part {  // of a batch: one statement
    Prepared::Entry entry;  // by which it is run; null: it is sent as a text
    bool prepares = false;  // the entry comes with it
    size_t columns = 0;
    bool measures = false;
    bool commits = false;
  };
  struct Batch {
    std::vector<Ask> asks;  // looked at only while somebody waits
    std::vector<Part> parts;
    Effect effect = Effect::kReads;
    int64_t until_us = INT64_MAX;
    Done done;  // null: nobody waits
    Replies replies;
    std::optional<Error> error;  // that it ends with, whatever is still to come
    size_t at = 0;  // the part that the next result is of
    bool prepared = false;  // of that part
    bool again = false;  // it has been sent a second time
    bool late = false;  // its deadline has passed
    bool unwanted = false;  // the server may end it
    int64_t ended_us = 0;  // when it was told to
    bool failed() const { return TroubleIn(replies) != nullptr; }
  };

  static Task<void> Receive(std::shared_ptr<Link> link);
  Task<void> ReceiveAll();
  void Submit(std::vector<Ask> asks, Effect effect, int64_t until_us, Done done);
  void Send(Batch batch);
  bool SendParts(Batch& batch);
  bool SendPart(const Ask& ask, Batch& batch);
  void SendDropped();
  void Flush();
  // What the server says (link_answers.cc).
  void TakeIn();
  void TakeOnce();
  void WatchSize();
  void Drain();
  void Take(const pg_result& result);
  void TakeReply(Batch& batch, const pg_result& result);
  void TakeTrouble(Batch& batch, Trouble trouble);
  void EndFront();
  bool MayRunAgain(const Batch& batch) const;
  void AnswerFinished();
  // What it does not say in time (link.cc).
  void AnswerLater(Batch& batch, Result<Replies> result);
  void Guard(int64_t until_us);
  void Look();
  int64_t NextLook() const;
  void EndFrontsWork();

  boost::asio::io_context& loop_;
  const Clock& clock_;
  ConnectionPtr connection_;
  const Means means_;
  Backend backend_;
  boost::asio::posix::stream_descriptor socket_;  // a descriptor of its own of the connection's socket
  boost::asio::steady_timer timer_;  // until armed_us_
  boost::asio::steady_timer ends_;  // when the link is closed
  bool tls_ = false;
  Prepared prepared_;
  Parameters parameters_;
  std::deque<Batch> batches_;
  std::vector<std::pair<Done, Result<Replies>>> finished_;  // told once all that has come is taken in
  std::optional<int64_t> armed_us_;
  int64_t ended_us_ = INT64_MIN;  // when the server was last told to end a batch
  bool partly_ = false;  // a result has come in part
  size_t taken_bytes_ = 0;  // of it, since that is known
  bool writing_ = false;
  bool locks_ = false;
  bool closed_ = false;
  std::string why_;
};

}  // namespace ashlar::store::postgres
