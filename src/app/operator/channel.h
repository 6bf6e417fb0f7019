// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "app/operator/request.h"

namespace ashlar::app {

// The operator's way into a serving process: a Unix socket beside the store (PATH.sock, mode 0600), one request and
// one answer a connection, each a length of four bytes (big-endian) and JSON.

// kNotFound: nobody serves the store.
Result<OperatorAnswer> AskServer(const std::string& store_path, const OperatorRequest& request);

// Answers operators, one after another, on a thread of its own, for as long as it lives.
class OperatorChannel {
 public:
  // The runtime and the observer must outlive it.
  static Result<std::unique_ptr<OperatorChannel>> Open(const Runtime& runtime, Observer& observer);
  ~OperatorChannel();

 private:
  OperatorChannel(const Runtime& runtime, Observer& observer, int fd, std::string path);
  void Loop();
  void Serve(int connection);

  const Runtime& runtime_;
  Observer& observer_;
  int fd_;
  std::string path_;
  std::atomic<bool> closed_ = false;
  std::thread thread_;
};

}  // namespace ashlar::app
