// SPDX-License-Identifier: Apache-2.0
// Accounts: how a User turns a second factor on and off.
#include "base/await.h"
#include "base/base32.h"
#include "identity/accounts.h"
#include "identity/body.h"
#include "identity/recovery_code.h"
#include "identity/row.h"
#include "identity/totp.h"

namespace ashlar::identity {

using call::Code;
using json::Json;

Task<call::Answer<TotpBegun>> Accounts::BeginTotp(Context& context, std::string user, Json body) {
  auto given = ReadTexts(body, {.needed = {"currentPassword"}});
  if (!given) co_return std::unexpected(given.error());
  auto me = co_await Me(context, user);
  if (!me) co_return std::unexpected(me.error());
  const std::string secret = NewTotpSecret();
  auto may = co_await second_factors_.Beginning(context, user, secret);  // before a password is hashed for nothing
  if (!may) co_return std::unexpected(may.error());
  auto proven = co_await passwords_.ProveUser(context, user, (*given)[0].substr(0, kMostPassword + 1));
  if (!proven) co_return std::unexpected(proven.error());
  More begin = [&]() -> Task<call::Answer<Work>> {
    auto calls = co_await second_factors_.Beginning(context, user, secret);
    if (!calls) co_return std::unexpected(calls.error());
    co_return Work{std::move(*calls), {}};
  };
  auto done = co_await Settle(context, *proven, std::move(begin));
  if (!done) co_return std::unexpected(done.error());
  const model::Service& service = keeper_.service();
  const std::string& issuer = service.title.empty() ? service.name : service.title;
  co_return TotpBegun{Base32Encode(secret), TotpUri(issuer, TextIn(keeper_.user(), me->rows, "email"), secret)};
}

// A guess is an attempt like any other: else whoever has found a session could guess the code of what its owner began.
Task<call::Answer<std::vector<std::string>>> Accounts::ConfirmTotp(Context& context, std::string user,
                                                                   std::string session, Json body) {
  auto given = ReadTexts(body, {.needed = {"code"}});
  if (!given) co_return std::unexpected(given.error());
  auto waits = co_await second_factors_.Waits(context, user);
  if (!waits) co_return std::unexpected(waits.error());
  std::vector<std::string> recovery_codes;
  for (size_t i = 0; i < kRecoveryCodes; ++i) recovery_codes.push_back(NewRecoveryCode());
  auto attempt = co_await passwords_.Attempt(context, user);
  if (!attempt) co_return std::unexpected(attempt.error());
  More confirm = [&]() -> Task<call::Answer<Work>> {
    auto confirmed = co_await second_factors_.Confirming(context, user, (*given)[0], recovery_codes);
    if (!confirmed) co_return std::unexpected(confirmed.error());
    Work work{std::move(*confirmed), {{EventKind::kFactorOn, user}}};
    auto all = co_await WithOthersEnding(context, std::move(work), user, session);
    co_return all;
  };
  auto done = co_await Settle(context, *attempt, std::move(confirm));
  if (!done) co_return std::unexpected(done.error());
  co_return recovery_codes;
}

Task<call::Answer<bool>> Accounts::EndTotp(Context& context, std::string user, std::string session, Json body) {
  auto given = ReadTexts(body, {.needed = {"currentPassword", "code"}});
  if (!given) co_return std::unexpected(given.error());
  auto proven = co_await passwords_.ProveUser(context, user, (*given)[0].substr(0, kMostPassword + 1));
  if (!proven) co_return std::unexpected(proven.error());
  More end = [&]() -> Task<call::Answer<Work>> {
    auto removed = co_await second_factors_.Removing(context, *proven, (*given)[1]);
    if (!removed) co_return std::unexpected(removed.error());
    Work work{std::move(*removed), {{EventKind::kFactorOff, user}}};
    auto all = co_await WithOthersEnding(context, std::move(work), user, session);
    co_return all;
  };
  auto done = co_await Settle(context, *proven, std::move(end));
  co_return done;
}

}  // namespace ashlar::identity
