// SPDX-License-Identifier: Apache-2.0
#include "telemetry/metrics/request_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace ashlar::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Seen final : Observer {
  void Observe(const Observation&) override { ++count; }
  std::atomic<int> count = 0;
};

RequestDone Done(std::string_view method, std::string_view route, int status, int64_t micros) {
  RequestDone done;
  done.method = method;
  done.route = route;
  done.status = status;
  done.total_us = micros;
  done.bytes_out = 100;
  return done;
}

class RequestMetricsTest : public testing::Test {
 protected:
  std::string Text() const {
    Exposition out;
    metrics_.Write(out);
    return out.Take();
  }
  Seen seen_;
  RequestMetrics metrics_{{{"/v1/things", "/v1/things/{id}"}, {"NOT_FOUND", "CONFLICT"}}, seen_};
};

TEST_F(RequestMetricsTest, LoopsAreSummedUp) {
  Observer& one = metrics_.ForLoop();
  Observer& other = metrics_.ForLoop();
  one.Observe(Done("GET", "/v1/things", 200, 50));
  one.Observe(Done("GET", "/v1/things", 204, 51));
  other.Observe(Done("GET", "/v1/things", 201, 20'000'000));
  std::string text = Text();
  constexpr std::string_view kOf =
      R"({http_request_method="GET",http_route="/v1/things",http_response_status_class="2xx")";
  auto line = [&](std::string_view ending, std::string_view rest) {
    return fmt::format("\nhttp_server_request_duration_seconds{}{}{}\n", ending, kOf, rest);
  };
  EXPECT_THAT(text, HasSubstr(line("_bucket", R"(,le="0.00005"} 1)")));
  EXPECT_THAT(text, HasSubstr(line("_bucket", R"(,le="0.0001"} 2)")));
  EXPECT_THAT(text, HasSubstr(line("_bucket", R"(,le="10"} 2)")));
  EXPECT_THAT(text, HasSubstr(line("_bucket", R"(,le="+Inf"} 3)")));
  EXPECT_THAT(text, HasSubstr(line("_sum", "} 20.000101")));
  EXPECT_THAT(text, HasSubstr(line("_count", "} 3")));
  EXPECT_THAT(text, HasSubstr("\nashlar_response_body_bytes_total 300\n"));
  EXPECT_EQ(seen_.count.load(), 3);
}

// What a client makes up becomes no label: a scrape cannot be made to grow.
TEST_F(RequestMetricsTest, LabelsAreThoseThatWereGiven) {
  Observer& loop = metrics_.ForLoop();
  RequestDone made_up = Done("BREW", "/v1/secret\"\n", 418, 1);
  made_up.error_code = "MADE_UP";
  loop.Observe(made_up);
  loop.Observe(Done("get", "", 700, 1));
  std::string text = Text();
  for (const char* word : {"BREW", "secret", "MADE_UP", "\"get\""}) EXPECT_THAT(text, Not(HasSubstr(word)));
  EXPECT_THAT(text,
              HasSubstr(R"(_count{http_request_method="_OTHER",http_route="",http_response_status_class="4xx"} 1)"));
  EXPECT_THAT(text,
              HasSubstr(R"(_count{http_request_method="_OTHER",http_route="",http_response_status_class="5xx"} 1)"));
  EXPECT_THAT(text, HasSubstr("\nashlar_request_errors_total{error_type=\"_OTHER\"} 1\n"));
}

TEST_F(RequestMetricsTest, StagesAreThoseThatTookPlace) {
  Observer& loop = metrics_.ForLoop();
  RequestDone read = Done("GET", "/v1/things/{id}", 200, 90);
  read.operation = "getThing";
  read.plan_us = 7;
  read.store_us = 60;
  read.statements = 1;
  RequestDone write = read;
  write.queue_us = 300;
  loop.Observe(read);
  loop.Observe(write);
  loop.Observe(Done("GET", "/health/live", 200, 5));
  std::string text = Text();
  for (const char* stage : {"auth", "decode", "plan", "store", "encode"}) {
    EXPECT_THAT(text,
                HasSubstr(fmt::format("\nashlar_request_stage_duration_seconds_count{{stage=\"{}\"}} 2\n", stage)));
  }
  EXPECT_THAT(text, HasSubstr("\nashlar_request_stage_duration_seconds_count{stage=\"queue\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nashlar_request_stage_duration_seconds_sum{stage=\"queue\"} 0.0003\n"));
}

TEST_F(RequestMetricsTest, ErrorsAndDefectsAreCounted) {
  Observer& loop = metrics_.ForLoop();
  RequestDone lost = Done("GET", "/v1/things/{id}", 404, 1);
  lost.error_code = "NOT_FOUND";
  loop.Observe(lost);
  loop.Observe(lost);
  loop.Observe(Defect{"r", "w", "x"});
  metrics_.Observe(Defect{"r", "w", "x"});
  metrics_.Observe(Note{});
  std::string text = Text();
  EXPECT_THAT(text, HasSubstr("\nashlar_request_errors_total{error_type=\"NOT_FOUND\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("CONFLICT")));
  EXPECT_THAT(text, HasSubstr("\nashlar_defects_total 2\n"));
  EXPECT_EQ(seen_.count.load(), 5);
}

TEST_F(RequestMetricsTest, IsScrapedWhileLoopsCount) {
  constexpr int kRequests = 2000;
  std::vector<std::jthread> loops;
  for (int i = 0; i < 2; ++i) {
    loops.emplace_back([&loop = metrics_.ForLoop()] {
      for (int n = 0; n < kRequests; ++n) loop.Observe(Done(n % 2 == 0 ? "GET" : "PUT", "/v1/things", 200, n));
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_THAT(Text(), HasSubstr("ashlar_defects_total 0"));
  loops.clear();
  EXPECT_THAT(Text(), HasSubstr(fmt::format("\nashlar_response_body_bytes_total {}\n", 2 * kRequests * 100)));
}

TEST(ExpositionTest, LabelsAreEscaped) {
  Exposition out;
  out.Begin(MetricId::kBuild);
  out.Number({{"version", "a\"b\\c\nd"}}, 1);
  EXPECT_EQ(out.Take(),
            "# HELP ashlar_build_info 1; the version stands in the label.\n# TYPE ashlar_build_info gauge\n"
            "ashlar_build_info{version=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(ExpositionTest, NumbersAndSeconds) {
  Exposition out;
  out.Only(MetricId::kConnections, -3);
  out.Begin(MetricId::kCpuSeconds);
  out.Seconds({}, 0);
  out.Seconds({}, 1'500'000);
  out.Seconds({}, 1'700'000'000'000'001);
  EXPECT_THAT(out.Take(), HasSubstr("\nashlar_connections -3\n"));
  out.Seconds({}, 0);
  EXPECT_EQ(out.Take(), "process_cpu_seconds_total 0\n");
}

}  // namespace
}  // namespace ashlar::telemetry
