// SPDX-License-Identifier: Apache-2.0
#include "http/http2_connection.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <thread>

#include "http/answer.h"
#include "http/socket_test.h"

namespace ashlar::http {
namespace {

struct Hand final : Clock {
  int64_t NowMicros() const override { return SteadyMicros(); }
  int64_t SteadyMicros() const override { return seconds * 1'000'000; }
  std::atomic<int64_t> seconds = 784111777;
};

struct Counting final : Observer {
  void Observe(const Observation&) override { ++seen; }
  std::atomic<int> seen = 0;
};

// "/held": once the test lets go; "/wait": holds up the loop until then; "/count": as many bytes as there were
// requests;
// "/large": megabytes; "/throw", "/throw-later", "/evil": defects; others at once.
class Echo final : public Handler {
 public:
  Echo(std::atomic<bool>* released, std::atomic<int>* held, std::atomic<int>* left)
      : released_(released), held_(held), left_(left) {}

  Eventually<Response> Handle(const Request& request) override {
    std::string first = request.segments.empty() ? "" : request.segments[0];
    if (first == "throw") throw std::runtime_error("on purpose");
    if (first == "wait") ++*held_;
    while (first == "wait" && !*released_) std::this_thread::yield();
    if (first == "count") return Response{200, {}, std::string(counted_, 'x')};
    ++counted_;
    if (first == "evil") return Response{200, {{"X-Evil", "a\r\nb"}}, "evil"};
    if (first == "large") return Response{200, {}, std::string(20'000'000, 'x')};
    if (first == "held" || first == "throw-later") return Held(request, first == "held");
    return Response{200, {}, request.method + " " + request.target + " " + request.body};
  }
  std::optional<Response> Admit(const Request& head, const LagMeter&) override {
    if (head.Find("x-throw")) throw std::runtime_error("on purpose");
    return head.Find("x-refuse") ? std::optional(Response{503, {}, "busy"}) : std::nullopt;
  }
  Response Refuse(const Request&, int status, std::string_view reason) override {
    return {status, {}, std::string(reason)};
  }
  Response Failed(const Request&, std::string_view what) override { return {500, {}, std::string(what)}; }

 private:
  Task<Response> Held(const Request& request, bool well) {
    ++*held_;
    auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor);
    bool left = false;
    while (!*released_) {
      if (!std::exchange(left, request.gone->load()) && left) ++*left_;
      timer.expires_after(std::chrono::milliseconds(2));
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    if (!well) throw std::runtime_error("later");
    co_return Response{200, {}, request.method + " " + request.target};
  }

  std::atomic<bool>* released_;
  std::atomic<int>* held_;
  std::atomic<int>* left_;  // clients, while "/held"
  size_t counted_ = 0;  // requests before
};

// A client over a blocking socket.
class Client {
 public:
  struct Seen {
    std::string status;
    std::string date;
    std::string body;
    int place = 0;  // among those that ended
    uint32_t code = 0;
    bool ended = false;
  };

  // With `receive_bytes` its socket takes no more than about these, while HTTP/2 would let everything through.
  explicit Client(const std::string& address, int receive_bytes = 0) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    timeval limit{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (receive_bytes > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    uint16_t port = 0;
    std::from_chars(address.data() + address.rfind(':') + 1, address.data() + address.size(), port);
    to.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    Open();
    const nghttp2_settings_entry wide{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 30};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &wide, receive_bytes > 0 ? 1 : 0);
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 1 << 30);
  }
  ~Client() {
    nghttp2_session_del(session_);
    close(fd_);
  }

  int32_t Ask(const std::string& path, std::string body = {}, const char* more = nullptr) {
    auto field = [](std::string_view name, std::string_view value) {
      auto bytes = [](std::string_view text) { return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data())); };
      return nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(), 0};
    };
    std::vector<nghttp2_nv> head = {field(":method", body.empty() ? "GET" : "POST"), field(":scheme", "http"),
                                    field(":path", path), field(":authority", "a")};
    if (more != nullptr) head.push_back(field(more, "1"));
    nghttp2_data_provider provider{};
    provider.read_callback = [](nghttp2_session*, int32_t id, uint8_t* room, size_t size, uint32_t* flags,
                                nghttp2_data_source*, void* user) -> ssize_t {
      std::string& left = static_cast<Client*>(user)->bodies_[id];
      size = std::min(size, left.size());
      std::memcpy(room, left.data(), size);
      left.erase(0, size);
      if (left.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(size);
    };
    bool has_body = !body.empty();
    int32_t id =
        nghttp2_submit_request(session_, nullptr, head.data(), head.size(), has_body ? &provider : nullptr, nullptr);
    bodies_[id] = std::move(body);
    return id;
  }
  void Reset(int32_t stream) { nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL); }
  void Send() {
    const uint8_t* bytes = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &bytes)) > 0;) {
      send(fd_, bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
    }
  }
  void SendWhole() {
    Send();
    AwaitReceived(fd_);
  }
  // Goes on until `done`; false where the server ended the connection before.
  bool Until(auto done) {
    uint8_t buffer[64 << 10];
    Send();
    while (!done()) {
      ssize_t size = recv(fd_, buffer, sizeof buffer, 0);
      if (size <= 0) return false;
      nghttp2_session_mem_recv(session_, buffer, static_cast<size_t>(size));
      Send();
    }
    return true;
  }
  Seen Answer(int32_t stream) {
    Until([&] { return seen[stream].ended; });
    return seen[stream];
  }
  // Reads to the end of the connection.
  void Finish() {
    Until([] { return false; });
  }

  std::map<int32_t, Seen> seen;
  bool goodbye = false;

 private:
  void Open() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
          std::string_view field(reinterpret_cast<const char*>(name), name_size);
          std::string text(reinterpret_cast<const char*>(value), value_size);
          Seen& seen = static_cast<Client*>(user)->seen[frame->hd.stream_id];
          if (field == ":status") seen.status = text;
          if (field == "date") seen.date = text;
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* user) {
          static_cast<Client*>(user)->seen[id].body.append(reinterpret_cast<const char*>(data), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks,
                                                         [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
                                                           if (frame->hd.type == NGHTTP2_GOAWAY)
                                                             static_cast<Client*>(user)->goodbye = true;
                                                           return 0;
                                                         });
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           [](nghttp2_session*, int32_t id, uint32_t code, void* user) {
                                                             auto& self = *static_cast<Client*>(user);
                                                             self.seen[id].place = ++self.ended_;
                                                             self.seen[id].code = code;
                                                             self.seen[id].ended = true;
                                                             return 0;
                                                           });
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
  }

  int fd_;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, std::string> bodies_;
  int ended_ = 0;
};

class Http2ConnectionTest : public testing::Test {
 protected:
  void Begin(ServerOptions options) {
    options.listen = "127.0.0.1:0";
    auto make = [this](boost::asio::io_context&) { return std::make_unique<Echo>(&released_, &held_, &left_); };
    auto server = Server::Open(options, make, observer_);
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
    thread_ = std::thread([this] { server_->Run(); });
  }
  void TearDown() override {
    released_ = true;
    if (server_ != nullptr) server_->Stop();
    if (thread_.joinable()) thread_.join();
  }
  // Until the server has looked at clock_ and at its connections.
  void AwaitSweep() {
    const std::string date = FormatDate(clock_.seconds);
    while (true) {
      Client client(server_->address());
      int32_t stream = client.Ask("/");
      client.Answer(stream);
      if (client.seen[stream].date == date) return;
    }
  }
  void AwaitHeld(int count) {
    while (held_ < count) std::this_thread::yield();
  }

  Counting observer_;
  Hand clock_;
  std::atomic<bool> released_ = false;
  std::atomic<int> held_ = 0;
  std::atomic<int> left_ = 0;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

TEST_F(Http2ConnectionTest, AnswersAsTheyAreReady) {
  Begin({});
  Client client(server_->address());
  int32_t held = client.Ask("/held");
  int32_t quick = client.Ask("/quick");
  EXPECT_EQ(client.Answer(quick).body, "GET /quick ");
  EXPECT_FALSE(client.seen[held].ended);
  released_ = true;
  EXPECT_EQ(client.Answer(held).body, "GET /held");
  EXPECT_EQ(client.seen[quick].place, 1);
}

TEST_F(Http2ConnectionTest, ServesAHundredStreamsAtOnce) {
  Begin({.workers = 2});
  Client client(server_->address());
  client.Answer(client.Ask("/"));  // knows the server's settings from now on
  std::vector<int32_t> asked;
  for (int i = 0; i < 100; ++i) asked.push_back(client.Ask("/held/" + std::to_string(i)));
  client.Send();
  AwaitHeld(100);
  released_ = true;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client.Answer(asked[static_cast<size_t>(i)]).body, "GET /held/" + std::to_string(i));
  }
}

TEST_F(Http2ConnectionTest, CarriesLargeBodiesBothWays) {
  Begin({});
  Client client(server_->address());
  std::string body(1 << 20, 'b');
  int32_t one = client.Ask("/a", body);
  int32_t two = client.Ask("/b", body);
  int32_t large = client.Ask("/large");
  EXPECT_EQ(client.Answer(one).body, "POST /a " + body);
  EXPECT_EQ(client.Answer(two).body, "POST /b " + body);
  EXPECT_EQ(client.Answer(large).body.size(), 20'000'000u);
}

TEST_F(Http2ConnectionTest, SurvivesWhatAHandlerDoes) {
  Begin({});
  Client client(server_->address());
  released_ = true;
  for (const char* path : {"/throw", "/throw-later", "/evil"}) EXPECT_EQ(client.Answer(client.Ask(path)).status, "500");
  EXPECT_EQ(client.Answer(client.Ask("/", "", "x-throw")).status, "500");
  EXPECT_EQ(client.Answer(client.Ask("/", "body", "x-refuse")).status, "503");
  EXPECT_EQ(client.Answer(client.Ask("/")).status, "200");
  EXPECT_EQ(observer_.seen, 0);
}

// Handlers outlive the streams that they were for, and count.
TEST_F(Http2ConnectionTest, RunsNoMoreHandlersForWhoResets) {
  Begin({});
  Client client(server_->address());
  client.Answer(client.Ask("/"));
  for (int i = 0; i < 100; ++i) client.Ask("/held");
  client.Send();
  AwaitHeld(100);
  for (int i = 0; i < 50; ++i) client.Reset(3 + 2 * i);
  int32_t over = client.Ask("/held");
  EXPECT_EQ(client.Answer(over).code, NGHTTP2_REFUSED_STREAM);
  released_ = true;
  EXPECT_EQ(client.Answer(201).status, "200");
  EXPECT_EQ(client.Answer(client.Ask("/")).status, "200");
  EXPECT_EQ(held_, 100);
}

TEST_F(Http2ConnectionTest, OutlivesAClientThatLeaves) {
  Begin({});
  {
    Client client(server_->address());
    client.Ask("/held");
    client.Send();
    AwaitHeld(1);
  }
  Client other(server_->address());
  EXPECT_EQ(other.Answer(other.Ask("/")).status, "200");
  while (left_ == 0) std::this_thread::yield();
  released_ = true;
  EXPECT_EQ(other.Answer(other.Ask("/held")).status, "200");
  EXPECT_EQ(left_, 1);
}

TEST_F(Http2ConnectionTest, DrainsOnStop) {
  Begin({});
  Client idle(server_->address());
  idle.Answer(idle.Ask("/"));
  Client busy(server_->address());
  int32_t held = busy.Ask("/held");
  busy.Send();
  AwaitHeld(1);
  server_->Stop();
  idle.Finish();
  EXPECT_TRUE(idle.goodbye);
  released_ = true;
  EXPECT_EQ(busy.Answer(held).status, "200");
  busy.Finish();
  EXPECT_TRUE(busy.goodbye);
}

// Neither the connection that goes on nor a stream whose turn comes late is to blame.
TEST_F(Http2ConnectionTest, LetsAClientReadSlowly) {
  Begin({.write_seconds = 10, .clock = &clock_});
  Client slow(server_->address(), 64 << 10);
  std::vector<int32_t> asked;
  for (int i = 0; i < 3; ++i) asked.push_back(slow.Ask("/large"));
  auto read = [&] {
    size_t all = 0;
    for (int32_t stream : asked) all += slow.seen[stream].body.size();
    return all;
  };
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(slow.Until([&, before = read()] { return read() > before + (1 << 20); }));
    clock_.seconds += 8;
    AwaitSweep();
  }
  for (int32_t stream : asked) EXPECT_EQ(slow.Answer(stream).body.size(), 20'000'000u);
}

TEST_F(Http2ConnectionTest, LetsOthersHaveTheirTurn) {
  Begin({});
  Client many(server_->address());
  Client one(server_->address());
  many.Answer(many.Ask("/"));
  one.Answer(one.Ask("/"));
  Client waiting(server_->address());
  waiting.Ask("/wait");
  waiting.Send();
  AwaitHeld(1);
  int32_t last = 0;
  for (int i = 0; i < 100; ++i) last = many.Ask("/");
  many.SendWhole();
  int32_t count = one.Ask("/count");
  one.SendWhole();
  released_ = true;
  EXPECT_LE(one.Answer(count).body.size(), 70u);
  EXPECT_EQ(many.Answer(last).status, "200");
}

TEST_F(Http2ConnectionTest, MakesRoomWhereNoStreamIsOpen) {
  Begin({.connections = 2});
  Client busy(server_->address());
  int32_t held = busy.Ask("/held");
  busy.Send();
  AwaitHeld(1);
  Client idle(server_->address());
  idle.Answer(idle.Ask("/"));
  Client other(server_->address());
  idle.Finish();
  EXPECT_TRUE(idle.goodbye);
  EXPECT_EQ(other.Answer(other.Ask("/")).status, "200");
  released_ = true;
  EXPECT_EQ(busy.Answer(held).status, "200");
}

TEST_F(Http2ConnectionTest, EndsWhoIsSlowOrIdle) {
  Begin({.idle_seconds = 10, .write_seconds = 10, .clock = &clock_});
  Client idle(server_->address());
  idle.Answer(idle.Ask("/"));
  Client slow(server_->address(), 64 << 10);
  int32_t large = slow.Ask("/large");
  slow.Until([&] { return slow.seen[large].status == "200"; });
  Client stalled(server_->address());
  int32_t unread = stalled.Ask("/large");
  stalled.Until([&] { return stalled.seen[unread].status == "200"; });
  clock_.seconds += 11;
  idle.Finish();
  EXPECT_TRUE(idle.goodbye);
  clock_.seconds += 11;  // in the first ones its system took what it could
  AwaitSweep();
  slow.Finish();
  EXPECT_LT(slow.seen[large].body.size(), 20'000'000u);
  EXPECT_FALSE(slow.seen[large].ended);
  EXPECT_EQ(stalled.Answer(unread).code, NGHTTP2_CANCEL);
}

}  // namespace
}  // namespace ashlar::http
