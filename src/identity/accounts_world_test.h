// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>

#include "base/await.h"
#include "identity/accounts.h"
#include "identity/world_test.h"

// After base/await.h.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace ashlar::identity {

// Ann, who may register with a service on a store of its own, and a clock that stands still.
class AccountsWorld {
 public:
  static constexpr const char* kPassword = "correct horse battery";

  AccountsWorld();
  ~AccountsWorld();

  template <class T>
  T Wait(Task<T> task) {
    std::optional<T> done;
    session_->TurnEnds();
    boost::asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr, T value) { done = std::move(value); });
    while (!done) {
      loop_.restart();
      loop_.run_one();
    }
    return std::move(*done);
  }
  static json::Json Of(const std::string& text) { return *json::Parse(text); }

  // Her id.
  std::string Register();
  call::Answer<SignedIn> Login(const std::string& password = kPassword);
  call::Answer<SignedIn> Refresh(const std::string& token);
  // Why it was refused; nothing if it was not.
  template <class T>
  static std::optional<call::Code> CodeOf(const call::Answer<T>& answer) {
    return answer ? std::nullopt : std::optional(answer.error().code);
  }

 protected:
  std::string folder_;
  TestClock clock_;
  Silence silence_;
  Context context_{"request", {}, clock_, silence_};
  boost::asio::io_context loop_;
  HashPool pool_;
  std::shared_ptr<const model::Service> service_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ServiceKeys> keys_;
  std::unique_ptr<plan::Planner> planner_;
  std::unique_ptr<store::Session> session_;
  engine::Underway underway_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<const PasswordRules> rules_;
  std::unique_ptr<Accounts> accounts_;
};

}  // namespace ashlar::identity
