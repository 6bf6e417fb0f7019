// SPDX-License-Identifier: Apache-2.0
// What tests over sockets share.
#pragma once

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <thread>

namespace ashlar::http {

// Until all that was sent lies with the peer: Nagle's algorithm and a late acknowledgement hold small pieces back.
inline void AwaitReceived(int fd) {
  for (int waiting = 1; ioctl(fd, SIOCOUTQ, &waiting) == 0 && waiting > 0;) std::this_thread::yield();
}

}  // namespace ashlar::http
