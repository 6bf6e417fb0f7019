// SPDX-License-Identifier: Apache-2.0
// Findings about who may do what.
#include "contract/findings/callers.h"
#include "contract/findings/findings.h"
#include "contract/findings/words.h"

namespace ashlar::contract {
namespace {

// Words of names that stand for something of a person, or for a secret. What begins with one of the second list does
// as well: birthDate, birthday, passwordHash.
constexpr std::string_view kPersonalWords[] = {"email", "phone",    "mobile", "address", "ssn",
                                               "iban",  "passport", "token",  "secret"};
constexpr std::string_view kPersonalBeginnings[] = {"birth", "password"};

bool IsPersonal(const model::Field& field) {
  const types::Type& type = *field.type;
  if (type.kind() == types::Kind::kBool) return false;  // emailVerified
  if (type.name() == "email" || (type.element() != nullptr && type.element()->name() == "email")) return true;
  return std::ranges::any_of(WordsOf(field.declared), [](const std::string& word) {
    return std::ranges::find(kPersonalWords, word) != std::end(kPersonalWords) ||
           std::ranges::any_of(kPersonalBeginnings,
                               [&](std::string_view beginning) { return word.starts_with(beginning); });
  });
}

}  // namespace

void FindWorldWritable(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft&) {
    const model::Access& access = resource.access;
    std::vector<std::string> open;
    if (HoldsForAnonymous(access.create)) open.emplace_back("create");
    if (HoldsForAnonymous(access.update_before) && HoldsForAnonymous(access.update_after)) open.emplace_back("update");
    if (HoldsForAnonymous(access.remove)) open.emplace_back("delete");
    if (resource.soft_delete && HoldsForAnonymous(access.restore)) open.emplace_back("restore");
    if (resource.soft_delete && HoldsForAnonymous(access.purge)) open.emplace_back("purge");
    if (open.empty()) return;
    review.TellAtKey(resource, "access", fmt::format("anybody may {} '{}'", Listed(open), resource.name));
  });
}

void FindUnreachable(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft& source) {
    const model::Access& access = resource.access;
    bool reachable =
        std::ranges::any_of(std::initializer_list<const cel::ExprPtr*>{&access.list, &access.get, &access.create,
                                                                       &access.update_before, &access.remove},
                            [](const cel::ExprPtr* rule) { return !cel::IsFalse(*rule); });
    if (source.system || reachable) return;
    review.TellAtKey(resource, "access", fmt::format("nobody may do anything with '{}'", resource.name));
  });
}

void FindPersonalPublic(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft&) {
    if (!HoldsForAnonymous(resource.access.list) && !HoldsForAnonymous(resource.access.get)) return;
    for (const model::Field& field : resource.fields) {
      if (field.system != model::SystemField::kNone || field.relation.valid()) continue;
      if (!IsPersonal(field) || !HoldsForAnonymous(field.read)) continue;
      review.TellOfField(
          resource, field.declared,
          fmt::format("everybody may read '{}' of '{}', which looks personal", field.declared, resource.name));
    }
  });
}

}  // namespace ashlar::contract
