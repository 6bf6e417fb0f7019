// SPDX-License-Identifier: Apache-2.0
#include "identity/profile.h"

#include "base/await.h"
#include "base/utf8.h"
#include "identity/row.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;
using types::Detail;

bool Equals(const model::Resource& user, model::FieldId field, const Json& given, const call::RowSet& stored) {
  auto shown = [&](const call::RowSet::Column& column) { return column.field == field; };
  if (std::ranges::none_of(stored.columns, shown)) return false;
  const types::Value value = ValueOf(user, stored, user.field(field).name);
  if (given.is_null() || value.is_null()) return given.is_null() && value.is_null();
  auto read = user.field(field).type->Parse(given);
  return read && *read == value;
}

// Whether the planner has looked at the body by then.
bool JudgesBodies(Code code) {
  switch (RowOf(code).status) {
    case 409:
    case 422: return true;
    default: return false;
  }
}

}  // namespace

bool IsOpen(const model::Field& field) {
  bool guarded = field.write != nullptr && !cel::IsTrue(field.write);
  return field.system == model::SystemField::kNone && !field.read_only && !field.computed && !guarded &&
         !field.relation.valid();
}

bool MayBegin(const model::Field& field) { return IsOpen(field) && !field.transitions; }

Profile ReadRegistration(const model::Resource& user, const Json& body) {
  Profile profile;
  for (const json::Member& member : *body.object()) {
    model::FieldId field = user.FindField(member.name);
    if (member.name == "password") continue;
    if (member.name == "email" && member.value.string() != nullptr) {
      profile.row.push_back({member.name, Json(FoldCase(*member.value.string()))});
    } else if (field.valid() && !MayBegin(user.field(field))) {
      // The operator, who writes the row, may begin it in any state; whoever registers may not.
      profile.wrong.push_back({member.name, Detail::kReadOnly, "cannot be given here"});
    } else {
      profile.row.push_back(member);
    }
  }
  return profile;
}

Profile ReadChange(const model::Resource& user, const Json& body, const call::RowSet& stored) {
  Profile profile;
  for (const json::Member& member : *body.object()) {
    model::FieldId field = user.FindField(member.name);
    if (!field.valid() || (IsOpen(user.field(field)) && member.name != "email")) {
      profile.row.push_back(member);
    } else if (!Equals(user, field, member.value, stored)) {
      profile.wrong.push_back({member.name, Detail::kReadOnly, "cannot be changed here"});
    }
  }
  return profile;
}

Task<call::ApiError> WithTheRest(Keeper& keeper, Context& context, std::string user, call::Call call, Details own) {
  std::vector<call::Call> calls{std::move(call)};
  auto tried = co_await keeper.DoAllFor(context, std::move(user), std::move(calls), {}, true);
  if (!tried && !JudgesBodies(tried.error().error.code)) co_return std::move(tried.error().error);
  if (!tried && tried.error().error.code == Code::kValidationError) {
    Details& rest = tried.error().error.details;
    own.insert(own.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
  }
  co_return Invalid(std::move(own));
}

}  // namespace ashlar::identity
