// SPDX-License-Identifier: Apache-2.0
#include "identity/owner.h"

#include "base/await.h"
#include "base/utf8.h"
#include "identity/row.h"

namespace ashlar::identity {
namespace {

Owner OwnerIn(const model::Resource& user, const call::RowSet& rows) {
  return {.id = IdIn(user, rows, "id"),
          .email = TextIn(user, rows, "email"),
          .verified = FlagIn(user, rows, "emailVerified"),
          .disabled = FlagIn(user, rows, "disabled")};
}

}  // namespace

std::expected<std::string, call::ErrorDetail> FoldAddress(const Keeper& keeper, std::string_view name,
                                                          const std::string& address) {
  const model::Resource& user = keeper.user();
  auto read = user.field(user.FindField("email")).type->Parse(json::Json(FoldCase(address)));
  if (read) return *read->get<std::string>();
  const types::FieldError& wrong = read.error().front();
  return std::unexpected(call::ErrorDetail{std::string(name), wrong.code, wrong.message});
}

Task<call::Answer<Owner>> FindOwner(Keeper& keeper, Context& context, std::string address) {
  auto found = co_await keeper.Do(context, keeper.Finding(keeper.user(), "email", address));
  if (!found) co_return std::unexpected(found.error());
  if (found->rows.rows.empty()) co_return Owner{};
  co_return OwnerIn(keeper.user(), found->rows);
}

Task<call::Answer<Owner>> GetOwner(Keeper& keeper, Context& context, std::string user) {
  auto found = co_await keeper.Get(context, keeper.user(), std::move(user));
  if (!found && found.error().code == call::Code::kNotFound) co_return Owner{};
  if (!found) co_return std::unexpected(found.error());
  co_return OwnerIn(keeper.user(), found->rows);
}

}  // namespace ashlar::identity
