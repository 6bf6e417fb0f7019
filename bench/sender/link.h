// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::sender {

// One HTTP/1.1 connection to 127.0.0.1 that has one request under way at most. Never blocks; its owner polls the
// descriptor.
//
//   (Open Send Pump* (Receive)*)*
class Link {
 public:
  struct Answer {
    int status;
    bool has_wait;  // Retry-After
  };

  Link() = default;
  ~Link() { Close(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  // Begins to connect.
  Result<void> Open(uint16_t port);
  void Close();
  // Sends as much as the socket takes; the rest is for Pump. `bytes` live until the answer is there.
  Result<void> Send(std::string_view bytes);
  Result<void> Pump();
  // Takes what has come: the whole answer, or nothing yet. An answer that ends its connection closes it.
  Result<std::optional<Answer>> Receive();

 private:
  Result<std::optional<Answer>> TakeAnswer();
  Result<void> ReadHead(std::string_view head);

  int descriptor_ = -1;
  std::string_view unsent_;
  std::string received_;
  size_t whole_ = 0;  // bytes of the answer, once its head is there
  bool last_ = false;
  Answer answer_{};
};

}  // namespace ashlar::sender
