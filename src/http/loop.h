// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <list>

#include "http/connection.h"

namespace ashlar::http {

// The connections of all loops: the system hands them out unevenly, so no loop has a share of its own. Thread safe.
struct Crowd {
  explicit Crowd(size_t in_most) : most(in_most) {}
  const size_t most;
  std::atomic<size_t> open = 0;
};

// One thread's share of a server: a listening socket and the connections that it took. Everything in it is touched by
// the thread in Run alone, but for Drain and End.
class Loop {
 public:
  Loop(const ServerOptions& options, Crowd& crowd, Observer& observer);

  // Shares the address with other loops' sockets; `endpoint` takes the port that was bound.
  boost::system::error_code Listen(boost::asio::ip::tcp::endpoint& endpoint);
  void SetHandler(std::unique_ptr<Handler> handler) { state_.handler = std::move(handler); }
  // The certificate of connections from now on. Thread safe.
  void Take(std::shared_ptr<const TlsContext> tls);
  boost::asio::io_context& context() { return context_; }

  // Serves until drained or ended.
  void Run();
  // Stops accepting, ends what is idle, lets what runs finish. Thread safe; may be called again.
  void Drain();
  // Leaves everything as it is and returns from Run. Thread safe.
  void End() { context_.stop(); }
  // Adds what it has counted. Thread safe.
  void AddTo(ConnectionCounts& counts) const;
  // What its last probe took. Thread safe.
  int64_t lag_us() const { return lag_us_.load(std::memory_order_relaxed); }

 private:
  using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;
  using Descriptor = boost::asio::posix::basic_stream_descriptor<LoopExecutor>;
  using Connections = std::list<Connection>;

  LoopTask<void> Accept();
  void AcceptMore();
  void Take(Socket socket);
  LoopTask<void> Serve(Connections::iterator connection);
  LoopTask<void> Sweep();
  LoopTask<void> Probe();
  bool TurnIsLong();
  void SendProbe();
  bool MakeRoom();
  void Welcome(Socket socket);
  void TurnAway(Socket socket);
  void EndIfDrained();
  void ReadClock();
  void Guarded(std::string_view where, auto act);

  LoopState state_;  // outlives the coroutines that context_ ends with
  Crowd& crowd_;
  boost::asio::io_context context_{1};
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, LoopExecutor> acceptor_;
  Timer sweeper_;
  Timer pause_;
  Descriptor probe_;  // an eventfd: its readiness stands in line behind that of the sockets
  bool probe_is_back_ = false;  // in this turn
  int64_t turn_from_us_ = 0;    // as of its fourth handler, where no probe is under way
  int64_t turn_us_ = 0;
  Connections connections_;
  int64_t drain_until_ = INT64_MAX;
  std::atomic<int64_t> accepted_ = 0;
  std::atomic<int64_t> ended_ = 0;
  std::atomic<int64_t> refused_ = 0;
  std::atomic<int64_t> lag_us_ = 0;
};

}  // namespace ashlar::http
