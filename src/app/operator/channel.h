// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "app/operator/request.h"

namespace ashlar::app {

// The operator's way into a serving process: a Unix socket beside the store (PATH.sock, mode 0600), one request and
// one answer a connection (wire.h). The request names its files, whose descriptors follow; before the answer come any
// number of {"done": "12", "total": "100"}.

// kNotFound: nobody serves the store.
Result<OperatorAnswer> AskServer(const std::string& store_path, const OperatorRequest& request,
                                 const ReportProgress& report);

// Answers operators, several at once, for as long as it lives. One who goes away while a load of his runs has stopped
// it: nothing is loaded then.
class OperatorChannel {
 public:
  // The runtime and the observer must outlive it.
  static Result<std::unique_ptr<OperatorChannel>> Open(const Runtime& runtime, Observer& observer);
  // What an operator has asked already is done to its end, the rest is not read.
  ~OperatorChannel();

 private:
  struct Operator {
    int connection = -1;
    bool done = false;
    std::thread thread;
  };
  OperatorChannel(const Runtime& runtime, Observer& observer, int fd, std::string path);
  bool closed();
  void Loop();
  void Welcome(int connection);
  void Serve(int connection);
  OperatorAnswer Run(const OperatorRequest& request, const ReportProgress& report);

  const Runtime& runtime_;
  Observer& observer_;
  int fd_;
  std::string path_;
  std::timed_mutex load_mutex_;  // of whose load runs
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  std::list<Operator> operators_;
  std::thread thread_;
};

}  // namespace ashlar::app
