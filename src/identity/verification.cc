// SPDX-License-Identifier: Apache-2.0
#include "identity/verification.h"

#include "base/await.h"
#include "identity/body.h"
#include "identity/owner.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr int kTries = 20;  // while others take the same address, or change the same rows

std::unexpected<call::ApiError> Busy() {
  return call::Refuse(Code::kOverloaded, "too many change this account at once; try again later");
}

std::string& EmailOf(Json& row) {
  for (json::Member& member : std::get<json::Object>(row.value)) {
    if (member.name == "email") return std::get<std::string>(member.value.value);
  }
  std::unreachable();  // a folded one is there
}

}  // namespace

// What is wrong with the row besides that somebody has its address: all that the fields and checks say, and then what
// else would be taken, which an address of nobody shows. Both are asked in any case.
Task<call::Answer<bool>> Verification::Rehearse(Context& context, Json row) {
  call::Call call = keeper_.Making(keeper_.user(), row);
  call.dry_run = true;
  auto judged = co_await keeper_.Do(context, call);
  std::string& email = EmailOf(call.body);
  email.replace(0, email.find('@'), types::FormatUuid(types::NewUuidV7(context.clock.NowMicros())));
  auto taken = co_await keeper_.Do(context, std::move(call));
  if (!judged && judged.error().code != Code::kConflict) co_return std::unexpected(judged.error());
  if (!taken && taken.error().code == Code::kConflict) co_return std::unexpected(taken.error());
  co_return true;
}

// The same number of rows, whoever's the address is.
std::vector<call::Call> Verification::CallsOf(const Context& context, const Applicant& applicant, bool taken,
                                              const std::string& email) const {
  if (!taken) {
    Keeper::Body credential;
    credential.emplace_back("id", Json(applicant.id));
    credential.emplace_back("password", Json(applicant.hash));
    return {keeper_.Making(keeper_.user(), applicant.row),
            keeper_.Making(keeper_.credential(), ToJson(std::move(credential))),
            EventCall(keeper_.service(), context, {EventKind::kUserCreated, applicant.id})};
  }
  std::vector<call::Call> calls;
  const int rows = keeper_.user().audit ? 4 : 3;
  for (int i = 0; i < rows; ++i) calls.push_back(mailroom_.Pretending(context, email, i));
  return calls;
}

Task<call::Answer<bool>> Verification::Register(Context& context, Applicant applicant) {
  auto folded = FoldAddress(keeper_, "email", EmailOf(applicant.row));
  auto rehearsed = co_await Rehearse(context, applicant.row);
  if (!rehearsed) co_return std::unexpected(rehearsed.error());
  if (!folded) co_return std::unexpected(Invalid({folded.error()}));
  for (int i = 0; i < kTries; ++i) {
    auto owner = co_await FindOwner(keeper_, context, *folded);
    if (!owner) co_return std::unexpected(owner.error());
    const bool taken = !owner->id.empty();
    Posting posting{.kind = MailKind::kVerify, .recipient = *folded, .user = applicant.id, .asked_for = *folded};
    if (taken) posting.kind = owner->there() ? MailKind::kTaken : MailKind::kNothing;
    posting.with = CallsOf(context, applicant, taken, *folded);
    auto posted = co_await mailroom_.Post(context, std::move(posting));
    if (posted && !taken) Tell(context, {EventKind::kUserCreated, applicant.id});
    if (posted) co_return true;
    const bool raced = !taken && posted.error().call == 0 && posted.error().error.code == Code::kConflict;
    if (!raced) co_return std::unexpected(posted.error().error);
    auto again = co_await Rehearse(context, applicant.row);  // another field may have been taken
    if (!again) co_return std::unexpected(again.error());
  }
  co_return Busy();
}

Task<call::Answer<bool>> Verification::Resend(Context& context, Json body) {
  auto given = ReadTexts(body, {.needed = {"email"}});
  if (!given) co_return std::unexpected(given.error());
  auto email = FoldAddress(keeper_, "email", given->front());
  if (!email) co_return std::unexpected(Invalid({email.error()}));
  auto owner = co_await FindOwner(keeper_, context, *email);
  if (!owner) co_return std::unexpected(owner.error());
  Posting posting{.user = owner->id, .asked_for = *email};
  if (owner->there() && !owner->verified) {
    posting.kind = MailKind::kVerify;
    posting.recipient = owner->email;
  }
  auto posted = co_await mailroom_.Post(context, std::move(posting));
  if (!posted) co_return std::unexpected(posted.error().error);
  co_return true;
}

Task<call::Answer<bool>> Verification::Verify(Context& context, Json body) {
  auto given = ReadTexts(body, {.needed = {"token"}});
  if (!given) co_return std::unexpected(given.error());
  auto held = co_await mailroom_.Look(context, given->front(), {Purpose::kVerify, Purpose::kChange});
  if (!held) co_return std::unexpected(held.error());
  auto owner = co_await GetOwner(keeper_, context, held->holder.user);
  if (!owner) co_return std::unexpected(owner.error());
  const bool changes = held->ticket.purpose == Purpose::kChange;
  if (!owner->there() || (!changes && owner->email != held->holder.email)) co_return WrongTicket();
  Keeper::Body user;
  user.emplace_back("emailVerified", Json(true));
  if (changes) user.emplace_back("email", Json(held->holder.email));
  std::vector<call::Call> calls{mailroom_.Consuming(context, *held),
                                keeper_.Changing(keeper_.user(), owner->id, std::move(user))};
  if (changes) {
    calls.push_back(mailroom_.Spoiling(context, Purpose::kVerify, owner->id));
    calls.push_back(mailroom_.Spoiling(context, Purpose::kReset, owner->id));
    calls.push_back(mailroom_.Notice(context, MailKind::kEmailChanged, owner->email));
  }
  std::vector events{Event{EventKind::kUserUpdated, owner->id}};
  auto done = co_await keeper_.DoAll(context, std::move(calls), std::move(events));
  if (done && changes) mailroom_.Sent();
  if (done) co_return true;
  const Code code = done.error().error.code;
  if (code == Code::kPreconditionFailed || code == Code::kNotFound) co_return WrongTicket();
  co_return std::unexpected(done.error().error);
}

// What the contract has against the address, besides that somebody has it.
Task<call::Answer<bool>> Verification::RehearseChange(Context& context, std::string user, std::string email) {
  Keeper::Body body;
  body.emplace_back("email", Json(std::move(email)));
  call::Call call = keeper_.Changing(keeper_.user(), user, std::move(body));
  call.dry_run = true;
  auto judged = co_await keeper_.Do(context, std::move(call));
  if (!judged && judged.error().code != Code::kConflict) co_return std::unexpected(judged.error());
  co_return true;
}

Task<call::Answer<bool>> Verification::ChangeEmail(Context& context, std::string user, Json body) {
  auto given = ReadTexts(body, {.needed = {"newEmail", "currentPassword"}, .optional = {"code"}});
  if (!given) co_return std::unexpected(given.error());
  auto email = FoldAddress(keeper_, "newEmail", (*given)[0]);
  if (!email) co_return std::unexpected(Invalid({email.error()}));
  auto me = co_await GetOwner(keeper_, context, user);
  if (!me) co_return std::unexpected(me.error());
  if (me->email == *email) {
    co_return std::unexpected(Invalid({{"newEmail", types::Detail::kCheck, "is the address already"}}));
  }
  auto fits = co_await RehearseChange(context, user, *email);
  if (!fits) co_return std::unexpected(fits.error());
  auto proven = co_await passwords_.ProveUser(context, user, (*given)[1].substr(0, kMostPassword + 1));
  if (!proven) co_return std::unexpected(proven.error());
  auto owner = co_await FindOwner(keeper_, context, *email);
  if (!owner) co_return std::unexpected(owner.error());
  Posting posting{.kind = MailKind::kChange, .recipient = *email, .user = user, .asker = user, .asked_for = *email};
  if (!owner->id.empty()) posting.kind = owner->there() ? MailKind::kTaken : MailKind::kNothing;
  for (int i = 0; i < kTries; ++i) {
    auto version = co_await passwords_.VersionOf(context, *proven);
    if (!version) co_return std::unexpected(version.error());
    auto used = co_await second_factors_.Using(context, *proven, (*given)[2]);
    if (!used && used.error().code == Code::kInvalidCredentials) {  // the code
      Event event{proven->failed, proven->user};
      co_await keeper_.Tell(context, std::move(event));
    }
    if (!used) co_return std::unexpected(used.error());
    posting.with = std::move(*used);
    posting.with.push_back(passwords_.Clearing(*proven, *version));
    auto posted = co_await mailroom_.Post(context, posting);
    if (posted) co_return true;
    if (posted.error().error.code != Code::kPreconditionFailed) co_return std::unexpected(posted.error().error);
  }
  co_return Busy();
}

}  // namespace ashlar::identity
