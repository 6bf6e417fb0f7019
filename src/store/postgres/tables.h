// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/result.h"
#include "model/service.h"
#include "store/postgres/blocking.h"

namespace ashlar::store::postgres {

// Makes the tables of a service, or brings them to what it says, all or nothing; processes that begin at once do so one
// by one. kInvalid: the tables do not fit, or the service needs what this store has not; the message says what.
Result<void> BringTables(Blocking& connection, const model::Service& service);

}  // namespace ashlar::store::postgres
