// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "model/service.h"
#include "plan/statement.h"
#include "store/postgres/ask.h"

namespace ashlar::store::postgres {

// What the server's troubles are about, in terms of the model. Immutable; safe to share between threads.
class Violations {
 public:
  explicit Violations(const model::Service& service);

  // A row that may not be so; nothing: it is trouble of another kind. `of`: whose statement it was.
  std::optional<plan::Answer> Of(const Trouble& trouble, plan::ResourceId of) const;

 private:
  struct Unique {
    plan::ResourceId resource;
    std::vector<plan::FieldId> fields;
  };
  std::map<std::string, Unique, std::less<>> uniques_;
  std::map<std::string, plan::CheckViolation, std::less<>> checks_;
};

// Whether the transaction may succeed when it is begun anew: it could not be put in order with others, or waited for
// one that waited for it.
bool MayGoAgain(const Trouble& trouble);
// Of any other trouble.
Error ErrorOf(const Trouble& trouble);

}  // namespace ashlar::store::postgres
