// SPDX-License-Identifier: Apache-2.0
// Findings about limits that do not hold what they seem to.
#include "contract/findings/callers.h"
#include "contract/findings/findings.h"

namespace ashlar::contract {
namespace {

using model::Limit;
using model::OperationKind;

// Something that can be asked for.
struct Address {
  std::string method;
  std::vector<std::string> segments;
  bool anonymous = false;  // without a credential, by some
  std::string name;        // "listThings", "POST /auth/login"
};

// What there is below /auth, where there is; the first are for whoever comes.
constexpr std::string_view kAnonymous[] = {
    "POST /auth/register",        "POST /auth/login",           "POST /auth/refresh",
    "POST /auth/password/forgot", "POST /auth/password/reset",  "POST /auth/email/verify",
    "POST /auth/email/resend",    "GET /auth/login/{provider}", "GET /auth/callback/{provider}"};
constexpr std::string_view kSignedIn[] = {"POST /auth/logout",
                                          "GET /auth/sessions",
                                          "DELETE /auth/sessions/{id}",
                                          "GET /auth/me",
                                          "PATCH /auth/me",
                                          "DELETE /auth/me",
                                          "GET /auth/me/export",
                                          "POST /auth/password/change",
                                          "POST /auth/email/change",
                                          "POST /auth/totp",
                                          "POST /auth/totp/confirm",
                                          "DELETE /auth/totp",
                                          "GET /auth/keys",
                                          "POST /auth/keys",
                                          "DELETE /auth/keys/{id}",
                                          "POST /auth/links/{provider}",
                                          "DELETE /auth/links/{provider}"};
// What a provider serves; clients prove themselves by other means than a caller's.
constexpr std::string_view kConsents[] = {"GET /auth/consents", "DELETE /auth/consents/{client}"};
constexpr std::string_view kOauth[] = {"GET /.well-known/openid-configuration",
                                       "GET /.well-known/oauth-authorization-server",
                                       "GET /oauth/authorize",
                                       "POST /oauth/authorize",
                                       "POST /oauth/device",
                                       "GET /oauth/activate",
                                       "POST /oauth/activate",
                                       "POST /oauth/par",
                                       "POST /oauth/token",
                                       "POST /oauth/introspect",
                                       "POST /oauth/revoke",
                                       "GET /oauth/userinfo",
                                       "POST /oauth/userinfo",
                                       "GET /oauth/logout",
                                       "POST /oauth/logout"};
constexpr std::string_view kRegistration = "POST /oauth/register";
constexpr std::string_view kPages[] = {"GET /",
                                       "POST /",
                                       "GET /openapi.json",
                                       "GET /docs",
                                       "GET /docs/rapidoc-min.js",
                                       "GET /docs/rapidoc-min.js.LICENSE.txt"};

Address AddressOf(std::string_view text, bool anonymous) {
  Address address{std::string(text.substr(0, text.find(' '))), {}, anonymous, std::string(text)};
  std::string_view path = text.substr(text.find('/') + 1);
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    address.segments.emplace_back(segment);
    path.remove_prefix(std::min(segment.size() + 1, path.size()));
  }
  return address;
}

struct Shape {
  std::vector<std::string_view> methods;
  std::string_view behind;  // the collection: "/{id}"
  const cel::ExprPtr& rule;
};

Shape ShapeOf(OperationKind kind, const model::Access& access) {
  switch (kind) {
    case OperationKind::kList: return {{"GET", "QUERY"}, "", access.list};
    case OperationKind::kCreate: return {{"POST"}, "", access.create};
    case OperationKind::kGet: return {{"GET"}, "/{id}", access.get};
    case OperationKind::kUpdate: return {{"PATCH"}, "/{id}", access.update_before};
    case OperationKind::kReplace: return {{"PUT"}, "/{id}", access.update_before};
    case OperationKind::kDelete: return {{"DELETE"}, "/{id}", access.remove};
    case OperationKind::kRestore: return {{"POST"}, "/{id}/restore", access.restore};
    case OperationKind::kHistory: return {{"GET"}, "/{id}/history", access.history};
    case OperationKind::kAggregate: return {{"GET"}, "/aggregate", access.list};
  }
  return {{}, "", access.list};
}

std::vector<Address> AddressesOf(const model::Service& service) {
  const Callers callers(service);
  std::vector<Address> all;
  for (const model::Operation& operation : service.operations) {
    const model::Resource& resource = service.resource(operation.resource);
    if (operation.internal || !resource.routed) continue;
    const Shape shape = ShapeOf(operation.kind, resource.access);
    const bool anonymous = shape.rule != nullptr && callers.Judge(shape.rule, 0) != Verdict::kNever;
    for (std::string_view method : shape.methods) {
      const std::string text = fmt::format("{} /{}/{}{}", method, service.version, resource.collection, shape.behind);
      all.push_back(AddressOf(text, anonymous));
      all.back().name = operation.name;
    }
  }
  all.push_back(AddressOf(fmt::format("POST /{}/batch", service.version), false));
  for (std::string_view page : kPages) all.push_back(AddressOf(page, false));
  if (!service.identity) return all;
  for (std::string_view one : kAnonymous) all.push_back(AddressOf(one, true));
  for (std::string_view one : kSignedIn) all.push_back(AddressOf(one, false));
  if (!service.identity->provider) return all;
  for (std::string_view one : kConsents) all.push_back(AddressOf(one, false));
  for (std::string_view one : kOauth) all.push_back(AddressOf(one, true));
  if (service.identity->provider->registration) all.push_back(AddressOf(kRegistration, true));
  return all;
}

bool IsAny(std::string_view segment) { return segment == "*" || segment.starts_with('{'); }

// Whether every request that `inner` is for is one of `outer`.
bool Covers(const Limit& outer, const Limit& inner) {
  if (!outer.match) return true;
  if (!inner.match) return false;
  const std::vector<std::string>& wide = outer.match->segments;
  const std::vector<std::string>& narrow = inner.match->segments;
  if (outer.match->method != "*" && outer.match->method != inner.match->method) return false;
  auto is_open = [](const std::vector<std::string>& path) { return !path.empty() && path.back() == "*"; };
  const bool fits = is_open(wide) ? narrow.size() >= wide.size() : narrow.size() == wide.size() && !is_open(narrow);
  if (!fits) return false;
  for (size_t i = 0; i < wide.size(); ++i) {
    if (!IsAny(wide[i]) && wide[i] != narrow[i]) return false;
  }
  return true;
}

// Whether who is refused by `loose` is refused by `strict`, of the requests that both are for.
bool IsAsStrict(const Limit& strict, const Limit& loose) {
  return strict.per == loose.per && strict.otherwise_ip >= loose.otherwise_ip &&
         strict.fail_closed >= loose.fail_closed && strict.burst <= loose.burst &&
         strict.count * loose.window_s <= loose.count * strict.window_s;
}

}  // namespace

void FindUnusedLimits(Review& review) {
  const std::vector<Address> addresses = AddressesOf(review.service());
  for (size_t i = 0; i < review.service().limits.size(); ++i) {
    const Limit& limit = review.service().limits[i];
    auto is_for = [&](const Address& one) { return model::IsFor(limit, one.method, one.segments); };
    if (!limit.match || std::ranges::any_of(addresses, is_for)) continue;
    review.TellOfLimit(
        i, fmt::format("nothing is served at '{} /{}'", limit.match->method, fmt::join(limit.match->segments, "/")));
  }
}

void FindShadowedLimits(Review& review) {
  const std::vector<Limit>& limits = review.service().limits;
  for (size_t i = 0; i < limits.size(); ++i) {
    for (size_t k = 0; k < limits.size(); ++k) {
      const bool needless = i != k && Covers(limits[k], limits[i]) && IsAsStrict(limits[k], limits[i]);
      const bool alike = needless && Covers(limits[i], limits[k]) && IsAsStrict(limits[i], limits[k]);
      if (!needless || (alike && k > i)) continue;
      review.TellOfLimit(
          i, fmt::format("limit {} of {} is for all of these requests too, and no less strict", k + 1, limits[k].to));
      break;
    }
  }
}

void FindUncountedCallers(Review& review) {
  const std::vector<Address> addresses = AddressesOf(review.service());
  for (size_t i = 0; i < review.service().limits.size(); ++i) {
    const Limit& limit = review.service().limits[i];
    if (limit.per != model::LimitPer::kUser || limit.otherwise_ip) continue;
    auto uncounted = std::ranges::find_if(
        addresses, [&](const Address& one) { return one.anonymous && model::IsFor(limit, one.method, one.segments); });
    if (uncounted == addresses.end()) continue;
    review.TellOfLimit(i, fmt::format("who has no credential is not counted, and '{}' needs none", uncounted->name));
  }
}

}  // namespace ashlar::contract
