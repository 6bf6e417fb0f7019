// SPDX-License-Identifier: Apache-2.0
// tests/conformance/store on every store: the one in memory and SQLite must give the same answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "contract/contract.h"
#include "recipes/memory_store/case_run.h"
#include "recipes/memory_store/either_store.h"

namespace ashlar::recipes {
namespace {

namespace fs = std::filesystem;

const fs::path kCases = fs::path(ASHLAR_SOURCE_DIR) / "tests/conformance/store";

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const model::Service& Service() {
  static const std::shared_ptr<const model::Service> kService = [] {
    std::vector<contract::Source> sources{{"store.yaml", ReadFile(kCases / "store.yaml")}};
    auto compiled = contract::Compile(sources, {});
    if (!compiled) ADD_FAILURE() << contract::Render(compiled.error(), false);
    return compiled.value();
  }();
  return *kService;
}

const json::Json& Document() {
  static const json::Json kDocument = [] {
    auto parsed = json::Parse(ReadFile(kCases / "cases.json"));
    if (!parsed) ADD_FAILURE() << "cases.json:" << parsed.error().line << ": " << parsed.error().message;
    return parsed.value();
  }();
  return kDocument;
}

struct Param {
  std::string store;
  size_t which;
};

std::vector<Param> AllParams() {
  std::vector<Param> params;
  for (size_t i = 0; i < Document().Find("cases")->array()->size(); ++i) {
    for (const char* store : kStores) params.push_back({store, i});
  }
  return params;
}

std::string NameOf(const testing::TestParamInfo<Param>& info) {
  std::string name = info.param.store + "_";
  for (char c : *Document().Find("cases")->array()->at(info.param.which).Find("name")->string()) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return name;
}

class StoreCases : public testing::TestWithParam<Param> {
 protected:
  void SetUp() override {
    auto opened = EitherStore::Open(GetParam().store, Service());
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  std::unique_ptr<EitherStore> store_;
};

// What `expected` names of an answer must be there, equal.
void ExpectAnswer(const json::Json& expected, const json::Json& answer, const json::Json& step) {
  for (const json::Member& member : *expected.object()) {
    const json::Json* got = answer.Find(member.name);
    EXPECT_TRUE(got != nullptr && *got == member.value)
        << "step " << json::ToText(step) << "\nanswered " << json::ToText(answer);
  }
}

TEST_P(StoreCases, AnswersAsItSays) {
  CaseRun run(Service(), store_->store());
  for (const json::Json& step : *Document().Find("given")->array()) {
    json::Json answer = run.Answer(step);
    ASSERT_NE(answer.Find("rows"), nullptr) << json::ToText(step) << json::ToText(answer);
  }
  for (const json::Json& step : *Document().Find("cases")->array()->at(GetParam().which).Find("steps")->array()) {
    json::Json answer = run.Answer(step);
    const json::Json* expected = step.Find("expect");
    ASSERT_TRUE(expected != nullptr && !expected->object()->empty()) << json::ToText(step);
    ExpectAnswer(*expected, answer, step);
  }
}

INSTANTIATE_TEST_SUITE_P(All, StoreCases, testing::ValuesIn(AllParams()), NameOf);

}  // namespace
}  // namespace ashlar::recipes
