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
//   (Head Body Take)*       Head: kNeedMore* kHead;   Body: kNeedMore* kDone
class Parser {
 public:
  enum class State : uint8_t {
    kNeedMore,  // everything given was taken; it is not enough
    kHead,      // the header section is complete; call again for the body
    kDone,      // the request is complete: Take it
    kRefused,   // `status` and `reason` say why; the connection must end
  };
  explicit Parser(const ParserLimits& limits) : limits_(limits) {}

  // Goes on at `input`; `consumed` says how much of it was used up.
  State Advance(std::string_view input, size_t& consumed);

  const Request& request() const { return request_; }
  Request Take();  // the request; the parser begins anew

  bool began() const { return stage_ != Stage::kLine || !kept_.empty() || head_bytes_ != 0; }
  bool keep_alive() const { return keep_alive_; }
  bool expects_continue() const { return expects_continue_; }
  bool has_body() const { return chunked_ || length_ > 0; }
  // Behind the head: whether what follows it, so many bytes, holds all of the body.
  bool HoldsBody(size_t bytes) const { return !chunked_ && length_ <= bytes; }
  // The body will be refused for the length that its head gives.
  bool oversized() const { return length_ > limits_.body_bytes; }
  int status() const { return status_; }
  std::string_view reason() const { return reason_; }

 private:
  enum class Stage : uint8_t { kLine, kHeaders, kHead, kBody, kChunkSize, kChunk, kChunkEnd, kTrailers, kDone };

  bool TakeLine(std::string_view& input, size_t limit, int status);
  bool AdvanceHead(std::string_view& input);
  bool ReadRequestLine();
  bool ReadTarget(std::string_view target);
  bool ReadHeader();
  bool FinishHead();
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

  ParserLimits limits_;
  Stage stage_ = Stage::kLine;
  std::string kept_;       // what came of a line in earlier pieces
  std::string_view line_;  // the line at hand, without its end
  bool line_done_ = false;
  size_t head_bytes_ = 0;
  Request request_;
  std::string authority_;  // of a target in absolute form
  bool chunked_ = false;
  uint64_t length_ = 0;  // of the body, or of the chunk, still to come
  size_t extension_bytes_ = 0;
  size_t trailer_bytes_ = 0;
  size_t trailers_ = 0;
  bool keep_alive_ = true;
  bool expects_continue_ = false;
  int status_ = 0;
  std::string_view reason_;
};

}  // namespace ashlar::http
