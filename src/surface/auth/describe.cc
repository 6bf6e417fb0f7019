// SPDX-License-Identifier: Apache-2.0
#include "surface/auth/describe.h"

#include "identity/password_rules.h"
#include "identity/profile.h"
#include "surface/auth/words.h"
#include "surface/rest/describe_schemas.h"

namespace ashlar::surface::auth {
namespace {

using call::Code;

constexpr std::string_view kEmail =
    R"({"type":"string","format":"email","maxLength":254,"description":"The address."})";
constexpr std::string_view kUserMembers =
    R"({"type":"object","required":["id","email","emailVerified","roles"],"description":"What is built in of a User.",)"
    R"("properties":{"id":{"type":"string","format":"uuid","maxLength":36,"description":"The User's id."},)"
    R"("email":{"type":"string","format":"email","maxLength":254,"description":"In lower case."},)"
    R"("emailVerified":{"type":"boolean","description":"Whether the address was proved to be the User's."},)"
    R"("roles":{"type":["array","null"],"maxItems":1000,"items":{"type":"string","maxLength":1024},"description":)"
    R"("What the User is besides `user`."},)"
    R"("createdAt":{"type":"string","format":"date-time","maxLength":32,"description":"When it was made."}}})";

std::string Text(std::string_view description, size_t most, size_t least = 1) {
  return fmt::format(R"({{"type":"string","minLength":{},"maxLength":{},"description":"{}"}})", least, most,
                     description);
}

std::string NewPassword(const model::Service& service) {
  return Text("The new password; at most 256 bytes.", identity::kMostPassword,
              static_cast<size_t>(service.identity->least_password));
}

std::string Body(std::vector<std::string> required, const std::vector<std::pair<std::string, std::string>>& members) {
  std::string properties;
  for (const auto& [name, schema] : members) {
    properties += fmt::format("{}{}:{}", properties.empty() ? "" : ",", json::ToText(json::Json(name)), schema);
  }
  for (std::string& name : required) name = json::ToText(json::Json(name));
  return fmt::format(R"({{"type":"object","additionalProperties":false,"required":[{}],"properties":{{{}}}}})",
                     fmt::join(required, ","), properties);
}

std::string SchemaOf(const model::Field& field) {
  json::Object schema = rest::SchemaOf(*field.type);
  if (!field.required) rest::AllowNull(schema);
  const bool described = !field.description.empty();
  schema.push_back(
      {"description", json::Json(described ? field.description : fmt::format("The User's {}.", field.name))});
  return json::ToText(json::Json(std::move(schema)));
}

// With what of User anybody may set; an invitation brings the address.
std::string RegisterBody(const model::Service& service) {
  std::vector<std::string> required = {"password"};
  std::vector<std::pair<std::string, std::string>> members = {{"email", std::string(kEmail)},
                                                              {"password", NewPassword(service)}};
  if (service.identity->links.invite.empty()) {
    required.insert(required.begin(), "email");
  } else {
    members.emplace_back("token", Text("Of an invitation, instead of the address.", 1024));
  }
  for (const model::Field& field : service.resource(service.user).fields) {
    if (field.name == "email" || !identity::MayBegin(field)) continue;
    if (field.required && field.default_value == nullptr) required.push_back(field.name);
    members.emplace_back(field.name, SchemaOf(field));
  }
  return Body(std::move(required), members);
}

// What a User may change of their own row.
std::string ProfileBody(const model::Service& service) {
  std::vector<std::pair<std::string, std::string>> members;
  for (const model::Field& field : service.resource(service.user).fields) {
    if (field.name != "email" && identity::IsOpen(field)) members.emplace_back(field.name, SchemaOf(field));
  }
  return Body({}, members);
}

std::string TokenSchema() { return Text("The token of the mail.", 1024); }
std::string CodeSchema() { return Text("Of the second factor, where there is one.", 64); }
std::string CurrentPassword() { return Text("The one until now.", 1024); }

constexpr std::string_view kScopes =
    R"({"type":"array","maxItems":32,"items":{"type":"string","minLength":1,"maxLength":64},"description":"What it )"
    R"(opens at most, as `read` or `orders:create`; none: all that its owner may."})";

std::string KeyBody() {
  return Body({"name"}, {{"name", Text("What it is for.", 100)},
                         {"scopes", std::string(kScopes)},
                         {"expiresAt", R"({"type":"string","format":"date-time","maxLength":35,"description":"Until )"
                                       R"(when it is good."})"}});
}

std::string BodyOf(const model::Service& service, std::string_view name) {
  if (name == "register") return RegisterBody(service);
  if (name == "profile") return ProfileBody(service);
  if (name == "currentPassword") return Body({"currentPassword"}, {{"currentPassword", CurrentPassword()}});
  if (name == "code") return Body({"code"}, {{"code", CodeSchema()}});
  if (name == "endTotp") {
    return Body({"currentPassword", "code"}, {{"currentPassword", CurrentPassword()}, {"code", CodeSchema()}});
  }
  if (name == "deleteMe") {
    std::vector<std::string> required;
    if (service.identity->providers.empty()) required.emplace_back("currentPassword");
    return Body(std::move(required), {{"currentPassword", CurrentPassword()}, {"code", CodeSchema()}});
  }
  if (name == "address") return Body({"email"}, {{"email", std::string(kEmail)}});
  if (name == "token") return Body({"token"}, {{"token", TokenSchema()}});
  if (name == "reset") {
    return Body({"token", "newPassword"}, {{"token", TokenSchema()}, {"newPassword", NewPassword(service)}});
  }
  if (name == "changeEmail") {
    return Body({"newEmail", "currentPassword"},
                {{"newEmail", std::string(kEmail)}, {"currentPassword", CurrentPassword()}, {"code", CodeSchema()}});
  }
  if (name == "endLink") {
    return Body({}, {{"currentPassword", CurrentPassword()}, {"code", CodeSchema()}});
  }
  if (name == "beginLink") {
    return Body({}, {{"currentPassword", CurrentPassword()},
                     {"code", CodeSchema()},
                     {"returnTo", Text("One of the contract's addresses; its first, where it is left out.", 500)}});
  }
  if (name == "login") {
    std::vector<std::pair<std::string, std::string>> members = {
        {"email", std::string(kEmail)},
        {"password", Text("The password.", identity::kMostPassword)},
        {"code", CodeSchema()}};
    if (service.identity->cookies) {
      members.emplace_back("mode",
                           R"({"type":"string","const":"cookie","description":"Of a page: a cookie, no tokens."})");
    }
    if (service.identity->providers.empty()) return Body({"email", "password"}, members);
    members.emplace_back("ticket", Text("Of a sign-in by a provider, instead of address and password.", 1024));
    members.emplace_back("verifier", Text("What the ticket was asked for with, for tokens.", 1024));
    return Body({}, members);
  }
  if (name == "refresh") return Body({"refreshToken"}, {{"refreshToken", Text("The last one that was given.", 1024)}});
  if (name == "changePassword") {
    return Body(
        {"currentPassword", "newPassword"},
        {{"currentPassword", CurrentPassword()}, {"newPassword", NewPassword(service)}, {"code", CodeSchema()}});
  }
  if (name == "key") return KeyBody();
  return "";
}

std::string Time(std::string_view description, bool perhaps = false) {
  return fmt::format(R"({{"type":{},"format":"date-time","maxLength":32,"description":"{}"}})",
                     perhaps ? R"(["string","null"])" : R"("string")", description);
}

// `secret`: with the key itself.
std::string KeySchema(bool secret) {
  return fmt::format(
      R"({{"type":"object","required":["id","name",{0}"ending","scopes","createdAt","expiresAt","lastUsedAt"],)"
      R"("description":"A key of a program.","properties":{{"id":{{"type":"string","format":"uuid","maxLength":36,)"
      R"("description":"For `DELETE /auth/keys/ID`."}},"name":{1},{2}"ending":{3},"scopes":{4},)"
      R"("createdAt":{5},"expiresAt":{6},"lastUsedAt":{7}}}}})",
      secret ? R"("key",)" : "", Text("What it is for.", 100),
      secret ? fmt::format(R"("key":{},)", Text("For `Authorization: Bearer` or `X-Api-Key`.", 100)) : "",
      Text("Its last characters.", 4), kScopes, Time("When it was made."), Time("Until when it is good."),
      Time("When it was used last, to the minute.", true));
}

std::string Parameter(std::string_view name, std::string_view schema, std::string_view description) {
  return fmt::format(R"({{"name":"{}","in":"query","description":"{}","schema":{}}})", name, description, schema);
}

// What an address takes behind its `?`.
std::vector<std::string> ParametersOf(std::string_view path) {
  constexpr std::string_view kAny = R"({"type":"string","maxLength":4096})";
  if (path == "/auth/login/{provider}") {
    return {Parameter("challenge", R"({"type":"string","pattern":"^[A-Za-z0-9_-]{43}$","maxLength":43})",
                      "SHA-256, in base64url, of the verifier that the page will show for tokens."),
            Parameter("mode", R"({"type":"string","const":"cookie"})", "Instead of challenge: for a cookie."),
            Parameter("returnTo", R"({"type":"string","maxLength":500})",
                      "One of the contract's addresses; its first, where it is left out.")};
  }
  if (path == "/auth/callback/{provider}") {
    return {Parameter("state", kAny, "What the browser was sent away with."),
            Parameter("code", kAny, "Where the provider has signed its user in."),
            Parameter("error", kAny, "Where it has not."), Parameter("iss", kAny, "Who it is (RFC 9207).")};
  }
  return {};
}

std::string DataOf(std::string_view name) {
  if (name == "user") {
    return fmt::format(R"({{"type":"object","required":["user"],"properties":{{"user":{}}}}})", kUserMembers);
  }
  if (name == "signedIn") {
    return fmt::format(
        R"({{"type":"object","required":["accessToken","tokenType","expiresIn","refreshToken","user"],"properties":)"
        R"({{"accessToken":{{"type":"string","maxLength":16384,"description":"A JWT, for `Authorization: Bearer`."}},)"
        R"("tokenType":{{"type":"string","const":"Bearer"}},)"
        R"("expiresIn":{{"type":"integer","format":"int32","minimum":0,"maximum":86400,"description":"Seconds for )"
        R"(which the access token is good."}},)"
        R"("refreshToken":{{"type":"string","maxLength":1024,"description":"Opaque; for `/auth/refresh`, once."}},)"
        R"("user":{}}}}})",
        kUserMembers);
  }
  if (name == "totp") {
    return R"({"type":"object","required":["secret","uri"],"properties":{"secret":{"type":"string","maxLength":64,)"
           R"("description":"In base32."},"uri":{"type":"string","format":"uri","maxLength":2048,"description":)"
           R"("The same as otpauth:, for a QR code."}}})";
  }
  if (name == "recoveryCodes") {
    return R"({"type":"object","required":["recoveryCodes"],"properties":{"recoveryCodes":{"type":"array",)"
           R"("maxItems":10,"items":{"type":"string","maxLength":64},"description":"Good once each."}}})";
  }
  if (name == "url") {
    return R"({"type":"object","required":["url"],"properties":{"url":{"type":"string","format":"uri",)"
           R"("maxLength":8192,"description":"At the provider."}}})";
  }
  if (name == "nothing") return R"({"type":"object","maxProperties":0,"description":"Nothing."})";
  if (name == "export") {
    return fmt::format(
        R"({{"type":"object","required":["user","sessions","apiKeys","links","rows"],"properties":{{"user":)"
        R"({{"type":"object","description":"The row, as its owner may see it."}},"sessions":{},"apiKeys":{},"links":)"
        R"({{"type":"array",)"
        R"("maxItems":100,"items":{{"type":"object","description":"Who the User is at a provider."}}}},)"
        R"("rows":)"
        R"({{"type":"object","description":)"
        R"("By resource, the rows that refer to the User."}},"more":{{"type":"array","maxItems":10000,"items":)"
        R"({{"type":"string","maxLength":1024}},"description":"Resources with more rows than are here."}}}}}})",
        DataOf("sessions"), DataOf("keys"));
  }
  if (name == "keys") return fmt::format(R"({{"type":"array","maxItems":100,"items":{}}})", KeySchema(false));
  if (name == "keyMade") return KeySchema(true);
  if (name == "consents") {
    return R"({"type":"array","maxItems":100,"items":{"type":"object",)"
           R"("required":["client","name","scopes","givenAt"],"properties":{)"
           R"("client":{"type":"string","maxLength":64,"description":"Its id."},)"
           R"("name":{"type":"string","maxLength":1024,"description":"As people are shown it."},)"
           R"("scopes":{"type":"array","maxItems":100,"items":{"type":"string","maxLength":64},)"
           R"("description":"What it may have."},"givenAt":{"type":"string","format":"date-time",)"
           R"("maxLength":32,"description":"When consent was first given."}}}})";
  }
  if (name == "sessions") {
    return fmt::format(
        R"({{"type":"array","maxItems":50,"items":{{"type":"object","description":"Where somebody is signed in.",)"
        R"("required":["id","createdAt","rotatedAt","expiresAt","agent","current"],"properties":{{)"
        R"("id":{{"type":"string","format":"uuid","maxLength":36,"description":"For `DELETE /auth/sessions/ID`."}},)"
        R"("createdAt":{},"rotatedAt":{},"expiresAt":{},)"
        R"("agent":{{"type":"string","maxLength":200,"description":"How the program named itself."}},)"
        R"("current":{{"type":"boolean","description":"Whether it is the token's own."}}}}}}}})",
        Time("When it began."), Time("When its tokens were last renewed."), Time("When it ends if nobody uses it."));
  }
  return "";
}

}  // namespace

rest::OtherOperations Describe(const model::Service& service) {
  rest::OtherOperations all{"account", "Signing in, and one's own account.", {}};
  if (!service.identity) return all;
  for (const Route& route : Routes()) {
    if (route.there != nullptr && !route.there(*service.identity)) continue;
    const Words* words = WordsOf(route);
    if (words == nullptr) continue;
    rest::OtherOperation& operation = all.operations.emplace_back();
    operation.path = route.path;
    for (char c : route.method) operation.method += static_cast<char>(c - 'A' + 'a');
    operation.id = words->id;
    operation.tag = all.tag;
    operation.summary = words->summary;
    operation.description = words->description;
    operation.body = BodyOf(service, words->body);
    operation.answer = {words->status, std::string(words->answer), DataOf(words->data), words->errors};
    if (words->body == "register" && service.identity->verification != model::Verification::kOff) {
      operation.answer = {202, "Whoever has the address gets a mail, known before or not.", DataOf("nothing"),
                          words->errors};
    }
    operation.parameters = ParametersOf(route.path);
    operation.anonymous = route.asker == Asker::kAnybody;
    operation.keys = route.keys;
    auto add = [&](std::initializer_list<Code> codes) {
      for (Code code : codes) operation.answer.errors.push_back(code);
    };
    if (route.body) {
      add({Code::kBadRequest, Code::kMalformedJson, Code::kPayloadTooLarge, Code::kUnsupportedMediaType,
           Code::kValidationError});
    }
    if (!operation.anonymous) {
      add({Code::kUnauthenticated, Code::kInvalidCredentials, Code::kTokenExpired, Code::kForbidden});
    }
  }
  return all;
}

}  // namespace ashlar::surface::auth
