// SPDX-License-Identifier: Apache-2.0
#include "redis/link.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

namespace ashlar::redis {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int64_t kSecondLookUs = 10'000;  // a loop that was late itself reads what is there first
constexpr int64_t kConnectUs = 1'000'000;
constexpr size_t kMostReplyBytes = 1 << 20;

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

// "ERR", where the server's words begin with none of its own.
std::string FirstWord(std::string_view text) {
  std::string_view word = text.substr(0, text.find(' '));
  const bool plain =
      !word.empty() && word.size() <= 32 && std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
  return plain ? std::string(word) : "ERR";
}

Reply ReplyOf(const redisReply& from) {
  Reply reply;
  if (from.type == REDIS_REPLY_ERROR) {
    reply.error = FirstWord({from.str, static_cast<size_t>(from.len)});
  } else if (from.type == REDIS_REPLY_STRING || from.type == REDIS_REPLY_STATUS) {
    reply.text.assign(from.str, static_cast<size_t>(from.len));
  } else if (from.type == REDIS_REPLY_ARRAY) {
    for (size_t i = 0; i < from.elements; ++i) reply.numbers.push_back(from.element[i]->integer);
  }
  return reply;
}

void Append(std::span<const std::string> command, std::string& out) {
  std::vector<const char*> parts;
  std::vector<size_t> sizes;
  for (const std::string& part : command) {
    parts.push_back(part.data());
    sizes.push_back(part.size());
  }
  char* bytes = nullptr;
  const int size = redisFormatCommandArgv(&bytes, static_cast<int>(parts.size()), parts.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  out.append(bytes, static_cast<size_t>(size));
  redisFreeCommand(bytes);
}

}  // namespace

void Link::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

Link::Link(asio::io_context& loop, const Clock& clock)
    : loop_(loop),
      clock_(clock),
      socket_(loop),
      resolver_(loop),
      timer_(loop),
      ends_(loop, asio::steady_timer::time_point::max()),
      reader_(redisReaderCreate()) {
  if (reader_ == nullptr) throw std::bad_alloc();
}

Link::~Link() = default;

Task<std::string> Link::Reach(const Server& server) {
  error_code error;
  auto wait = asio::redirect_error(asio::use_awaitable, error);
  if (!server.socket.empty()) {
    co_await socket_.async_connect(asio::local::stream_protocol::endpoint(server.socket), wait);
    co_return error ? error.message() : "";
  }
  auto found = co_await resolver_.async_resolve(server.host, std::to_string(server.port), wait);
  if (error) co_return error.message();
  for (const auto& one : found) {
    if (closed_) break;
    if (socket_.is_open()) socket_.close(error);
    co_await socket_.async_connect(one.endpoint(), wait);
    if (!error) break;
  }
  if (!error) socket_.set_option(asio::ip::tcp::no_delay(true), error);
  co_return error ? error.message() : "";
}

Task<std::string> Link::Connect(const Server& server, asio::ssl::context* tls) {
  connecting_until_us_ = clock_.SteadyMicros() + kConnectUs;
  Guard(*connecting_until_us_);
  std::string wrong = co_await Reach(server);
  if (wrong.empty() && tls != nullptr) {
    error_code error;
    tls_.emplace(socket_, *tls);
    tls_->set_verify_callback(asio::ssl::host_name_verification(server.host), error);
    asio::ip::make_address(server.host, error);
    if (error) SSL_set_tlsext_host_name(tls_->native_handle(), server.host.c_str());  // addresses have no SNI
    co_await tls_->async_handshake(asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error));
    if (error) wrong = error.message();
  }
  connecting_until_us_.reset();
  late_ = false;
  if (closed_) co_return why_;
  if (!wrong.empty()) Close(wrong);
  co_return wrong;
}

void Link::Send(std::span<const std::string> command, int64_t wait_us, Done done) {
  Waiting waiting{clock_.SteadyMicros() + wait_us, std::move(done)};
  if (closed_) return Answer(std::move(waiting), std::nullopt);
  waiting_.push_back(std::move(waiting));
  Append(command, next_);
  Guard(waiting_.front().until_us);
  if (std::exchange(writing_, true)) return;
  asio::post(loop_, [self = shared_from_this()] { self->Flush(); });
}

Task<std::optional<Reply>> Link::Ask(std::vector<std::string> command, int64_t wait_us) {
  auto start = [this, &command, wait_us](auto handler) {
    Send(command, wait_us,
         [own = std::move(handler)](std::optional<Reply> reply) mutable { std::move(own)(std::move(reply)); });
  };
  auto reply = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::optional<Reply>)>(
      start, asio::use_awaitable);
  co_return reply;
}

void Link::Flush() {
  sending_.swap(next_);
  auto done = [self = shared_from_this()](error_code error, size_t) {
    self->sending_.clear();
    self->writing_ = !error && !self->next_.empty();
    if (error) self->Close(error.message());
    if (self->writing_) self->Flush();
  };
  if (tls_) {
    asio::async_write(*tls_, asio::buffer(sending_), std::move(done));
  } else {
    asio::async_write(socket_, asio::buffer(sending_), std::move(done));
  }
}

Task<void> Link::Receive(std::shared_ptr<Link> link) {
  struct Forget {  // where the loop ends: who waits holds the link, which holds who waits
    ~Forget() { std::exchange(link.waiting_, {}); }
    Link& link;
  };
  Forget forget{*link};
  co_await link->ReceiveAll();
}

Task<void> Link::ReceiveAll() {
  std::array<char, 16 << 10> room;
  error_code error;
  auto wait = asio::redirect_error(asio::use_awaitable, error);
  while (!closed_) {
    size_t size = 0;
    if (tls_) {
      size = co_await tls_->async_read_some(asio::buffer(room), wait);
    } else {
      size = co_await socket_.async_read_some(asio::buffer(room), wait);
    }
    left_ = !closed_ && error;
    if (error) Close("it closed the connection");
    if (!error && !Take({room.data(), size})) Close("what it sends is no reply");
  }
  for (Waiting& waiting : std::exchange(waiting_, {})) Answer(std::move(waiting), std::nullopt);
}

bool Link::Take(std::string_view bytes) {
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) return false;
  while (true) {
    void* raw = nullptr;
    if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) return false;
    if (raw == nullptr) return reader_->len < kMostReplyBytes;
    std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(raw));
    if (waiting_.empty()) return false;
    Waiting waiting = std::move(waiting_.front());
    waiting_.pop_front();
    late_ = false;
    Answer(std::move(waiting), ReplyOf(*reply));
  }
}

void Link::Answer(Waiting waiting, std::optional<Reply> reply) {
  asio::post(loop_, [done = std::move(waiting.done), reply = std::move(reply)]() mutable { done(std::move(reply)); });
}

// Sees to it that the link is looked at then, or before.
void Link::Guard(int64_t until_us) {
  if (closed_ || (armed_us_ && *armed_us_ <= until_us)) return;
  armed_us_ = until_us;
  timer_.expires_after(std::chrono::microseconds(until_us - clock_.SteadyMicros()));
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->Look();
  });
}

void Link::Look() {
  armed_us_.reset();
  if (closed_) return;
  auto until_us = connecting_until_us_;
  if (!until_us && !waiting_.empty()) until_us = waiting_.front().until_us;
  if (!until_us) return;
  const int64_t now_us = clock_.SteadyMicros();
  if (*until_us > now_us) return Guard(*until_us);
  if (std::exchange(late_, true)) return Close("it gave no answer in time");
  Guard(now_us + kSecondLookUs);
}

Task<void> Link::AwaitClosed() {
  error_code ignored;
  if (!closed_) co_await ends_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Link::Close(std::string_view why) {
  if (std::exchange(closed_, true)) return;
  why_ = why;
  error_code ignored;
  socket_.close(ignored);
  resolver_.cancel();
  timer_.cancel();
  ends_.cancel();
}

}  // namespace ashlar::redis
