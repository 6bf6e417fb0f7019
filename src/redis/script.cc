// SPDX-License-Identifier: Apache-2.0
#include "redis/script.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/crypto/random.h"
#include "redis/link.h"

namespace ashlar::redis {
namespace {

namespace asio = boost::asio;

constexpr int64_t kBeginUs = 1'000'000;   // for each command of the beginning
constexpr int64_t kSteadyUs = 5'000'000;  // a link that served as long begins anew with the pauses

std::optional<asio::ssl::context> TlsOf(const Server& server) {
  if (!server.tls) return std::nullopt;
  asio::ssl::context context(asio::ssl::context::tls_client);
  boost::system::error_code ignored;  // without authorities no server is trusted
  context.set_default_verify_paths(ignored);
  context.set_verify_mode(asio::ssl::verify_peer);
  context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  return context;
}

// Somewhere in its second half, so that processes do not come back all at once.
std::chrono::milliseconds Spread(int64_t pause_ms) {
  std::array<uint8_t, 1> chance{};
  RandomBytes(chance);
  return std::chrono::milliseconds(pause_ms / 2 + pause_ms * chance[0] / 512);
}

}  // namespace

Script::Script(asio::io_context& loop, const Server& server, std::string text, Run probe, Watch& watch,
               const Clock& clock)
    : loop_(loop), server_(server), text_(std::move(text)), probe_(std::move(probe)), watch_(watch), clock_(clock) {
  watch_.Add();
  asio::co_spawn(loop, Keep(), asio::detached);
}

Script::~Script() = default;

bool Script::up() const { return link_ != nullptr && !link_->closed(); }

std::vector<std::string> Script::CommandOf(const Run& run) const {
  std::vector<std::string> command = {"EVALSHA", name_, std::to_string(run.keys.size())};
  command.insert(command.end(), run.keys.begin(), run.keys.end());
  command.insert(command.end(), run.arguments.begin(), run.arguments.end());
  return command;
}

Task<std::optional<Script::Numbers>> Script::Ask(Run run) {
  if (!up() || link_->waiting() >= kMostWaiting) co_return std::nullopt;
  auto link = link_->shared_from_this();
  auto reply = co_await link->Ask(CommandOf(run), kWaitUs);
  if (!reply) co_return std::nullopt;
  if (reply->error) link->Close(fmt::format("it answers {}", *reply->error));
  if (reply->error) co_return std::nullopt;
  co_return std::move(reply->numbers);
}

Task<std::string> Script::Begin(Link& link) {
  std::vector<std::vector<std::string>> commands;
  if (!server_.password.empty()) {
    commands.push_back({"AUTH"});
    if (!server_.user.empty()) commands.back().push_back(server_.user);
    commands.back().push_back(server_.password);
  }
  if (server_.database != 0) commands.push_back({"SELECT", std::to_string(server_.database)});
  commands.push_back({"SCRIPT", "LOAD", text_});
  std::optional<Reply> reply;
  for (std::vector<std::string>& command : commands) {
    const std::string name = command[0];
    reply = co_await link.Ask(std::move(command), kBeginUs);
    if (!reply) co_return link.why();
    if (reply->error) co_return fmt::format("it answers {} to {}", *reply->error, name);
  }
  name_ = reply->text;
  reply = co_await link.Ask(CommandOf(probe_), kWaitUs);
  if (!reply) co_return link.why();
  if (reply->error) co_return fmt::format("it answers {} to the script", *reply->error);
  co_return "";
}

void Script::Tell(Watch::State state, std::string_view why) {
  if (state == told_) return;
  watch_.Change(std::exchange(told_, state), state, fmt::format("{}: {}", server_.Shown(), why));
}

Task<void> Script::Keep() {
  auto tls = TlsOf(server_);
  asio::steady_timer timer(loop_);
  int64_t pause_ms = 0;
  while (true) {
    auto link = std::make_shared<Link>(loop_, clock_);
    std::string wrong = co_await link->Connect(server_, tls ? &*tls : nullptr);
    if (wrong.empty()) {
      asio::co_spawn(loop_, Link::Receive(link), asio::detached);
      wrong = co_await Begin(*link);
    }
    const int64_t begun_us = clock_.SteadyMicros();
    if (wrong.empty()) {
      Tell(Watch::State::kUp, "it answers");
      link_ = link.get();
      co_await link->AwaitClosed();
      link_ = nullptr;
      wrong = link->why();
      if (clock_.SteadyMicros() - begun_us >= kSteadyUs) pause_ms = 0;
      if (pause_ms == 0 && link->left()) {  // as servers end what was idle
        pause_ms = kLeastPauseMs / 2;
        continue;
      }
    }
    link->Close(wrong);
    Tell(Watch::State::kDown, wrong);
    pause_ms = std::clamp<int64_t>(pause_ms * 2, kLeastPauseMs, kMostPauseMs);
    timer.expires_after(Spread(pause_ms));
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

}  // namespace ashlar::redis
