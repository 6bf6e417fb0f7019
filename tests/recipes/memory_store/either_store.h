// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "store/store.h"

namespace ashlar::recipes {

// The stores that a test runs on, by name.
constexpr const char* kStores[] = {"memory", "sqlite"};

// A fresh store of either kind; what it keeps on disk goes with it.
class EitherStore {
 public:
  // The service must outlive it.
  static Result<std::unique_ptr<EitherStore>> Open(const std::string& kind, const model::Service& service);
  ~EitherStore();

  store::Store& store() { return *store_; }

 private:
  EitherStore() = default;

  std::filesystem::path folder_;  // of SQLite
  std::unique_ptr<store::Store> store_;
};

// What nobody looks at.
Observer& Nobody();

}  // namespace ashlar::recipes
