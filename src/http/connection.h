// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/server.h"

namespace ashlar::http {

// The loops' own coroutines name their executor, which spares a virtual call on every step.
using LoopExecutor = boost::asio::io_context::executor_type;
template <class T>
using LoopTask = boost::asio::awaitable<T, LoopExecutor>;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, LoopExecutor>;

// What a loop's connections share. Touched on that loop alone.
struct LoopState {
  const ServerOptions& options;
  Observer& observer;
  std::unique_ptr<Handler> handler;
  bool draining = false;
  int64_t now = 0;   // steady seconds, as of the last sweep
  std::string date;  // of now
};

// The message of the exception in flight. REQUIRES: within a catch.
std::string WhatWasThrown();

// One client's connection, on one loop. The loop sweeps it once a second.
class Connection {
 public:
  Connection(Socket socket, LoopState& loop);

  // Serves requests until either side ends it. Answers keep the order of their requests; what one read brings is
  // answered by one write, but for those that follow a request whose answer is not there at once.
  LoopTask<void> Serve();
  // Ends it where its time is over.
  void Sweep();
  // The server drains: ends it if it waits for a request.
  void Drain();
  void Close();

 private:
  enum class Phase : uint8_t { kIdle, kHeader, kBody, kHandling, kWriting, kLingering };
  enum class Next : uint8_t { kRead, kWrite, kAwait, kEnd };

  Next AnswerBuffered();
  bool Admit();
  bool Answer();
  LoopTask<void> AwaitAnswer();
  void Append(const Request& request, const Response& response, bool close);
  void Refuse(int status, std::string_view reason);
  Response Failed(const Request& request, std::string_view what);
  void Enter(Phase phase);
  bool Write();
  LoopTask<bool> AwaitWritten();
  LoopTask<void> Linger();
  void MakeRoom();
  void FinishRead(size_t size, const boost::system::error_code& error);

  Socket socket_;
  LoopState& loop_;
  Parser parser_;
  Request request_;  // being handled
  std::optional<Task<Response>> pending_;
  std::string in_;
  size_t used_ = 0;  // of in_
  size_t held_ = 0;  // of in_, before the read at hand
  size_t read_bytes_;
  std::string out_;
  Phase phase_ = Phase::kIdle;
  int64_t since_;
  bool keep_ = true;      // as the request at hand wants it
  bool closing_ = false;  // the last answer is in out_ or sent
  bool expired_ = false;  // the read at hand was given up
};

}  // namespace ashlar::http
