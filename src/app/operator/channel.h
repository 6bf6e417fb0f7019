// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "app/operator/request.h"

namespace ashlar::app {

// The operator's way into a serving process: a Unix socket beside the store (PATH.sock, mode 0600), one request and
// one answer a connection, each a length of four bytes (big-endian) and JSON; before the answer any number of
// {"done": "12", "total": "100"}.

// kNotFound: nobody serves the store.
Result<OperatorAnswer> AskServer(const std::string& store_path, const OperatorRequest& request,
                                 const ReportProgress& report);

// Answers operators, one after another, on a thread of its own, for as long as it lives.
class OperatorChannel {
 public:
  // The runtime and the observer must outlive it.
  static Result<std::unique_ptr<OperatorChannel>> Open(const Runtime& runtime, Observer& observer);
  // What an operator has asked already is done to its end, the rest is not read.
  ~OperatorChannel();

 private:
  OperatorChannel(const Runtime& runtime, Observer& observer, int fd, std::string path);
  bool Begin(int connection);
  void Loop();
  void Serve(int connection);

  const Runtime& runtime_;
  Observer& observer_;
  int fd_;
  std::string path_;
  std::mutex mutex_;
  bool closed_ = false;
  int connection_ = -1;  // whose request is being read or done
  std::thread thread_;
};

}  // namespace ashlar::app
