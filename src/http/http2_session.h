// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/head.h"

// nghttp2's own, which stays in http2_session.cc.
struct nghttp2_session;

namespace ashlar::http {

struct Http2Limits {
  ParserLimits messages;
  uint32_t streams = 100;  // of a connection at one time
  size_t bodies_bytes = 16 << 20;  // of requests that are not whole yet, of a connection
  int header_seconds = 10;         // for a whole header section, and for the client's first frame
  int body_seconds = 30;           // for a whole body; then 408
  int idle_seconds = 75;           // without a stream
  int write_seconds = 30;          // for a piece of an answer to be let through by the client's windows
};

// One connection's HTTP/2 (RFC 9113) on nghttp2, without a socket: bytes go in, requests come out, and the other way.
// Requests are held to what HTTP/1's are. Who costs much and asks little is sent away with ENHANCE_YOUR_CALM: streams
// that are reset, SETTINGS, PING and other frames that ask for nothing, headers far beyond their limit.
//
//   (Feed | Tick | Answer | GoAway, TakeEvents, TakeOutput)*, until ended
class Http2Session {
 public:
  enum class What : uint8_t {
    kHead,     // the header section is there, to be judged; kWhole follows
    kWhole,    // the request is there: Take and Answer it
    kRefused,  // Answer it with the status, for the reason
  };
  struct Event {
    int32_t stream;
    What what;
    Refusal refusal;
  };

  Http2Session(const Http2Limits& limits, int64_t now);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // Takes the client's bytes, from its preface on.
  void Feed(std::string_view bytes);
  // A second has gone by; `now` counts them.
  void Tick(int64_t now);
  // What came of that, in order. Streams may be gone, or answered, by the time that it is looked at.
  std::vector<Event> TakeEvents();

  // The request of a stream that waits for its answer; null if there is none such, or it was taken.
  const Request* Find(int32_t stream) const;
  bool expects_continue(int32_t stream) const;
  // REQUIRES: kWhole, and Find.
  Request Take(int32_t stream);
  void Continue(int32_t stream);
  // Answers, unless the stream is gone or answered. REQUIRES: WhyNotSent is empty.
  void Answer(int32_t stream, Response response, std::string_view date);
  // Ends a stream that was not looked at, so that the client may ask again.
  void Decline(int32_t stream);

  // Takes no new streams; ends once those that are there have been answered.
  void GoAway();
  // Appends what is to be sent, until `out` has `size` bytes or a little more.
  void TakeOutput(size_t size, std::string& out);
  // Frames that wait for TakeOutput, data left out.
  size_t waiting() const;
  bool ended() const;
  // Without a stream: nothing is owed to the client.
  bool idle() const { return streams_.empty(); }

 private:
  enum class Stage : uint8_t { kHead, kBody, kWhole, kTaken, kAnswered };
  struct Stream {
    Stage stage = Stage::kHead;
    Request request;
    std::optional<std::string> authority;
    bool malformed = false;
    bool expects_continue = false;
    bool is_head = false;
    bool whole = false;  // the client has ended it
    bool done = false;   // the answer is sent
    std::optional<Refusal> refusal;
    size_t header_bytes = 0;
    size_t trailers = 0;
    std::string cookies;
    std::string answer;  // its body
    size_t sent = 0;     // of answer
    size_t noted = 0;    // of sent, at `since`
    size_t dropped = 0;  // of the body, when done
    int64_t since = 0;
  };
  // Costs that are allowed in a burst, and come back with every second.
  struct Allowance {
    int64_t left, most, per_second;
    bool Spend() { return --left >= 0; }
    void Return(int64_t count) { left = std::min(most, std::max<int64_t>(left, 0) + count); }
  };
  struct Callbacks;

  Stream* At(int32_t stream);
  void TakeHeader(Stream& stream, std::string_view name, std::string_view value);
  void TakePseudo(Stream& stream, std::string_view name, std::string_view value);
  void TakeTrailer(Stream& stream, size_t size);
  void FinishHead(int32_t id, Stream& stream);
  std::optional<Refusal> CheckHead(Stream& stream);
  void TakeData(int32_t id, Stream& stream, std::string_view data);
  void FinishRequest(int32_t id, Stream& stream);
  void RefuseStream(int32_t id, Stream& stream, Refusal refusal);
  void Reset(int32_t id, uint32_t code);
  bool IsHeldUp(int32_t id) const;
  void ForgetBody(Stream& stream);
  void Calm();

  Http2Limits limits_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<int32_t, Stream> streams_;
  std::vector<Event> events_;
  size_t bodies_ = 0;  // bytes of them
  Allowance resets_{200, 200, 20};
  Allowance quiet_{1000, 1000, 100};
  int64_t now_;
  int64_t idle_since_;
  int64_t head_since_ = -1;  // of the header section that has begun; -1 if none has
  bool greeted_ = false;     // by the client's first frame
  bool broken_ = false;
};

}  // namespace ashlar::http
