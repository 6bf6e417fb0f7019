// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "buffer.h"
#include "request.h"

namespace ashlar::bench {

using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

class Connection;

class Handler {
 public:
  virtual ~Handler() = default;
  // Writes the answer to `out`, or keeps the connection to call Answered later and returns false.
  virtual bool Handle(const Request& request, Connection& connection, Buffer& out) = 0;
};

// One client: reads, answers all requests that came whole, writes once. It ends itself.
class Connection {
 public:
  Connection(Socket socket, Handler& handler) : socket_(std::move(socket)), handler_(handler) {}
  void Read();
  // The answer that Handle left open is in out(); goes on with what has come since.
  void Answered();
  Buffer& out() { return out_; }

 private:
  void Work();
  bool AnswerAll();
  void Write();
  void End();

  Socket socket_;
  Handler& handler_;
  Buffer in_;
  Buffer out_;
  size_t used_ = 0;   // of in_
  bool waits_ = false;  // for Answered
  bool keep_ = true;
};

}  // namespace ashlar::bench
