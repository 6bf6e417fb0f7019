// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <mutex>

#include "app/operator/request.h"

namespace ashlar::app {

inline constexpr const char* kAnn = "00000000-0000-4000-8000-00000000000a";

// Hears of commands that a server has done.
class Heard final : public Observer {
 public:
  void Observe(const Observation& observation) override;
  // The command that was done as the nth, once it is.
  OperatorDone Command(size_t which);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<OperatorDone> commands_;
};

// A service of teams and members in a folder of its own, and requests to it: what the tests of this folder share.
class Club {
 public:
  Club();
  ~Club();
  void Open();
  void Close();

  json::Json Request(const char* command, std::vector<std::pair<std::string, json::Json>> members) const;
  OperatorRequest Ask(const char* command, std::vector<std::pair<std::string, json::Json>> members) const;
  // The files, by their names and texts, in the order given.
  OperatorRequest LoadRequest(const std::vector<std::pair<std::string, std::string>>& files) const;
  OperatorAnswer Do(const OperatorRequest& request);
  OperatorAnswer Do(json::Json request) { return Do(OperatorRequest{std::move(request), {}}); }
  OperatorAnswer Load(const std::string& text, const std::string& name = "rows.json");
  OperatorAnswer User(const char* what, std::vector<std::pair<std::string, json::Json>> members = {});
  static json::Json Texts(std::vector<std::string> texts) { return MakeTexts(texts); }
  // How many rows there are.
  size_t Count(const char* resource);

 protected:
  static const char* const kContract;
  std::string folder_, contract_, path_;
  Heard heard_;
  std::unique_ptr<Runtime> runtime_;
  std::pair<size_t, size_t> progress_;
};

}  // namespace ashlar::app
