// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <set>
#include <string>

#include "app/settings.h"
#include "base/observe.h"
#include "base/result.h"
#include "contract/contract.h"
#include "identity/keys.h"
#include "identity/mail_queue.h"
#include "identity/password_rules.h"
#include "model/service.h"
#include "plan/planner.h"
#include "store/store.h"

namespace ashlar::app {

// How a contract is compiled here: ${NAME} is of this process's environment.
contract::Options ContractOptions(bool allow_unset);

// The files of the contract at `path`; the error says what there is to do.
Result<std::vector<contract::Source>> ReadSources(const std::string& path);
// The contract at `path`, judged and right; mistakes are printed to standard error, and kInvalid says that there were
// some.
Result<contract::Judgement> ReadJudgement(const std::string& path, bool allow_unset,
                                          std::set<std::string>* asked = nullptr);
// The contract at `path`, compiled; mistakes are printed to standard error, and kInvalid says that there were some.
// The variables that it asks for are put into `asked`, if that is given.
Result<std::shared_ptr<const model::Service>> ReadContract(const std::string& path, bool allow_unset,
                                                           std::set<std::string>* asked = nullptr);

struct RuntimeOptions {
  plan::OnceLimits once;
  int64_t store_cache_mib = 16;  // of each loop
};

// A service with its store opened by this process: what serving and the operator's commands have in common.
struct Runtime {
  std::shared_ptr<const model::Service> service;
  StorePlace store_place;
  std::unique_ptr<identity::ServiceKeys> keys;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<plan::Planner> planner;
  std::unique_ptr<const identity::PasswordRules> password_rules;  // null: nobody signs in
  std::shared_ptr<identity::MailQueue> mails;  // null: this process sends none
};
// kConflict: another process serves the store. kInvalid: the store does not fit, or a file that the contract names.
// kUnavailable: its key is not usable.
Result<Runtime> OpenRuntime(std::shared_ptr<const model::Service> service, const StorePlace& place, Observer& observer,
                            const RuntimeOptions& options = {});

}  // namespace ashlar::app
