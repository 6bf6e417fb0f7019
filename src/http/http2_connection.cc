// SPDX-License-Identifier: Apache-2.0
#include "http/http2_connection.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/answer.h"

namespace ashlar::http {
namespace {

namespace asio = boost::asio;

constexpr size_t kReadBytes = 16 << 10;
constexpr size_t kBodies = 16;         // of the largest size, of a connection
constexpr size_t kEventsATurn = 2 * kRequestsATurn;  // a head and a whole request each
constexpr int kSendsATurn = 4;
constexpr size_t kFramesWaiting = 256;  // while a client does not read; then neither do we
constexpr asio::use_awaitable_t<LoopExecutor> kOnLoop;

Http2Limits LimitsOf(const ServerOptions& options) {
  return {.messages = options.limits,
          .bodies_bytes = kBodies * options.limits.body_bytes,
          .header_seconds = options.header_seconds,
          .body_seconds = options.body_seconds,
          .idle_seconds = options.idle_seconds,
          .write_seconds = options.write_seconds};
}

}  // namespace

Http2Connection::Http2Connection(Stream& stream, LoopState& loop, IdlePlace& place)
    : stream_(stream),
      loop_(loop),
      place_(place),
      session_(LimitsOf(loop.options), loop.now),
      change_(stream.socket().get_executor(), std::chrono::steady_clock::time_point::max()) {}

bool Http2Connection::CanRead() const { return !writing_ || session_.waiting() < kFramesWaiting; }

LoopTask<void> Http2Connection::Serve(std::string first) {
  if (loop_.draining) session_.GoAway();
  Feed(first);
  first = std::string();
  std::string in;
  while (stream_.is_open() && !session_.ended()) {
    if (!events_.empty()) {
      co_await asio::post(stream_.socket().get_executor(), kOnLoop);
      HandleEvents(kEventsATurn);
      Flush();
      continue;
    }
    if (!CanRead()) {
      co_await AwaitChange();
      continue;
    }
    in.resize_and_overwrite(kReadBytes, [](char*, size_t size) { return size; });
    boost::system::error_code error;
    size_t size = co_await stream_.Read(in.data(), in.size(), error);
    if (error && !session_.ended()) stream_.Close();
    Feed(std::string_view(in).substr(0, size));
  }
  gone_.store(true, std::memory_order_relaxed);
  // Both hold on to what is here.
  while (running_ > 0 || writing_) co_await AwaitChange();
  place_.Leave();
}

void Http2Connection::Feed(std::string_view bytes) {
  if (!bytes.empty()) session_.Feed(bytes);
  TakeEvents();
  HandleEvents(kEventsATurn);
  Flush();
}

void Http2Connection::Sweep() {
  const bool behind = !events_.empty();  // then Serve goes on with them
  session_.Tick(loop_.now);
  TakeEvents();
  if (!behind) HandleEvents(events_.size());
  if (writing_ && !pace_.Holds(stream_.taken(), loop_.now, loop_.options.write_seconds)) stream_.Close();
  Flush();
}

void Http2Connection::Drain() {
  session_.GoAway();
  Flush();
}

void Http2Connection::TakeEvents() {
  for (const Http2Session::Event& event : session_.TakeEvents()) events_.push_back(event);
}

void Http2Connection::HandleEvents(size_t most) {
  for (; most > 0 && !events_.empty(); --most) {
    const Http2Session::Event event = events_.front();
    events_.pop_front();
    const Request* request = session_.Find(event.stream);
    if (request == nullptr) continue;
    switch (event.what) {
      case Http2Session::What::kHead: Judge(event.stream, *request); break;
      case Http2Session::What::kWhole: Handle(event.stream); break;
      case Http2Session::What::kRefused:
        Answer(event.stream, *request, loop_.Refuse(*request, event.refusal.status, event.refusal.reason));
        break;
    }
  }
}

void Http2Connection::Judge(int32_t stream, const Request& head) {
  std::optional<Response> refusal = loop_.Admit(head);
  if (refusal) return Answer(stream, head, std::move(*refusal));
  if (session_.expects_continue(stream)) session_.Continue(stream);
}

void Http2Connection::Handle(int32_t stream) {
  // Handlers go on when their stream is reset: who resets does not get more of them.
  if (running_ >= Http2Limits().streams) return session_.Decline(stream);
  auto request = std::make_unique<Request>(session_.Take(stream));
  request->gone = &gone_;
  request->peer = stream_.peer();
  Response response;
  try {
    Eventually<Response> answer = loop_.handler->Handle(*request);
    if (!answer.ready()) {
      ++running_;
      auto task = AwaitAnswer(stream, std::move(request), std::move(answer.task()));
      return asio::co_spawn(stream_.socket().get_executor(), std::move(task), asio::detached);
    }
    response = std::move(answer.value());
  } catch (...) {
    response = loop_.Failed(*request, WhatWasThrown());
  }
  Answer(stream, *request, std::move(response));
}

LoopTask<void> Http2Connection::AwaitAnswer(int32_t stream, Served request, Task<Response> task) {
  Response response;
  try {
    response = co_await asio::co_spawn(stream_.socket().get_executor(), std::move(task), kOnLoop);
  } catch (...) {
    response = loop_.Failed(*request, WhatWasThrown());
  }
  Answer(stream, *request, std::move(response));
  --running_;
  Flush();
  change_.cancel();
}

void Http2Connection::Answer(int32_t stream, const Request& request, Response response) {
  std::string_view defect = WhyNotSent(response);
  if (!defect.empty()) response = loop_.Failed(request, defect);
  session_.Answer(stream, std::move(response), loop_.date);
}

void Http2Connection::Flush() {
  SendSome();
  session_.idle() && running_ == 0 && !writing_ ? place_.Take() : place_.Leave();
}

// Sends what there is, as far as the socket takes it; the rest as it takes more.
void Http2Connection::SendSome() {
  if (writing_) return;
  for (int sends = 0; stream_.is_open(); ++sends) {
    session_.TakeOutput(loop_.options.output_bytes, out_);
    std::string& sealed = stream_.Seal(out_);
    if (sealed.empty()) break;
    if (sends < kSendsATurn && stream_.Send(sealed)) continue;
    writing_ = true;
    pace_.Begin(stream_.taken(), loop_.now);
    return asio::co_spawn(stream_.socket().get_executor(), WriteRest(), asio::detached);
  }
  boost::system::error_code ignored;
  if (session_.ended() && stream_.is_open()) stream_.socket().cancel(ignored);
}

LoopTask<void> Http2Connection::WriteRest() {
  std::string& sealed = stream_.Seal(out_);
  bool written = co_await stream_.SendAll(sealed);
  writing_ = false;
  if (!written) stream_.Close();
  Flush();
  change_.cancel();
}

LoopTask<void> Http2Connection::AwaitChange() {
  boost::system::error_code ignored;
  co_await change_.async_wait(asio::redirect_error(kOnLoop, ignored));
}

}  // namespace ashlar::http
