// SPDX-License-Identifier: Apache-2.0
#include "surface/admin/admin.h"

#include <gtest/gtest.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace ashlar::surface {
namespace {

struct Defects final : Observer {
  void Observe(const Observation& observation) override { count += std::holds_alternative<Defect>(observation); }
  int count = 0;
};

class AdminTest : public testing::Test {
 protected:
  AdminTest() {
    options_.metrics = [] { return std::string("one 1\n"); };
    options_.metrics_type = "text/metrics";
    options_.ready = [this]() -> Result<void> {
      if (!ready_) return Fail(ErrorKind::kUnavailable, "the secret reason");
      return {};
    };
  }
  http::Response Ask(std::string method, std::vector<std::string> segments) {
    http::Request request;
    request.method = std::move(method);
    request.segments = std::move(segments);
    auto answer = admin_.Handle(request);
    EXPECT_TRUE(answer.ready());
    return answer.value();
  }

  bool ready_ = true;
  AdminOptions options_;
  Defects defects_;
  Admin admin_{options_, defects_};
};

TEST_F(AdminTest, TellsMetricsInTheirOwnType) {
  http::Response answer = Ask("GET", {"metrics"});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "one 1\n");
  EXPECT_EQ(answer.headers.at(0).name, "Content-Type");
  EXPECT_EQ(answer.headers.at(0).value, "text/metrics");
}

TEST_F(AdminTest, TellsHealthAndNoReasons) {
  EXPECT_EQ(Ask("GET", {"health", "live"}).status, 200);
  EXPECT_EQ(Ask("HEAD", {"health", "ready"}).status, 200);
  ready_ = false;
  EXPECT_EQ(Ask("GET", {"health", "live"}).status, 200);
  http::Response answer = Ask("GET", {"health", "ready"});
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
}

TEST_F(AdminTest, ServesNothingElse) {
  const std::vector<std::string> others[] = {{},
                                             {""},
                                             {"metrics", ""},
                                             {"health"},
                                             {"metricS"},
                                             {"v1", "x"},
                                             {"health", "live", "x"},
                                             {"docs"},
                                             {"health", "startup"},
                                             {"*"},
                                             {"openapi.json"}};
  for (const auto& path : others) EXPECT_EQ(Ask("GET", path).status, 404);
  for (const char* method : {"POST", "DELETE", "OPTIONS", "TRACE", "get"}) {
    http::Response answer = Ask(method, {"metrics"});
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.headers.back().value, "GET, HEAD");
  }
}

TEST_F(AdminTest, AFailureIsADefectAndTellsNothing) {
  http::Response answer = admin_.Failed({}, "secret words");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_EQ(defects_.count, 1);
  EXPECT_EQ(admin_.Refuse({}, 431, "too large").status, 431);
}

}  // namespace
}  // namespace ashlar::surface
