// SPDX-License-Identifier: Apache-2.0
#include "identity/removal.h"

#include "base/await.h"
#include "identity/row.h"

namespace ashlar::identity {
namespace {

using call::Code;

constexpr int kTries = 20;              // while the user signs in at another place
constexpr int64_t kMostPages = 10;      // of rows that are a User's, of one resource
constexpr std::string_view kPrefix = "Auth";

// The calls that remove what the system keeps of a User, but for the credential, and but for what happened, which is
// there for whoever asks after it later.
Task<call::Answer<std::vector<call::Call>>> Belongings(Keeper& keeper, Context& context, std::string user) {
  std::vector<call::Call> calls;
  for (const model::Resource& resource : keeper.service().resources) {
    if (resource.routed || !resource.name.starts_with(kPrefix)) continue;
    if (resource.id == keeper.credential().id || resource.id == keeper.service().event) continue;
    if (!resource.FindField("userId").valid()) {
      auto found = co_await keeper.Get(context, resource, user);
      if (found) calls.push_back(keeper.Removing(resource, user));
      if (!found && found.error().code != Code::kNotFound) co_return std::unexpected(found.error());
      continue;
    }
    call::Call list = keeper.Finding(resource, "userId", user);
    for (bool more = true; more; ++list.paging.page) {
      if (list.paging.page > kMostPages) {
        co_return call::Refuse(Code::kOverloaded, "there is too much of this account; try again later");
      }
      auto found = co_await keeper.Do(context, list);
      if (!found) co_return std::unexpected(found.error());
      for (size_t row = 0; row < found->rows.rows.size(); ++row) {
        calls.push_back(keeper.Removing(resource, IdIn(resource, found->rows, "id", row)));
      }
      more = found->page->has_next;
    }
  }
  co_return calls;
}

// What else of it the caller is told of; that of the operator, who did it, would name resources that are none of his.
call::ApiError Reworded(call::ApiError error) {
  if (error.code == Code::kReferenced) error.message = RowOf(Code::kReferenced).message;
  return error;
}

}  // namespace

Task<call::Answer<bool>> RemoveAccount(Keeper& keeper, Passwords& passwords, Context& context, Proven proven,
                                       call::Preconditions preconditions,
                                       const std::function<Task<call::Answer<std::vector<call::Call>>>()>& more) {
  for (int i = 0; i < kTries; ++i) {
    std::optional<int64_t> version;
    if (!proven.hash.empty()) {
      auto now = co_await passwords.VersionOf(context, proven);
      if (!now) co_return std::unexpected(now.error());
      version = *now;
    }
    auto calls = co_await more();
    if (!calls && calls.error().code == Code::kInvalidCredentials) {  // the code
      Event event{proven.failed, proven.user};
      co_await keeper.Tell(context, std::move(event));
    }
    if (!calls) co_return std::unexpected(calls.error());
    auto belongings = co_await Belongings(keeper, context, proven.user);
    if (!belongings) co_return std::unexpected(belongings.error());
    for (call::Call& call : *belongings) calls->push_back(std::move(call));
    // Whoever signs in changes the credential: then it is looked again what there is.
    if (version) calls->push_back(keeper.Removing(keeper.credential(), proven.user, *version));
    const size_t user = calls->size();
    calls->push_back(keeper.Removing(keeper.user(), proven.user));
    calls->back().preconditions = preconditions;
    std::vector events{Event{EventKind::kUserDeleted, proven.user}};
    auto done = co_await keeper.DoAllFor(context, proven.user, std::move(*calls), std::move(events));
    if (done) co_return true;
    const Code code = done.error().error.code;
    const bool passing = code == Code::kPreconditionFailed || code == Code::kNotFound;
    if (passing && done.error().call != user) continue;
    if (!version) co_return std::unexpected(Reworded(std::move(done.error().error)));
    // The password was right all the same.
    std::vector<call::Call> clearing{passwords.Clearing(proven, *version)};
    auto cleared = co_await keeper.DoAll(context, std::move(clearing));
    if (!cleared && RowOf(cleared.error().error.code).status >= 500) co_return std::unexpected(cleared.error().error);
    co_return std::unexpected(Reworded(std::move(done.error().error)));
  }
  co_return call::Refuse(Code::kOverloaded, "too many change this account at once; try again later");
}

}  // namespace ashlar::identity
