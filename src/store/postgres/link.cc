// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/link.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace ashlar::store::postgres {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr size_t kMostParameters = 65'535;  // that the protocol can count
constexpr int64_t kLongestWaitUs = 3'600'000'000;
constexpr const char* kLate = "the deadline has passed";

}  // namespace

Link::Link(asio::io_context& loop, const Clock& clock, ConnectionPtr connection, Means means)
    : loop_(loop),
      clock_(clock),
      connection_(std::move(connection)),
      means_(std::move(means)),
      socket_(loop),
      timer_(loop),
      ends_(loop, asio::steady_timer::time_point::max()),
      prepared_(means_.prepared) {}

Link::~Link() = default;

Result<void> Link::Begin() {
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
  // libpq closes its descriptor when it likes to: what Asio waits on is another one of the same socket.
  const int own = fcntl(PQsocket(connection_.get()), F_DUPFD_CLOEXEC, 0);
  error_code error(errno, boost::system::system_category());
  if (own >= 0) socket_.assign(own, error);
  const bool ready =
      own >= 0 && !error && PQsetnonblocking(connection_.get(), 1) == 0 && PQenterPipelineMode(connection_.get()) == 1;
  if (!ready) return Fail(ErrorKind::kUnavailable, "a connection to postgres cannot be waited for");
  tls_ = PQsslInUse(connection_.get()) != 0;
  asio::co_spawn(loop_, Receive(shared_from_this()), asio::detached);
  return {};
}

Task<void> Link::Receive(std::shared_ptr<Link> link) {
  struct Forget {  // where the loop ends: who waits holds the link, which holds who waits
    ~Forget() {
      std::exchange(link.batches_, {});
      std::exchange(link.finished_, {});
    }
    Link& link;
  };
  Forget forget{*link};
  co_await link->ReceiveAll();
}

Task<void> Link::ReceiveAll() {
  error_code error;
  auto wait = asio::redirect_error(asio::use_awaitable, error);
  while (!closed_) {
    co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read, wait);
    if (closed_) break;
    if (error) Close(error.message());
    if (!error) TakeIn();
  }
}

Task<Result<Replies>> Link::Run(Context& context, std::vector<Ask> asks, Effect effect) {
  return Run(std::move(asks), effect, context.deadline.steady_micros);
}

Task<Result<Replies>> Link::Run(std::vector<Ask> asks, Effect effect, int64_t until_us) {
  const auto self = shared_from_this();
  if (until_us <= clock_.SteadyMicros()) co_return Fail(ErrorKind::kTimeout, kLate);
  if (closed_) co_return Fail(ErrorKind::kUnavailable, why_);
  if (batches_.size() >= kMostWaiting) {
    co_return Fail(ErrorKind::kUnavailable, "too many requests wait for the store");
  }
  const bool countable =
      std::ranges::all_of(asks, [](const Ask& ask) { return ask.parameters.size() <= kMostParameters; });
  if (!countable) co_return Fail(ErrorKind::kTooLarge, "a statement has too many parameters");
  auto start = [this, &asks, effect, until_us](auto handler) {
    Submit(std::move(asks), effect, until_us,
           [own = std::move(handler)](Result<Replies> result) mutable { std::move(own)(std::move(result)); });
  };
  auto result =
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<Replies>)>(start, asio::use_awaitable);
  co_return result;
}

void Link::Submit(std::vector<Ask> asks, Effect effect, int64_t until_us, Done done) {
  Batch batch;
  batch.asks = std::move(asks);
  batch.effect = effect;
  batch.until_us = until_us;
  batch.done = std::move(done);
  // In a transaction that has failed the server forgets nothing, and of what it does not know it lets one fail.
  if (prepared_.any_dropped() && (means_.shared || clean())) SendDropped();
  Send(std::move(batch));
  Guard(until_us);
}

void Link::Send(Batch batch) {
  batches_.push_back(std::move(batch));  // whatever comes now, it is answered
  if (closed_) return AnswerLater(batches_.back(), Fail(ErrorKind::kUnavailable, why_));
  Batch& own = batches_.back();
  own.replies.reserve(own.asks.size());
  if (!SendParts(own) || PQpipelineSync(connection_.get()) == 0) return Close(WordsOf(*connection_));
  Flush();
}

bool Link::SendParts(Batch& batch) {
  return std::ranges::all_of(batch.asks, [&](const Ask& ask) { return SendPart(ask, batch); });
}

// What another batch has sent to be prepared may come to nothing with it: until it is there, this one brings its text.
bool Link::SendPart(const Ask& ask, Batch& batch) {
  parameters_.Assign(ask.parameters);
  const int count = parameters_.size();
  Part part{.columns = ask.columns, .measures = ask.measures, .commits = ask.sql.starts_with("COMMIT")};
  part.entry = prepared_.Find(ask.sql, parameters_.types());
  if (part.entry == nullptr) {
    part.entry = prepared_.Add(ask.sql, parameters_.types());
    part.prepares = true;
    if (PQsendPrepare(connection_.get(), part.entry->name.c_str(), part.entry->sql.c_str(), count,
                      parameters_.types().data()) == 0) {
      return false;
    }
  }
  auto comes = [&part](const Part& former) { return former.prepares && former.entry == part.entry; };
  const bool named = part.prepares || part.entry->there || std::ranges::any_of(batch.parts, comes);
  const std::string& text = named ? part.entry->name : part.entry->sql;
  const int sent = named ? PQsendQueryPrepared(connection_.get(), text.c_str(), count, parameters_.values(),
                                               parameters_.lengths(), parameters_.formats(), 1)
                         : PQsendQueryParams(connection_.get(), text.c_str(), count, parameters_.types().data(),
                                             parameters_.values(), parameters_.lengths(), parameters_.formats(), 1);
  if (!named) part.entry = nullptr;
  batch.parts.push_back(std::move(part));
  return sent == 1;
}

// Each by itself, for the server may not know one of them.
void Link::SendDropped() {
  for (const std::string& name : prepared_.TakeDropped()) {
    if (closed_) return;
    Batch batch;
    batch.parts.emplace_back();
    const std::string text = "DEALLOCATE " + name;
    batches_.push_back(std::move(batch));
    const bool sent = PQsendQueryParams(connection_.get(), text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1) == 1;
    if (!sent || PQpipelineSync(connection_.get()) == 0) Close(WordsOf(*connection_));
  }
}

void Link::Flush() {
  if (writing_ || closed_) return;
  const int left = PQflush(connection_.get());
  if (left < 0) return Close(WordsOf(*connection_));
  if (left == 0) return;
  writing_ = true;
  socket_.async_wait(asio::posix::stream_descriptor::wait_write, [self = shared_from_this()](error_code error) {
    self->writing_ = false;
    if (!error) self->Flush();
  });
}

void Link::AnswerLater(Batch& batch, Result<Replies> result) {
  if (!batch.done) return;
  asio::post(loop_,
             [done = std::exchange(batch.done, {}), result = std::move(result)]() mutable { done(std::move(result)); });
}

// Sees to it that the link is looked at then, or before.
void Link::Guard(int64_t until_us) {
  if (closed_ || until_us == INT64_MAX || (armed_us_ && *armed_us_ <= until_us)) return;
  armed_us_ = until_us;
  timer_.expires_after(std::chrono::microseconds(std::min(until_us - clock_.SteadyMicros(), kLongestWaitUs)));
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->Look();
  });
}

void Link::Look() {
  armed_us_.reset();
  if (closed_) return;
  const int64_t now_us = clock_.SteadyMicros();
  for (Batch& batch : batches_) {
    if (batch.late || batch.until_us > now_us) continue;
    batch.late = batch.unwanted = true;
    if (batch.effect != Effect::kCommits) AnswerLater(batch, Fail(ErrorKind::kTimeout, kLate));
  }
  EndFrontsWork();
  const int64_t next_us = NextLook();
  if (next_us <= now_us) return Close("it does not answer in time");
  Guard(next_us);
}

// When the first of them is late, or the server with what it has to say of those that are.
int64_t Link::NextLook() const {
  int64_t next_us = INT64_MAX;
  for (const Batch& batch : batches_) {
    int64_t at_us = INT64_MAX;
    if (!batch.late) {
      at_us = batch.until_us;
    } else if (batch.effect == Effect::kCommits) {
      at_us = batch.until_us + means_.stuck_us;
    }
    const bool told = batch.ended_us != 0 && batch.effect != Effect::kCommits;
    next_us = std::min({next_us, at_us, told ? batch.ended_us + means_.stuck_us : INT64_MAX});
  }
  return next_us;
}

// The server ends what it is at: that is of the first batch.
void Link::EndFrontsWork() {
  if (closed_ || batches_.empty()) return;
  Batch& front = batches_.front();
  if (!front.unwanted || front.ended_us != 0) return;
  front.ended_us = ended_us_ = clock_.SteadyMicros();
  if (means_.cancel && backend_.since_us != 0) means_.cancel(backend_);
  Guard(NextLook());
}

Task<void> Link::AwaitClosed() {
  const auto self = shared_from_this();
  error_code ignored;
  if (!closed_) co_await ends_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Link::Close(std::string_view why) {
  if (std::exchange(closed_, true)) return;
  why_ = why;
  error_code ignored;
  socket_.close(ignored);
  connection_.reset();
  timer_.cancel();
  ends_.cancel();
  for (Batch& batch : std::exchange(batches_, {})) {
    const bool unknown = batch.effect == Effect::kCommits && !batch.failed();
    Error error{ErrorKind::kUnavailable, unknown ? std::string(kOutcomeUnknown) : why_};
    AnswerLater(batch, std::unexpected(batch.error && !unknown ? std::move(*batch.error) : std::move(error)));
  }
}

bool Link::clean() const {
  return !closed_ && !locks_ && batches_.empty() && PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
}

}  // namespace ashlar::store::postgres
