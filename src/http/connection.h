// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/task.h"
#include "http/server.h"

namespace ashlar::http {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// One client's connection, on one loop. The loop sweeps it once a second.
class Connection {
 public:
  Connection(Socket socket, Handler& handler, const ServerOptions& options, const bool& draining, const int64_t& now);

  // Serves requests until either side ends it. Answers keep the order of their requests; what one read brings is
  // answered by one write.
  Task<void> Serve();
  // Closes it where its time is over. `now` in seconds.
  void Sweep(int64_t now);
  // The server drains: ends it if nothing runs.
  void Drain();
  void Close();

 private:
  enum class Phase : uint8_t { kIdle, kHeader, kBody, kHandling, kWriting, kLingering };

  Task<bool> AnswerBuffered();
  void Enter(Phase phase);
  Eventually<Response> Ask(const Request& request);
  Response Failed(const Request& request, std::string_view what);
  void Append(const Request& request, const Response& response, bool close);
  Task<bool> Flush();
  Task<bool> Fill();
  Task<void> Linger();

  Socket socket_;
  Handler& handler_;
  const ServerOptions& options_;
  const bool& draining_;
  const int64_t& now_;
  Parser parser_;
  std::string in_;
  size_t used_ = 0;  // of in_
  std::string out_;
  Phase phase_ = Phase::kIdle;
  int64_t since_ = 0;
  bool ends_ = false;
};

}  // namespace ashlar::http
