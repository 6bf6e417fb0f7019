// SPDX-License-Identifier: Apache-2.0
#include "app/runtime.h"

#include <unistd.h>

#include <filesystem>

#include "app/terminal.h"
#include "base/counted.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"

namespace ashlar::app {

contract::Options ContractOptions(bool allow_unset) {
  contract::Options options;
  options.allow_unset = allow_unset;
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  return options;
}

Result<std::vector<contract::Source>> ReadSources(const std::string& path) {
  auto sources = contract::ReadSources(path);
  if (sources || sources.error().kind != ErrorKind::kNotFound) return sources;
  return Fail(ErrorKind::kNotFound,
              sources.error().message +
                  "\nname a contract, which is a file or a folder of *.yaml, or begin one: ashlar "
                  "new NAME");
}

Result<contract::Judgement> ReadJudgement(const std::string& path, bool allow_unset, std::set<std::string>* asked) {
  TRY(sources, ReadSources(path));
  contract::Options options = ContractOptions(allow_unset);
  if (asked != nullptr) {
    options.environment = [asked, lookup = options.environment](const std::string& name) {
      asked->insert(name);
      return lookup(name);
    };
  }
  contract::Judgement judgement = contract::Judge(sources, options);
  if (judgement.service != nullptr) return judgement;
  fmt::print(stderr, "{}", contract::Render(judgement.mistakes, ColourFor(STDERR_FILENO)));
  return Fail(ErrorKind::kInvalid, fmt::format("{}: {}", path, Counted(judgement.mistakes.size(), "mistake")));
}

Result<std::shared_ptr<const model::Service>> ReadContract(const std::string& path, bool allow_unset,
                                                           std::set<std::string>* asked) {
  TRY(judgement, ReadJudgement(path, allow_unset, asked));
  return std::move(judgement.service);
}

namespace {

Result<std::unique_ptr<store::Store>> OpenStore(const model::Service& service, const StorePlace& place,
                                                Observer& observer, const RuntimeOptions& options) {
  if (place.url.empty()) {
    return store::sqlite::Open(service, {.path = place.path, .cache_mib = options.store_cache_mib}, observer);
  }
  auto server = store::postgres::ParseUrl(place.url);
  if (!server) return Fail(ErrorKind::kInvalid, "--store: " + server.error().message);
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(place.path).parent_path(), error);
  return store::postgres::Open(service, {.server = std::move(*server)}, observer, SystemClock());
}

}  // namespace

Result<Runtime> OpenRuntime(std::shared_ptr<const model::Service> service, const StorePlace& place, Observer& observer,
                            const RuntimeOptions& options) {
  Runtime runtime;
  runtime.service = std::move(service);
  runtime.store_place = place;
  if (runtime.service->identity) {
    TRY(rules, identity::PasswordRules::Open(*runtime.service));
    runtime.password_rules = std::move(rules);
  }
  TRY(store, OpenStore(*runtime.service, place, observer, options));
  runtime.store = std::move(store);
  identity::KeyOptions key_options;
  if (runtime.service->identity) key_options.algorithm = runtime.service->identity->token_algorithm;
  auto keys = identity::ServiceKeys::Open(place.path + ".key", key_options);
  if (!keys) return Fail(ErrorKind::kUnavailable, keys.error().message);
  runtime.keys = std::make_unique<identity::ServiceKeys>(std::move(*keys));
  runtime.planner = std::make_unique<plan::Planner>(*runtime.service, runtime.keys->cursor(), options.once);
  return runtime;
}

}  // namespace ashlar::app
