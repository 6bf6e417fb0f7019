// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "http/head.h"

namespace ashlar::http {

// Reads requests of HTTP/1.x off a stream of bytes, strictly (RFC 9112): what two readers could take differently is
// refused. Pure; one connection's. Consumed bytes are the caller's to drop. The same bytes give the same answers,
// however they are cut.
//
//   (Head Body Begin)*       Head: kNeedMore* kHead;   Body: kNeedMore* kDone
class Parser {
 public:
  enum class State : uint8_t {
    kNeedMore,  // everything given was taken; it is not enough
    kHead,      // the header section is complete; call again for the body
    kDone,      // the request is complete; Begin, once it was dealt with
    kRefused,   // `status` and `reason` say why; the connection must end
  };
  explicit Parser(const ParserLimits& limits) : limits_(limits) {}

  // Goes on at `input`; `consumed` says how much of it was used up.
  State Advance(std::string_view input, size_t& consumed);

  const Request& request() const { return request_; }
  Request& request() { return request_; }
  // Forgets the request and begins anew, in the room that it had.
  void Begin();

  bool began() const { return at_.stage != Stage::kLine || !kept_.empty() || at_.head_bytes != 0; }
  bool keep_alive() const { return at_.keep_alive; }
  bool expects_continue() const { return at_.expects_continue; }
  bool has_body() const { return at_.chunked || at_.length > 0; }
  // Behind the head, with so many bytes that follow it at hand: whether all of the body is there, or surely comes and
  // is at most `longest`.
  bool BodyEnds(size_t bytes, size_t longest) const {
    return !at_.chunked && (at_.length <= bytes || (!at_.expects_continue && at_.length <= longest && !oversized()));
  }
  // The body will be refused for the length that its head gives.
  bool oversized() const { return at_.length > limits_.body_bytes; }
  int status() const { return at_.status; }
  std::string_view reason() const { return at_.reason; }

 private:
  enum class Stage : uint8_t { kLine, kHeaders, kHead, kBody, kChunkSize, kChunk, kChunkEnd, kTrailers, kDone };

  bool TakeLine(std::string_view& input, size_t limit, int status);
  bool AdvanceHead(std::string_view& input);
  bool ReadRequestLine();
  bool ReadTarget(std::string_view target);
  bool ReadHeader();
  bool FinishHead();
  bool IsHost(std::string_view value);
  void TakeAuthority();
  bool ReadCodings(std::string_view value);
  void ReadConnection();
  State AdvanceBody(std::string_view& input);
  void TakeBody(std::string_view& input);
  bool AdvanceChunkLine(std::string_view& input);
  bool ReadChunkSize();
  bool ReadTrailer();
  bool Refuse(int status, std::string_view reason);
  bool Refuse(const Refusal& refusal) { return Refuse(refusal.status, refusal.reason); }

  // What is known of the request at hand, beside itself.
  struct Progress {
    Stage stage = Stage::kLine;
    bool line_done = false;  // line_ has its end
    bool chunked = false;
    bool keep_alive = true;
    bool expects_continue = false;
    size_t head_bytes = 0;
    uint64_t length = 0;  // of the body, or of the chunk, still to come
    size_t extension_bytes = 0;
    size_t trailer_bytes = 0;
    size_t trailers = 0;
    int status = 0;
    std::string_view reason;
  };

  ParserLimits limits_;
  Progress at_;
  std::string kept_;       // what came of a line in earlier pieces
  std::string_view line_;  // the line at hand, without its end
  std::string authority_;  // of a target in absolute form
  std::string host_;       // that was found proper: the next request's is the same, mostly
  Request request_;
};

}  // namespace ashlar::http
