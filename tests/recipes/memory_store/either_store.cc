// SPDX-License-Identifier: Apache-2.0
#include "recipes/memory_store/either_store.h"

#include "recipes/memory_store/memory_store.h"
#include "store/sqlite/sqlite_store.h"

namespace ashlar::recipes {

Observer& Nobody() {
  struct Silent final : Observer {
    void Observe(const Observation&) override {}
  };
  static Silent silent;
  return silent;
}

Result<std::unique_ptr<EitherStore>> EitherStore::Open(const std::string& kind, const model::Service& service) {
  std::unique_ptr<EitherStore> either(new EitherStore);
  if (kind == "memory") {
    either->store_ = OpenMemory(service);
    return either;
  }
  std::string pattern = std::filesystem::temp_directory_path() / "ashlar_recipe_XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) return Fail(ErrorKind::kUnavailable, "no folder for the store");
  either->folder_ = pattern;
  TRY(opened, store::sqlite::Open(service, {.path = either->folder_ / "store.db", .reader_threads = 1}, Nobody()));
  either->store_ = std::move(opened);
  return either;
}

EitherStore::~EitherStore() {
  if (store_ != nullptr) store_->Close();
  store_.reset();
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

}  // namespace ashlar::recipes
