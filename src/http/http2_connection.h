// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/basic_waitable_timer.hpp>
#include <deque>
#include <memory>
#include <string>

#include "http/http2_session.h"
#include "http/loop_state.h"
#include "http/pace.h"
#include "http/stream.h"

namespace ashlar::http {

// What a client that speaks HTTP/2 says first.
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// One client's connection that speaks HTTP/2, on one loop. Answers go out as they are ready.
class Http2Connection {
 public:
  Http2Connection(Stream& stream, LoopState& loop, IdlePlace& place);

  // Serves until either side ends it and no handler runs any more. `first` are the bytes read so far.
  LoopTask<void> Serve(std::string first);
  // A second has gone by.
  void Sweep();
  // The server drains: takes no new requests.
  void Drain();

 private:
  using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;
  using Served = std::unique_ptr<Request>;

  void Feed(std::string_view bytes);
  void TakeEvents();
  void HandleEvents(size_t most);
  void Judge(int32_t stream, const Request& head);
  void Handle(int32_t stream);
  LoopTask<void> AwaitAnswer(int32_t stream, Served request, Task<Response> task);
  void Answer(int32_t stream, const Request& request, Response response);
  void Flush();
  void SendSome();
  LoopTask<void> WriteRest();
  LoopTask<void> AwaitChange();
  bool CanRead() const;

  Stream& stream_;
  LoopState& loop_;
  IdlePlace& place_;
  Http2Session session_;
  std::deque<Http2Session::Event> events_;  // that wait for their turn
  std::string out_;
  size_t running_ = 0;  // handlers whose answer is awaited
  bool writing_ = false;
  std::atomic<bool> gone_ = false;  // no answer can be sent any more; others read it
  Pace pace_;     // while writing_
  Timer change_;  // waits for a write or a handler to end
};

}  // namespace ashlar::http
