// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/result.h"
#include "model/service.h"
#include "store/postgres/blocking.h"

namespace ashlar::store::postgres {

// Makes the words that are searched (store/sql/search.h) of all rows of a resource. REQUIRES: a transaction, in which
// nobody else writes the table.
Result<void> FillWords(Blocking& connection, const model::Resource& resource);

}  // namespace ashlar::store::postgres
