// SPDX-License-Identifier: Apache-2.0
#include "app/operator/wire.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ashlar::app {
namespace {

bool ReadAll(int socket, char* data, size_t size) {
  while (size > 0) {
    ssize_t got = recv(socket, data, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    data += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool WriteAll(int socket, std::string_view data) {
  while (!data.empty()) {
    ssize_t sent = send(socket, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    data.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::string FrameOf(const json::Json& document) {
  std::string text = json::ToText(document);
  uint32_t size = htonl(static_cast<uint32_t>(text.size()));
  return std::string(reinterpret_cast<const char*>(&size), sizeof size) + text;
}

// One byte and room for one descriptor beside it.
struct Carrier {
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))]{};
  msghdr message{};
  Carrier() {
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = room;
    message.msg_controllen = sizeof room;
  }
};

}  // namespace

void SetTimeout(int socket, int seconds) {
  timeval limit{seconds, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

std::optional<json::Json> ReadFrame(int socket, size_t most_bytes) {
  uint32_t size = 0;
  if (!ReadAll(socket, reinterpret_cast<char*>(&size), sizeof size)) return std::nullopt;
  size = ntohl(size);
  if (size > most_bytes) return std::nullopt;
  std::string text(size, '\0');
  if (!ReadAll(socket, text.data(), text.size())) return std::nullopt;
  auto parsed = json::Parse(text, {.depth = 64, .bytes = most_bytes});
  return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
}

bool WriteFrame(int socket, const json::Json& document, size_t most_bytes) {
  std::string frame = FrameOf(document);
  return frame.size() <= most_bytes && WriteAll(socket, frame);
}

bool OfferFrame(int socket, const json::Json& document) {
  std::string frame = FrameOf(document);
  ssize_t sent = send(socket, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return WriteAll(socket, std::string_view(frame).substr(static_cast<size_t>(sent)));
}

bool SendDescriptor(int socket, int descriptor) {
  Carrier carrier;
  cmsghdr* header = CMSG_FIRSTHDR(&carrier.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  ssize_t sent = 0;
  do {
    sent = sendmsg(socket, &carrier.message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == 1;
}

int ReceiveDescriptor(int socket) {
  Carrier carrier;
  ssize_t got = 0;
  do {
    got = recvmsg(socket, &carrier.message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  cmsghdr* header = got == 1 ? CMSG_FIRSTHDR(&carrier.message) : nullptr;
  if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return -1;
  // The room for one has, for its alignment, room for two: what came beside it is ours to close.
  size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (size_t i = 0; i < count; ++i) {
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof descriptor, sizeof descriptor);
    if (count == 1) return descriptor;
    close(descriptor);
  }
  return -1;
}

}  // namespace ashlar::app
