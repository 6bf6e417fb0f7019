// SPDX-License-Identifier: Apache-2.0
#include "telemetry/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <unistd.h>
#include <charconv>

#include "base/json/json.h"

namespace ashlar::telemetry {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kMicros = 1'709'209'805'000'042;  // 2024-02-29T12:30:05.000042Z

RequestDone MakeRequest() {
  RequestDone request;
  request.request_id = "r-1";
  request.method = "GET";
  request.route = "/v1/products/{id}";
  request.operation = "getProduct";
  request.status = 200;
  request.caller_id = "ann";
  request.total_us = 120;
  request.auth_us = 5;
  request.decode_us = 1;
  request.queue_us = 6;
  request.plan_us = 2;
  request.store_us = 3;
  request.encode_us = 4;
  request.statements = 1;
  request.bytes_out = 205;
  return request;
}

TEST(LogLineTest, ARequestAsJson) {
  EXPECT_EQ(
      FormatLine(MakeRequest(), kMicros, Format::kJson, false),
      R"({"time":"2024-02-29T12:30:05.000042Z","level":"info","event":"request","requestId":"r-1","method":"GET",)"
      R"("route":"/v1/products/{id}","operation":"getProduct","status":200,"errorCode":null,"callerId":"ann",)"
      R"("durationUs":120,"stages":{"authUs":5,"decodeUs":1,"planUs":2,"queueUs":6,"storeUs":3,"encodeUs":4},)"
      R"("statements":1,"bytes":205})"
      "\n");
}

TEST(LogLineTest, WhatARequestHasNotIsNull) {
  auto line = json::Parse(FormatLine(RequestDone{}, 0, Format::kJson, false));
  ASSERT_TRUE(line);
  EXPECT_EQ(*line->Find("time")->string(), "1970-01-01T00:00:00.000000Z");
  for (const char* name : {"requestId", "method", "route", "operation", "errorCode", "callerId"}) {
    ASSERT_NE(line->Find(name), nullptr) << name;
    EXPECT_TRUE(line->Find(name)->is_null()) << name;
  }
}

TEST(LogLineTest, LevelsFollowTheStatusAndTheSeverity) {
  auto level = [](const Observation& observation) {
    return *json::Parse(FormatLine(observation, 0, Format::kJson, false))->Find("level")->string();
  };
  RequestDone request = MakeRequest();
  request.status = 404;
  EXPECT_EQ(level(request), "info");
  request.status = 500;
  EXPECT_EQ(level(request), "error");
  EXPECT_EQ(level(Defect{}), "error");
  EXPECT_EQ(level(Note{Severity::kInfo, "e", "m"}), "info");
  EXPECT_EQ(level(Note{Severity::kWarning, "e", "m"}), "warning");
  EXPECT_EQ(level(Note{Severity::kError, "e", "m"}), "error");
}

TEST(LogLineTest, DefectsAndNotesAsJson) {
  EXPECT_EQ(FormatLine(Defect{"r-1", "engine", "no such table"}, kMicros, Format::kJson, false),
            R"({"time":"2024-02-29T12:30:05.000042Z","level":"error","event":"defect","requestId":"r-1",)"
            R"("where":"engine","message":"no such table"})"
            "\n");
  EXPECT_THAT(FormatLine(Note{Severity::kInfo, "server.started", "http://127.0.0.1:1"}, 0, Format::kJson, false),
              AllOf(HasSubstr(R"("event":"server.started")"), HasSubstr(R"("address":"http://127.0.0.1:1")")));
  EXPECT_THAT(FormatLine(Note{Severity::kInfo, "store.checkpoint", "12 pages"}, 0, Format::kJson, false),
              HasSubstr(R"("message":"12 pages")"));
}

TEST(LogLineTest, AnOperatorsCommand) {
  OperatorDone load{"r-2", "load", "done", {.rows = 12, .mistakes = 0}, 900};
  EXPECT_THAT(FormatLine(load, kMicros, Format::kJson, false),
              HasSubstr(R"("level":"info","event":"operator","requestId":"r-2","command":"load","outcome":"done",)"
                        R"("rows":12,"mistakes":0,"durationUs":900})"));
  EXPECT_THAT(FormatLine(load, kMicros, Format::kText, false),
              EndsWith("info    operator load done 900us 12 rows 0 mistakes r-2\n"));
  OperatorDone failed{"", "user add", "failed", {}, 5};
  EXPECT_THAT(FormatLine(failed, kMicros, Format::kJson, false),
              AllOf(HasSubstr(R"("level":"error")"), HasSubstr(R"("requestId":null)")));
}

TEST(LogLineTest, TextForPeople) {
  RequestDone request = MakeRequest();
  EXPECT_EQ(FormatLine(request, kMicros, Format::kText, false),
            "12:30:05.000 info    200 GET    /v1/products/{id} 120us 1 statement r-1 by ann\n");
  request.status = 503;
  request.error_code = "UNAVAILABLE";
  request.caller_id = {};
  request.route = {};
  request.statements = 0;
  EXPECT_EQ(FormatLine(request, kMicros, Format::kText, false),
            "12:30:05.000 error   503 GET    - 120us 0 statements r-1 UNAVAILABLE\n");
  EXPECT_EQ(FormatLine(request, kMicros, Format::kText, true),
            "12:30:05.000 \x1b[31merror  \x1b[0m 503 GET    - 120us 0 statements r-1 UNAVAILABLE\n");
  EXPECT_EQ(FormatLine(Note{Severity::kInfo, "server.started", "x"}, kMicros, Format::kText, true),
            "12:30:05.000 info    server.started x\n");
}

TEST(LogLineTest, ALineStaysALineAndATerminalATerminal) {
  Defect defect{"r-1", "w\n",
                "a\nb\r\x1b[2J\x7f\xc2\x9b"
                "31m\xff\xe2\x82 \xe2\x82\xac"};
  std::string text = FormatLine(defect, 0, Format::kText, false);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_THAT(text, AllOf(HasSubstr("w\\x0a: a\\x0ab\\x0d\\x1b[2J\\x7f\\x9b31m"), HasSubstr("\xe2\x82\xac")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  std::string json = FormatLine(defect, 0, Format::kJson, false);
  EXPECT_EQ(json.find('\n'), json.size() - 1);
  EXPECT_THAT(json, AllOf(HasSubstr("\\u007f\\u009b31m"), Not(HasSubstr("\x7f")), Not(HasSubstr("\xc2\x9b"))));
  auto parsed = json::Parse(json);
  ASSERT_TRUE(parsed);
  EXPECT_THAT(*parsed->Find("message")->string(), AllOf(HasSubstr("a\nb\r"), EndsWith("\xef\xbf\xbd \xe2\x82\xac")));
}

class PipeTest : public testing::Test {
 protected:
  PipeTest() { EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0); }
  ~PipeTest() override {
    CloseReader();
    if (ends_[1] >= 0) close(ends_[1]);
  }
  void CloseReader() {
    if (ends_[0] >= 0) close(std::exchange(ends_[0], -1));
  }
  std::string ReadAll() {
    close(std::exchange(ends_[1], -1));
    std::string all;
    char piece[65536];
    for (ssize_t size = 0; (size = read(ends_[0], piece, sizeof piece)) > 0;)
      all.append(piece, static_cast<size_t>(size));
    return all;
  }
  static std::vector<json::Json> Lines(const std::string& text) {
    std::vector<json::Json> lines;
    for (size_t at = 0; at < text.size();) {
      size_t end = text.find('\n', at);
      if (end == std::string::npos) return {};
      auto line = json::Parse(std::string_view(text).substr(at, end - at));
      if (!line) return {};
      lines.push_back(std::move(*line));
      at = end + 1;
    }
    return lines;
  }
  int ends_[2] = {-1, -1};
};

TEST_F(PipeTest, WritesAllThatWasObservedInOrder) {
  {
    LogWriter log(ends_[1], Format::kJson, false, SystemClock());
    for (int i = 0; i < 200; ++i) log.Observe(Note{Severity::kInfo, "count", std::to_string(i)});
  }
  auto lines = Lines(ReadAll());
  ASSERT_EQ(lines.size(), 200u);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(*lines[static_cast<size_t>(i)].Find("message")->string(), std::to_string(i));
}

TEST_F(PipeTest, ThreadsDoNotMixTheirLines) {
  std::string all;
  std::thread reader([&] {
    char piece[65536];
    for (ssize_t size = 0; (size = read(ends_[0], piece, sizeof piece)) > 0;)
      all.append(piece, static_cast<size_t>(size));
  });
  {
    LogWriter log(ends_[1], Format::kJson, false, SystemClock());
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int turn = 0; turn < 500; ++turn) log.Observe(MakeRequest());
      });
    }
  }
  close(std::exchange(ends_[1], -1));
  reader.join();
  EXPECT_EQ(Lines(all).size(), 2000u);
}

TEST_F(PipeTest, WhatNobodyReadsIsDroppedAndToldAndBlocksNobody) {
  constexpr size_t kLines = 3000;
  std::string text(4000, 'x');
  std::string all;
  uint64_t counted = 0;
  {
    LogWriter log(ends_[1], Format::kJson, false, SystemClock());
    for (size_t i = 0; i < kLines; ++i) log.Observe(Note{Severity::kInfo, "much", text});
    // Only now is there a reader: what waited comes, and then how much did not.
    std::thread reader([&] {
      char piece[65536];
      while (all.find("log.dropped") == std::string::npos) {
        ssize_t size = read(ends_[0], piece, sizeof piece);
        if (size <= 0) return;
        all.append(piece, static_cast<size_t>(size));
      }
    });
    reader.join();
    counted = log.dropped();
  }
  all += ReadAll();
  auto lines = Lines(all);
  ASSERT_FALSE(lines.empty());
  size_t dropped = 0;
  for (const json::Json& line : lines) {
    if (*line.Find("event")->string() != "log.dropped") continue;
    const std::string& message = *line.Find("message")->string();  // "N lines ..."
    size_t count = 0;
    ASSERT_EQ(std::from_chars(message.data(), message.data() + message.size(), count).ec, std::errc()) << message;
    dropped += count;
  }
  size_t told = static_cast<size_t>(
      std::ranges::count_if(lines, [](const json::Json& line) { return *line.Find("event")->string() == "much"; }));
  EXPECT_GT(dropped, 0u);
  EXPECT_EQ(told + dropped, kLines);
  EXPECT_EQ(counted, dropped);
}

TEST_F(PipeTest, EndsThoughNobodyReads) {
  int64_t begun = SystemClock().SteadyMicros();
  {
    LogWriter log(ends_[1], Format::kJson, false, SystemClock());
    for (int i = 0; i < 100; ++i) log.Observe(Note{Severity::kInfo, "much", std::string(4000, 'x')});
  }
  EXPECT_LT(SystemClock().SteadyMicros() - begun, 20'000'000);
}

// A reader who takes 20 s for what waits.
TEST_F(PipeTest, ASlowReaderDoesNotHoldUpTheEnd) {
  auto writer = std::make_unique<LogWriter>(ends_[1], Format::kJson, false, SystemClock());
  for (int i = 0; i < 20'000; ++i) writer->Observe(MakeRequest());
  std::atomic<bool> over = false;
  std::thread reader([&] {
    char piece[4096];
    while (!over && read(ends_[0], piece, sizeof piece) > 0) poll(nullptr, 0, 20);
  });
  int64_t begun = SystemClock().SteadyMicros();
  writer.reset();
  EXPECT_LT(SystemClock().SteadyMicros() - begun, 10 * LogWriter::kLastWordsMillis * int64_t{1000});
  over = true;
  close(std::exchange(ends_[1], -1));
  reader.join();
}

}  // namespace
}  // namespace ashlar::telemetry
