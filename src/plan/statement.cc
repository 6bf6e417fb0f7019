// SPDX-License-Identifier: Apache-2.0
#include "plan/statement.h"

#include "plan/rules.h"

namespace ashlar::plan {

Query Whole(const model::Service& service, const Lookup& lookup) {
  Query query = *lookup.form;
  query.where = cel::And(KeyIs(service.resource(lookup.resource), lookup.key), query.where);
  return query;
}

}  // namespace ashlar::plan
