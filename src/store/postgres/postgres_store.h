// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "base/observe.h"
#include "store/postgres/server.h"
#include "store/store.h"

namespace ashlar::store::postgres {

struct Options {
  Server server;
  size_t held = 4;  // connections of each loop for transactions
};

// Opens the store of a service in a PostgreSQL database and brings its tables to what the service says. kInvalid: the
// tables do not fit, or the service needs what this store has not. kUnavailable: there is no server.
// The service, the observer and the clock must outlive the store.
Result<std::unique_ptr<Store>> Open(const model::Service& service, const Options& options, Observer& observer,
                                    const Clock& clock);

}  // namespace ashlar::store::postgres
