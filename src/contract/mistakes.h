// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contract/contract.h"
#include "contract/node.h"

namespace ashlar::contract {

// Every kind of mistake: its stable id and its words. tests/contract has a case of each.
#define ASHLAR_PROBLEMS(ROW)                                                                                          \
  ROW(kTooLarge, "too-large", "a file of a contract has at most {} bytes")                                            \
  ROW(kNotUtf8, "not-utf8", "this is not UTF-8")                                                                      \
  ROW(kControlCharacter, "control-character", "control characters are not part of a contract")                        \
  ROW(kNotYaml, "not-yaml", "this is not YAML: {}")                                                                   \
  ROW(kTooDeep, "too-deep", "nested deeper than {} levels")                                                           \
  ROW(kSecondDocument, "second-document", "a file holds one document; this begins a second one")                      \
  ROW(kTag, "tag", "tags are not part of a contract")                                                                 \
  ROW(kKeyNotName, "key-not-name", "a key must be a name")                                                            \
  ROW(kDuplicateKey, "duplicate-key", "'{}' stands twice; the first is in line {}")                                   \
  ROW(kUnknownAnchor, "unknown-anchor", "there is no anchor '&{}' that ends above")                                   \
  ROW(kTooManyValues, "too-many-values", "the contract, its aliases expanded, holds more than {} values")             \
  ROW(kExpandsTooFar, "expands-too-far", "the contract, its aliases expanded, holds more than {} bytes of text")      \
  ROW(kVariableUnset, "variable-unset", "the environment variable '{}' is not set and has no default")                \
  ROW(kVariableForm, "variable-form", "'${{' must be followed by the name of an environment variable and '}}'")       \
  ROW(kTooManyMistakes, "too-many-mistakes", "there are more than {} mistakes; those after these are not shown")      \
  ROW(kUnknownKey, "unknown-key", "'{}' is not a key of {}")                                                          \
  ROW(kForeignKey, "foreign-key", "'{}' is not a key of {}: {}")                                                      \
  ROW(kUnsupported, "unsupported", "'{}' is not supported by this build")                                             \
  ROW(kNotContract, "not-contract", "a contract is a mapping of keys, as 'service: shop'")                            \
  ROW(kMissingKey, "missing-key", "{} needs '{}'")                                                                    \
  ROW(kDefinedTwice, "defined-twice", "'{}' is defined twice; the first is in {}:{}")                                 \
  ROW(kWrongShape, "wrong-shape", "'{}' must be {}")                                                                  \
  ROW(kTooMany, "too-many", "there may be at most {} {}")                                                             \
  ROW(kServiceName, "service-name", "the service's name must match [a-z][a-z0-9-]{{0,62}}")                           \
  ROW(kVersionForm, "version-form", "the version must match [a-z][a-z0-9]{{0,15}}, as v1 does")                       \
  ROW(kVersionTaken, "version-taken", "'/{}' is an address of the service itself")                                    \
  ROW(kRoleName, "role-name", "a role's name must match [A-Za-z][A-Za-z0-9_-]{{0,62}}")                               \
  ROW(kRoleUnknown, "role-unknown", "there is no role '{}'")                                                          \
  ROW(kRoleCycle, "role-cycle", "the role '{}' inherits itself")                                                      \
  ROW(kRuleName, "rule-name", "a rule's name must match [a-z][A-Za-z0-9]{{0,59}}")                                    \
  ROW(kRuleTaken, "rule-taken", "'{}' has a meaning in rules already")                                                \
  ROW(kRuleCycle, "rule-cycle", "the rule '{}' is made of itself")                                                    \
  ROW(kRuleDepth, "rule-depth", "rules are made of rules more than {} deep")                                          \
  ROW(kRuleMisfit, "rule-misfit", "the rule '{}' does not fit '{}': {}")                                              \
  ROW(kExpression, "expression", "{}")                                                                                \
  ROW(kExpressionFilled, "expression-filled", "with the environment's values this is no right expression")            \
  ROW(kExpressionSize, "expression-size", "with its rules written out this has more than {} parts")                   \
  ROW(kResourceName, "resource-name", "a resource's name must match [A-Z][A-Za-z0-9]{{0,59}}")                        \
  ROW(kResourceTaken, "resource-taken", "'{}' is the system's own resource")                                          \
  ROW(kResourceUnknown, "resource-unknown", "there is no resource '{}'")                                              \
  ROW(kPluralForm, "plural-form", "a plural must match [a-z][A-Za-z0-9]{{0,59}}, as orderLines does")                 \
  ROW(kNameCollision, "name-collision", "the {} '{}' of '{}' is that of '{}' already")                                \
  ROW(kNameReserved, "name-reserved", "the {} '{}' is reserved")                                                      \
  ROW(kNameLong, "name-long", "the {} '{}' has more than {} characters")                                              \
  ROW(kUserKey, "user-key", "'{}' is not for User, which is written through /auth and the command line")              \
  ROW(kUserField, "user-field", "User has '{}' already: it is built in")                                              \
  ROW(kFieldName, "field-name", "a field's name must match [a-z][A-Za-z0-9]{{0,59}}")                                 \
  ROW(kFieldReserved, "field-reserved", "no field can be named '{}': {}")                                             \
  ROW(kFieldCollision, "field-collision", "'{}' is '{}' in {}, as '{}' is already")                                   \
  ROW(kFieldUnknown, "field-unknown", "'{}' has no field '{}'")                                                       \
  ROW(kTypeOrMany, "type-or-many", "a field has either 'type' or 'many'")                                             \
  ROW(kTypeForm, "type-form", "a type is written NAME, NAME(argument, ...), [NAME], each perhaps with '!' behind")    \
  ROW(kTypeOptional, "type-optional", "a field may be null unless '!' stands behind its type: leave the '?' out")     \
  ROW(kTypeUnquoted, "type-unquoted", "in braces a comma ends a value: quote the type, as '{}...)'")                  \
  ROW(kTypeUnknown, "type-unknown", "there is no type '{}'")                                                          \
  ROW(kTypeParameter, "type-parameter", "{}")                                                                         \
  ROW(kElementRequired, "element-required", "elements of a list are never null: leave out the '!' within")            \
  ROW(kElementRelation, "element-relation", "a list holds scalars; many rows of '{}' are {{ many: {}, via: ... }}")   \
  ROW(kKeyNotOfType, "key-not-of-type", "'{}' is not for {}")                                                         \
  ROW(kViaNotRelation, "via-not-relation", "'{}' of '{}' is no to-one relation")                                      \
  ROW(kViaElsewhere, "via-elsewhere", "'{}' of '{}' refers to '{}', not to '{}'")                                     \
  ROW(kThroughSide, "through-side", "'{}' has no to-one relation to '{}'")                                            \
  ROW(kThroughNear, "through-near", "'{}' refers to '{}' more than once ({}): 'via' says which one leads here")       \
  ROW(kThroughFar, "through-far", "'{}' refers to '{}' more than once ({}): which one is meant cannot be told")       \
  ROW(kRefersToComposite, "refers-to-composite", "'{}' has a composite id: nothing may refer to it")                  \
  ROW(kOnDelete, "on-delete", "'onDelete' is one of restrict, cascade, clear")                                        \
  ROW(kClearRequired, "clear-required", "a required relation cannot be cleared")                                      \
  ROW(kIdKind, "id-kind", "an id is uuid, int, string, or a list of two to four of the resource's fields")            \
  ROW(kIdPartOptional, "id-part-optional", "'{}' is part of the id and must be required")                             \
  ROW(kIdPartKind, "id-part-kind",                                                                                    \
      "'{}' cannot be part of an id: only to-one relations, whole numbers, uuids, dates and enums can")               \
  ROW(kIdPartGuarded, "id-part-guarded", "'{}' is part of the id, which every reader of the row sees")                \
  ROW(kRepeated, "repeated", "'{}' stands twice in this list")                                                        \
  ROW(kIndexToMany, "index-to-many", "'{}' is a to-many relation: nothing of it is stored in '{}'")                   \
  ROW(kIndexKind, "index-kind", "'{}' cannot be in an index: it holds {}")                                            \
  ROW(kSearchKind, "search-kind", "only texts can be searched")                                                       \
  ROW(kSearchGuarded, "search-guarded", "a field with a 'read' rule cannot be searched")                              \
  ROW(kDefaultText, "default-text", "a default is an expression, in which a text has quotes of its own: {}")          \
  ROW(kWriteOnlyRead, "write-only-read", "nobody reads what is writeOnly: leave out 'read'")                          \
  ROW(kDefaultNull, "default-null", "a required field cannot be null by default")                                     \
  ROW(kDefaultInvalid, "default-invalid", "the default {}")                                                           \
  ROW(kDefaultSystem, "default-system", "a default cannot look at '{}', which the system sets")                       \
  ROW(kDefaultOrder, "default-order", "this looks at '{}', whose own default is not known by then")                   \
  ROW(kTransitionsBegin, "transitions-begin",                                                                         \
      "'transitions' needs a 'default' that crosses no relation: rows begin in it")                                   \
  ROW(kTransitionUnknown, "transition-unknown", "'{}' has no constant '{}'")                                          \
  ROW(kTransitionStays, "transition-stays", "staying in '{}' is no move")                                             \
  ROW(kComputedKind, "computed-kind", "a computed field cannot be {}")                                                \
  ROW(kComputedRequired, "computed-required",                                                                         \
      "a computed field has no '!': where its expression is an error, it is null")                                    \
  ROW(kComputedConstants, "computed-constants", "this may be a text that is none of the constants of '{}'")           \
  ROW(kComputedCycle, "computed-cycle", "'{}' is computed from itself")                                               \
  ROW(kComputedSize, "computed-size",                                                                                 \
      "with the computed fields that it names this has more than {} parts, or is nested too deeply")                  \
  ROW(kComputedUnreadable, "computed-unreadable", "'{}' is writeOnly, so that nobody could read this")                \
  ROW(kIndexComputed, "index-computed", "'{}' cannot be in an index: it is computed")                                 \
  ROW(kExample, "example", "the example {}")                                                                          \
  ROW(kDate, "date", "'{}' must be a date as 2026-01-31")                                                             \
  ROW(kPageRange, "page-range", "'{}' must be from 1 to {}")                                                          \
  ROW(kCacheAge, "cache-age", "'maxAge' must be a time as 30s, 15m, 2h or 1d, of 365 days at most")                   \
  ROW(kTimeRange, "time-range", "'{}' must be a time as 30s, 15m, 2h or 1d, of {} at most")                           \
  ROW(kLengthRange, "length-range", "'{}' must be from {} to {}")                                                     \
  ROW(kRegister, "register", "'register' is open, invite or off")                                                     \
  ROW(kTokenAlgorithm, "token-algorithm", "'algorithm' is ES256 or EdDSA")                                            \
  ROW(kIssuerUrl, "issuer-url",                                                                                       \
      "'{}' must be an address as https://login.example.com; http is for 127.0.0.1, [::1] and localhost alone")       \
  ROW(kIssuerAlgorithm, "issuer-algorithm", "'algorithms' are of ES256, ES384, EdDSA, RS256 and PS256")               \
  ROW(kIssuerUser, "issuer-user", "'user' takes 'subject' and nothing else")                                          \
  ROW(kIssuerRoles, "issuer-roles", "'roles' and 'rolesClaim' are given together or not at all")                      \
  ROW(kIssuerTwice, "issuer-twice", "this issuer stands twice in the list")                                           \
  ROW(kProviderIssuer, "provider-issuer",                                                                             \
      "'issuer' must be an address as https://id.example.com, without a path; http is for 127.0.0.1, [::1] "          \
      "and localhost alone")                                                                                          \
  ROW(kProviderTwice, "provider-twice", "this issuer is among 'issuers', whose tokens are others'")                   \
  ROW(kClientName, "client-name",                                                                                     \
      "the id of a client begins with a lower-case letter and has lower-case letters, digits and '-', 63 at "         \
      "most")                                                                                                         \
  ROW(kClientUri, "client-uri",                                                                                       \
      "'{}' is no address that answers can go to: https, or http on this machine, in lower case, without a "          \
      "password, '*' or '#'; a scheme of its own is for clients without a secret")                                    \
  ROW(kClientSecret, "client-secret",                                                                                 \
      "'secret' comes from the environment, as '${{SHOP_SECRET}}', and has {} characters at least")                   \
  ROW(kClientGrant, "client-grant",                                                                                   \
      "'{}' is no grant that this build has: 'grants' are of authorization_code, refresh_token, device_code and "     \
      "client_credentials")                                                                                           \
  ROW(kClientGrants, "client-grants", "'grants' must have more than refresh_token")                                   \
  ROW(kClientItself, "client-itself",                                                                                 \
      "'client_credentials' needs 'secret', and a scope that opens data, as read or orders:create")                   \
  ROW(kClientPlace, "client-place", "'authorization_code' needs 'redirectUris'")                                      \
  ROW(kClientScope, "client-scope",                                                                                   \
      "'{}' is no scope: 'scopes' are of openid, email and offline_access, of the words of 'access', as read or "     \
      "orders:create, and of what rules ask for by hasScope()")                                                       \
  ROW(kClientScopes, "client-scopes", "'scopes' have {} characters together at most")                                 \
  ROW(kClientOffline, "client-offline",                                                                               \
      "the scope offline_access and the grant refresh_token are given together or not at all")                        \
  ROW(kClientTrusted, "client-trusted",                                                                               \
      "'trusted' needs 'secret': a client without one cannot be told from another program that says it is this one")  \
  ROW(kRegistrationWho, "registration-who",                                                                           \
      "'registration' says who may register a client: either 'open: true', or 'token'")                               \
  ROW(kRegistrationToken, "registration-token",                                                                       \
      "'token' comes from the environment, as '${{REGISTRATION_TOKEN}}', and has {} characters at least")             \
  ROW(kProviderName, "provider-name",                                                                                 \
      "the name of a provider is of lower-case letters, digits and hyphens, at most 32")                              \
  ROW(kProviderSecret, "provider-secret", "'clientSecret' is taken of the environment alone, as ${{CLIENT_SECRET}}")  \
  ROW(kProviderScopes, "provider-scopes", "'scopes' holds openid, and names as OAuth has them")                       \
  ROW(kReturnTo, "return-to", "'returnTo' is of URLs of https, or of http at localhost, without a fragment")          \
  ROW(kVerification, "verification", "'verification' is required, optional or off")                                   \
  ROW(kLink, "link",                                                                                                  \
      "'{}' must be a URL of https, or of http at localhost, that holds {{token}} once, behind its host")             \
  ROW(kLinkMissing, "link-missing", "'{}: {}' needs '{}' in 'links'")                                                 \
  ROW(kIfMatch, "if-match", "ifMatch takes 'required' and nothing else")                                              \
  ROW(kPageDefault, "page-default", "the default page is larger than the largest, which is {}")                       \
  ROW(kLimitRate, "limit-rate", "'to' must be a rate as 10/s, 600/min, 100/h or 1000/d, of {} at most")               \
  ROW(kLimitMatch, "limit-match",                                                                                     \
      "'match' must be a method or '*', and a path, as 'POST /v1/orders', 'GET /v1/orders/{{id}}' or '* /v1/*'")      \
  ROW(kLimitPer, "limit-per", "'per' is one of ip, user, key")                                                        \
  ROW(kLimitOtherwise, "limit-otherwise", "'otherwise' takes 'ip' and nothing else")                                  \
  ROW(kLimitFail, "limit-fail", "'fail' is one of open, closed")                                                      \
  ROW(kLimitAlways, "limit-always", "every caller has an address: 'otherwise' is for limits per user or key")         \
  ROW(kNeedsSoftDelete, "needs-soft-delete", "'{}' is for resources with softDelete")                                 \
  ROW(kNeedsAudit, "needs-audit", "'history' is for resources with audit")                                            \
  ROW(kOperationCollision, "operation-collision", "the operation '{}' of '{}' is one of '{}' already")                \
  ROW(kAcceptUnknown, "accept-unknown", "there is no finding '{}'")                                                   \
  ROW(kAcceptPlace, "accept-place", "there is no '{}' in this contract")                                              \
  ROW(kAcceptReason, "accept-reason", "a finding is accepted with a reason")                                          \
  ROW(kAcceptNothing, "accept-nothing", "'{}' does not find anything at '{}'")                                        \
  ROW(kAcceptTwice, "accept-twice", "'{}' at '{}' is accepted already")                                               \
  ROW(kTestAs, "test-as", "'as' is anonymous, or {{ id, kind, email, roles, scopes, claims }}; a service has no id")  \
  ROW(kTestWhen, "test-when",                                                                                         \
      "'when' is a method and an address, as 'GET /v1/orders/1', or {{ operation: getOrder, row: ..., input: ... }}") \
  ROW(kTestExpect, "test-expect", "'expect' is allow, deny, hidden, or at least one of {{ fields, without, rows }}")  \
  ROW(kOperationUnknown, "operation-unknown", "there is no operation '{}'")                                           \
  ROW(kTestFailed, "test-failed", "{}")

enum class Problem : uint8_t {
#define ASHLAR_PROBLEM(name, id, text) name,
  ASHLAR_PROBLEMS(ASHLAR_PROBLEM)
#undef ASHLAR_PROBLEM
};
struct ProblemRow {
  std::string_view id;
  std::string_view text;
};
std::span<const ProblemRow> Problems();  // indexed by Problem

// At most so many mistakes are told.
inline constexpr size_t kMostMistakes = 500;

// Printable, on one line, at most `limit` code points: what is not so becomes '?' and the rest an ellipsis.
std::string Printable(std::string_view text, size_t limit);

// Collects what is wrong with a contract.
class Mistakes {
 public:
  // `sources` must outlive this.
  explicit Mistakes(std::span<const Source> sources) : sources_(sources) {}

  template <class... Arguments>
  void Add(Place place, Problem problem, const Arguments&... arguments) {
    Push(place, problem, "", Text(problem, Shown(arguments)...));
  }
  // The same with a near name.
  template <class... Arguments>
  void Suggest(Place place, Problem problem, std::string suggestion, const Arguments&... arguments) {
    Push(place, problem, std::move(suggestion), Text(problem, Shown(arguments)...));
  }

  bool empty() const { return found_.empty(); }
  size_t size() const { return found_.size(); }
  std::string_view text(uint32_t source) const { return sources_[source].text; }
  const std::string& path(uint32_t source) const { return sources_[source].path; }
  // Whether a place is in the system's own contract, which is the last source.
  bool is_system(Place place) const { return place.source + 1 == sources_.size(); }
  // Sorted by place, each once. Empties this.
  MistakeList Take();

 private:
  struct Found {
    Place place;
    Problem problem;
    std::string message, suggestion;
    auto operator<=>(const Found&) const = default;
  };
  static int64_t Shown(int64_t number) { return number; }
  static std::string Shown(std::string_view text) { return Printable(text, 200); }
  template <class... Shown>
  static std::string Text(Problem problem, const Shown&... shown) {
    return fmt::vformat(Problems()[static_cast<size_t>(problem)].text, fmt::make_format_args(shown...));
  }
  void Push(Place place, Problem problem, std::string suggestion, std::string message);

  std::span<const Source> sources_;
  std::set<Found> found_;
};

}  // namespace ashlar::contract
