// SPDX-License-Identifier: Apache-2.0
#include "identity/accounts_world_test.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "contract/contract.h"
#include "store/sqlite/sqlite_store.h"

namespace ashlar::identity {

AccountsWorld::AccountsWorld(const char* contract, bool sends) {
  std::string pattern = testing::TempDir() + "ashlar-accounts-XXXXXX";
  folder_ = mkdtemp(pattern.data());
  contract::Source source{"ashlar.yaml", contract};
  service_ = *contract::Compile({&source, 1}, {});
  store_ = *store::sqlite::Open(*service_, {.path = folder_ + "/s.db"}, silence_);
  keys_ = std::make_unique<ServiceKeys>(*ServiceKeys::Open(folder_ + "/s.db.key"));
  planner_ = std::make_unique<plan::Planner>(*service_, keys_->cursor());
  session_ = store_->Open(loop_);
  engine_ = std::make_unique<engine::Engine>(*planner_, *session_, underway_);
  rules_ = *PasswordRules::Open(*service_);
  accounts_ = std::make_unique<Accounts>(*engine_, *keys_, pool_, *rules_, sends ? &queue_ : nullptr);
}

AccountsWorld::~AccountsWorld() {
  pool_.Close();
  store_->Close();
  std::filesystem::remove_all(folder_);
}

std::string AccountsWorld::Register() {
  auto made = Wait(
      accounts_->Register(context(), Of(fmt::format(R"({{"email":"ann@example.com","password":"{}"}})", kPassword))));
  EXPECT_TRUE(made) << made.error().message;
  return (*made)->id;
}

call::Answer<SignedIn> AccountsWorld::Login(const std::string& password) {
  return Wait(accounts_->Login(context(), Of(fmt::format(R"({{"email":"ann@example.com","password":"{}"}})", password)),
                               {"test", ""}));
}

call::Answer<SignedIn> AccountsWorld::Refresh(const std::string& token) {
  return Wait(accounts_->Refresh(context(), Of(fmt::format(R"({{"refreshToken":"{}"}})", token))));
}

}  // namespace ashlar::identity
