// SPDX-License-Identifier: Apache-2.0
#include "surface/auth/describe.h"

#include <algorithm>

#include "identity/password_rules.h"
#include "identity/profile.h"
#include "surface/auth/routes.h"
#include "surface/rest/describe_schemas.h"

namespace ashlar::surface::auth {
namespace {

using call::Code;

// What is said of a route that cannot be read from its row.
struct Words {
  std::string_view method, path;
  std::string_view id, summary, description;
  std::string_view body;  // the names of schemas below; empty: none
  std::string_view data;
  int status = 200;
  std::string_view answer;
  std::initializer_list<Code> errors = {};
};

constexpr Words kWords[] = {
    {"POST",
     "/auth/register",
     "authRegister",
     "Make an account",
     "Makes a User who signs in with this address and password. Fields of User that anybody may set can be given "
     "too.",
     "register",
     "user",
     201,
     "The account is made.",
     {Code::kForbidden, Code::kConflict}},
    {"POST",
     "/auth/login",
     "authLogin",
     "Sign in",
     "Begins a session. An address that nobody has, a wrong password and too many failures are answered alike.",
     "login",
     "signedIn",
     200,
     "The session's first tokens.",
     {Code::kInvalidCredentials, Code::kSecondFactorRequired, Code::kForbidden}},
    {"POST",
     "/auth/refresh",
     "authRefresh",
     "Get new tokens",
     "Each refresh token is used once. The last one brings the same successor again for ten seconds; an older one "
     "ends the session.",
     "refresh",
     "signedIn",
     200,
     "The next tokens.",
     {Code::kInvalidCredentials, Code::kRefreshReused}},
    {"POST",
     "/auth/logout",
     "authLogout",
     "Sign out",
     "Ends the session of the token.",
     "",
     "",
     204,
     "The session has ended.",
     {Code::kForbidden, Code::kNotFound}},
    {"GET", "/auth/sessions", "authListSessions", "List sessions", "Where the caller is signed in, oldest first.", "",
     "sessions", 200, "The sessions that go on."},
    {"DELETE",
     "/auth/sessions/{id}",
     "authEndSession",
     "End a session",
     "Signs the caller out there.",
     "",
     "",
     204,
     "The session has ended.",
     {Code::kNotFound}},
    {"GET", "/auth/me", "authGetMe", "Get one's account", "What is built in of the caller's User.", "", "user", 200,
     "The account."},
    {"POST",
     "/auth/password/change",
     "authChangePassword",
     "Change one's password",
     "Ends the caller's other sessions.",
     "changePassword",
     "",
     204,
     "The password is changed.",
     {}},
    {"PATCH",
     "/auth/me",
     "authChangeMe",
     "Change one's account",
     "Changes what registration takes, but for address and password; what is absent stays (JSON Merge Patch, RFC "
     "7396).",
     "profile",
     "user",
     200,
     "The account as it is now.",
     {Code::kConflict, Code::kPreconditionFailed, Code::kPreconditionRequired, Code::kInvalidTransition,
      Code::kExpressionFailed}},
    {"DELETE",
     "/auth/me",
     "authDeleteMe",
     "Remove one's account",
     "Removes the caller's User, and with it what the contract says goes with it.",
     "deleteMe",
     "",
     204,
     "Nothing of the account is left.",
     {Code::kReferenced, Code::kPreconditionFailed, Code::kPreconditionRequired}},
    {"GET", "/auth/me/export", "authExportMe", "Get all that is kept of oneself",
     "The User's row, the sessions, and the rows that refer to the User, as far as the caller may list them.", "",
     "export", 200, "All of it, as a file."},
    {"POST",
     "/auth/totp",
     "authBeginTotp",
     "Begin a second factor",
     "Gives a secret for an authenticator app (RFC 6238); it counts once a code of it came back.",
     "currentPassword",
     "totp",
     200,
     "The secret, told this once.",
     {Code::kConflict}},
    {"DELETE",
     "/auth/totp",
     "authEndTotp",
     "Turn the second factor off",
     "Ends the caller's other sessions.",
     "endTotp",
     "",
     204,
     "There is no second factor any more.",
     {Code::kSecondFactorRequired, Code::kNotFound}},
    {"POST",
     "/auth/totp/confirm",
     "authConfirmTotp",
     "Turn the second factor on",
     "Takes a code of the secret that was begun. Ends the caller's other sessions.",
     "code",
     "recoveryCodes",
     200,
     "Ten codes for when the app is lost, told this once; each is good once.",
     {Code::kConflict}},
    {"POST",
     "/auth/password/forgot",
     "authForgotPassword",
     "Ask for a new password by mail",
     "Answers the same whether somebody has the address or not.",
     "address",
     "nothing",
     202,
     "Whoever has the address gets a mail.",
     {Code::kForbidden}},
    {"POST",
     "/auth/password/reset",
     "authResetPassword",
     "Set a new password by a mail's token",
     "Ends all sessions; the token is good once, and proves the address.",
     "reset",
     "",
     204,
     "The password is changed.",
     {Code::kForbidden, Code::kInvalidCredentials}},
    {"POST",
     "/auth/email/verify",
     "authVerifyEmail",
     "Prove an address by a mail's token",
     "Of a new account, or the new address of one; the token is good once.",
     "token",
     "",
     204,
     "The address is proved.",
     {Code::kForbidden, Code::kInvalidCredentials, Code::kConflict}},
    {"POST",
     "/auth/email/resend",
     "authResendEmail",
     "Ask for the mail once more",
     "Answers the same whether somebody has the address or not.",
     "address",
     "nothing",
     202,
     "Whoever has the address, and has not proved it, gets a mail.",
     {Code::kForbidden}},
    {"POST",
     "/auth/email/change",
     "authChangeEmail",
     "Change one's address",
     "The new address counts once it is proved; the old one gets a notice then.",
     "changeEmail",
     "nothing",
     202,
     "The new address gets a mail.",
     {}},
};

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

std::string BodyOf(const model::Service& service, std::string_view name) {
  if (name == "register") return RegisterBody(service);
  if (name == "profile") return ProfileBody(service);
  if (name == "currentPassword") return Body({"currentPassword"}, {{"currentPassword", CurrentPassword()}});
  if (name == "code") return Body({"code"}, {{"code", CodeSchema()}});
  if (name == "endTotp") {
    return Body({"currentPassword", "code"}, {{"currentPassword", CurrentPassword()}, {"code", CodeSchema()}});
  }
  if (name == "deleteMe") {
    return Body({"currentPassword"}, {{"currentPassword", CurrentPassword()}, {"code", CodeSchema()}});
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
  if (name == "login") {
    std::vector<std::pair<std::string, std::string>> members = {
        {"email", std::string(kEmail)},
        {"password", Text("The password.", identity::kMostPassword)},
        {"code", CodeSchema()}};
    if (service.identity->cookies) {
      members.emplace_back("mode",
                           R"({"type":"string","const":"cookie","description":"Of a page: a cookie, no tokens."})");
    }
    return Body({"email", "password"}, members);
  }
  if (name == "refresh") return Body({"refreshToken"}, {{"refreshToken", Text("The last one that was given.", 1024)}});
  if (name == "changePassword") {
    return Body(
        {"currentPassword", "newPassword"},
        {{"currentPassword", CurrentPassword()}, {"newPassword", NewPassword(service)}, {"code", CodeSchema()}});
  }
  return "";
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
  if (name == "nothing") return R"({"type":"object","maxProperties":0,"description":"Nothing."})";
  if (name == "export") {
    return fmt::format(
        R"({{"type":"object","required":["user","sessions","rows"],"properties":{{"user":{{"type":"object",)"
        R"("description":"The row, as its owner may see it."}},"sessions":{},"rows":{{"type":"object","description":)"
        R"("By resource, the rows that refer to the User."}},"more":{{"type":"array","maxItems":10000,"items":)"
        R"({{"type":"string","maxLength":1024}},"description":"Resources with more rows than are here."}}}}}})",
        DataOf("sessions"));
  }
  if (name == "sessions") {
    auto time = [](std::string_view description) {
      return fmt::format(R"({{"type":"string","format":"date-time","maxLength":32,"description":"{}"}})", description);
    };
    return fmt::format(
        R"({{"type":"array","maxItems":50,"items":{{"type":"object","description":"Where somebody is signed in.",)"
        R"("required":["id","createdAt","rotatedAt","expiresAt","agent","current"],"properties":{{)"
        R"("id":{{"type":"string","format":"uuid","maxLength":36,"description":"For `DELETE /auth/sessions/ID`."}},)"
        R"("createdAt":{},"rotatedAt":{},"expiresAt":{},)"
        R"("agent":{{"type":"string","maxLength":200,"description":"How the program named itself."}},)"
        R"("current":{{"type":"boolean","description":"Whether it is the token's own."}}}}}}}})",
        time("When it began."), time("When its tokens were last renewed."), time("When it ends if nobody uses it."));
  }
  return "";
}

}  // namespace

rest::OtherOperations Describe(const model::Service& service) {
  rest::OtherOperations all{"account", "Signing in, and one's own account.", {}};
  if (!service.identity) return all;
  for (const Route& route : Routes()) {
    auto words = std::ranges::find_if(
        kWords, [&](const Words& one) { return one.method == route.method && one.path == route.path; });
    if (words == std::end(kWords)) continue;  // a test sees to it that there are none
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
    operation.anonymous = route.asker == Asker::kAnybody;
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
