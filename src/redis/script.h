// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "redis/server.h"
#include "redis/watch.h"

namespace ashlar::redis {

class Link;

// Keys and arguments of one run of a script.
struct Run {
  std::vector<std::string> keys;
  std::vector<std::string> arguments;
};

// A Lua script that a Redis server runs for one loop, over one connection, which is made again whenever it ends. What
// is asked in one turn of the loop goes out in one write; nobody waits for longer than kWaitUs and a second look. Once
// an answer was late or an error, nothing is asked until the server has run the script again. One loop's.
class Script {
 public:
  static constexpr int64_t kWaitUs = 100'000;
  static constexpr int64_t kLeastPauseMs = 100, kMostPauseMs = 2000;  // before the next connection
  static constexpr size_t kMostWaiting = 4096;                    // runs that have no answer yet
  using Numbers = std::vector<int64_t>;

  // `text` returns a list of whole numbers; `probe` is a run that shows whether it can. What it refers to must
  // outlive this, and this what the loop holds. Begins with the loop's first turn.
  Script(boost::asio::io_context& loop, const Server& server, std::string text, Run probe, Watch& watch,
         const Clock& clock);
  ~Script();

  // Whether it is worth asking.
  bool up() const;
  // What the script returned; nothing where there is no answer.
  Task<std::optional<Numbers>> Ask(Run run);

 private:
  Task<void> Keep();
  // Empty, or what is wrong.
  Task<std::string> Begin(Link& link);
  std::vector<std::string> CommandOf(const Run& run) const;
  void Tell(Watch::State state, std::string_view why);

  boost::asio::io_context& loop_;
  const Server& server_;
  const std::string text_;
  const Run probe_;
  Watch& watch_;
  const Clock& clock_;
  Watch::State told_ = Watch::State::kUnknown;
  std::string name_;      // under which the server has the script
  Link* link_ = nullptr;  // that answers
};

}  // namespace ashlar::redis
