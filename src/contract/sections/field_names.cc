// SPDX-License-Identifier: Apache-2.0
#include "contract/sections/field_names.h"

#include "contract/names_form.h"

namespace ashlar::contract {
namespace {

constexpr size_t kMostOfColumn = 63;  // bytes of an identifier in PostgreSQL
constexpr std::string_view kCelWords[] = {"true", "false", "null", "in"};

}  // namespace

FieldNames::FieldNames(const model::Resource& resource, Mistakes& mistakes) : mistakes_(mistakes) {
  members_.emplace("id", "id");  // a composite id is a member as well
  for (const model::Field& field : resource.fields) {
    members_.emplace(field.name, field.name);
    columns_.emplace(field.column, field.name);
  }
}

bool FieldNames::CheckForm(const Entry& entry) {
  std::string_view reason;
  if (!HasForm(entry.key, kCamelCase)) {
    mistakes_.Add(entry.place, Problem::kFieldName);
    return false;
  }
  if (auto taken = members_.find(entry.key); taken != members_.end() && taken->second == entry.key) {
    reason = "every row has it from the system";
  } else if (entry.key == "auth") {
    reason = "rules know the caller by it";
  } else if (std::ranges::find(kCelWords, entry.key) != std::end(kCelWords)) {
    reason = "it is a word of the rules' language";
  }
  if (!reason.empty()) mistakes_.Add(entry.place, Problem::kFieldReserved, entry.key, reason);
  return reason.empty();
}

bool FieldNames::ClaimMember(Place place, const std::string& name, const std::string& declared) {
  return Claim(members_, "JSON", place, name, declared);
}

bool FieldNames::ClaimColumn(Place place, const std::string& column, const std::string& declared) {
  if (column.size() > kMostOfColumn) {
    mistakes_.Add(place, Problem::kNameLong, "column", column, kMostOfColumn);
    return false;
  }
  return Claim(columns_, "the database", place, column, declared);
}

bool FieldNames::Claim(Owners& owners, std::string_view where, Place place, const std::string& name,
                       const std::string& declared) {
  auto [owner, first] = owners.emplace(name, declared);
  if (!first) mistakes_.Add(place, Problem::kFieldCollision, declared, name, where, owner->second);
  return first;
}

}  // namespace ashlar::contract
