// SPDX-License-Identifier: Apache-2.0
#include "http/http2_session.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "http/http2_connection.h"

namespace ashlar::http {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string frame;
  for (int shift : {16, 8, 0}) frame += static_cast<char>(payload.size() >> shift);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (int shift : {24, 16, 8, 0}) frame += static_cast<char>(stream >> shift);
  return frame + std::string(payload);
}

// HPACK's literal that is not indexed. REQUIRES: both are shorter than 127 bytes.
std::string Literal(std::string_view name, std::string_view value, char kind = 0) {
  std::string field(1, kind);
  field += static_cast<char>(name.size());
  field += name;
  field += static_cast<char>(value.size());
  return field + std::string(value);
}

std::string HeadOf(const Fields& more, std::string_view method = "GET", std::string_view path = "/") {
  std::string head = Literal(":method", method) + Literal(":scheme", "http") + Literal(":path", path);
  bool has_authority = false;
  for (const auto& [name, value] : more) has_authority = has_authority || name == ":authority";
  if (!has_authority) head += Literal(":authority", "a");
  for (const auto& [name, value] : more) head += Literal(name, value);
  return head;
}

constexpr uint8_t kEndStream = NGHTTP2_FLAG_END_STREAM;
constexpr uint8_t kEndHeaders = NGHTTP2_FLAG_END_HEADERS;

// A client that writes its frames by hand and has nghttp2 read the answers, against a session that answers with what
// it was asked.
class Http2SessionTest : public testing::Test {
 protected:
  struct Seen {
    std::string status;
    std::string fields;
    std::string body;
    bool ended = false;
    int64_t reset = -1;
  };

  Http2SessionTest() { Begin({}); }
  ~Http2SessionTest() override { nghttp2_session_del(reader_); }

  void Begin(const Http2Limits& limits) {
    limits_ = limits;
    server_ = std::make_unique<Http2Session>(limits, 1000);
    nghttp2_session_del(reader_);
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
          Seen& seen = static_cast<Http2SessionTest*>(user)->seen_[frame->hd.stream_id];
          std::string field(reinterpret_cast<const char*>(name), name_size);
          std::string text(reinterpret_cast<const char*>(value), value_size);
          if (field == ":status") seen.status += seen.status.empty() ? text : " " + text;
          seen.fields += field + ": " + text + "\n";
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* user) {
          static_cast<Http2SessionTest*>(user)->seen_[id].body.append(reinterpret_cast<const char*>(data), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          auto& self = *static_cast<Http2SessionTest*>(user);
          if (frame->hd.stream_id == 0) return 0;
          Seen& seen = self.seen_[frame->hd.stream_id];
          if (frame->hd.type == NGHTTP2_RST_STREAM) seen.reset = frame->rst_stream.error_code;
          bool may = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
          if (may && (frame->hd.flags & kEndStream) != 0) seen.ended = true;
          return 0;
        });
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_session_client_new2(&reader_, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    seen_.clear();
    goaway_ = -1;
    next_ = 1;
    Greet();
  }
  // The reader must know of the streams that are opened by hand.
  uint32_t Open() {
    const char* fields[] = {":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a"};
    std::vector<nghttp2_nv> head;
    for (size_t i = 0; i < std::size(fields); i += 2) {
      auto* name = reinterpret_cast<uint8_t*>(const_cast<char*>(fields[i]));
      auto* value = reinterpret_cast<uint8_t*>(const_cast<char*>(fields[i + 1]));
      head.push_back({name, value, strlen(fields[i]), strlen(fields[i + 1]), 0});
    }
    nghttp2_submit_request(reader_, nullptr, head.data(), head.size(), nullptr, nullptr);
    Said();
    next_ += 2;
    return next_ - 2;
  }
  void Greet() {
    nghttp2_submit_settings(reader_, NGHTTP2_FLAG_NONE, nullptr, 0);
    Feed(Said());
  }
  // What the reader has to say.
  std::string Said() {
    std::string said;
    const uint8_t* bytes = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(reader_, &bytes)) > 0;) {
      said.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    }
    return said;
  }
  void Widen(int32_t stream, int32_t bytes) {
    nghttp2_submit_window_update(reader_, NGHTTP2_FLAG_NONE, stream, bytes);
    Feed(Said());
  }
  void Feed(std::string_view bytes) {
    server_->Feed(bytes);
    Exchange();
  }
  // Answers what is asked, unless it is held, and reads what the server sends; acknowledges nothing.
  void Exchange() {
    for (const Http2Session::Event& event : server_->TakeEvents()) {
      if (event.what == Http2Session::What::kHead && server_->expects_continue(event.stream)) {
        server_->Continue(event.stream);
      }
      if (server_->Find(event.stream) == nullptr) continue;
      if (event.what == Http2Session::What::kRefused) {
        server_->Answer(event.stream, {event.refusal.status, {}, std::string(event.refusal.reason)}, "now");
      } else if (event.what == Http2Session::What::kWhole && !hold_) {
        Request request = server_->Take(event.stream);
        std::string fields;
        for (const Header& header : request.headers) fields += header.name + "=" + header.value + ";";
        std::string body = request.method + " " + request.target + " " + fields + " " + request.body;
        server_->Answer(event.stream, {200, {{"X-Upper", "b"}}, grown_ > 0 ? std::string(grown_, 'x') : body}, "now");
      }
    }
    std::string out;
    server_->TakeOutput(SIZE_MAX, out);
    LookForGoAway(out);
    nghttp2_session_mem_recv(reader_, reinterpret_cast<const uint8_t*>(out.data()), out.size());
  }
  void LookForGoAway(std::string_view frames) {
    auto number = [&](size_t at, size_t bytes) {
      uint32_t value = 0;
      for (size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(frames[at + i]);
      return value;
    };
    for (; !frames.empty(); frames.remove_prefix(9 + number(0, 3))) {
      if (frames[3] == NGHTTP2_GOAWAY) goaway_ = number(13, 4);
    }
  }
  // One request by its head alone.
  Seen Ask(std::string_view head) {
    uint32_t stream = Open();
    Feed(Frame(NGHTTP2_HEADERS, kEndStream | kEndHeaders, stream, head));
    return seen_[static_cast<int32_t>(stream)];
  }
  bool calmed() const { return goaway_ == NGHTTP2_ENHANCE_YOUR_CALM && server_->ended(); }

  Http2Limits limits_;
  std::unique_ptr<Http2Session> server_;
  nghttp2_session* reader_ = nullptr;
  std::map<int32_t, Seen> seen_;
  int64_t goaway_ = -1;
  uint32_t next_ = 1;
  bool hold_ = false;
  size_t grown_ = 0;
};

TEST_F(Http2SessionTest, AnswersWhatIsAsked) {
  Seen seen = Ask(HeadOf({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}}, "GET", "/v1/a%20b?c=d"));
  EXPECT_EQ(seen.status, "200");
  EXPECT_EQ(seen.body, "GET /v1/a%20b?c=d x=y;cookie=a=1; b=2;host=a; ");
  EXPECT_NE(seen.fields.find("date: now\nx-upper: b\ncontent-length: 46\n"), std::string::npos) << seen.fields;
  EXPECT_TRUE(seen.ended);
  EXPECT_EQ(seen.reset, -1);
  seen = Ask(HeadOf({}, "HEAD"));
  EXPECT_EQ(seen.body, "");
  EXPECT_NE(seen.fields.find("content-length: 15\n"), std::string::npos) << seen.fields;
  EXPECT_TRUE(seen.ended);
}

TEST_F(Http2SessionTest, RefusesHeadsAsHttp1Does) {
  const std::pair<std::string, std::string> cases[] = {
      {HeadOf({}, "GET", "/a/../b"), "400"},
      {HeadOf({}, "GET", "/a%2fb"), "400"},
      {HeadOf({}, "GET", "//a"), "400"},
      {HeadOf({}, "GET", "/a#b"), "400"},
      {HeadOf({}, std::string(33, 'A')), "400"},
      {HeadOf({{"host", "b"}}), "400"},
      {HeadOf({{":authority", "user@a"}}), "400"},
      {HeadOf({{"content-type", "a"}, {"content-type", "a"}}), "400"},
      {HeadOf({{"authorization", "a"}, {"authorization", "b"}}), "400"},
      {HeadOf({{"expect", "more"}}), "417"},
      {Literal(":method", "CONNECT") + Literal(":authority", "a"), "501"},
      {Literal(":method", "GET") + Literal(":scheme", "ftp") + Literal(":path", "/") + Literal(":authority", "a"),
       "400"},
  };
  for (const auto& [head, status] : cases) EXPECT_EQ(Ask(head).status, status) << head;
  uint32_t stream = Open();
  Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, stream, HeadOf({{"content-length", "1048577"}}, "POST")));
  EXPECT_EQ(seen_[static_cast<int32_t>(stream)].status, "413");
  stream = Open();
  Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, stream, HeadOf({{"content-length", "1073741824"}}, "POST")));
  EXPECT_EQ(seen_[static_cast<int32_t>(stream)].status, "413");
  Fields many(101, {"x", "y"});
  EXPECT_EQ(Ask(HeadOf(many)).status, "431");
  Fields large(80, {"x", std::string(126, 'y')});
  large.insert(large.end(), 19, {std::string(100, 'z'), std::string(126, 'y')});
  EXPECT_EQ(Ask(HeadOf(large)).status, "431");
  EXPECT_EQ(Ask(HeadOf({})).status, "200");
}

TEST_F(Http2SessionTest, ResetsWhatIsMalformed) {
  const std::string cases[] = {
      HeadOf({{"connection", "close"}}),
      HeadOf({{"transfer-encoding", "chunked"}}),
      HeadOf({{"te", "gzip"}}),
      HeadOf({{"X-Upper", "a"}}),
      HeadOf({{"a b", "c"}}),
      HeadOf({{"x", std::string("a\0b", 3)}}),
      HeadOf({{"x", "a\nb"}}),
      HeadOf({{"content-length", "3"}}),
      HeadOf({{"content-length", "x"}}),
      HeadOf({{":unknown", "x"}}),
      Literal(":method", "GET") + Literal(":scheme", "http") + Literal(":authority", "a"),
      Literal(":method", "GET") + HeadOf({}),
      Literal("x", "y") + HeadOf({}),
  };
  for (const std::string& head : cases) {
    Seen seen = Ask(head);
    EXPECT_EQ(seen.status, "") << head;
    EXPECT_EQ(seen.reset, NGHTTP2_PROTOCOL_ERROR) << head;
  }
  EXPECT_EQ(Ask(HeadOf({})).status, "200");
  EXPECT_EQ(goaway_, -1);
}

TEST_F(Http2SessionTest, ReadsBodiesUpToTheirLimitAndTheirLengthAsItSays) {
  uint32_t stream = Open();
  Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, stream, HeadOf({{"content-length", "4"}}, "POST")));
  Feed(Frame(NGHTTP2_DATA, 0, stream, "ab"));
  Feed(Frame(NGHTTP2_DATA, 0, stream, "cd"));
  Feed(Frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, stream, Literal("trailer", "x")));
  EXPECT_EQ(seen_[static_cast<int32_t>(stream)].body, "POST / content-length=4;host=a; abcd");
  stream = Open();
  Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, stream, HeadOf({{"content-length", "3"}}, "POST")));
  Feed(Frame(NGHTTP2_DATA, kEndStream, stream, "ab"));
  EXPECT_EQ(seen_[static_cast<int32_t>(stream)].reset, NGHTTP2_PROTOCOL_ERROR);
  stream = Open();
  Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, stream, HeadOf({}, "POST")));
  std::string piece(16 << 10, 'x');
  for (int i = 0; i < 64; ++i) Feed(Frame(NGHTTP2_DATA, 0, stream, piece));
  EXPECT_EQ(seen_[static_cast<int32_t>(stream)].status, "");
  Feed(Frame(NGHTTP2_DATA, 0, stream, "y"));
  EXPECT_EQ(seen_[static_cast<int32_t>(stream)].status, "413");
  EXPECT_EQ(goaway_, -1);
}

TEST_F(Http2SessionTest, TellsThatTheRestOfABodyIsNotWantedOnceTheAnswerMayHaveBeenRead) {
  const std::string head = HeadOf({{"content-length", "1048577"}}, "POST");
  uint32_t stream = Open();
  Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, stream, head));
  Seen& slow = seen_[static_cast<int32_t>(stream)];
  EXPECT_EQ(slow.status, "413");
  server_->Tick(1001);
  Exchange();
  EXPECT_EQ(slow.reset, -1);
  server_->Tick(1002);
  Exchange();
  EXPECT_EQ(slow.reset, NGHTTP2_NO_ERROR);
  stream = Open();
  Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, stream, head));
  Seen& eager = seen_[static_cast<int32_t>(stream)];
  const std::string piece(16 << 10, 'x');
  for (int i = 0; i < 16; ++i) Feed(Frame(NGHTTP2_DATA, 0, stream, piece));
  EXPECT_EQ(eager.reset, -1);
  Feed(Frame(NGHTTP2_DATA, 0, stream, piece));
  EXPECT_EQ(eager.reset, NGHTTP2_NO_ERROR);
}

TEST_F(Http2SessionTest, DeclinesBodiesThatAreTooMuchTogether) {
  Begin({.bodies_bytes = 20'000});
  std::string piece(10'000, 'x');
  uint32_t last = 0;
  for (int i = 0; i < 3; ++i) {
    last = Open();
    Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, last, HeadOf({}, "POST")) + Frame(NGHTTP2_DATA, 0, last, piece));
  }
  EXPECT_EQ(seen_[static_cast<int32_t>(last)].reset, NGHTTP2_REFUSED_STREAM);
  Feed(Frame(NGHTTP2_DATA, kEndStream, last - 2, ""));
  EXPECT_EQ(seen_[static_cast<int32_t>(last) - 2].status, "200");
  last = Open();
  Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, last, HeadOf({}, "POST")) + Frame(NGHTTP2_DATA, kEndStream, last, piece));
  EXPECT_EQ(seen_[static_cast<int32_t>(last)].status, "200");
}

TEST_F(Http2SessionTest, SaysContinue) {
  uint32_t stream = Open();
  Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, stream, HeadOf({{"expect", "100-continue"}}, "POST")));
  EXPECT_EQ(seen_[static_cast<int32_t>(stream)].status, "100");
  Feed(Frame(NGHTTP2_DATA, kEndStream, stream, "late"));
  EXPECT_EQ(seen_[static_cast<int32_t>(stream)].status, "100 200");
}

TEST_F(Http2SessionTest, KeepsAnswersBackAsTheClientsWindowsWant) {
  grown_ = 200'000;
  uint32_t stream = Open();
  Feed(Frame(NGHTTP2_HEADERS, kEndStream | kEndHeaders, stream, HeadOf({})));
  Seen& seen = seen_[static_cast<int32_t>(stream)];
  EXPECT_EQ(seen.body.size(), 65535u);
  auto id = static_cast<int32_t>(stream);
  Widen(id, 65536);
  EXPECT_EQ(seen.body.size(), 65535u);
  Widen(0, 65536);
  EXPECT_EQ(seen.body.size(), 65535u + 65536);
  Widen(id, 100'000);
  Widen(0, 100'000);
  EXPECT_EQ(seen.body.size(), grown_);
  EXPECT_TRUE(seen.ended);
}

TEST_F(Http2SessionTest, RefusesStreamsBeyondTheirNumber) {
  hold_ = true;
  for (int i = 0; i < 100; ++i) Ask(HeadOf({}));
  server_->Feed(Frame(NGHTTP2_HEADERS, kEndStream | kEndHeaders, 201, HeadOf({})));
  EXPECT_TRUE(server_->TakeEvents().empty());
  std::string out;
  server_->TakeOutput(SIZE_MAX, out);
  EXPECT_EQ(out, Frame(NGHTTP2_RST_STREAM, 0, 201, std::string("\0\0\0\7", 4)));
  for (int i = 1; i < 200; i += 2) {
    server_->Answer(i, {204, {}, ""}, "now");
    Exchange();
    EXPECT_EQ(seen_[i].status, "204");
  }
  EXPECT_EQ(goaway_, -1);
}

TEST_F(Http2SessionTest, EndsRapidResets) {
  int asked = 0;
  for (; asked < 1000 && !server_->ended(); ++asked) {
    uint32_t stream = Open();
    Feed(Frame(NGHTTP2_HEADERS, kEndStream | kEndHeaders, stream, HeadOf({})) +
         Frame(NGHTTP2_RST_STREAM, 0, stream, std::string("\0\0\0\x8", 4)));
  }
  EXPECT_TRUE(calmed());
  EXPECT_GE(asked, 100);
  EXPECT_LE(asked, 201);
}

// Resets that the client provokes cost it the same.
TEST_F(Http2SessionTest, EndsProvokedResets) {
  int asked = 0;
  for (; asked < 1000 && !server_->ended(); ++asked) Ask(HeadOf({{"te", "gzip"}}));
  EXPECT_TRUE(calmed());
  EXPECT_LE(asked, 201);
}

TEST_F(Http2SessionTest, ForgivesAResetNowAndThen) {
  int64_t now = 1000;
  for (int i = 0; i < 1000; ++i) {
    uint32_t stream = Open();
    Feed(Frame(NGHTTP2_HEADERS, kEndStream | kEndHeaders, stream, HeadOf({})) +
         Frame(NGHTTP2_RST_STREAM, 0, stream, std::string("\0\0\0\x8", 4)));
    if (i % 10 == 0) server_->Tick(++now);
  }
  EXPECT_EQ(goaway_, -1);
}

TEST_F(Http2SessionTest, EndsFloods) {
  uint32_t open = 1;
  const std::pair<const char*, std::string> cases[] = {
      {"PING", Frame(NGHTTP2_PING, 0, 0, "12345678")},
      {"SETTINGS", Frame(NGHTTP2_SETTINGS, 0, 0, "")},
      {"PRIORITY", Frame(NGHTTP2_PRIORITY, 0, open, std::string("\0\0\0\0\1", 5))},
      {"WINDOW_UPDATE", Frame(NGHTTP2_WINDOW_UPDATE, 0, 0, std::string("\0\0\0\1", 4))},
      {"empty DATA", Frame(NGHTTP2_DATA, 0, open, "")},
  };
  for (const auto& [name, frame] : cases) {
    Begin({});
    Open();
    Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, open, HeadOf({}, "POST")));
    int sent = 0;
    for (; sent < 5000 && !server_->ended(); ++sent) Feed(frame);
    EXPECT_TRUE(calmed()) << name;
    EXPECT_GE(sent, 900) << name;
  }
}

TEST_F(Http2SessionTest, EndsHeadersThatDoNotEnd) {
  uint32_t stream = Open();
  server_->Feed(Frame(NGHTTP2_HEADERS, 0, stream, HeadOf({})));
  int sent = 0;
  for (; sent < 2000 && !server_->ended(); ++sent) Feed(Frame(NGHTTP2_CONTINUATION, 0, stream, ""));
  EXPECT_TRUE(calmed());
  EXPECT_LT(sent, 1100);
}

// A few bytes that stand for kilobytes, over and over (HPACK's table).
TEST_F(Http2SessionTest, EndsHeaderBombs) {
  uint32_t stream = Open();
  std::string head = HeadOf({}) + Literal("x", std::string(126, 'y'), 0x40) + std::string(3000, '\xbe');
  Feed(Frame(NGHTTP2_HEADERS, kEndStream | kEndHeaders, stream, head));
  EXPECT_TRUE(calmed());
}

TEST_F(Http2SessionTest, EndsWhatTakesTooLong) {
  uint32_t stream = Open();
  Feed(Frame(NGHTTP2_HEADERS, kEndHeaders, stream, HeadOf({}, "POST")));
  server_->Tick(1000 + limits_.body_seconds);
  Exchange();
  EXPECT_EQ(seen_[1].status, "");
  server_->Tick(1001 + limits_.body_seconds);
  Exchange();
  EXPECT_EQ(seen_[1].status, "408");

  Begin({});
  server_->Feed(Frame(NGHTTP2_HEADERS, 0, Open(), HeadOf({})));
  server_->Tick(1001 + limits_.header_seconds);
  Exchange();
  EXPECT_TRUE(calmed());

  Begin({});
  server_->Tick(1001 + limits_.idle_seconds);
  Exchange();
  EXPECT_EQ(goaway_, NGHTTP2_NO_ERROR);
  EXPECT_TRUE(server_->ended());

  Http2Session silent(limits_, 1000);
  silent.Tick(1001 + limits_.header_seconds);
  EXPECT_TRUE(silent.ended());
}

TEST_F(Http2SessionTest, CancelsAnswersThatTheClientDoesNotLetThrough) {
  grown_ = 200'000;
  Ask(HeadOf({}));
  server_->Tick(1000 + limits_.write_seconds);
  Widen(1, 16 << 10);
  Widen(0, 16 << 10);
  server_->Tick(1001 + limits_.write_seconds);
  Exchange();
  EXPECT_EQ(seen_[1].reset, -1) << "16 KiB are progress";
  Widen(1, 1);
  Widen(0, 1);
  server_->Tick(1001 + 2 * limits_.write_seconds);
  Exchange();
  EXPECT_EQ(seen_[1].reset, NGHTTP2_CANCEL) << "one byte is not";
}

TEST_F(Http2SessionTest, GoesAwayOnceEverythingIsAnswered) {
  hold_ = true;
  Ask(HeadOf({}));
  server_->GoAway();
  Exchange();
  EXPECT_EQ(goaway_, NGHTTP2_NO_ERROR);
  EXPECT_FALSE(server_->ended());
  server_->Feed(Frame(NGHTTP2_HEADERS, kEndStream | kEndHeaders, 3, HeadOf({})));
  EXPECT_TRUE(server_->TakeEvents().empty());
  server_->Answer(1, {200, {}, "last"}, "now");
  Exchange();
  EXPECT_EQ(seen_[1].body, "last");
  EXPECT_TRUE(server_->ended());
}

TEST_F(Http2SessionTest, EndsWhatIsNotHttp2) {
  Http2Session server(limits_, 1000);
  server.Feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(server.ended());
  Feed(Frame(NGHTTP2_DATA, 0, 0, "x"));
  EXPECT_EQ(goaway_, NGHTTP2_PROTOCOL_ERROR);
  EXPECT_TRUE(server_->ended());
}

}  // namespace
}  // namespace ashlar::http
