// SPDX-License-Identifier: Apache-2.0
#include "http/stream.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ashlar::http {
namespace {

namespace asio = boost::asio;

constexpr size_t kKeptBytes = 16 << 10;  // of a buffer, while it is empty
constexpr asio::use_awaitable_t<LoopExecutor> kOnLoop;

IpAddress PeerOf(const Socket& socket) {
  boost::system::error_code error;
  const asio::ip::tcp::endpoint endpoint = socket.remote_endpoint(error);
  if (error) return {};  // it has left already
  const asio::ip::address address = endpoint.address();
  return {
      (address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()) : address.to_v6()).to_bytes()};
}

}  // namespace

Stream::Stream(Socket socket, const std::shared_ptr<const TlsContext>& tls)
    : socket_(std::move(socket)),
      peer_(PeerOf(socket_)),
      tls_(tls == nullptr ? nullptr : std::make_unique<TlsSession>(*tls)) {
  boost::system::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

LoopTask<bool> Stream::Handshake() {
  if (tls_ == nullptr) co_return true;
  char bytes[4096];
  while (true) {
    TlsSession::State state = tls_->Shake();
    tls_->TakeWire(wire_);
    bool sent = co_await SendAll(wire_);
    if (state == TlsSession::State::kDone) co_return sent;
    if (state != TlsSession::State::kMore || !sent) co_return false;
    boost::system::error_code error;
    size_t size = co_await socket_.async_read_some(asio::buffer(bytes), asio::redirect_error(kOnLoop, error));
    if (error) co_return false;
    tls_->Feed({bytes, size});
  }
}

LoopTask<size_t> Stream::Read(char* room, size_t size, boost::system::error_code& error) {
  if (tls_ != nullptr) return ReadTls(room, size, error);
  return socket_.async_read_some(asio::buffer(room, size), asio::redirect_error(kOnLoop, error));
}

// The room holds the wire's bytes first, so that a waiting connection needs no second one.
LoopTask<size_t> Stream::ReadTls(char* room, size_t size, boost::system::error_code& error) {
  size_t taken = 0;
  TlsSession::State state = tls_->Read(room, size, taken);
  while (state == TlsSession::State::kMore) {
    size_t got = co_await socket_.async_read_some(asio::buffer(room, size), asio::redirect_error(kOnLoop, error));
    if (error) co_return 0;
    tls_->Feed({room, got});
    state = tls_->Read(room, size, taken);
    if (state == TlsSession::State::kMore && tls_->has_wire()) co_return 0;
  }
  if (state == TlsSession::State::kEnded) error = asio::error::eof;
  if (state == TlsSession::State::kFailed) error = asio::error::connection_aborted;
  co_return taken;
}

std::string& Stream::Seal(std::string& plain) {
  if (tls_ == nullptr) return plain;
  if (!plain.empty() && !tls_->Write(plain)) Close();
  plain.clear();
  if (plain.capacity() > kKeptBytes) plain = std::string();
  tls_->TakeWire(wire_);
  return wire_;
}

bool Stream::Send(std::string& sealed) {
  if (sealed.empty()) return true;
  boost::system::error_code error;
  size_t written = socket_.write_some(asio::buffer(sealed), error);
  sent_ += written;
  if (written < sealed.size()) {
    sealed.erase(0, written);
    return false;
  }
  sealed.clear();
  if (sealed.capacity() > kKeptBytes) sealed = std::string();
  return true;
}

LoopTask<bool> Stream::SendAll(std::string& sealed) {
  if (sealed.empty()) co_return true;
  boost::system::error_code error;
  size_t done = 0;
  while (!error && done < sealed.size()) {
    auto rest = asio::buffer(sealed) + done;
    size_t written = co_await socket_.async_write_some(rest, asio::redirect_error(kOnLoop, error));
    done += written;
    sent_ += written;
  }
  sealed = std::string();
  co_return !error;
}

// What the socket holds is not the client's yet; it may be megabytes.
uint64_t Stream::taken() {
  int held = 0;
  if (ioctl(socket_.native_handle(), SIOCOUTQ, &held) != 0) return sent_;
  return sent_ - std::min(sent_, static_cast<uint64_t>(held));
}

bool Stream::peer_ended() {
  pollfd look{socket_.native_handle(), POLLRDHUP, 0};
  return poll(&look, 1, 0) == 1;  // POLLHUP and POLLERR need no asking for
}

void Stream::End() {
  boost::system::error_code ignored;
  if (tls_ != nullptr && socket_.is_open()) {
    std::string goodbye;
    tls_->End();
    tls_->TakeWire(goodbye);
    if (wire_.empty()) socket_.write_some(asio::buffer(goodbye), ignored);
  }
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stream::Close() {
  if (tls_ != nullptr) End();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace ashlar::http
