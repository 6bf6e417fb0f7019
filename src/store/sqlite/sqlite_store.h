// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "base/observe.h"
#include "store/store.h"

namespace ashlar::store::sqlite {

struct Options {
  std::string path;
  int reader_threads = 2;         // for reads that take longer than a loop may be held up
  int64_t cache_mib = 16;         // that each loop may keep of the file's pages, until somebody writes
  int64_t read_budget_us = 200;   // of a read on a loop, before it goes to one of them
  int64_t mixed_read_us = 200'000;  // of the processor, for the reads of a unit that writes as well
};

// Opens or creates the store of a service in one SQLite file and brings its tables to what the service says.
// kConflict: another process has it. kInvalid: the file's tables do not fit, and the message says what a migration
// would have to do. The service and the observer must outlive the store.
Result<std::unique_ptr<Store>> Open(const model::Service& service, const Options& options, Observer& observer);

}  // namespace ashlar::store::sqlite
