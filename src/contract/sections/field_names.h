// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>

#include "contract/mistakes.h"
#include "contract/node.h"
#include "model/service.h"

namespace ashlar::contract {

// The names that the members of one resource's rows have taken, in JSON and as columns.
class FieldNames {
 public:
  // `resource` has its system fields.
  FieldNames(const model::Resource& resource, Mistakes& mistakes);

  // Whether a field may be called so at all.
  bool CheckForm(const Entry& entry);
  // False after telling that `declared` collides with another field.
  bool ClaimMember(Place place, const std::string& name, const std::string& declared);
  bool ClaimColumn(Place place, const std::string& column, const std::string& declared);

 private:
  using Owners = std::map<std::string, std::string>;  // name -> the field that has it
  bool Claim(Owners& owners, std::string_view where, Place place, const std::string& name, const std::string& declared);

  Mistakes& mistakes_;
  Owners members_, columns_;
};

}  // namespace ashlar::contract
