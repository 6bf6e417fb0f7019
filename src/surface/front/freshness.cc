// SPDX-License-Identifier: Apache-2.0
#include "surface/front/freshness.h"

namespace ashlar::surface {
namespace {

using model::OperationKind;
using Cache = std::optional<model::Cache>;

Cache Lower(const Cache& a, const Cache& b) {
  if (!a || !b) return std::nullopt;
  return model::Cache{.max_age_s = std::min(a->max_age_s, b->max_age_s), .shared = a->shared && b->shared};
}

Cache WithIncluded(const model::Service& service, const model::Resource& resource, const call::Selection& selection) {
  Cache cache = resource.cache;
  for (const call::Selection::Include& include : selection.includes) {
    model::RelationId id = resource.FindRelation(include.relation);
    if (!cache || !id.valid()) return std::nullopt;
    const model::Relation& relation = resource.relation(id);
    cache = Lower(cache, WithIncluded(service, service.resource(relation.target), include.selection));
    if (const model::Resource* between = service.Between(relation)) cache = Lower(cache, between->cache);
  }
  return cache;
}

// Whether anything came that a caller is known by, be it of use or not.
bool HasCredential(const http::Request& request) {
  return request.Find("Authorization") || request.Find("Cookie") || request.Find("X-Api-Key");
}

}  // namespace

std::string FreshnessOf(const model::Service& service, const call::Call& call, const call::Caller& caller,
                        const http::Request& request) {
  const model::Operation& operation = service.operation(call.operation);
  const model::Resource& resource = service.resource(operation.resource);
  bool reads = operation.kind == OperationKind::kList || operation.kind == OperationKind::kGet;
  if (!resource.cache || !reads) return "";
  Cache cache = WithIncluded(service, resource, call.selection);
  if (!cache) return "";
  bool shared = cache->shared && caller.anonymous() && !HasCredential(request);
  return fmt::format("{}, max-age={}", shared ? "public" : "private", cache->max_age_s);
}

}  // namespace ashlar::surface
