// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "http/http2_connection.h"
#include "http/loop_state.h"
#include "http/pace.h"
#include "http/stream.h"

namespace ashlar::http {

// One client's connection, on one loop: HTTP/1.1, or HTTP/2 where ALPN or the first bytes say so. The loop sweeps it
// once a second.
class Connection {
 public:
  Connection(Socket socket, LoopState& loop);

  // Serves requests until either side ends it. Answers keep the order of their requests; what one read brings is
  // answered by one write, but for those that follow a request whose answer is not there at once. Who sends many at
  // once lets others have their turn in between.
  LoopTask<void> Serve();
  // Ends it where its time is over.
  void Sweep();
  // The server drains: ends it if it waits for a request.
  void Drain();
  // Ends it, which waits for a request, so that another one can be served.
  void Evict();
  void Close();

 private:
  enum class Phase : uint8_t { kHandshake, kIdle, kHeader, kBody, kHandling, kWriting, kLingering };
  enum class Next : uint8_t { kRead, kTurn, kAwait, kHttp2, kEnd };

  Next AnswerBuffered();
  std::optional<Next> LookForHttp2();
  bool Admit();
  bool Answer();
  LoopTask<void> AwaitAnswer();
  void FinishAnswer(const Response& response);
  LoopTask<void> ServeHttp2();
  void Append(const Request& request, const Response& response, bool close);
  void Refuse(int status, std::string_view reason);
  void Enter(Phase phase);
  LoopTask<bool> AwaitWritten(std::string& sealed);
  LoopTask<void> Linger();
  void MakeRoom();
  void FinishRead(size_t size, const boost::system::error_code& error);

  Stream stream_;
  LoopState& loop_;
  std::unique_ptr<Http2Connection> http2_;  // once that is spoken
  Parser parser_;    // has the request that is handled, until it is answered
  std::optional<Task<Response>> pending_;
  std::string in_;
  size_t used_ = 0;  // of in_
  size_t held_ = 0;  // of in_, before the read at hand
  size_t read_bytes_;
  std::string out_;
  Pace pace_;  // while writing
  IdlePlace place_;
  Phase phase_ = Phase::kHandshake;
  int64_t since_;
  int64_t heard_ = 0;     // the last byte, while lingering
  bool passed_over_ = false;  // the request at hand: Admit refused it, and its body is there or comes
  bool closing_ = false;  // the last answer is in out_ or sent
  bool fresh_ = true;     // nothing came in that is HTTP/1
  bool silent_ = true;    // no byte has come in
  std::atomic<bool> gone_ = false;  // the client ended its half while a request was handled; others read it
  bool expired_ = false;  // the read at hand was given up
};

}  // namespace ashlar::http
