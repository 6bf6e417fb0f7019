// SPDX-License-Identifier: Apache-2.0
// Any bytes on the operator's socket: what is read of them is a frame, or nothing; what is written is read again.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "app/operator/wire.h"

namespace ashlar::app {
namespace {

constexpr size_t kMost = 1 << 14;  // less than a socket takes without being read

void Require(bool condition) {
  if (!condition) std::abort();
}

struct Pair {
  Pair() { Require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0); }
  ~Pair() {
    close(ends[0]);
    close(ends[1]);
  }
  int ends[2];
};

}  // namespace
}  // namespace ashlar::app

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar::app;
  if (size > 2 * kMost) return 0;
  Pair foreign;
  Require(write(foreign.ends[0], data, size) == static_cast<ssize_t>(size));
  shutdown(foreign.ends[0], SHUT_WR);
  if (size % 2 == 1) Require(ReceiveDescriptor(foreign.ends[1]) == -1);  // a byte that carries none
  Pair own;
  while (auto frame = ReadFrame(foreign.ends[1], kMost)) {
    bool fits = ashlar::json::ToText(*frame).size() + sizeof(uint32_t) <= kMost;
    Require(WriteFrame(own.ends[0], *frame, kMost) == fits);
    if (!fits) continue;
    auto again = ReadFrame(own.ends[1], kMost);
    Require(again && *again == *frame);
  }
  return 0;
}
