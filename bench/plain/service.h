// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "connection.h"
#include "store.h"
#include "writer.h"

namespace ashlar::bench {

struct Options {
  std::string store;
  std::string log;
  std::string token;  // whose signature the runner vouches for
  Uuid caller{};
  int64_t expires = 0;  // seconds since 1970
  size_t group = 128;
};

struct TokenHash {
  using is_transparent = void;
  size_t operator()(std::string_view token) const { return std::hash<std::string_view>()(token); }
};

// The works of bench.yaml, written by hand for the one contract: what the product's answers say, and no more.
class Service : public Handler {
 public:
  Service(const Options& options, boost::asio::io_context& context);
  ~Service() override;
  bool Handle(const Request& request, Connection& connection, Buffer& out) override;
  void TurnEnds();

 private:
  struct Caller {
    Uuid id;
    int64_t expires;
  };
  // What a request is known by in its answer and its line of the log.
  struct Known {
    std::string_view method, route, operation;
    RequestId request;
    Uuid caller;
    int64_t begun;
  };

  const Caller* Authenticate(std::string_view authorization, int64_t now) const;
  void Read(const Request& request, Known& known, Buffer& out);
  bool Create(const Request& request, Known& known, Connection& connection, Buffer& out);
  void GetItem(const Request& request, Known& known, Buffer& out);
  void ListItems(std::string_view query, Known& known, Buffer& out);
  void EndList(const Known& known, Buffer& out);
  void Finish(std::vector<Job> jobs);
  void PutMeta(const Known& known);
  void Answer(std::string_view status, const Known& known, int64_t version, Buffer& out);
  void Refuse(std::string_view status, const Known& known, Buffer& out);
  void Log(const Known& known, int64_t status, size_t bytes);
  void WriteLog();

  std::unordered_map<std::string, Caller, TokenHash, std::equal_to<>> callers_;
  Reader reader_;
  Buffer body_;
  Buffer lines_;
  int log_ = -1;
  char date_[32];
  std::string_view date_text_;
  int64_t date_second_ = 0;
  Writer writer_;  // last: its thread ends first
};

}  // namespace ashlar::bench
