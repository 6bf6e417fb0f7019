// SPDX-License-Identifier: Apache-2.0
#include "identity/second_factor.h"

#include <algorithm>

#include "base/await.h"
#include "base/base64.h"
#include "base/crypto/aes_gcm.h"
#include "identity/recovery_code.h"
#include "identity/row.h"
#include "identity/totp.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

std::unexpected<call::ApiError> WrongCode() { return call::Refuse(Code::kInvalidCredentials, "the code is not right"); }

std::unexpected<call::ApiError> NothingWaits() {
  return call::Refuse(Code::kConflict, "no second factor waits to be confirmed");
}

Json ToJson(const std::vector<std::string>& texts) {
  json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return Json(std::move(array));
}

// As apps show a code and people type it: "123 456".
std::optional<std::string> AsTotp(std::string code) {
  std::erase(code, ' ');
  const bool digits = std::ranges::all_of(code, [](char c) { return c >= '0' && c <= '9'; });
  if (code.size() != kTotpDigits || !digits) return std::nullopt;
  return code;
}

}  // namespace

Task<call::Answer<std::optional<SecondFactors::Factor>>> SecondFactors::Read(Context& context, std::string user) {
  const model::Resource& resource = keeper_.second_factor();
  auto found = co_await keeper_.Get(context, resource, std::move(user));
  if (!found && found.error().code == Code::kNotFound) co_return std::optional<Factor>();
  if (!found) co_return std::unexpected(found.error());
  Factor factor{.version = found->version,
                .begun_at = MicrosIn(resource, found->rows, "begunAt"),
                .last_step = NumberIn(resource, found->rows, "lastStep"),
                .on = MicrosIn(resource, found->rows, "confirmedAt") != 0,
                .secret = TextIn(resource, found->rows, "secret"),
                .recovery = {}};
  const types::Value recovery = ValueOf(resource, found->rows, "recovery");
  if (const auto* list = recovery.get<types::List>()) {
    for (const types::Value& hash : list->items) factor.recovery.push_back(*hash.get<std::string>());
  }
  co_return std::optional<Factor>(std::move(factor));
}

Task<call::Answer<bool>> SecondFactors::IsOn(Context& context, std::string user) {
  auto factor = co_await Read(context, std::move(user));
  if (!factor) co_return std::unexpected(factor.error());
  co_return *factor && (*factor)->on;
}

call::Answer<std::string> SecondFactors::Open(const Context& context, const Factor& factor,
                                              const std::string& user) const {
  auto sealed = Base64UrlDecode(factor.secret);
  auto secret = sealed ? OpenAesGcm(key_, user, *sealed) : std::nullopt;
  if (secret) return std::move(*secret);
  context.observer.Observe(Defect{context.request_id, "identity",
                                  "the secret of a second factor cannot be read: the service's key is another one"});
  return call::Refuse(Code::kInternal, std::string(RowOf(Code::kInternal).message));
}

call::Answer<std::optional<Keeper::Body>> SecondFactors::Judge(const Context& context, const Factor& factor,
                                                               const std::string& user, const std::string& code) const {
  Keeper::Body change;
  if (auto totp = AsTotp(code)) {
    auto secret = Open(context, factor, user);
    if (!secret) return std::unexpected(secret.error());
    auto step = FindTotpStep(*secret, *totp, TotpStepAt(context.clock.NowMicros()), factor.last_step);
    if (!step) return std::nullopt;
    change.emplace_back("lastStep", NumberJson(*step));
    return change;
  }
  std::vector<std::string> left = factor.recovery;
  if (code.size() > kMostCode || std::erase(left, HashRecoveryCode(key(), user, code)) == 0) return std::nullopt;
  change.emplace_back("recovery", ToJson(left));
  return change;
}

Task<call::Answer<SecondFactors::Calls>> SecondFactors::Beginning(Context& context, std::string user,
                                                                  std::string secret) {
  auto factor = co_await Read(context, user);
  if (!factor) co_return std::unexpected(factor.error());
  if (*factor && (*factor)->on) co_return call::Refuse(Code::kConflict, "a second factor is on already");
  Keeper::Body body;
  body.emplace_back("secret", Json(Base64UrlEncode(SealAesGcm(key_, user, secret))));
  body.emplace_back("begunAt", TimeJson(context.clock.NowMicros()));
  co_return Calls{keeper_.Putting(keeper_.second_factor(), user, std::move(body))};
}

bool SecondFactors::Waits(const Context& context, const std::optional<Factor>& factor) {
  return factor && !factor->on && context.clock.NowMicros() - factor->begun_at <= kConfirmMicros;
}

Task<call::Answer<bool>> SecondFactors::Waits(Context& context, std::string user) {
  auto factor = co_await Read(context, std::move(user));
  if (!factor) co_return std::unexpected(factor.error());
  if (!Waits(context, *factor)) co_return NothingWaits();
  co_return true;
}

Task<call::Answer<SecondFactors::Calls>> SecondFactors::Confirming(Context& context, std::string user, std::string code,
                                                                   std::vector<std::string> recovery_codes) {
  auto found = co_await Read(context, user);
  if (!found) co_return std::unexpected(found.error());
  if (!Waits(context, *found)) co_return NothingWaits();
  const Factor& factor = **found;
  auto change = Judge(context, factor, user, code);
  if (!change) co_return std::unexpected(change.error());
  if (!*change) co_return WrongCode();
  std::vector<std::string> hashes;
  for (const std::string& recovery : recovery_codes) hashes.push_back(HashRecoveryCode(key(), user, recovery));
  (*change)->emplace_back("confirmedAt", TimeJson(context.clock.NowMicros()));
  (*change)->emplace_back("recovery", ToJson(hashes));
  co_return Calls{keeper_.Changing(keeper_.second_factor(), user, std::move(**change), factor.version)};
}

Task<call::Answer<SecondFactors::Calls>> SecondFactors::Using(Context& context, Proven proven, std::string code) {
  auto factor = co_await Read(context, proven.user);
  if (!factor) co_return std::unexpected(factor.error());
  if (!*factor || !(*factor)->on) co_return Calls{};
  if (code.empty()) {
    auto taken_back = co_await passwords_.TakeBack(context, std::move(proven));
    if (!taken_back) co_return std::unexpected(taken_back.error());
    co_return call::Refuse(Code::kSecondFactorRequired, std::string(RowOf(Code::kSecondFactorRequired).message));
  }
  auto change = Judge(context, **factor, proven.user, code);
  if (!change) co_return std::unexpected(change.error());
  if (!*change) co_return Wrong(proven);
  co_return Calls{keeper_.Changing(keeper_.second_factor(), proven.user, std::move(**change), (*factor)->version)};
}

Task<call::Answer<SecondFactors::Calls>> SecondFactors::Removing(Context& context, Proven proven, std::string code) {
  const std::string user = proven.user;
  auto calls = co_await Using(context, proven, std::move(code));
  if (!calls) co_return std::unexpected(calls.error());
  if (calls->empty()) {
    auto taken_back = co_await passwords_.TakeBack(context, std::move(proven));
    if (!taken_back) co_return std::unexpected(taken_back.error());
    co_return call::Refuse(Code::kNotFound, "no second factor is on");
  }
  calls->push_back(keeper_.Removing(keeper_.second_factor(), user));
  co_return std::move(*calls);
}

}  // namespace ashlar::identity
