// SPDX-License-Identifier: Apache-2.0
#include "bench/sender/link.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace ashlar::sender {
namespace {

std::unexpected<Error> Errno(std::string_view what) {
  return Fail(ErrorKind::kUnavailable, fmt::format("{}: {}", what, std::strerror(errno)));
}

bool WouldWait() { return errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN; }

// The value of a header that Ashlar writes in this spelling.
std::string_view Value(std::string_view head, std::string_view line) {
  size_t at = head.find(line);
  if (at == std::string_view::npos) return {};
  at += line.size();
  return head.substr(at, head.find('\r', at) - at);
}

}  // namespace

Result<void> Link::Open(uint16_t port) {
  received_.clear();
  whole_ = 0;
  unsent_ = {};
  descriptor_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return Errno("socket");
  int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && !WouldWait()) {
    auto failed = Errno("connect");
    Close();
    return failed;
  }
  return {};
}

void Link::Close() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

Result<void> Link::Send(std::string_view bytes) {
  unsent_ = bytes;
  return Pump();
}

Result<void> Link::Pump() {
  while (!unsent_.empty()) {
    ssize_t size = send(descriptor_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (size < 0) return WouldWait() ? Result<void>() : Errno("send");
    unsent_.remove_prefix(static_cast<size_t>(size));
  }
  return {};
}

Result<std::optional<Link::Answer>> Link::Receive() {
  std::array<char, 64 << 10> room;
  while (true) {
    ssize_t size = recv(descriptor_, room.data(), room.size(), 0);
    if (size == 0) return Fail(ErrorKind::kUnavailable, "the connection has ended");
    if (size < 0 && WouldWait()) return std::nullopt;
    if (size < 0) return Errno("recv");
    received_.append(room.data(), static_cast<size_t>(size));
    TRY(answer, TakeAnswer());
    if (answer || static_cast<size_t>(size) < room.size()) return answer;
  }
}

Result<std::optional<Link::Answer>> Link::TakeAnswer() {
  if (whole_ == 0) {
    size_t end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    TRY_VOID(ReadHead(std::string_view(received_).substr(0, end + 4)));
  }
  if (received_.size() < whole_) return std::nullopt;
  if (received_.size() > whole_) return Fail(ErrorKind::kInvalid, "more than the answer has come");
  received_.clear();
  whole_ = 0;
  unsent_ = {};
  if (last_) Close();
  return answer_;
}

Result<void> Link::ReadHead(std::string_view head) {
  std::string_view digits = head.substr(0, 12);
  bool proper = digits.starts_with("HTTP/1.1 ");
  int status = 0;
  if (proper) proper = std::from_chars(digits.data() + 9, digits.data() + digits.size(), status).ec == std::errc();
  if (!proper || status < 200 || status > 599) return Fail(ErrorKind::kInvalid, "no answer of HTTP/1.1");
  uint64_t length = 0;
  std::string_view given = Value(head, "\r\nContent-Length: ");
  if (!given.empty() && std::from_chars(given.data(), given.data() + given.size(), length).ec != std::errc()) {
    return Fail(ErrorKind::kInvalid, "a length that is none");
  }
  answer_ = {status, !Value(head, "\r\nRetry-After: ").empty()};
  last_ = Value(head, "\r\nConnection: ") == "close";
  whole_ = head.size() + length;
  return {};
}

}  // namespace ashlar::sender
