// SPDX-License-Identifier: Apache-2.0
// `token create` and `user ...`: the operator's own way in.
#include <algorithm>
#include <charconv>

#include "app/operator/users.h"
#include "base/utf8.h"
#include "identity/token.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

using json::Json;
using model::OperationKind;

constexpr int64_t kUsersListed = 1000;

int64_t SecondsOf(const std::string& text) {
  int64_t seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc() && end == text.data() + text.size() ? seconds : 0;
}

call::Call UserCall(const Runtime& runtime, OperationKind kind) { return CallOf(runtime, runtime.service->user, kind); }

// What is wrong with the roles that an option names, or empty.
std::string UnknownRoles(const Runtime& runtime, std::string_view option, const std::vector<std::string>& roles) {
  for (const std::string& role : roles) {
    std::string wrong = UnknownRole(*runtime.service, role);
    if (!wrong.empty()) return fmt::format("{}: {}", option, wrong);
  }
  return "";
}

// What the contract requires of a User beyond what it gives a default: texts are filled with the id, so that a token
// can be had for somebody who is not there yet. The address is one that no mail ever goes to (RFC 2606).
void FillRequired(const model::Resource& user, const std::string& id, json::Object& body) {
  for (const model::Field& field : user.fields) {
    bool needed = field.system == model::SystemField::kNone && field.required && field.default_value == nullptr;
    if (!needed || field.name == "email" || field.type->kind() != types::Kind::kText) continue;
    body.push_back({field.name, Json(id)});
  }
  body.push_back({"email", Json(id + "@users.invalid")});
}

// A value as the command line writes it: the text itself where the field takes one, JSON otherwise.
Json ReadAssigned(const model::Resource& user, const std::string& name, const std::string& text) {
  model::FieldId field = user.FindField(name);
  bool takes_text = !field.valid() || user.field(field).type->Parse(Json(text)).has_value();
  if (takes_text) return Json(text);
  auto parsed = json::Parse(text);
  return parsed ? std::move(*parsed) : Json(text);
}

OperatorAnswer AddUser(const Runtime& runtime, const Json& request, Observer& observer) {
  std::string id = TextOf(request, "id");
  if (id.empty()) id = types::FormatUuid(types::NewUuidV7(SystemClock().NowMicros()));
  if (auto given = types::ParseUuid(id)) id = types::FormatUuid(*given);
  const model::Resource& user = runtime.service->resource(runtime.service->user);
  json::Object body{
      {"id", Json(id)}, {"email", Json(TextOf(request, "who"))}, {"roles", MakeTexts(TextsOf(request, "add"))}};
  for (const std::string& assignment : TextsOf(request, "set")) {
    size_t equals = assignment.find('=');
    if (equals == std::string::npos) return Wrong(fmt::format("--set: '{}' is not NAME=VALUE", assignment));
    std::string name = assignment.substr(0, equals);
    bool given = std::ranges::any_of(body, [&](const json::Member& member) { return member.name == name; });
    if (given) return Wrong(fmt::format("--set: '{}' is given already", name));
    body.push_back({name, ReadAssigned(user, name, assignment.substr(equals + 1))});
  }
  call::Call create = UserCall(runtime, OperationKind::kCreate);
  create.body = Json(std::move(body));
  FoldEmail(create.body);
  std::vector events{identity::Event{identity::EventKind::kUserCreated, id}};
  const Json* password = request.Find("password");
  if (password == nullptr || password->string() == nullptr) {
    auto refused = RunTogether(runtime, {create}, observer, events);
    return refused ? Refused(*refused) : OperatorAnswer{0, id + "\n", ""};
  }
  if (std::string wrong = JudgePassword(runtime, *password->string(), TextOf(request, "who")); !wrong.empty()) {
    create.dry_run = true;  // tells what is wrong with the rest
    auto rest = RunOne(runtime, create, observer);
    return Wrong(rest ? wrong : fmt::format("{}{}", Refused(rest.error()).err, wrong));
  }
  auto refused = RunTogether(runtime, {create, MakingCredential(runtime, id, *password->string())}, observer, events);
  return refused ? Refused(*refused) : OperatorAnswer{0, id + "\n", ""};
}

// The one user that an id or an address names, changed by what `change` makes of it.
OperatorAnswer ChangeUser(const Runtime& runtime, const Json& request, Observer& observer, identity::EventKind kind,
                          const std::function<Result<Json>(FoundUser& user)>& change) {
  auto user = FindUser(runtime, TextOf(request, "who"), observer);
  if (!user) return std::move(user.error());
  auto body = change(*user);
  if (!body) return Wrong(body.error().message);
  call::Call update = UserCall(runtime, OperationKind::kUpdate);
  update.id = user->id;
  update.body = std::move(*body);
  const std::vector events{identity::Event{kind, user->id}};
  auto refused = user->disabled ? ShutOut(runtime, user->id, {update}, "", observer, events)
                                : RunTogether(runtime, {update}, observer, events);
  if (refused) return Refused(*refused);
  return {0, fmt::format("{} {}{}\n", user->id, fmt::join(user->roles, ","), user->disabled ? " disabled" : ""), ""};
}

bool Holds(const std::vector<std::string>& roles, const std::string& role) {
  return std::ranges::find(roles, role) != roles.end();
}

// What is so already is told, and is no failure: a script may be run again. A role that neither the contract nor the
// user has is mistyped.
OperatorAnswer ChangeRoles(const Runtime& runtime, const Json& request, Observer& observer) {
  std::vector<std::string> added = TextsOf(request, "add"), removed = TextsOf(request, "remove");
  std::string told;
  constexpr auto kKind = identity::EventKind::kRolesChanged;
  OperatorAnswer answer = ChangeUser(runtime, request, observer, kKind, [&](FoundUser& user) -> Result<Json> {
    for (const std::string& role : removed) {
      if (Holds(added, role)) {
        return Fail(ErrorKind::kInvalid, fmt::format("--role and --remove both name '{}'", role));
      }
      if (std::erase(user.roles, role) > 0) continue;
      if (std::string wrong = UnknownRoles(runtime, "--remove", {role}); !wrong.empty()) {
        return Fail(ErrorKind::kInvalid, wrong);
      }
      told += fmt::format("--remove: {} does not have the role '{}'\n", user.email, role);
    }
    for (const std::string& role : added) {
      if (Holds(user.roles, role)) {
        told += fmt::format("--role: {} has the role '{}' already\n", user.email, role);
      } else {
        user.roles.push_back(role);
      }
    }
    return MakeObject({{"roles", MakeTexts(user.roles)}});
  });
  answer.err = (answer.status == 0 ? told : "") + answer.err;
  return answer;
}

OperatorAnswer Disable(const Runtime& runtime, const Json& request, Observer& observer, bool disabled) {
  constexpr auto kKind = identity::EventKind::kUserUpdated;
  return ChangeUser(runtime, request, observer, kKind, [disabled](FoundUser& user) -> Result<Json> {
    user.disabled = disabled;
    return MakeObject({{"disabled", Json(disabled)}});
  });
}

// Takes the second factor of somebody who has lost it: the password alone signs in again.
OperatorAnswer ResetTotp(const Runtime& runtime, const Json& request, Observer& observer) {
  auto user = FindUser(runtime, TextOf(request, "who"), observer);
  if (!user) return user.error();
  call::Call remove;
  remove.operation = runtime.service->FindOperation(runtime.service->second_factor, OperationKind::kDelete);
  remove.id = user->id;
  auto refused = RunTogether(runtime, {remove}, observer, {{identity::EventKind::kFactorOff, user->id}});
  if (refused && refused->code != call::Code::kNotFound) return Refused(*refused);
  if (refused) return {0, "", fmt::format("{} has no second factor\n", user->email)};
  return {0, fmt::format("{} {}\n", user->id, user->email), ""};
}

OperatorAnswer ListUsers(const Runtime& runtime, const Json& request, Observer& observer) {
  auto users = FindUsers(runtime, "", observer);
  if (!users) return Refused(users.error());
  OperatorAnswer answer;
  if (TextOf(request, "format") == "json") {
    json::Array array;
    for (const FoundUser& user : *users) {
      array.push_back(MakeObject({{"id", Json(user.id)},
                                  {"email", Json(user.email)},
                                  {"roles", MakeTexts(user.roles)},
                                  {"disabled", Json(user.disabled)}}));
    }
    answer.out = json::ToText(Json(std::move(array))) + "\n";
    return answer;
  }
  for (const FoundUser& user : *users) {
    answer.out += fmt::format("{}  {:<32}  {}{}\n", user.id, user.email, fmt::join(user.roles, ","),
                              user.disabled ? "  disabled" : "");
  }
  return answer;
}

// The id of the user whose token is wanted. `who` is an address of one who is there, or an id, whose row is made when
// it is absent.
std::expected<std::string, OperatorAnswer> PrepareUser(const Runtime& runtime, const std::string& who,
                                                       Observer& observer) {
  bool is_id = types::ParseUuid(who).has_value();
  if (!is_id && !who.contains('@')) {
    return std::unexpected(Wrong(fmt::format("--user: '{}' is neither an id nor an e-mail address", who)));
  }
  auto users = FindUsers(runtime, who, observer);
  if (!users) return std::unexpected(Refused(users.error()));
  if (!users->empty()) {
    if (!users->front().disabled) return users->front().id;
    return std::unexpected(Wrong(fmt::format("--user: {} is disabled", who)));
  }
  if (!is_id) {
    return std::unexpected(Wrong(fmt::format("--user: there is no user '{0}'; add it with: ashlar user add {0}", who)));
  }
  std::string id = types::FormatUuid(*types::ParseUuid(who));
  json::Object body{{"id", Json(id)}};
  FillRequired(runtime.service->resource(runtime.service->user), id, body);
  call::Call create = UserCall(runtime, OperationKind::kCreate);
  create.body = Json(std::move(body));
  auto made = RunOne(runtime, create, observer);
  if (!made) return std::unexpected(Refused(made.error()));
  return id;
}

}  // namespace

OperatorAnswer Wrong(std::string message) { return {2, "", std::move(message) + "\n"}; }

OperatorAnswer Refused(const call::ApiError& error) {
  OperatorAnswer answer{RowOf(error.code).status >= 500 ? 1 : 2, "", ""};
  for (const std::string& line : Explain(error)) answer.err += line + "\n";
  return answer;
}

call::Call CallOf(const Runtime& runtime, model::ResourceId resource, OperationKind kind) {
  call::Call call;
  call.operation = runtime.service->FindOperation(resource, kind);
  return call;
}

call::Answer<std::vector<FoundUser>> FindUsers(const Runtime& runtime, const std::string& who, Observer& observer) {
  const model::Resource& user = runtime.service->resource(runtime.service->user);
  call::Call list = UserCall(runtime, OperationKind::kList);
  list.sort.push_back({"email", false});
  list.paging.per_page = std::min<int64_t>(kUsersListed, user.page_max);
  if (!who.empty()) {
    bool id = types::ParseUuid(who).has_value();
    list.where.push_back({"user", {id ? "id" : "email"}, call::Operator::kEq, {id ? who : FoldCase(who)}});
  }
  std::vector<FoundUser> users;
  for (bool more = true; more; ++list.paging.page) {
    auto outcome = RunOne(runtime, list, observer);
    if (!outcome) return std::unexpected(std::move(outcome).error());
    for (size_t row = 0; row < outcome->rows.rows.size(); ++row) {
      FoundUser found;
      for (const call::RowSet::Column& column : outcome->rows.columns) {
        const model::Field& field = user.field(column.field);
        types::Value value = field.type->ToValue(outcome->rows.rows.at(row, column.cell));
        if (field.name == "id") found.id = types::FormatUuid(*value.get<types::Uuid>());
        if (field.name == "email" && !value.is_null()) found.email = *value.get<std::string>();
        if (field.name == "disabled") found.disabled = !value.is_null() && *value.get<bool>();
        if (field.name != "roles" || value.is_null()) continue;
        for (const types::Value& role : value.get<types::List>()->items) {
          found.roles.push_back(*role.get<std::string>());
        }
      }
      users.push_back(std::move(found));
    }
    more = outcome->page->has_next;
  }
  return users;
}

std::expected<FoundUser, OperatorAnswer> FindUser(const Runtime& runtime, const std::string& who, Observer& observer) {
  auto users = FindUsers(runtime, who, observer);
  if (!users) return std::unexpected(Refused(users.error()));
  if (who.empty() || users->empty()) return std::unexpected(Wrong(fmt::format("there is no user '{}'", who)));
  return std::move(users->front());
}

OperatorAnswer ExecuteToken(const Runtime& runtime, const Json& request, Observer& observer) {
  std::vector<std::string> roles = TextsOf(request, "roles");
  if (std::string wrong = UnknownRoles(runtime, "--role", roles); !wrong.empty()) return Wrong(wrong);
  std::string user = TextOf(request, "user");
  if (!user.empty()) {
    auto prepared = PrepareUser(runtime, user, observer);
    if (!prepared) return std::move(prepared.error());
    user = std::move(*prepared);
  }
  identity::Claims claims;
  claims.subject = user;
  claims.roles = roles;
  claims.issued_at = SystemClock().NowMicros() / 1'000'000;
  claims.expires_at = claims.issued_at + SecondsOf(TextOf(request, "seconds"));
  claims.id = types::FormatUuid(types::NewUuidV7(SystemClock().NowMicros()));
  auto key = runtime.keys->SigningUntil(claims.expires_at);
  if (!key) return {1, "", key.error().message + "\n"};
  return {0, identity::SignToken(*key, runtime.service->name, claims) + "\n", ""};
}

OperatorAnswer ExecuteUser(const Runtime& runtime, const Json& request, Observer& observer) {
  std::string wrong = UnknownRoles(runtime, "--role", TextsOf(request, "add"));
  if (!wrong.empty()) return Wrong(wrong);
  std::string what = TextOf(request, "what");
  if (what == "add") return AddUser(runtime, request, observer);
  if (what == "password") return SetPassword(runtime, request, observer);
  if (what == "role") return ChangeRoles(runtime, request, observer);
  if (what == "invite") return InviteUser(runtime, request, observer);
  if (what == "disable" || what == "enable") return Disable(runtime, request, observer, what == "disable");
  if (what == "totp-reset") return ResetTotp(runtime, request, observer);
  return ListUsers(runtime, request, observer);
}

}  // namespace ashlar::app
