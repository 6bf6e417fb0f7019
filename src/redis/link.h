// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "redis/server.h"

struct redisReader;  // hiredis's own

namespace ashlar::redis {

// What a server says to one command.
struct Reply {
  std::optional<std::string> error;  // its first word: "NOAUTH", "OOM"
  std::string text;
  std::vector<int64_t> numbers;  // of a list
};

// One connection to a server, until it is closed: commands go out together, replies come in the same order. Kept alive
// by what is under way on it. Touched on its loop alone.
class Link : public std::enable_shared_from_this<Link> {
 public:
  using Done = std::move_only_function<void(std::optional<Reply>)>;

  // Both must outlive it.
  Link(boost::asio::io_context& loop, const Clock& clock);
  ~Link();

  // Connects, and greets where that is TLS; `tls` is null where it is not. Empty, or what is wrong.
  Task<std::string> Connect(const Server& server, boost::asio::ssl::context* tls);
  // Sends a command at the end of the loop's turn. `done` is called, in a turn of its own, with the reply, or with
  // nothing where the link closed before. Closes it where that takes longer.
  void Send(std::span<const std::string> command, int64_t wait_us, Done done);
  // The same, awaited.
  Task<std::optional<Reply>> Ask(std::vector<std::string> command, int64_t wait_us);
  // Takes replies in until the link closes, and then tells those who wait.
  static Task<void> Receive(std::shared_ptr<Link> link);
  Task<void> AwaitClosed();
  void Close(std::string_view why);

  bool closed() const { return closed_; }
  // By the server, while nothing was wrong.
  bool left() const { return left_; }
  const std::string& why() const { return why_; }
  size_t waiting() const { return waiting_.size(); }

 private:
  using Socket = boost::asio::generic::stream_protocol::socket;
  struct Waiting {
    int64_t until_us;
    Done done;
  };
  struct Free {
    void operator()(redisReader* reader) const;
  };

  Task<std::string> Reach(const Server& server);
  Task<void> ReceiveAll();
  void Flush();
  void Guard(int64_t until_us);
  void Look();
  // False where it is no reply.
  bool Take(std::string_view bytes);
  void Answer(Waiting waiting, std::optional<Reply> reply);

  boost::asio::io_context& loop_;
  const Clock& clock_;
  Socket socket_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::steady_timer timer_;  // until armed_us_
  boost::asio::steady_timer ends_;   // when the link is closed
  std::unique_ptr<redisReader, Free> reader_;
  std::string next_, sending_;
  std::deque<Waiting> waiting_;
  std::optional<int64_t> connecting_until_us_;
  bool writing_ = false;
  std::optional<int64_t> armed_us_;
  bool late_ = false;  // the first of them was, when the loop last looked
  bool closed_ = false;
  bool left_ = false;
  std::string why_;
};

}  // namespace ashlar::redis
