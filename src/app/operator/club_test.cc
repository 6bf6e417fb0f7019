// SPDX-License-Identifier: Apache-2.0
#include "app/operator/club_test.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ashlar::app {

const char* const Club::kContract = R"(service: club
title: ${CLUB_TITLE:-Club}
roles:
  staff: {}
  admin: { inherits: [staff] }
resources:
  User:
    fields:
      displayName: { type: string!, min: 1 }
      age: int
      code: { type: string, pattern: '[0-9]+' }
  Team:
    id: string
    fields: { name: { type: string!, unique: true } }
    access: { read: nobody }
  Member:
    id: int
    fields:
      name: { type: string!, readOnly: true }
      team: Team!
      mentor: Member
    access: { read: nobody }
  Badge:
    fields: { of: Badge }
    access: { read: nobody }
)";

void Heard::Observe(const Observation& observation) {
  std::lock_guard lock(mutex_);
  if (const auto* done = std::get_if<OperatorDone>(&observation)) commands_.push_back(*done);
  changed_.notify_all();
}

OperatorDone Heard::Command(size_t which) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [&] { return commands_.size() > which; }));
  return commands_.size() > which ? commands_[which] : OperatorDone{};
}

Club::Club() {
  std::string pattern = testing::TempDir() + "ashlar-op-XXXXXX";
  folder_ = mkdtemp(pattern.data());
  contract_ = folder_ + "/ashlar.yaml";
  path_ = folder_ + "/s.db";
  std::ofstream(contract_) << kContract;
  Open();
}

Club::~Club() {
  Close();
  std::filesystem::remove_all(folder_);
}

void Club::Open() {
  auto runtime = OpenRuntime(*ReadContract(contract_, false), {path_, ""}, heard_);
  ASSERT_TRUE(runtime) << runtime.error().message;
  runtime_ = std::make_unique<Runtime>(std::move(*runtime));
}

void Club::Close() {
  if (runtime_ != nullptr) runtime_->store->Close();
  runtime_.reset();
}

json::Json Club::Request(const char* command, std::vector<std::pair<std::string, json::Json>> members) const {
  members.emplace_back("command", json::Json(command));
  members.emplace_back("service", json::Json("club"));
  return MakeObject(std::move(members));
}

OperatorRequest Club::Ask(const char* command, std::vector<std::pair<std::string, json::Json>> members) const {
  return {Request(command, std::move(members)), {}};
}

OperatorRequest Club::LoadRequest(const std::vector<std::pair<std::string, std::string>>& files) const {
  OperatorRequest request = Ask("load", {});
  for (const auto& [name, text] : files) {
    std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    auto file = SourceFile::Adopt(name, open(path.c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_TRUE(file);
    if (file) request.files.push_back(std::move(*file));
  }
  return request;
}

OperatorAnswer Club::Do(const OperatorRequest& request) {
  return Execute(*runtime_, request, heard_, [this](size_t done, size_t total) {
    progress_ = {done, total};
    return true;
  });
}

OperatorAnswer Club::Load(const std::string& text, const std::string& name) { return Do(LoadRequest({{name, text}})); }

OperatorAnswer Club::User(const char* what, std::vector<std::pair<std::string, json::Json>> members) {
  members.emplace_back("what", json::Json(what));
  return Do(Request("user", std::move(members)));
}

size_t Club::Count(const char* resource) {
  call::Call list;
  list.operation =
      runtime_->service->FindOperation(runtime_->service->FindResource(resource), model::OperationKind::kList);
  auto outcome = RunOne(*runtime_, list, heard_);
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? outcome->rows.rows.size() : 0;
}

}  // namespace ashlar::app
