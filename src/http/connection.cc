// SPDX-License-Identifier: Apache-2.0
#include "http/connection.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/answer.h"

namespace ashlar::http {
namespace {

namespace asio = boost::asio;

constexpr size_t kLeastRead = 4 << 10;  // grows to kMostRead while reads come back full
constexpr size_t kMostRead = 64 << 10;
constexpr size_t kPassedOver = 64 << 10;  // of a body, behind its refusal; a longer one ends the connection
constexpr size_t kKeptBytes = 16 << 10;  // of a buffer, while it is empty
// What is read and dropped behind a last answer, so that a client which is still sending comes to read it.
constexpr size_t kLingerBytes = 64 << 20;
constexpr int kLingerSeconds = 30;
constexpr int kLingerQuietSeconds = 2;  // without a byte
constexpr int kGoneSeconds = 2;         // that a request is handled, before it is looked whether its client is there
constexpr int kOversizedSeconds = 2;    // for the first byte of a body that will be refused
constexpr asio::use_awaitable_t<LoopExecutor> kOnLoop;

}  // namespace

Connection::Connection(Socket socket, LoopState& loop)
    : stream_(std::move(socket), loop.tls),
      loop_(loop),
      parser_(loop.options.limits),
      read_bytes_(kLeastRead),
      place_(this, loop.idle),
      since_(loop.now) {}

void Connection::Enter(Phase phase) {
  if (phase_ == phase) return;
  phase_ = phase;
  since_ = loop_.now;
  // A client that was sent its last answer is not waited for either.
  phase == Phase::kIdle || phase == Phase::kLingering ? place_.Take() : place_.Leave();
}

void Connection::Close() { stream_.Close(); }

void Connection::Drain() {
  if (http2_ != nullptr) return http2_->Drain();
  if (phase_ == Phase::kIdle) Close();
}

void Connection::Evict() {
  if (http2_ != nullptr) http2_->Drain();
  place_.Leave();
  Close();
}

void Connection::Sweep() {
  if (http2_ != nullptr) return http2_->Sweep();
  const ServerOptions& options = loop_.options;
  int64_t allowed = 0;
  switch (phase_) {
    case Phase::kHandshake: allowed = options.handshake_seconds; break;
    case Phase::kIdle: allowed = silent_ ? options.first_byte_seconds : options.idle_seconds; break;
    case Phase::kHeader: allowed = options.header_seconds; break;
    case Phase::kBody: allowed = parser_.oversized() ? kOversizedSeconds : options.body_seconds; break;
    case Phase::kHandling:  // the request's own deadline ends it
      // Who ended its half alone is answered, too, if that does not take long.
      if (loop_.now - since_ >= kGoneSeconds && stream_.peer_ended()) gone_.store(true, std::memory_order_relaxed);
      return;
    case Phase::kWriting:
      if (!pace_.Holds(stream_.taken(), loop_.now, options.write_seconds)) Close();
      return;
    case Phase::kLingering:
      allowed = loop_.draining ? kLingerQuietSeconds : kLingerSeconds;
      if (loop_.now - heard_ > kLingerQuietSeconds) return Close();
      break;
  }
  if (loop_.now - since_ <= allowed) return;
  if (phase_ != Phase::kHeader && phase_ != Phase::kBody) return Close();
  expired_ = true;
  boost::system::error_code ignored;
  stream_.socket().cancel(ignored);
}

LoopTask<void> Connection::Serve() {
  bool shaken = co_await stream_.Handshake();
  if (!shaken) co_return Close();
  Enter(Phase::kIdle);
  if (stream_.speaks_http2()) co_return co_await ServeHttp2();
  while (stream_.is_open()) {
    Next next = AnswerBuffered();
    std::string& sealed = stream_.Seal(out_);
    // While others are ready too, they are answered before anything is sent: clients on one machine, or behind one
    // proxy, wake up once for many answers, and waking them is a good part of what an answer costs.
    if (loop_.crowded && next == Next::kRead && !sealed.empty()) {
      Phase before = phase_;
      Enter(Phase::kHandling);
      co_await asio::post(stream_.socket().get_executor(), kOnLoop);
      Enter(before);
    }
    if (!stream_.Send(sealed)) {
      bool written = co_await AwaitWritten(sealed);
      if (!written) co_return Close();
    }
    switch (next) {
      case Next::kTurn: co_await asio::post(stream_.socket().get_executor(), kOnLoop); break;
      case Next::kAwait: co_await AwaitAnswer(); break;
      case Next::kHttp2: co_return co_await ServeHttp2();
      case Next::kEnd: co_await Linger(); co_return Close();
      case Next::kRead: {
        if (loop_.draining && phase_ == Phase::kIdle) co_return Close();
        MakeRoom();
        boost::system::error_code error;
        size_t size = co_await stream_.Read(in_.data() + held_, in_.size() - held_, error);
        FinishRead(size, error);
        break;
      }
    }
  }
}

// Answers every request that the buffer holds whole, and says what is to be waited for then.
Connection::Next Connection::AnswerBuffered() {
  if (expired_ && passed_over_) {
    closing_ = true;  // it has its answer
  } else if (expired_ && parser_.oversized()) {
    Refuse(kBodyTooLarge.status, kBodyTooLarge.reason);
  } else if (expired_) {
    Refuse(408, "the request took too long to arrive");
  }
  if (fresh_ && !closing_) {
    if (std::optional<Next> next = LookForHttp2()) return *next;
  }
  for (size_t answered = 0; !closing_;) {
    if (answered == kRequestsATurn || out_.size() >= loop_.options.output_bytes) return Next::kTurn;
    size_t consumed = 0;
    Parser::State state = parser_.Advance(std::string_view(in_).substr(used_), consumed);
    used_ += consumed;
    if (passed_over_) parser_.request().body.clear();  // a crowd that is refused costs no memory
    switch (state) {
      case Parser::State::kNeedMore:
        Enter(!parser_.began() ? Phase::kIdle : phase_ == Phase::kBody ? Phase::kBody : Phase::kHeader);
        return Next::kRead;
      case Parser::State::kRefused: Refuse(parser_.status(), parser_.reason()); break;
      case Parser::State::kHead:
        Enter(Phase::kBody);
        if (Admit() && parser_.expects_continue() && used_ == in_.size()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        break;
      case Parser::State::kDone:
        if (passed_over_) {
          passed_over_ = false;
          parser_.Begin();
          Enter(Phase::kIdle);
        } else if (!Answer()) {
          return Next::kAwait;
        }
        ++answered;
        break;
    }
  }
  return Next::kEnd;
}

// Whether the first bytes are HTTP/2's (prior knowledge), as far as they tell.
std::optional<Connection::Next> Connection::LookForHttp2() {
  size_t size = std::min(in_.size(), kHttp2Preface.size());
  fresh_ = kHttp2Preface.starts_with(std::string_view(in_).substr(0, size));
  if (!fresh_ || size == 0) return std::nullopt;
  if (size == kHttp2Preface.size()) return Next::kHttp2;
  Enter(Phase::kHeader);
  return Next::kRead;
}

LoopTask<void> Connection::ServeHttp2() {
  Enter(Phase::kHandling);
  http2_ = std::make_unique<Http2Connection>(stream_, loop_, place_);
  co_await http2_->Serve(std::move(in_));
  http2_.reset();
  co_await Linger();
  Close();
}

bool Connection::Admit() {
  std::optional<Response> refusal = loop_.Admit(parser_.request());
  // Who sends a short body keeps the connection: to make one anew costs both sides more than to pass the body over.
  bool ends = parser_.BodyEnds(in_.size() - used_, kPassedOver);
  if (refusal) Append(parser_.request(), *refusal, !ends || !parser_.keep_alive());
  passed_over_ = refusal && !closing_;
  return !refusal;
}

// Asks the handler; false when the answer is to be awaited.
bool Connection::Answer() {
  Enter(Phase::kHandling);
  Request& request = parser_.request();
  gone_.store(false, std::memory_order_relaxed);
  request.gone = &gone_;
  request.peer = stream_.peer();
  Eventually<Response> answer = loop_.Handle(request);
  if (!answer.ready()) {
    pending_ = std::move(answer.task());
    return false;
  }
  FinishAnswer(answer.value());
  return true;
}

LoopTask<void> Connection::AwaitAnswer() {
  Task<Response> task = std::move(*pending_);
  pending_.reset();
  Response response;
  try {
    response = co_await asio::co_spawn(stream_.socket().get_executor(), std::move(task), kOnLoop);
  } catch (...) {
    response = loop_.Failed(parser_.request(), WhatWasThrown());
  }
  FinishAnswer(response);
}

void Connection::FinishAnswer(const Response& response) {
  Append(parser_.request(), response, !parser_.keep_alive());
  parser_.Begin();
  Enter(Phase::kIdle);
}

void Connection::Refuse(int status, std::string_view reason) {
  Append(parser_.request(), loop_.Refuse(parser_.request(), status, reason), true);
}

void Connection::Append(const Request& request, const Response& response, bool close) {
  closing_ = close || loop_.draining;
  Framing framing{request.method == "HEAD", closing_, request.minor_version};
  std::string_view defect = WhyNotSent(response);
  if (defect.empty()) return AppendAnswer(response, framing, loop_.date, out_);
  AppendAnswer(loop_.Failed(request, defect), framing, loop_.date, out_);
}

LoopTask<bool> Connection::AwaitWritten(std::string& sealed) {
  Phase before = phase_;
  Enter(Phase::kWriting);
  pace_.Begin(stream_.taken(), loop_.now);
  bool written = co_await stream_.SendAll(sealed);
  Enter(before);
  co_return written;
}

// Makes in_ ready for a read behind what it holds: held_ bytes stay, the rest of it is free.
void Connection::MakeRoom() {
  in_.erase(0, used_);
  used_ = 0;
  held_ = in_.size();
  if (held_ == 0 && in_.capacity() > kKeptBytes && read_bytes_ == kLeastRead) in_ = std::string();
  in_.resize_and_overwrite(held_ + read_bytes_, [](char*, size_t size) { return size; });
}

void Connection::FinishRead(size_t size, const boost::system::error_code& error) {
  in_.resize(held_ + size);
  if (!error) {
    expired_ = false;
    silent_ = silent_ && size == 0;
    read_bytes_ = size == read_bytes_      ? std::min(2 * size, kMostRead)
                  : size < read_bytes_ / 4 ? kLeastRead
                                           : read_bytes_;
  } else if (!expired_) {
    Close();
  }
}

// Lets the client read the last answer: a reset would destroy it while unread bytes are under way.
LoopTask<void> Connection::Linger() {
  Enter(Phase::kLingering);
  heard_ = loop_.now;
  boost::system::error_code error;
  stream_.End();
  in_ = std::string();
  size_t total = 0;
  while (!error && total < kLingerBytes) {
    total +=
        co_await stream_.socket().async_read_some(asio::buffer(loop_.dropped), asio::redirect_error(kOnLoop, error));
    heard_ = loop_.now;
  }
}

}  // namespace ashlar::http
