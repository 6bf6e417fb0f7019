// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

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

  static constexpr const char* kContract = R"(service: shop
identity: { register: open, tokens: { refresh: 1d }, sessions: { cookie: true, idle: 10m, lifetime: 1h } }
)";

  // With `sends`, mails are put into queue_.
  explicit AccountsWorld(const char* contract = kContract, bool sends = false);
  ~AccountsWorld();

  template <class T>
  T Wait(Task<T> task) {
    return std::move(AllOf<T>(1, [&] { return std::move(task); })[0]);
  }
  // Of so many at once.
  template <class T>
  std::vector<T> AllOf(int times, const std::function<Task<T>()>& make) {
    std::vector<T> done;
    session_->TurnEnds();
    for (int i = 0; i < times; ++i) {
      boost::asio::co_spawn(loop_, make(), [&](std::exception_ptr, T value) { done.push_back(std::move(value)); });
    }
    while (std::ssize(done) < times) {
      loop_.restart();
      loop_.run_one();
      session_->TurnEnds();
    }
    return done;
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
  // A request's own, as whatever serves it writes into it.
  Context& context() { return contexts_.emplace_back("request", Deadline{}, clock_, silence_); }

  std::string folder_;
  TestClock clock_;
  Silence silence_;
  std::deque<Context> contexts_;
  boost::asio::io_context loop_;
  HashPool pool_;
  MailQueue queue_;
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
