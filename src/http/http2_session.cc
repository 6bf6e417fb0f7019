// SPDX-License-Identifier: Apache-2.0
#include "http/http2_session.h"

#include <nghttp2/nghttp2.h>

#include <new>

#include "http/answer.h"

namespace ashlar::http {
namespace {

constexpr size_t kFieldCost = 32;        // what a header counts beside its bytes (RFC 9113, 6.5.2)
constexpr size_t kHeaderBombs = 4;       // times the limit that ends a connection
constexpr size_t kProgress = 16 << 10;   // of an answer, within write_seconds that the client's windows hold it up
// The answer was there before the whole request: the rest of that is not wanted (RFC 9113, 8.1). It is told so late,
// as some clients take a reset for the loss of the answer.
constexpr size_t kLingerBytes = 256 << 10;
constexpr int64_t kLingerSeconds = 1;
constexpr uint32_t kStreamWindow = 256 << 10;
constexpr int32_t kConnectionWindow = 1 << 20;
constexpr size_t kLargeData = 1 << 10;
constexpr int64_t kReturned = 4;  // quiet frames that go with a request, or with a large DATA frame

std::string_view TextOf(const uint8_t* bytes, size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }

nghttp2_nv FieldOf(std::string_view name, std::string_view value) {
  auto bytes = [](std::string_view text) { return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data())); };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

// Frames that ask for nothing by themselves.
bool IsQuiet(const nghttp2_frame_hd& frame) {
  if (frame.type == NGHTTP2_DATA) return frame.length == 0 && (frame.flags & NGHTTP2_FLAG_END_STREAM) == 0;
  return frame.type != NGHTTP2_HEADERS && frame.type != NGHTTP2_RST_STREAM;
}

bool EndsStream(const nghttp2_frame& frame) {
  bool may = frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS;
  return may && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

bool BeginsRequest(const nghttp2_frame& frame) {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

}  // namespace

// What nghttp2 calls. Nothing is thrown through it.
struct Http2Session::Callbacks {
  static int Guarded(void* user, auto act) {
    try {
      act(*static_cast<Http2Session*>(user));
      return 0;
    } catch (const std::bad_alloc&) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }
  static int BeginFrame(nghttp2_session*, const nghttp2_frame_hd* frame, void* user) {
    return Guarded(user, [&](Http2Session& self) {
      if (IsQuiet(*frame) && !self.quiet_.Spend()) self.Calm();
    });
  }
  // Frames of kinds that are not known mean nothing (RFC 9113, 5.5), but they are counted.
  static int Unpack(nghttp2_session*, void**, const nghttp2_frame_hd*, void*) { return NGHTTP2_ERR_CANCEL; }
  static int BeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return Guarded(user, [&](Http2Session& self) {
      self.head_since_ = self.now_;
      if (BeginsRequest(*frame)) self.streams_[frame->hd.stream_id].since = self.now_;
    });
  }
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
    return Guarded(user, [&](Http2Session& self) {
      Stream* stream = self.At(frame->hd.stream_id);
      if (stream == nullptr) return;
      if (!BeginsRequest(*frame)) return self.TakeTrailer(*stream, name_size + value_size);
      self.TakeHeader(*stream, TextOf(name, name_size), TextOf(value, value_size));
    });
  }
  static int OnInvalidHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t*, size_t, const uint8_t*,
                             size_t, uint8_t, void* user) {
    return Guarded(user, [&](Http2Session& self) {
      Stream* stream = self.At(frame->hd.stream_id);
      if (stream != nullptr) stream->malformed = true;
    });
  }
  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* user) {
    return Guarded(user, [&](Http2Session& self) {
      Stream* stream = self.At(id);
      if (stream != nullptr) self.TakeData(id, *stream, TextOf(data, size));
    });
  }
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return Guarded(user, [&](Http2Session& self) {
      if (frame->hd.type == NGHTTP2_SETTINGS) self.greeted_ = true;
      if (frame->hd.type == NGHTTP2_RST_STREAM && !self.resets_.Spend()) self.Calm();
      if (frame->hd.type == NGHTTP2_HEADERS) self.head_since_ = -1;
      Stream* stream = self.At(frame->hd.stream_id);
      if (stream == nullptr) return;
      if (BeginsRequest(*frame)) self.FinishHead(frame->hd.stream_id, *stream);
      if (EndsStream(*frame)) self.FinishRequest(frame->hd.stream_id, *stream);
    });
  }
  static int OnSent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return Guarded(user, [&](Http2Session& self) {
      if (frame->hd.type == NGHTTP2_DATA && frame->hd.length >= kLargeData) self.quiet_.Return(kReturned);
      bool blamed = frame->hd.type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR;
      if (blamed && !self.resets_.Spend()) self.Calm();
      Stream* stream = self.At(frame->hd.stream_id);
      if (stream == nullptr || !EndsStream(*frame)) return;
      stream->done = true;
      stream->since = self.now_;
    });
  }
  static int OnClose(nghttp2_session*, int32_t id, uint32_t, void* user) {
    return Guarded(user, [&](Http2Session& self) {
      Stream* stream = self.At(id);
      if (stream == nullptr) return;
      self.ForgetBody(*stream);
      self.streams_.erase(id);
      if (self.streams_.empty()) self.idle_since_ = self.now_;
    });
  }
  static ssize_t ReadAnswer(nghttp2_session*, int32_t id, uint8_t* room, size_t size, uint32_t* flags,
                            nghttp2_data_source*, void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    Stream* stream = self.At(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    size_t given = std::min(size, stream->answer.size() - stream->sent);
    std::memcpy(room, stream->answer.data() + stream->sent, given);
    stream->sent += given;
    if (stream->sent == stream->answer.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream->sent - stream->noted >= kProgress) {
      stream->noted = stream->sent;
      stream->since = self.now_;
    }
    return static_cast<ssize_t>(given);
  }
  static nghttp2_session* Open(Http2Session& self) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    nghttp2_session* session = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0) {
      nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, BeginFrame);
      for (int kind = NGHTTP2_CONTINUATION + 1; kind <= 0xff; ++kind) {  // else nghttp2 does not tell of them
        nghttp2_option_set_user_recv_extension_type(option, static_cast<uint8_t>(kind));
      }
      nghttp2_session_callbacks_set_unpack_extension_callback(callbacks, Unpack);
      nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, BeginHeaders);
      nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
      nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, OnInvalidHeader);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
      nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
      nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, OnSent);
      nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
      nghttp2_session_server_new2(&session, callbacks, &self, option);
    }
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    if (session == nullptr) throw std::bad_alloc();
    return session;
  }
};

Http2Session::Http2Session(const Http2Limits& limits, int64_t now)
    : limits_(limits), session_(Callbacks::Open(*this)), now_(now), idle_since_(now) {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(limits.messages.header_bytes)}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

Http2Session::~Http2Session() { nghttp2_session_del(session_); }

Http2Session::Stream* Http2Session::At(int32_t stream) {
  auto found = streams_.find(stream);
  return found == streams_.end() ? nullptr : &found->second;
}

void Http2Session::Calm() { nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM); }

void Http2Session::Reset(int32_t id, uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, code);
}

void Http2Session::ForgetBody(Stream& stream) {
  bodies_ -= stream.request.body.size();
  stream.request.body = std::string();
}

void Http2Session::Feed(std::string_view bytes) {
  if (ended()) return;
  ssize_t taken = nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (taken >= 0) return;
  broken_ =
      taken == NGHTTP2_ERR_BAD_CLIENT_MAGIC || taken == NGHTTP2_ERR_NOMEM || taken == NGHTTP2_ERR_CALLBACK_FAILURE;
  if (!broken_) Calm();  // nghttp2 has limits of its own, on frames that wait and CONTINUATION
}

std::vector<Http2Session::Event> Http2Session::TakeEvents() { return std::exchange(events_, {}); }

void Http2Session::RefuseStream(int32_t id, Stream& stream, Refusal refusal) {
  stream.refusal = refusal;
  ForgetBody(stream);
  events_.push_back({id, What::kRefused, refusal});
}

void Http2Session::TakeHeader(Stream& stream, std::string_view name, std::string_view value) {
  const ParserLimits& limits = limits_.messages;
  stream.header_bytes += name.size() + value.size() + kFieldCost;
  if (stream.header_bytes > kHeaderBombs * limits.header_bytes) return Calm();
  if (stream.header_bytes > limits.header_bytes) stream.refusal = Refusal{431, "a line, or the header, is too long"};
  if (stream.request.headers.size() >= limits.headers) stream.refusal = Refusal{431, "too many headers"};
  if (stream.refusal) return;
  if (name.starts_with(':')) return TakePseudo(stream, name, value);
  if (!IsToken(name) || !IsFieldValue(value)) {
    stream.malformed = true;
  } else if (name == "cookie") {  // may come in crumbs (RFC 9113, 8.2.3)
    if (!stream.cookies.empty()) stream.cookies += "; ";
    stream.cookies += value;
  } else {
    stream.request.headers.push_back({std::string(name), std::string(value)});
  }
}

void Http2Session::TakePseudo(Stream& stream, std::string_view name, std::string_view value) {
  if (name == ":method") stream.request.method = value;
  if (name == ":path") stream.request.target = value;
  if (name == ":authority") stream.authority = value;
  if (name == ":scheme" && value != "http" && value != "https") stream.refusal = Refusal{400, "not a scheme"};
}

// Trailers are counted and dropped; nghttp2 has checked them.
void Http2Session::TakeTrailer(Stream& stream, size_t size) {
  stream.header_bytes += size + kFieldCost;
  if (++stream.trailers > limits_.messages.headers || stream.header_bytes > 2 * limits_.messages.header_bytes) Calm();
}

void Http2Session::FinishHead(int32_t id, Stream& stream) {
  if (stream.malformed) {
    stream.stage = Stage::kAnswered;
    return Reset(id, NGHTTP2_PROTOCOL_ERROR);
  }
  quiet_.Return(kReturned);
  stream.stage = Stage::kBody;
  stream.since = now_;
  stream.is_head = stream.request.method == "HEAD";
  std::optional<Refusal> refusal = stream.refusal ? stream.refusal : CheckHead(stream);
  if (refusal) return RefuseStream(id, stream, *refusal);
  events_.push_back({id, What::kHead, {}});
}

std::optional<Refusal> Http2Session::CheckHead(Stream& stream) {
  Request& request = stream.request;
  if (request.method == "CONNECT") return Refusal{501, "CONNECT is not supported"};
  if (!IsMethod(request.method)) return Refusal{400, "not a method"};
  if (request.target.size() > limits_.messages.target_bytes) return Refusal{414, "the target is too long"};
  if (std::string_view wrong = WrongInTarget(request.target); !wrong.empty()) return Refusal{400, wrong};
  if (auto refused = ReadTarget(request.target, request)) return refused;
  if (!stream.cookies.empty()) request.headers.push_back({"cookie", std::move(stream.cookies)});
  auto singles = FindSingles(request);
  if (!singles) return singles.error();
  const auto& host = (*singles)[kHost];
  if (!host && !stream.authority) return Refusal{400, "Host is missing"};
  if (!IsAuthority(stream.authority ? *stream.authority : *host)) return Refusal{400, "Host is not a host"};
  if (host && stream.authority && !EqualIgnoringCase(*host, *stream.authority)) {
    return Refusal{400, "Host is not the target's"};
  }
  if ((*singles)[kLength]) {
    auto length = ReadLength(*(*singles)[kLength]);
    if (!length) return length.error();
    if (*length > limits_.messages.body_bytes) return kBodyTooLarge;
  }
  if ((*singles)[kExpect]) {
    if (!EqualIgnoringCase(*(*singles)[kExpect], "100-continue")) {
      return Refusal{417, "only 100-continue can be expected"};
    }
    stream.expects_continue = true;
  }
  if (!host) request.headers.push_back({"host", *stream.authority});
  return std::nullopt;
}

void Http2Session::TakeData(int32_t id, Stream& stream, std::string_view data) {
  if (stream.done && (stream.dropped += data.size()) > kLingerBytes) return Reset(id, NGHTTP2_NO_ERROR);
  if (stream.stage != Stage::kBody || stream.refusal) return;
  if (stream.request.body.size() + data.size() > limits_.messages.body_bytes) {
    return RefuseStream(id, stream, kBodyTooLarge);
  }
  if (bodies_ + data.size() > limits_.bodies_bytes) return Decline(id);
  stream.request.body += data;
  bodies_ += data.size();
}

void Http2Session::FinishRequest(int32_t id, Stream& stream) {
  stream.whole = true;
  if (stream.stage != Stage::kBody || stream.refusal) return;
  stream.stage = Stage::kWhole;
  events_.push_back({id, What::kWhole, {}});
}

void Http2Session::Tick(int64_t now) {
  now_ = now;
  resets_.Return(resets_.per_second);
  quiet_.Return(quiet_.per_second);
  if (!greeted_ && now - idle_since_ > limits_.header_seconds) broken_ = true;
  if (head_since_ >= 0 && now - head_since_ > limits_.header_seconds) Calm();
  if (streams_.empty() && now - idle_since_ > limits_.idle_seconds) GoAway();
  for (auto& [id, stream] : streams_) {
    // What waits for the socket, beside other answers, is not the fault of the stream.
    if (stream.stage == Stage::kAnswered && !stream.done && !IsHeldUp(id)) stream.since = now;
    int64_t waited = now - stream.since;
    if (stream.stage == Stage::kBody && !stream.refusal && waited > limits_.body_seconds) {
      RefuseStream(id, stream, {408, "the request took too long to arrive"});
    } else if (stream.done && waited > kLingerSeconds) {
      stream.since = now;
      Reset(id, NGHTTP2_NO_ERROR);
    } else if (stream.stage == Stage::kAnswered && waited > limits_.write_seconds) {
      stream.since = now;
      Reset(id, NGHTTP2_CANCEL);
    }
  }
}

// Whether the client's windows let nothing more of the stream through.
bool Http2Session::IsHeldUp(int32_t id) const {
  return nghttp2_session_get_remote_window_size(session_) <= 0 ||
         nghttp2_session_get_stream_remote_window_size(session_, id) <= 0;
}

const Request* Http2Session::Find(int32_t stream) const {
  auto found = streams_.find(stream);
  if (found == streams_.end()) return nullptr;
  bool waits = found->second.stage == Stage::kBody || found->second.stage == Stage::kWhole;
  return waits ? &found->second.request : nullptr;
}

bool Http2Session::expects_continue(int32_t stream) const {
  auto found = streams_.find(stream);
  return found != streams_.end() && found->second.expects_continue && found->second.stage == Stage::kBody;
}

Request Http2Session::Take(int32_t stream) {
  Stream& taken = streams_.at(stream);
  taken.stage = Stage::kTaken;
  bodies_ -= taken.request.body.size();
  return std::exchange(taken.request, {});
}

void Http2Session::Continue(int32_t stream) {
  const nghttp2_nv status = FieldOf(":status", "100");
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream, nullptr, &status, 1, nullptr);
}

void Http2Session::Answer(int32_t id, Response response, std::string_view date) {
  Stream* stream = At(id);
  if (stream == nullptr || stream->stage == Stage::kAnswered) return;
  stream->stage = Stage::kAnswered;
  stream->since = now_;
  ForgetBody(*stream);
  bool has_body = HasBody(response.status);
  std::string status = std::to_string(response.status);
  std::string length = std::to_string(response.body.size());
  std::vector<nghttp2_nv> fields = {FieldOf(":status", status), FieldOf("date", date)};
  fields.reserve(response.headers.size() + 8);
  for (Header& header : response.headers) {
    MakeLower(header.name);
    fields.push_back(FieldOf(header.name, header.value));
  }
  if (response.shared != nullptr) {
    for (const Header& header : response.shared->lower()) fields.push_back(FieldOf(header.name, header.value));
  }
  if (has_body) fields.push_back(FieldOf("content-length", length));
  nghttp2_data_provider body{.source = {}, .read_callback = Callbacks::ReadAnswer};
  bool sends = has_body && !stream->is_head && !response.body.empty();
  if (sends) stream->answer = std::move(response.body);
  int result = nghttp2_submit_response(session_, id, fields.data(), fields.size(), sends ? &body : nullptr);
  if (result != 0) Reset(id, NGHTTP2_INTERNAL_ERROR);
}

void Http2Session::Decline(int32_t id) {
  Stream* stream = At(id);
  if (stream == nullptr) return;
  stream->stage = Stage::kAnswered;
  stream->since = now_;
  ForgetBody(*stream);
  Reset(id, NGHTTP2_REFUSED_STREAM);
}

void Http2Session::GoAway() {
  int32_t last = nghttp2_session_get_last_proc_stream_id(session_);
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

void Http2Session::TakeOutput(size_t size, std::string& out) {
  while (out.size() < size) {
    const uint8_t* bytes = nullptr;
    ssize_t given = nghttp2_session_mem_send(session_, &bytes);
    if (given < 0) broken_ = true;
    if (given <= 0) return;
    out.append(TextOf(bytes, static_cast<size_t>(given)));
  }
}

size_t Http2Session::waiting() const { return nghttp2_session_get_outbound_queue_size(session_); }

bool Http2Session::ended() const {
  return broken_ || (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0);
}

}  // namespace ashlar::http
