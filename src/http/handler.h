// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "http/lag_meter.h"
#include "http/message.h"

namespace ashlar::http {

// What a server asks. One instance a loop: one thread calls it, one call after another; a Task that it gives runs on
// that loop, beside other connections' requests.
class Handler {
 public:
  virtual ~Handler() = default;

  // The answer, at once where it can be. The request lives until the answer is there. What it throws becomes Failed.
  virtual Eventually<Response> Handle(const Request& request) = 0;
  // Judges the header section alone, before the body is read: a refusal, or nothing. `lag`: the loop's.
  virtual std::optional<Response> Admit(const Request& head, const LagMeter& lag) { return std::nullopt; }
  // The answer where there is no proper request: 400, 408, 413, 414, 417, 431, 501 or 505, and 503 to one connection
  // too many; `request` is as much of it as has arrived. The connection ends behind it.
  virtual Response Refuse(const Request& request, int status, std::string_view reason) = 0;
  // The answer where Handle or Admit threw, or gave an answer that cannot be sent; `what` is for the log alone.
  virtual Response Failed(const Request& request, std::string_view what) = 0;
  // The loop has done what was ready and is about to sleep.
  virtual void TurnEnds() {}
};
using HandlerFactory = std::function<std::unique_ptr<Handler>(boost::asio::io_context& loop)>;

}  // namespace ashlar::http
