// SPDX-License-Identifier: Apache-2.0
#include "identity/recovery.h"

#include "base/await.h"
#include "identity/body.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr int kTries = 20;  // while others sign in

}  // namespace

Task<call::Answer<bool>> Recovery::Forgot(Context& context, Json body) {
  auto given = ReadTexts(body, {.needed = {"email"}});
  if (!given) co_return std::unexpected(given.error());
  auto email = FoldAddress(keeper_, "email", given->front());
  if (!email) co_return std::unexpected(Invalid({email.error()}));
  auto owner = co_await FindOwner(keeper_, context, *email);
  if (!owner) co_return std::unexpected(owner.error());
  Posting posting{.user = owner->id, .asked_for = *email};
  if (owner->there()) {
    posting.kind = MailKind::kReset;
    posting.recipient = owner->email;
  }
  auto posted = co_await mailroom_.Post(context, std::move(posting));
  if (!posted) co_return std::unexpected(posted.error().error);
  co_return true;
}

// The call that sets a password: of a credential as it is now, or of somebody who had none. Where a second factor is
// on, the failures stay: whoever reads the mails gets no more guesses of its code.
Task<call::Answer<call::Call>> Recovery::Setting(Context& context, std::string user, std::string hash) {
  const model::Resource& credential = keeper_.credential();
  auto found = co_await keeper_.Get(context, credential, user);
  if (!found && found.error().code != Code::kNotFound) co_return std::unexpected(found.error());
  Keeper::Body body;
  body.emplace_back("password", Json(std::move(hash)));
  if (!found) {
    body.emplace_back("id", Json(std::move(user)));
    co_return keeper_.Making(credential, ToJson(std::move(body)));
  }
  auto factor = co_await keeper_.Get(context, keeper_.second_factor(), user);
  if (!factor && factor.error().code != Code::kNotFound) co_return std::unexpected(factor.error());
  if (!factor) {
    body.emplace_back("failures", NumberJson(0));
    body.emplace_back("lockedUntil", Json());
  }
  co_return keeper_.Changing(credential, user, std::move(body), found->version);
}

// Whoever signs in meanwhile changes the credential, so that no session is overlooked.
Task<engine::SequenceAnswer> Recovery::Replace(Context& context, HeldTicket held, Owner owner, std::string hash) {
  auto refuse = [](const call::ApiError& error) { return std::unexpected(engine::Refused{std::nullopt, error}); };
  for (int i = 0;; ++i) {
    auto setting = co_await Setting(context, owner.id, hash);
    if (!setting) co_return refuse(setting.error());
    auto room = co_await sessions_.MakeRoom(context, owner.id);  // so that a page holds them all
    if (!room) co_return refuse(room.error());
    auto list = co_await sessions_.List(context, owner.id);
    if (!list) co_return refuse(list.error());
    Keeper::Body user;
    user.emplace_back("emailVerified", Json(true));
    std::vector<call::Call> calls{mailroom_.Consuming(context, held),
                                  std::move(*setting),
                                  keeper_.Changing(keeper_.user(), owner.id, std::move(user)),
                                  mailroom_.Spoiling(context, Purpose::kVerify, owner.id),
                                  mailroom_.Spoiling(context, Purpose::kChange, owner.id),
                                  mailroom_.Notice(context, MailKind::kPasswordChanged, owner.email)};
    std::vector events{Event{EventKind::kPasswordChanged, owner.id}};
    for (const SessionSeen& seen : *list) events.push_back({EventKind::kSessionEnded, owner.id, seen.id});
    std::vector<Keeper::Look> looks{sessions_.EndingAll(context, owner.id)};
    // Whoever forgot the password cannot tell whose those are either; a proved address links anew.
    auto links = co_await links_.List(context, owner.id);
    if (!links) co_return refuse(links.error());
    for (const LinkSeen& link : *links) calls.push_back(links_.Removing(link));
    auto done = co_await keeper_.DoAll(context, std::move(calls), std::move(events), std::move(looks));
    const bool again = !done && done.error().call.value_or(0) > 0 && i < kTries &&
                       (done.error().error.code == Code::kPreconditionFailed ||
                        done.error().error.code == Code::kConflict || done.error().error.code == Code::kNotFound);
    if (!again) co_return done;
  }
}

Task<call::Answer<bool>> Recovery::Reset(Context& context, Json body) {
  auto given = ReadTexts(body, {.needed = {"token", "newPassword"}});
  if (!given) co_return std::unexpected(given.error());
  auto held = co_await mailroom_.Look(context, (*given)[0], {Purpose::kReset});
  if (!held) co_return std::unexpected(held.error());
  auto owner = co_await GetOwner(keeper_, context, held->holder.user);
  if (!owner) co_return std::unexpected(owner.error());
  if (!owner->there() || owner->email != held->holder.email) co_return WrongTicket();
  auto wrong = co_await passwords_.Judge(context, "newPassword", (*given)[1], owner->email);
  if (!wrong) co_return std::unexpected(wrong.error());
  if (*wrong) co_return std::unexpected(Invalid({std::move(**wrong)}));
  auto hash = co_await passwords_.Hash(context, (*given)[1]);
  if (!hash) co_return std::unexpected(hash.error());
  auto done = co_await Replace(context, *held, *owner, std::move(*hash));
  if (done) {
    mailroom_.Sent();
    co_return true;
  }
  const Code code = done.error().error.code;
  if (code == Code::kPreconditionFailed || code == Code::kNotFound) co_return WrongTicket();
  co_return std::unexpected(done.error().error);
}

}  // namespace ashlar::identity
