// SPDX-License-Identifier: Apache-2.0
// transcript.txt through the toy surface, on every store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>

#include "contract/contract.h"
#include "recipes/memory_store/either_store.h"
#include "recipes/surface/lines.h"
#include "types/uuid.h"

namespace ashlar::recipes {
namespace {

struct Step {
  int at = 0;  // its line in the file
  std::string caller, line, expected;
};
struct Case {
  std::string name;
  std::vector<Step> steps;
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

std::vector<Case> ReadCases() {
  std::ifstream file(ASHLAR_SOURCE_DIR "/tests/recipes/surface/transcript.txt");
  std::vector<Case> cases;
  int at = 0;
  for (std::string line; std::getline(file, line);) {
    ++at;
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("== ")) {
      cases.push_back({line.substr(3), {}});
    } else if (size_t mark = line.find("> "); mark != std::string::npos && !line.starts_with("OK")) {
      cases.back().steps.push_back({at, line.substr(0, mark), line.substr(mark + 2), ""});
    } else {
      cases.back().steps.back().expected = line;
    }
  }
  return cases;
}

// Whether the answer is what is expected, "..." standing for anything.
bool Fits(std::string_view answer, std::string_view expected) {
  constexpr std::string_view kAnything = "...";
  size_t dots = expected.find(kAnything);
  if (dots == std::string_view::npos) return answer == expected;
  if (!answer.starts_with(expected.substr(0, dots))) return false;
  expected.remove_prefix(dots + kAnything.size());
  for (size_t from = dots; from <= answer.size(); ++from) {
    if (Fits(answer.substr(from), expected)) return true;
  }
  return false;
}

call::Caller CallerOf(const std::string& name) {
  call::Caller caller;
  if (name == "anonymous") return caller;
  caller.kind = call::Caller::Kind::kPrincipal;
  caller.id = fmt::format("00000000-0000-4000-8000-00000000000{}", name[0]);
  if (name == "staff") {
    caller.id = "staff";
    caller.principal.kind = "service";
    caller.principal.roles = {"staff"};
  } else {
    caller.principal.id = types::ParseUuid(caller.id).value();
  }
  return caller;
}

class Transcript : public testing::TestWithParam<std::tuple<const char*, Case>> {
 protected:
  void SetUp() override {
    auto sources = contract::ReadSources(ASHLAR_SOURCE_DIR "/tests/recipes/surface/music.yaml");
    ASSERT_TRUE(sources) << sources.error().message;
    auto compiled = contract::Compile(*sources, {});
    ASSERT_TRUE(compiled) << contract::Render(compiled.error(), false);
    service_ = *compiled;
    auto opened = EitherStore::Open(std::get<0>(GetParam()), *service_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  std::shared_ptr<const model::Service> service_;
  std::unique_ptr<EitherStore> store_;
};

TEST_P(Transcript, IsAnsweredAsItSays) {
  const Case& one = std::get<1>(GetParam());
  boost::asio::io_context loop(1);
  auto session = store_->store().Open(loop);
  plan::Planner planner(*service_, {});
  engine::Underway underway;
  engine::Engine engine(planner, *session, underway);
  Lines lines(engine);
  std::vector<std::string> answers;
  auto talk = [&]() -> Task<void> {
    for (const Step& step : one.steps) {
      Context context{.request_id = "line", .deadline = {}, .clock = SystemClock(), .observer = Nobody()};
      auto caller = CallerOf(step.caller);
      auto answer = co_await lines.Answer(context, caller, step.line);
      session->TurnEnds();
      answers.push_back(std::move(answer));
    }
  };
  boost::asio::co_spawn(loop, talk(), boost::asio::detached);
  loop.run();
  session.reset();
  store_->store().Close();  // before the loop ends: the writer may still be waking it
  ASSERT_EQ(answers.size(), one.steps.size());
  for (size_t i = 0; i < answers.size(); ++i) {
    const Step& step = one.steps[i];
    EXPECT_TRUE(Fits(answers[i], step.expected)) << "transcript.txt:" << step.at << ": " << step.line << "\nexpected "
                                                 << step.expected << "\nanswered " << answers[i];
  }
}

TEST(TranscriptFile, IsFound) { EXPECT_FALSE(ReadCases().empty()); }

std::string NameOf(const testing::TestParamInfo<Transcript::ParamType>& info) {
  std::string name = std::get<0>(info.param);
  name += ' ' + std::get<1>(info.param).name;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Transcript, testing::Combine(testing::ValuesIn(kStores), testing::ValuesIn(ReadCases())),
                         NameOf);

}  // namespace
}  // namespace ashlar::recipes
