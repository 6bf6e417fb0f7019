// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/ip_address.h"
#include "http/tls.h"

namespace ashlar::http {

// The loops' own coroutines name their executor, which spares a virtual call on every step.
using LoopExecutor = boost::asio::io_context::executor_type;
template <class T>
using LoopTask = boost::asio::awaitable<T, LoopExecutor>;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, LoopExecutor>;

// A client's bytes, plain or through TLS. One reads and one writes at a time; a plain stream does nothing that its
// socket would not. `tls` may be null.
//
//   Handshake (Read Seal* Send*)* End Close
class Stream {
 public:
  Stream(Socket socket, const std::shared_ptr<const TlsContext>& tls);

  Socket& socket() { return socket_; }
  const IpAddress& peer() const { return peer_; }
  bool is_open() const { return socket_.is_open(); }
  bool speaks_http2() const { return tls_ != nullptr && tls_->speaks_http2(); }

  // True once bytes can be exchanged.
  LoopTask<bool> Handshake();
  // Up to `size` bytes. None without an error: there is something to Send first.
  LoopTask<size_t> Read(char* room, size_t size, boost::system::error_code& error);
  // Takes all of `plain` (through TLS) or leaves it (without), and gives what is to be sent for it.
  std::string& Seal(std::string& plain);
  // Sends what the socket takes at once of what Seal gave, mostly everything; false where some is left. An error is
  // for the next one to see.
  bool Send(std::string& sealed);
  // Sends all of what Seal gave; false where that failed.
  LoopTask<bool> SendAll(std::string& sealed);
  // Bytes that the client's system has taken, ever.
  uint64_t taken();
  // Whether the client has ended its half, or all of it. Not sooner than its system says so: one that is cut off is
  // not seen.
  bool peer_ended();
  // Says that no more is sent, as far as the socket takes it at once.
  void End();
  void Close();

 private:
  LoopTask<size_t> ReadTls(char* room, size_t size, boost::system::error_code& error);

  Socket socket_;
  IpAddress peer_;
  std::unique_ptr<TlsSession> tls_;
  std::string wire_;  // of tls_, to be sent
  uint64_t sent_ = 0;  // bytes that the socket has taken
};

}  // namespace ashlar::http
