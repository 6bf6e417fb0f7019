// SPDX-License-Identifier: Apache-2.0
#include "contract/expressions.h"
#include "contract/sections/sections.h"
#include "contract/system.h"

namespace ashlar::contract {
namespace {

constexpr std::string_view kReadKeys[] = {"read", "list", "get", "history"};

// The narrower rule if it is given, the wider one otherwise; nobody if neither is.
cel::ExprPtr Narrower(cel::ExprPtr narrow, const cel::ExprPtr& wide) {
  if (narrow != nullptr) return narrow;
  return wide == nullptr ? cel::False() : wide;
}

void CheckGiven(Draft& draft, const Members& members, const model::Resource& resource) {
  for (const Entry* entry : members.entries()) {
    bool reads = std::ranges::find(kReadKeys, entry->key) != std::end(kReadKeys);
    if (resource.name == kUserName && !reads) {
      draft.mistakes.Add(entry->place, Problem::kUserKey, entry->key);
    } else if ((entry->key == "restore" || entry->key == "purge") && !resource.soft_delete) {
      draft.mistakes.Add(entry->place, Problem::kNeedsSoftDelete, entry->key);
    } else if (entry->key == "history" && !resource.audit) {
      draft.mistakes.Add(entry->place, Problem::kNeedsAudit);
    }
  }
}

model::Access ReadRules(Draft& draft, Expressions& expressions, const Members& members, model::ResourceId resource) {
  auto rule = [&](std::string_view key) { return expressions.CompileRule(members.Value(key), resource); };
  cel::ExprPtr read = rule("read");
  cel::ExprPtr write = rule("write");
  model::Access access;
  access.list = Narrower(rule("list"), read);
  access.get = Narrower(rule("get"), read);
  access.create = Narrower(rule("create"), write);
  access.remove = Narrower(rule("delete"), write);
  access.restore = Narrower(rule("restore"), write);
  access.purge = Narrower(rule("purge"), nullptr);  // for good: never meant by `write`
  access.history = Narrower(rule("history"), access.get);
  const Node* update = members.Value("update");
  if (update != nullptr && update->is_mapping()) {
    Members parts(*update, UpdateKeys(), "'update'", draft.mistakes);
    access.update_before = Narrower(expressions.CompileRule(parts.Value("before"), resource), nullptr);
    access.update_after = Narrower(expressions.CompileRule(parts.Value("after"), resource), nullptr);
  } else {
    access.update_before = access.update_after = Narrower(expressions.CompileRule(update, resource), write);
  }
  return access;
}

}  // namespace

void ReadAccess(Draft& draft, Expressions& expressions) {
  static const Node kNobody;
  for (size_t i = 0; i < draft.resources.size(); ++i) {
    model::Resource& resource = draft.resource(i);
    const Node* node = draft.resources[i].Value("access");
    Members members(node == nullptr ? kNobody : *node, AccessKeys(), "'access'", draft.mistakes);
    CheckGiven(draft, members, resource);
    resource.access = ReadRules(draft, expressions, members, resource.id);
  }
}

}  // namespace ashlar::contract
