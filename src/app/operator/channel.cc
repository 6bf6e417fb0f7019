// SPDX-License-Identifier: Apache-2.0
#include "app/operator/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>

#include "app/operator/wire.h"

namespace ashlar::app {
namespace {

constexpr int kClientSeconds = 600;  // a load may take its time
constexpr int kServerSeconds = 30;   // between the bytes of one operator
constexpr int kRestMillis = 50;
constexpr int kTurnMillis = 100;
constexpr size_t kMostOperators = 8;

std::string SocketPath(const std::string& store_path) { return store_path + ".sock"; }

bool FillAddress(const std::string& path, sockaddr_un& address) {
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return true;
}

size_t NumberOf(const json::Json& object, std::string_view name) {
  std::string text = TextOf(object, name);
  size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The request and its files; an Error if the server takes no such request.
Result<void> Send(int fd, const OperatorRequest& request) {
  std::vector<std::string> paths;
  for (const SourceFile& file : request.files) paths.push_back(file.path());
  json::Json body = request.body;
  if (auto* members = std::get_if<json::Object>(&body.value)) members->push_back({"files", MakeTexts(paths)});
  bool sent = WriteFrame(fd, body, kMostRequestBytes);
  for (const SourceFile& file : request.files) sent = sent && SendDescriptor(fd, file.descriptor());
  if (!sent) return Fail(ErrorKind::kUnavailable, "the server does not take this request");
  return {};
}

// Nothing if it does not arrive as a whole.
std::optional<OperatorRequest> Receive(int fd) {
  auto body = ReadFrame(fd, kMostRequestBytes);
  if (!body) return std::nullopt;
  std::vector<std::string> paths = TextsOf(*body, "files");
  if (paths.size() > kMostFiles) return std::nullopt;
  OperatorRequest request{std::move(*body), {}};
  for (std::string& path : paths) {
    int descriptor = ReceiveDescriptor(fd);
    if (descriptor < 0) return std::nullopt;
    auto file = SourceFile::Adopt(std::move(path), descriptor);
    if (!file) return std::nullopt;
    request.files.push_back(std::move(*file));
  }
  return request;
}

// "user add"
std::string CommandOf(const json::Json& request) {
  constexpr size_t kLongest = 40;
  std::string what = TextOf(request, "what");
  return (TextOf(request, "command") + (what.empty() ? "" : " ") + what).substr(0, kLongest);
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
  TRY_VOID(Send(fd, request));
  while (auto frame = ReadFrame(fd, kMostAnswerBytes)) {
    if (frame->Find("status") == nullptr) {
      if (!report(NumberOf(*frame, "done"), NumberOf(*frame, "total"))) break;
      continue;
    }
    return OperatorAnswer{static_cast<int>(NumberOf(*frame, "status")), TextOf(*frame, "out"), TextOf(*frame, "err")};
  }
  return Fail(ErrorKind::kUnavailable, "the server gave no answer");
}

Result<std::unique_ptr<OperatorChannel>> OperatorChannel::Open(const Runtime& runtime, Observer& observer) {
  std::string path = SocketPath(runtime.store_place.path);
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
    for (const Operator& one : operators_) shutdown(one.connection, SHUT_RD);
  }
  changed_.notify_all();
  thread_.join();
  for (Operator& one : operators_) {
    one.thread.join();
    close(one.connection);
  }
  close(fd_);
  unlink(path_.c_str());
}

bool OperatorChannel::closed() {
  std::lock_guard lock(mutex_);
  return closed_;
}

void OperatorChannel::Loop() {
  while (!closed()) {
    int connection = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno != EINTR && !closed()) poll(nullptr, 0, kRestMillis);  // out of descriptors: rests instead of spinning
      continue;
    }
    SetTimeout(connection, kServerSeconds);
    Welcome(connection);
  }
}

// Each operator is served on a thread: a load takes its time, and a token must be had meanwhile.
void OperatorChannel::Welcome(int connection) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    std::erase_if(operators_, [](Operator& one) {
      if (!one.done) return false;
      one.thread.join();
      close(one.connection);
      return true;
    });
    return closed_ || operators_.size() < kMostOperators;
  });
  if (closed_) {
    close(connection);
    return;
  }
  Operator& one = operators_.emplace_back();
  one.connection = connection;
  one.thread = std::thread([this, &one] {
    Serve(one.connection);
    std::lock_guard done_lock(mutex_);
    shutdown(one.connection, SHUT_RDWR);
    one.done = true;
    changed_.notify_all();
  });
}

void OperatorChannel::Serve(int connection) {
  auto request = Receive(connection);
  if (!request) return;
  bool gone = false;
  ReportProgress report = [connection, &gone](size_t done, size_t total) {
    gone = gone || !OfferFrame(connection, MakeObject({{"done", json::Json(std::to_string(done))},
                                                       {"total", json::Json(std::to_string(total))}}));
    return !gone;
  };
  int64_t begun = SystemClock().SteadyMicros();
  OperatorAnswer answer{1, "", "something went wrong; the server's log has it\n"};
  try {
    answer = Run(*request, report);
  } catch (const std::exception& error) {
    observer_.Observe(Defect{"", "operator", error.what()});
  }
  bool done = answer.status == 0 || answer.status > 2;
  std::string outcome = done ? "done" : answer.status == 2 ? "refused" : gone ? "abandoned" : "failed";
  observer_.Observe(OperatorDone{answer.request_id, CommandOf(request->body), outcome, answer.counts,
                                 SystemClock().SteadyMicros() - begun});
  WriteFrame(connection,
             MakeObject({{"status", json::Json(std::to_string(answer.status))},
                         {"out", json::Json(std::move(answer.out))},
                         {"err", json::Json(std::move(answer.err))}}),
             kMostAnswerBytes);
}

// One load after another: each may take the memory that one may take.
OperatorAnswer OperatorChannel::Run(const OperatorRequest& request, const ReportProgress& report) {
  if (TextOf(request.body, "command") != "load") return Execute(runtime_, request, observer_, report);
  std::unique_lock turn(load_mutex_, std::defer_lock);
  while (!turn.try_lock_for(std::chrono::milliseconds(kTurnMillis))) {
    if (closed()) return {1, "", "the server is ending\n"};
    if (!report(0, 0)) return {1, "", ""};
  }
  return Execute(runtime_, request, observer_, report);
}

}  // namespace ashlar::app
