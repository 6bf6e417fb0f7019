// SPDX-License-Identifier: Apache-2.0
#include "app/operator/channel.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>

namespace ashlar::app {
namespace {

constexpr uint32_t kMaxFrame = 256u << 20;
constexpr int kClientSeconds = 600;  // a load may take its time
constexpr int kServerSeconds = 30;   // between the bytes of one operator
constexpr int kRestMillis = 50;

std::string SocketPath(const std::string& store_path) { return store_path + ".sock"; }

bool FillAddress(const std::string& path, sockaddr_un& address) {
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return true;
}

void SetTimeout(int fd, int seconds) {
  timeval limit{seconds, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

bool ReadAll(int fd, char* data, size_t size) {
  while (size > 0) {
    ssize_t got = recv(fd, data, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    data += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool WriteAll(int fd, std::string_view data) {
  while (!data.empty()) {
    ssize_t sent = send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    data.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::optional<json::Json> ReadFrame(int fd) {
  uint32_t size = 0;
  if (!ReadAll(fd, reinterpret_cast<char*>(&size), sizeof size)) return std::nullopt;
  size = ntohl(size);
  if (size > kMaxFrame) return std::nullopt;
  std::string text(size, '\0');
  if (!ReadAll(fd, text.data(), text.size())) return std::nullopt;
  auto parsed = json::Parse(text, {.depth = 64, .bytes = kMaxFrame});
  return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
}

size_t NumberOf(const json::Json& object, std::string_view name) {
  std::string text = TextOf(object, name);
  size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool WriteFrame(int fd, const json::Json& document) {
  std::string text = json::ToText(document);
  if (text.size() > kMaxFrame) return false;
  uint32_t size = htonl(static_cast<uint32_t>(text.size()));
  return WriteAll(fd, {reinterpret_cast<const char*>(&size), sizeof size}) && WriteAll(fd, text);
}

}  // namespace

Result<OperatorAnswer> AskServer(const std::string& store_path, const OperatorRequest& request,
                                 const ReportProgress& report) {
  sockaddr_un address{};
  if (!FillAddress(SocketPath(store_path), address))
    return Fail(ErrorKind::kNotFound, "the path is too long for a socket");
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Fail(ErrorKind::kUnavailable, strerror(errno));
  std::unique_ptr<int, void (*)(int*)> closer(&fd, [](int* own) { close(*own); });
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return Fail(ErrorKind::kNotFound, "nobody serves the store");
  }
  SetTimeout(fd, kClientSeconds);
  if (!WriteFrame(fd, request)) return Fail(ErrorKind::kUnavailable, "the server does not take so large a request");
  while (auto frame = ReadFrame(fd)) {
    if (frame->Find("status") == nullptr) {
      report(NumberOf(*frame, "done"), NumberOf(*frame, "total"));
      continue;
    }
    return OperatorAnswer{static_cast<int>(NumberOf(*frame, "status")), TextOf(*frame, "out"), TextOf(*frame, "err")};
  }
  return Fail(ErrorKind::kUnavailable, "the server gave no answer");
}

Result<std::unique_ptr<OperatorChannel>> OperatorChannel::Open(const Runtime& runtime, Observer& observer) {
  std::string path = SocketPath(runtime.store_path);
  sockaddr_un address{};
  if (!FillAddress(path, address)) {
    return Fail(ErrorKind::kInvalid, fmt::format("--store: {} is too long for the path of a Unix socket", path));
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Fail(ErrorKind::kUnavailable, strerror(errno));
  unlink(path.c_str());  // the store's lock is ours: whoever had it is gone
  mode_t mask = umask(0177);
  int bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  umask(mask);
  if (bound != 0 || listen(fd, 8) != 0) {
    close(fd);
    return Fail(ErrorKind::kUnavailable, fmt::format("cannot listen on {}: {}", path, strerror(errno)));
  }
  return std::unique_ptr<OperatorChannel>(new OperatorChannel(runtime, observer, fd, std::move(path)));
}

OperatorChannel::OperatorChannel(const Runtime& runtime, Observer& observer, int fd, std::string path)
    : runtime_(runtime), observer_(observer), fd_(fd), path_(std::move(path)) {
  thread_ = std::thread([this] { Loop(); });
}

OperatorChannel::~OperatorChannel() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    shutdown(fd_, SHUT_RDWR);
    if (connection_ >= 0) shutdown(connection_, SHUT_RD);
  }
  thread_.join();
  close(fd_);
  unlink(path_.c_str());
}

// Whether the connection may be served; -1 says that there is none any more.
bool OperatorChannel::Begin(int connection) {
  std::lock_guard lock(mutex_);
  connection_ = connection;
  return !closed_;
}

void OperatorChannel::Loop() {
  while (Begin(-1)) {
    int connection = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno != EINTR && Begin(-1)) poll(nullptr, 0, kRestMillis);  // out of descriptors: rests instead of spinning
      continue;
    }
    SetTimeout(connection, kServerSeconds);
    if (Begin(connection)) Serve(connection);
    Begin(-1);
    close(connection);
  }
}

void OperatorChannel::Serve(int connection) {
  auto request = ReadFrame(connection);
  if (!request) return;
  OperatorAnswer answer{1, "", "something went wrong; the server's log has it\n"};
  try {
    answer = Execute(runtime_, *request, observer_, [connection](size_t done, size_t total) {
      WriteFrame(connection, MakeObject({{"done", json::Json(std::to_string(done))},
                                         {"total", json::Json(std::to_string(total))}}));
    });
  } catch (const std::exception& error) {
    observer_.Observe(Defect{"", "operator", error.what()});
  }
  WriteFrame(connection, MakeObject({{"status", json::Json(std::to_string(answer.status))},
                                     {"out", json::Json(std::move(answer.out))},
                                     {"err", json::Json(std::move(answer.err))}}));
}

}  // namespace ashlar::app
