// SPDX-License-Identifier: Apache-2.0
#include "identity/passwords.h"

#include <algorithm>

#include "base/await.h"
#include "base/crypto/argon2.h"
#include "base/crypto/hmac.h"
#include "base/utf8.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr int64_t kFreeFailures = 4;  // the fifth begins to cost time
constexpr int64_t kFirstDelayUs = 1'000'000;
constexpr int64_t kLongestDelayUs = 15 * 60 * kFirstDelayUs;
constexpr int kTries = 20;     // while others change the same credential
constexpr int kDecoys = 64;

constexpr std::string_view kWrongSignIn = "the address or the password is not right";
constexpr std::string_view kWrongOwn = "the password or the code is not right";  // of somebody who has signed in
constexpr std::string_view kWrongCode = "the code is not right";

// Of no password, at the cost of any other.
constexpr const char* kNoHash =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

std::unexpected<call::ApiError> Busy() {
  return call::Refuse(Code::kOverloaded, "too many sign in at once; try again later");
}

// What is known before anything is proven.
Proven Asking(std::string_view wrong, EventKind failed = EventKind::kLoginFailed) {
  Proven proven;
  proven.failed = failed;
  proven.wrong = wrong;
  return proven;
}

// What a thread of the pool tells: nothing if the password is wrong, else the hash as it should be, with that salt if
// it is made anew.
std::string Compare(const std::string& password, const std::string& hash, const std::string& salt) {
  if (!VerifyPassword(password, hash)) return "";
  return NeedsRehash(hash) ? HashPassword(password, salt) : hash;
}

}  // namespace

std::unexpected<call::ApiError> WrongCredentials() {
  return call::Refuse(Code::kInvalidCredentials, std::string(kWrongSignIn));
}

std::unexpected<call::ApiError> Wrong(const Proven& proven) {
  return call::Refuse(Code::kInvalidCredentials, std::string(proven.wrong));
}

int64_t DelayAfter(int64_t failures) {
  if (failures <= kFreeFailures) return 0;
  int64_t doublings = std::min<int64_t>(failures - kFreeFailures - 1, 20);
  return std::min(kFirstDelayUs << doublings, kLongestDelayUs);
}

Task<call::Answer<Proven>> Passwords::ProveByEmail(Context& context, std::string email, std::string password) {
  const model::Resource& user = keeper_.user();
  std::string folded = FoldCase(email);
  std::string id;
  if (user.field(user.FindField("email")).type->Parse(Json(folded))) {
    auto found = co_await keeper_.Do(context, keeper_.Finding(user, "email", folded));
    if (!found) co_return std::unexpected(found.error());
    bool there = !found->rows.rows.empty() && MaySignIn(keeper_.service(), found->rows);
    if (there) id = IdIn(user, found->rows, "id");
  }
  Proven asked = Asking(kWrongSignIn);
  auto proven = co_await Prove(context, std::move(id), std::move(folded), std::move(password), std::move(asked));
  co_return proven;
}

Task<call::Answer<Proven>> Passwords::ProveUser(Context& context, std::string user, std::string password,
                                                EventKind failed) {
  Proven asked = Asking(kWrongOwn, failed);
  auto proven = co_await Prove(context, user, user, std::move(password), std::move(asked));
  co_return proven;
}

// `user` is empty for those who are not there.
Task<call::Answer<Proven>> Passwords::Prove(Context& context, std::string user, std::string who, std::string password,
                                            Proven proven) {
  if (!user.empty()) {
    auto counted = co_await Count(context, user, std::move(proven));
    if (!counted) co_return std::unexpected(counted.error());
    proven = std::move(*counted);
  }
  const std::string hash = proven.hash;
  if (hash.empty()) {
    auto pretended = co_await Pretend(context, std::move(who));
    if (!pretended) co_return std::unexpected(pretended.error());
  }
  const std::string judged = hash.empty() ? kNoHash : hash;
  std::function<std::string()> work = [judged, password = std::move(password), salt = NewSalt()] {
    return Compare(password, judged, salt);
  };
  auto verdict = co_await pool_.RunAside(std::move(work));
  if (!verdict) co_return Busy();
  if (verdict->empty() || hash.empty()) {  // whoever it is, and be it nobody
    Event event{proven.failed, std::move(user)};
    co_await keeper_.Tell(context, std::move(event));
    co_return Wrong(proven);
  }
  if (*verdict != hash) proven.rehash = std::move(*verdict);
  co_return proven;
}

Task<call::Answer<Proven>> Passwords::Attempt(Context& context, std::string user) {
  Proven asked = Asking(kWrongCode);
  auto counted = co_await Count(context, user, std::move(asked));
  if (!counted) co_return std::unexpected(counted.error());
  if (counted->hash.empty()) {
    Event event{EventKind::kLoginFailed, std::move(user)};
    co_await keeper_.Tell(context, std::move(event));
    co_return Wrong(*counted);
  }
  co_return std::move(*counted);
}

Task<call::Answer<bool>> Passwords::TakeBack(Context& context, Proven proven) {
  Keeper::Body body;
  body.emplace_back("failures", NumberJson(proven.failures - 1));
  body.emplace_back("lockedUntil", Json());
  auto done = co_await keeper_.Do(context,
                                  keeper_.Changing(keeper_.credential(), proven.user, std::move(body), proven.version));
  if (done) co_return true;
  const Code code = done.error().code;
  if (code != Code::kPreconditionFailed && code != Code::kNotFound) co_return std::unexpected(done.error());
  co_return false;
}

// Counts an attempt and gives what judges it; no hash if there is none or now is not the time.
Task<call::Answer<Proven>> Passwords::Count(Context& context, std::string user, Proven asked) {
  const model::Resource& credential = keeper_.credential();
  for (int i = 0; i < kTries; ++i) {
    auto found = co_await keeper_.Get(context, credential, user);
    if (!found && found.error().code == Code::kNotFound) co_return asked;
    if (!found) co_return std::unexpected(found.error());
    const int64_t now = context.clock.NowMicros();
    if (MicrosIn(credential, found->rows, "lockedUntil") > now) co_return asked;
    const int64_t failures = NumberIn(credential, found->rows, "failures") + 1;
    const int64_t delay = DelayAfter(failures);
    Keeper::Body body;
    body.emplace_back("failures", NumberJson(failures));
    body.emplace_back("lockedUntil", delay == 0 ? Json() : TimeJson(now + delay));
    auto counted = co_await keeper_.Do(context, keeper_.Changing(credential, user, std::move(body), found->version));
    if (counted) {
      co_return Proven{.user = user,
                       .hash = TextIn(credential, found->rows, "password"),
                       .rehash = "",
                       .version = counted->version,
                       .failures = failures,
                       .failed = delay > 0 ? EventKind::kLoginLocked : asked.failed,
                       .wrong = asked.wrong};
    }
    if (counted.error().code != Code::kPreconditionFailed) co_return std::unexpected(counted.error());
  }
  co_return Busy();
}

std::string Passwords::DecoyFor(std::string_view who) const {
  const int which = HmacSha256(secret_, who)[0] % kDecoys;
  Digest digest = HmacSha256(secret_, fmt::format("decoy {}", which));
  types::Uuid id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  return types::FormatUuid(id);
}

// The work of Count for those who are not there: reads and writes a row.
Task<call::Answer<bool>> Passwords::Pretend(Context& context, std::string who) {
  const model::Resource& credential = keeper_.credential();
  const std::string decoy = DecoyFor(who);
  auto found = co_await keeper_.Get(context, credential, decoy);
  if (!found && found.error().code != Code::kNotFound) co_return std::unexpected(found.error());
  Keeper::Body body;
  body.emplace_back("password", Json(std::string("-")));
  body.emplace_back("lockedUntil", TimeJson(context.clock.NowMicros()));
  auto done = co_await keeper_.Do(context, keeper_.Putting(credential, decoy, std::move(body)));
  if (!done) co_return std::unexpected(done.error());
  co_return true;
}

Task<call::Answer<std::string>> Passwords::Hash(Context&, std::string password) {
  std::function<std::string()> work = [password = std::move(password), salt = NewSalt()] {
    return HashPassword(password, salt);
  };
  auto hash = co_await pool_.RunAside(std::move(work));
  if (!hash) co_return Busy();
  co_return std::move(*hash);
}

Task<PasswordRules::Verdict> Passwords::Judge(Context&, std::string field, std::string password, std::string email) {
  auto verdict = std::make_shared<PasswordRules::Verdict>(std::nullopt);  // the work may outlive whoever waits for it
  std::function<std::string()> work = [&rules = rules_, verdict, field, password, email] {
    *verdict = rules.Judge(field, password, email);
    return std::string();
  };
  auto done = co_await pool_.Run(std::move(work));
  if (!done) co_return Busy();
  co_return std::move(*verdict);
}

call::Call Passwords::Clearing(const Proven& proven, int64_t version) const {
  Keeper::Body body;
  body.emplace_back("failures", NumberJson(0));
  body.emplace_back("lockedUntil", Json());
  if (!proven.rehash.empty()) body.emplace_back("password", Json(proven.rehash));
  return keeper_.Changing(keeper_.credential(), proven.user, std::move(body), version);
}

Task<call::Answer<int64_t>> Passwords::VersionOf(Context& context, Proven proven) {
  auto found = co_await keeper_.Get(context, keeper_.credential(), proven.user);
  if (!found && found.error().code == Code::kNotFound) co_return Wrong(proven);
  if (!found) co_return std::unexpected(found.error());
  if (TextIn(keeper_.credential(), found->rows, "password") != proven.hash) co_return Wrong(proven);
  co_return found->version;
}

}  // namespace ashlar::identity
