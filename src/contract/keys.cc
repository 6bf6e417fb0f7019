// SPDX-License-Identifier: Apache-2.0
#include "contract/keys.h"

#include "contract/keys_provider.h"

namespace ashlar::contract {
namespace {

constexpr bool kLater = false;  // of the language, not of this build
constexpr std::string_view kCamelCaseForm = "[a-z][A-Za-z0-9]{0,59}";

constexpr Key kRoleRows[] = {
    {"inherits", Shape::kNames, "Roles whose rights this one has too."},
};

constexpr Key kDeprecatedRows[] = {
    {"since", Shape::kText, "The day since when it is deprecated, as 2026-01-31."},
    {"sunset", Shape::kText, "The day when it will be gone."},
    {"use", Shape::kText, "What to use instead."},
};

constexpr Key kUpdateRows[] = {
    {"before", Shape::kRule, "Must hold for the row as it is.", true, {}, kOnAll, true},
    {"after", Shape::kRule, "Must hold for the row as it would become.", true, {}, kOnAll, true},
};

constexpr Key kAccessRows[] = {
    {"read", Shape::kRule, "list and get, where these are not given."},
    {"write", Shape::kRule, "create, update, delete and restore, where these are not given."},
    {"list", Shape::kRule, "Lists, to-many includes, relation paths in filters."},
    {"get", Shape::kRule, "Reads by id, to-one includes, references that a caller gives."},
    {"create", Shape::kRule, "Must hold for the row as it would become."},
    {"update", Shape::kRuleOrMapping, "Must hold for the row as it is and as it would become.", true, kUpdateRows},
    {"delete", Shape::kRule, "Must hold for the row as it is."},
    {"restore", Shape::kRule, "Undoing a soft delete; needs softDelete."},
    {"history", Shape::kRule, "The audit of a row, where it is not as get; needs audit."},
    {"purge", Shape::kRule, "Deleting for good, which `write` does not give; needs softDelete."},
};

constexpr Key kCheckRows[] = {
    {"rule", Shape::kRule, "Must hold for every row: CEL without relations, auth and now().", true, {}, kOnAll, true},
    {"field", Shape::kName, "The field that is told when it does not hold; the row if left out."},
    {"message", Shape::kText, "What is told then.", true, {}, kOnAll, true},
};

constexpr Key kPageRows[] = {
    {"default", Shape::kWhole, "Rows of a page where perPage is not given; 20."},
    {"max", Shape::kWhole, "The largest perPage; 100."},
};

constexpr Key kCacheRows[] = {
    {"maxAge",
     Shape::kName,
     "How long an answer may be kept: 30s, 15m, 2h, 1d.",
     true,
     {},
     kOnAll,
     true,
     "[1-9][0-9]*[smhd]"},
    {"public", Shape::kBool, "Caches on the way may keep it too, where no credential came with the request."},
};

constexpr Key kFieldRows[] = {
    {"type", Shape::kType, "A field type or a resource; '!' behind it: required.", true, {}, kOnShown},
    {"many", Shape::kName, "The resource whose rows belong to this one: the inverse of a to-one.", true, {}, kOnToMany},
    {"via",
     Shape::kName,
     "The to-one of that resource (with through: of the join resource) that leads here.",
     true,
     {},
     kOnToMany},
    {"through", Shape::kName, "Many-to-many: the join resource, which has a to-one to each side.", true, {}, kOnToMany},
    {"onDelete",
     Shape::kName,
     "What happens when the referred row is deleted: restrict, cascade, clear.",
     true,
     {},
     kOnToOne,
     false,
     "restrict|cascade|clear"},
    {"min", Shape::kBound, "The smallest value, or the least length.", true, {}, kOnScalar},
    {"max", Shape::kBound, "The largest value, or the greatest length.", true, {}, kOnScalar},
    {"pattern", Shape::kText, "A regular expression (RE2) that the whole text must match.", true, {}, kOnScalar},
    {"default", Shape::kExpression, "CEL: the value at creation where none is given.", true, {}, kOnStored},
    {"unique", Shape::kBool, "No two rows may have the same value.", true, {}, kOnStored},
    {"index", Shape::kBool, "The store keeps an index of it.", true, {}, kOnStored},
    {"search", Shape::kBool, "Part of full-text search.", true, {}, kOnScalar},
    {"immutable", Shape::kBool, "Set at creation only.", true, {}, kOnStored},
    {"readOnly", Shape::kBool, "Set only by defaults and actions.", true, {}, kOnStored},
    {"writeOnly", Shape::kBool, "Never read, nor in audit, events and logs.", true, {}, kOnStored},
    {"read", Shape::kRule, "Who may read it, of those who may read the row.", true, {}, kOnShown},
    {"write", Shape::kRule, "Who may write it, of those who may write the row.", true, {}, kOnStored},
    {"transitions", Shape::kNamedNames, "The allowed moves of an enum: FROM: [TO, ...].", true, {}, kOnScalar},
    {"computed", Shape::kExpression, "CEL over the same row, not stored.", true, {}, kOnComputed},
    {"description", Shape::kText, "For the generated documents."},
    {"example", Shape::kAny, "A value that shows what is meant.", true, {}, kOnShown},
    {"deprecated", Shape::kFlagOrMapping, "That it should no longer be used.", true, kDeprecatedRows, kOnShown},
    {"column", Shape::kName, "The column of a database that was there first.", kLater, {}, kOnStored},
    {"was", Shape::kName, "The field's former name, for migrations.", kLater, {}, kOnStored},
};

constexpr Key kResourceRows[] = {
    {"description", Shape::kText, "For the generated documents."},
    {"plural", Shape::kName, "Where English rules do not make it.", true, {}, kOnAll, false, kCamelCaseForm},
    {"id", Shape::kId, "uuid (the default), int, string, or the parts of a composite id: [playlist, track]."},
    {"fields", Shape::kNamedFields, "NAME: TYPE, or NAME: { type: TYPE, ... }.", true, kFieldRows, kOnAll, false,
     kCamelCaseForm},
    {"unique", Shape::kNameLists, "Fields that are unique together, as [[a, b]]."},
    {"indexes", Shape::kNameLists, "Fields that the store keeps an index of, as [[a, b]]."},
    {"checks", Shape::kMappings, "What must hold for every row.", true, kCheckRows},
    {"access", Shape::kMapping, "Who may do what; what is not given, nobody may.", true, kAccessRows},
    {"softDelete", Shape::kBool, "Deleted rows are kept and can be restored."},
    {"audit", Shape::kBool, "Every change is kept, with who made it."},
    {"page", Shape::kMapping, "The sizes of pages.", true, kPageRows},
    {"deprecated", Shape::kFlagOrMapping, "That it should no longer be used.", true, kDeprecatedRows},
    {"ifMatch", Shape::kName, "required: changes need If-Match.", true, {}, kOnAll, false, "required"},
    {"cache", Shape::kMapping, "That answers to GET may be kept; else they may not.", true, kCacheRows},
    {"events", Shape::kAny, "What is announced of its changes.", kLater},
    {"table", Shape::kName, "The table of a database that was there first.", kLater},
    {"system", Shape::kAny, "Columns that such a table lacks.", kLater},
    {"was", Shape::kName, "The resource's former name, for migrations.", kLater},
};

constexpr Key kAcceptRows[] = {
    {"id", Shape::kName, "Which finding: its id, as ACCESS_WORLD_WRITABLE.", true, {}, kOnAll, true},
    {"at",
     Shape::kName,
     "Where: Order, Order.email, roles.NAME, rules.NAME; what holds a place stands for it.",
     true,
     {},
     kOnAll,
     true},
    {"reason", Shape::kText, "Why it is right here.", true, {}, kOnAll, true},
};

constexpr Key kPasswordRows[] = {
    {"minLength", Shape::kWhole, "The fewest characters of a password, from 8 to 64; 12."},
    {"strength", Shape::kWhole, "How hard to guess one must be, as zxcvbn scores it, from 0 (no matter) to 4; 3."},
    {"breached", Shape::kText,
     "A file of the SHA-1 hashes of passwords that nobody may take, sorted, one a line, as haveibeenpwned.com gives "
     "them; "
     "beside the contract, or absolute."},
};

constexpr Key kTokensRows[] = {
    {"access",
     Shape::kName,
     "How long an access token is good: 30s, 15m, 2h, 1d; 15m, at most 1d.",
     true,
     {},
     kOnAll,
     false,
     "[1-9][0-9]*[smhd]"},
    {"refresh",
     Shape::kName,
     "How long a session lasts that nobody uses; 30d, at most 365d.",
     true,
     {},
     kOnAll,
     false,
     "[1-9][0-9]*[smhd]"},
    {"algorithm",
     Shape::kName,
     "How access tokens are signed: ES256, the default, or EdDSA (Ed25519).",
     true,
     {},
     kOnAll,
     false,
     "ES256|EdDSA"},
};

constexpr Key kIssuerRows[] = {
    kIssuerAddress,
    {"audience",
     Shape::kText,
     "What `aud` of its tokens must name: this service, as the issuer knows it.",
     true,
     {},
     kOnAll,
     true},
    {"jwks",
     Shape::kName,
     "Where its keys are; left out: as its /.well-known/openid-configuration says.",
     true,
     {},
     kOnAll,
     false,
     "https?://[^ ]+"},
    {"algorithms", Shape::kNames, "Those that are taken, of ES256, ES384, EdDSA, RS256 and PS256; all of them."},
    {"user",
     Shape::kName,
     "subject: `sub` is the id of a User here, who must be there; left out: its callers are no Users, auth.id is null.",
     true,
     {},
     kOnAll,
     false,
     "subject"},
    {"roles", Shape::kNames, "The roles that its tokens may give; none where it is left out."},
    {"rolesClaim", Shape::kText, "The claim that names them, a text or a list of texts; needed with `roles`."},
    {"private", Shape::kBool, "Its names may lead to addresses of private networks."},
};

constexpr Key kLinksRows[] = {
    {"verify", Shape::kText,
     "Where an address is proved: a page of the service's own, which hands what stands for {token} to "
     "/auth/email/verify; "
     "as https://shop.example/verify#token={token}."},
    {"reset", Shape::kText, "The same of a new password, by /auth/password/reset. Without it nobody can ask for one."},
    {"invite", Shape::kText, "The same of an invitation, by /auth/register."},
};

constexpr Key kSessionsRows[] = {
    {"cookie", Shape::kBool, "That browsers may sign in for a cookie; not, unless it is said."},
    {"idle",
     Shape::kName,
     "How long a session of a browser lasts that nobody uses: 30m, 1h; 1h, at most 365d.",
     true,
     {},
     kOnAll,
     false,
     "[1-9][0-9]*[smhd]"},
    {"lifetime",
     Shape::kName,
     "How long one lasts at most, however much it is used; 1d, at most 365d.",
     true,
     {},
     kOnAll,
     false,
     "[1-9][0-9]*[smhd]"},
};

constexpr Key kApiKeysRows[] = {
    {"maxAge",
     Shape::kName,
     "How long a key is good at most, and where nothing else is asked for: 90d; 365d, at most 3650d.",
     true,
     {},
     kOnAll,
     false,
     "[1-9][0-9]*[smhd]"},
    {"perUser", Shape::kWhole, "How many keys a user may have, at most 100; 20."},
};

constexpr Key kIdentityRows[] = {
    {"register",
     Shape::kName,
     "open: anybody may make an account of their own; invite: whoever is invited (ashlar user invite); off, the "
     "default: nobody.",
     true,
     {},
     kOnAll,
     false,
     "open|invite|off"},
    {"password", Shape::kMapping, "What passwords must be like.", true, kPasswordRows},
    {"tokens", Shape::kMapping, "How long those who have signed in stay so.", true, kTokensRows},
    {"verification",
     Shape::kName,
     "Whether addresses are proved by mail. required: nobody signs in before; optional: emailVerified tells; off, the "
     "default.",
     true,
     {},
     kOnAll,
     false,
     "required|optional|off"},
    {"links", Shape::kMapping, "The pages that mails lead to.", true, kLinksRows},
    {"sessions", Shape::kMapping, "Sessions of browsers, by cookie.", true, kSessionsRows},
    {"apiKeys", Shape::kFlagOrMapping, "That users may make keys for their programs.", true, kApiKeysRows},
    {"providers", Shape::kNamed, "NAME: {...}, OpenID Connect providers with which Users may sign in.", true,
     kOpenIdProviderRows, kOnAll, false, "[a-z][a-z0-9-]{0,31}"},
    {"returnTo", Shape::kNames,
     "Where providers' Users are sent back to: pages of the service's own, each to the letter. Its own root, where it "
     "is "
     "left out."},
    {"issuers", Shape::kMappings, "Others whose tokens are taken too, by their published keys.", true, kIssuerRows},
    {"provider", Shape::kMapping, "That others may sign in with this service (OpenID Connect).", true, kProviderRows},
};

constexpr Key kLimitRows[] = {
    {"match",
     Shape::kName,
     "For which requests: 'POST /v1/orders', 'GET /v1/orders/{id}', '* /v1/*' (one segment or, at the end, all that "
     "follow); all where it is left out.",
     true,
     {},
     kOnAll,
     false,
     "(\\*|GET|QUERY|POST|PUT|PATCH|DELETE) /.*"},
    {"to",
     Shape::kName,
     "How many: 10/s, 600/min, 100/h, 1000/d.",
     true,
     {},
     kOnAll,
     true,
     "[1-9][0-9]{0,6}/(s|min|h|d)"},
    {"burst", Shape::kWhole, "How many at once, after a pause; as many as `to` says."},
    {"per",
     Shape::kName,
     "Who is counted by itself: each address (ip; IPv6: each /64), each caller with a credential (user), each API key "
     "(key).",
     true,
     {},
     kOnAll,
     true,
     "ip|user|key"},
    {"otherwise",
     Shape::kName,
     "With per: user or key, ip: who comes without such a credential is counted by address; left out: not at all.",
     true,
     {},
     kOnAll,
     false,
     "ip"},
    {"fail",
     Shape::kName,
     "While Redis, through which processes share their counts, cannot be asked: each counts by itself (open), or who "
     "asks is answered 503 (closed); open.",
     true,
     {},
     kOnAll,
     false,
     "open|closed"},
};

constexpr Key kTestCallerRows[] = {
    {"id", Shape::kText, "Of the user; a short name, as ann, stands for a uuid. Somebody's, where it is left out."},
    {"kind",
     Shape::kName,
     "user, the default; apiKey; service, which has no id.",
     true,
     {},
     kOnAll,
     false,
     "user|apiKey|service"},
    {"email", Shape::kName, "The user's address."},
    {"roles", Shape::kNames, "Roles of the contract; those that they inherit come with them."},
    {"scopes", Shape::kNames, "Of the credential."},
    {"claims", Shape::kAny, "Of the token, as { tier: gold }."},
};

constexpr Key kTestCallRows[] = {
    {"operation",
     Shape::kName,
     "getOrder, updateOrder, ...: as the OpenAPI document names it.",
     true,
     {},
     kOnAll,
     true},
    {"row", Shape::kAny, "The row that it is about: its fields, which it is made of first; or the id of one of rows."},
    {"input", Shape::kAny, "The body."},
};

constexpr Key kTestExpectRows[] = {
    {"fields", Shape::kNames, "It is allowed, and each row shows exactly these of the fields that the contract names."},
    {"without", Shape::kNames, "It is allowed, and no row shows any of these."},
    {"rows", Shape::kIds, "It is allowed, and shows the rows of exactly these ids."},
};

constexpr Key kTestRows[] = {
    {"as", Shape::kNameOrMapping, "Who asks: anonymous, or { id, roles, ... }.", true, kTestCallerRows, kOnAll, true,
     "anonymous"},
    {"rows", Shape::kNamedRows, "What is in the store, by resource; nothing else is. Required fields are filled in."},
    {"when", Shape::kNameOrMapping, "What is asked: 'PATCH /v1/orders/1', or { operation, row, input }.", true,
     kTestCallRows, kOnAll, true},
    {"input", Shape::kAny, "The body of the address in when."},
    {"expect", Shape::kNameOrMapping,
     "allow; deny (401, 403); hidden (404); or what is shown: { fields, without, rows }.", true, kTestExpectRows,
     kOnAll, true, "allow|deny|hidden"},
};

constexpr Key kTopLevelRows[] = {
    {"service", Shape::kName, "The name of the service.", true, {}, kOnAll, true, "[a-z][a-z0-9-]{0,62}"},
    {"version", Shape::kName, "The version in URLs; v1.", true, {}, kOnAll, false, "[a-z][a-z0-9]{0,15}"},
    {"title", Shape::kText, "For the generated documents."},
    {"description", Shape::kText, "For the generated documents."},
    {"roles", Shape::kNamed, "NAME: { inherits: [ROLE] }.", true, kRoleRows, kOnAll, false,
     "[A-Za-z][A-Za-z0-9_-]{0,62}"},
    {"rules",
     Shape::kNamedTexts,
     "NAME: CEL; built in are public, signedIn and nobody.",
     true,
     {},
     kOnAll,
     false,
     kCamelCaseForm},
    {"resources", Shape::kNamed, "Name: {...}, singular and in PascalCase.", true, kResourceRows, kOnAll, false,
     "[A-Z][A-Za-z0-9]{0,59}"},
    {"actions", Shape::kAny, "Business commands, each one transaction.", kLater},
    {"tests", Shape::kMappings, "Tests of the access rules, run by check.", true, kTestRows},
    {"accept", Shape::kMappings, "Findings of check that the team accepts.", true, kAcceptRows},
    {"identity", Shape::kMapping, "That callers sign in, and how.", true, kIdentityRows},
    {"limits", Shape::kMappings, "How often callers may ask.", true, kLimitRows},
    {"events", Shape::kAny, "What is published of changes.", kLater},
    {"webhooks", Shape::kAny, "Whom changes are told.", kLater},
    {"schedules", Shape::kAny, "Actions that run by the clock.", kLater},
    {"upstreams", Shape::kAny, "Other services that this one calls.", kLater},
    {"workflows", Shape::kAny, "Durable sagas.", kLater},
    {"gateway", Shape::kAny, "Addresses that are passed on.", kLater},
};

}  // namespace

std::string_view NameOf(Shape shape) {
  switch (shape) {
    case Shape::kText: return "a text";
    case Shape::kBool: return "true or false";
    case Shape::kWhole: return "a whole number";
    case Shape::kExpression: return "an expression";
    case Shape::kRule: return "a rule";
    case Shape::kName: return "a name";
    case Shape::kNames: return "a list of names, as [a, b]";
    case Shape::kNameLists: return "a list of lists of names, as [[a, b]]";
    case Shape::kType: return "a type";
    case Shape::kBound: return "a number, date, time or duration";
    case Shape::kAny: return "a value";
    case Shape::kId: return "uuid, int, string or a list of names";
    case Shape::kMapping: return "a mapping";
    case Shape::kMappings: return "a list of mappings";
    case Shape::kNamed: return "a mapping of names to mappings";
    case Shape::kNamedTexts: return "a mapping of names to rules";
    case Shape::kNamedNames: return "a mapping of names to lists of names, as { a: [b, c] }";
    case Shape::kNamedFields: return "a mapping of names to types or mappings";
    case Shape::kFlagOrMapping: return "true, false or a mapping";
    case Shape::kRuleOrMapping: return "a rule or { before, after }";
    case Shape::kNameOrMapping: return "a text or a mapping";
    case Shape::kNamedRows: return "a mapping of resources to lists of rows, as { Order: [{ id: 1 }] }";
    case Shape::kIds: return "a list of ids, as [1, ann]";
  }
  return "";
}

std::string Wanted(Shape shape, std::span<const Key> members) {
  auto mapping = [members] {
    std::vector<std::string> shown;
    bool any = std::ranges::any_of(members, &Key::required);
    for (const Key& key : members) {
      if (key.required || (!any && shown.size() < 2)) shown.push_back(fmt::format("{}: ...", key.name));
    }
    return fmt::format("{{ {} }}", fmt::join(shown, ", "));
  };
  std::string example;
  if (shape == Shape::kExpression) example = "\"'text'\" or \"[]\" in quotes";
  if (shape == Shape::kRule) example = "signedIn or \"hasRole('staff')\"";
  if (shape == Shape::kMapping && !members.empty()) example = mapping();
  if (shape == Shape::kMappings) example = fmt::format("[{}]", mapping());
  if (shape == Shape::kNamed) example = "{ name: {} }";
  if (shape == Shape::kNamedTexts) example = "{ name: signedIn }";
  if (shape == Shape::kNamedFields) example = "{ name: string! }";
  return fmt::format("{}{}{}", NameOf(shape), example.empty() ? "" : ", as ", example);
}

std::span<const Key> TopLevelKeys() { return kTopLevelRows; }
std::span<const Key> RoleKeys() { return kRoleRows; }
std::span<const Key> ResourceKeys() { return kResourceRows; }
std::span<const Key> FieldKeys() { return kFieldRows; }
std::span<const Key> CheckKeys() { return kCheckRows; }
std::span<const Key> AccessKeys() { return kAccessRows; }
std::span<const Key> UpdateKeys() { return kUpdateRows; }
std::span<const Key> PageKeys() { return kPageRows; }
std::span<const Key> CacheKeys() { return kCacheRows; }
std::span<const Key> DeprecatedKeys() { return kDeprecatedRows; }
std::span<const Key> AcceptKeys() { return kAcceptRows; }
std::span<const Key> IdentityKeys() { return kIdentityRows; }
std::span<const Key> PasswordKeys() { return kPasswordRows; }
std::span<const Key> TokensKeys() { return kTokensRows; }
std::span<const Key> LinksKeys() { return kLinksRows; }
std::span<const Key> SessionsKeys() { return kSessionsRows; }
std::span<const Key> IssuerKeys() { return kIssuerRows; }
std::span<const Key> ApiKeysKeys() { return kApiKeysRows; }
std::span<const Key> ProviderKeys() { return kProviderRows; }
std::span<const Key> ClientKeys() { return kClientRows; }
std::span<const Key> RegistrationKeys() { return kRegistrationRows; }
std::span<const Key> OpenIdProviderKeys() { return kOpenIdProviderRows; }
std::span<const Key> LimitKeys() { return kLimitRows; }
std::span<const Key> TestKeys() { return kTestRows; }
std::span<const Key> TestCallerKeys() { return kTestCallerRows; }
std::span<const Key> TestCallKeys() { return kTestCallRows; }
std::span<const Key> TestExpectKeys() { return kTestExpectRows; }

}  // namespace ashlar::contract
