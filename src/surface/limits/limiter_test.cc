// SPDX-License-Identifier: Apache-2.0
#include "surface/limits/limiter.h"

#include <gtest/gtest.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace ashlar::surface {
namespace {

using model::Limit;
using model::LimitPer;

struct StillClock final : Clock {
  int64_t NowMicros() const override { return 0; }
  int64_t SteadyMicros() const override { return micros; }
  int64_t micros = 1'000'000;
};

constexpr HashKey kKey{1, 2};

// Nothing is asked elsewhere.
bool Paid(Eventually<bool> step) { return step.ready() && step.value(); }

call::Caller Named(std::string id) {
  call::Caller caller;
  caller.kind = call::Caller::Kind::kPrincipal;
  caller.id = std::move(id);
  return caller;
}

http::Request From(std::string_view address, std::string_view method = "GET") {
  http::Request request;
  request.method = method;
  request.segments = {"v1", "things"};
  request.peer = *http::ParseIpAddress(address);
  return request;
}

std::string Header(const http::Response& response, std::string_view name) {
  for (const http::Header& header : response.headers) {
    if (header.name == name) return header.value;
  }
  return "";
}

Limit Of(int64_t count, LimitPer per, bool otherwise_ip = false) {
  Limit limit;
  limit.count = limit.burst = count;
  limit.window_s = 60;
  limit.to = fmt::format("{}/min", count);
  limit.per = per;
  limit.otherwise_ip = otherwise_ip;
  return limit;
}

struct Asked {
  Limiter& limiter;
  bool operator()(std::string_view address, const call::Caller* caller, http::Response* answer = nullptr) const {
    const http::Request request = From(address);
    Toll toll(limiter, request);
    const bool taken = Paid(toll.ForAddress()) && Paid(toll.ForCaller(caller));
    if (answer != nullptr) toll.Describe(*answer);
    return taken;
  }
};

TEST(LimiterTest, AddressesAreCountedWhoeverAsks) {
  StillClock clock;
  Limiter limiter({Of(2, LimitPer::kIp)}, {}, clock, kKey);
  Asked asked{limiter};
  const call::Caller ann = Named("ann"), bob = Named("bob");
  EXPECT_TRUE(asked("192.0.2.1", &ann));
  EXPECT_TRUE(asked("192.0.2.1", nullptr));
  EXPECT_FALSE(asked("192.0.2.1", &bob));
  EXPECT_TRUE(asked("192.0.2.2", &ann));
  EXPECT_EQ(limiter.refused(), 1);
  clock.micros += 30'000'000;
  EXPECT_TRUE(asked("192.0.2.1", &bob));
  EXPECT_FALSE(asked("192.0.2.1", &bob));
}

TEST(LimiterTest, CallersOfIpv6AreCountedByTheirNetwork) {
  StillClock clock;
  Limiter limiter({Of(2, LimitPer::kIp)}, {}, clock, kKey);
  Asked asked{limiter};
  EXPECT_TRUE(asked("2001:db8:1:1::1", nullptr));
  EXPECT_TRUE(asked("2001:db8:1:1:ffff::2", nullptr));
  EXPECT_FALSE(asked("2001:db8:1:1:1234:5678:9abc:def0", nullptr));
  EXPECT_TRUE(asked("2001:db8:1:2::1", nullptr));
  EXPECT_TRUE(asked("192.0.2.1", nullptr));
  EXPECT_TRUE(asked("192.0.2.1", nullptr));
  EXPECT_TRUE(asked("192.0.2.2", nullptr));
}

TEST(LimiterTest, UsersAreCountedWhereverTheyAre) {
  StillClock clock;
  Limiter limiter({Of(2, LimitPer::kUser)}, {}, clock, kKey);
  Asked asked{limiter};
  const call::Caller ann = Named("ann"), bob = Named("bob"), nobody;
  EXPECT_TRUE(asked("192.0.2.1", &ann));
  EXPECT_TRUE(asked("192.0.2.2", &ann));
  EXPECT_FALSE(asked("192.0.2.3", &ann));
  EXPECT_TRUE(asked("192.0.2.3", &bob));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(asked("192.0.2.1", &nobody));  // no `otherwise`
}

TEST(LimiterTest, KeysOfOneUserAreCountedByThemselvesAndOtherCredentialsAreNone) {
  StillClock clock;
  Limiter limiter({Of(1, LimitPer::kKey)}, {}, clock, kKey);
  Limiter addressed({Of(1, LimitPer::kKey, true)}, {}, clock, kKey);
  Asked asked{limiter}, by_address{addressed};
  call::Caller one = Named("ann"), two = Named("ann");
  const call::Caller token = Named("ann");
  one.key = "k1";
  two.key = "k2";
  EXPECT_TRUE(asked("192.0.2.1", &one));
  EXPECT_FALSE(asked("192.0.2.2", &one));
  EXPECT_TRUE(asked("192.0.2.1", &two));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(asked("192.0.2.1", &token));
  EXPECT_TRUE(by_address("192.0.2.1", &token));
  EXPECT_FALSE(by_address("192.0.2.1", nullptr));
  EXPECT_TRUE(by_address("192.0.2.1", &one));
}

TEST(LimiterTest, OtherwiseCountsWhoHasNoGoodCredentialByAddress) {
  StillClock clock;
  Limiter limiter({Of(2, LimitPer::kUser, true)}, {}, clock, kKey);
  Asked asked{limiter};
  const call::Caller ann = Named("ann"), nobody;
  EXPECT_TRUE(asked("192.0.2.1", &nobody));
  EXPECT_TRUE(asked("192.0.2.1", nullptr));
  EXPECT_FALSE(asked("192.0.2.1", &nobody));
  EXPECT_FALSE(asked("192.0.2.1", nullptr));
  EXPECT_TRUE(asked("192.0.2.1", &ann));
  EXPECT_TRUE(asked("192.0.2.1", &ann));
  EXPECT_FALSE(asked("192.0.2.1", &ann));
}

TEST(LimiterTest, NoUserIsCountedAsAnother) {
  StillClock clock;
  Limiter limiter({Of(1, LimitPer::kUser, true), Of(1, LimitPer::kUser)}, {}, clock, kKey);
  Asked asked{limiter};
  // Sixteen bytes, as an address has; the same but for what stands behind the 64th.
  const std::string address(reinterpret_cast<const char*>(http::ParseIpAddress("192.0.2.1")->bytes.data()), 16);
  const call::Caller nobody;
  EXPECT_TRUE(asked("192.0.2.1", &nobody));
  for (const std::string& id : {address, std::string(70, 'x') + "1", std::string(70, 'x') + "2", std::string("a")}) {
    const call::Caller caller = Named(id);
    EXPECT_TRUE(asked("192.0.2.1", &caller)) << id;
    EXPECT_FALSE(asked("192.0.2.1", &caller)) << id;
  }
}

TEST(LimiterTest, AServiceWithoutAUserIsCountedByWhereItIs) {
  StillClock clock;
  Limiter limiter({Of(1, LimitPer::kUser, true)}, {}, clock, kKey);
  Asked asked{limiter};
  const call::Caller service = Named(""), nobody;
  EXPECT_TRUE(asked("192.0.2.1", &service));
  EXPECT_FALSE(asked("192.0.2.1", &service));
  EXPECT_TRUE(asked("192.0.2.2", &service));
  EXPECT_TRUE(asked("192.0.2.1", &nobody));
}

TEST(LimiterTest, AnswersSayWhatIsLeft) {
  StillClock clock;
  Limiter limiter({Of(2, LimitPer::kIp), Of(600, LimitPer::kUser, true), Of(2, LimitPer::kIp)}, {}, clock, kKey);
  Asked asked{limiter};
  http::Response first, second, third;
  EXPECT_TRUE(asked("192.0.2.1", nullptr, &first));
  EXPECT_EQ(Header(first, "RateLimit"),
            "\"2/min per ip\";r=1;t=30, \"2/min per ip (2)\";r=1;t=30, \"600/min per user or ip\";r=599;t=1");
  EXPECT_EQ(Header(first, "RateLimit-Policy"),
            "\"2/min per ip\";q=2;w=60, \"2/min per ip (2)\";q=2;w=60, \"600/min per user or ip\";q=600;w=60");
  EXPECT_EQ(Header(first, "Retry-After"), "");
  clock.micros += 500'000;
  EXPECT_TRUE(asked("192.0.2.1", nullptr, &second));
  EXPECT_FALSE(asked("192.0.2.1", nullptr, &third));
  EXPECT_EQ(Header(third, "RateLimit"), "\"2/min per ip\";r=0;t=30");  // what comes behind it was not asked
  EXPECT_EQ(Header(third, "Retry-After"), "30");
}

TEST(LimiterTest, WhatNoLimitIsForIsToldNothing) {
  StillClock clock;
  Limit limit = Of(1, LimitPer::kIp);
  limit.match = model::LimitMatch{"POST", {"v1", "things"}};
  Limiter limiter({limit}, {}, clock, kKey);
  for (int i = 0; i < 3; ++i) {
    http::Response answer;
    EXPECT_TRUE(Asked{limiter}("192.0.2.1", nullptr, &answer));
    EXPECT_TRUE(answer.headers.empty());
  }
  const http::Request request = From("192.0.2.1", "POST");
  Toll first(limiter, request), second(limiter, request);
  EXPECT_TRUE(Paid(first.ForAddress()));
  EXPECT_FALSE(Paid(second.ForAddress()));
  EXPECT_EQ(second.refusal().code, call::Code::kRateLimited);
  EXPECT_EQ(second.refusal().message, "more than 1/min per ip; try again in 60 s");
}

http::Request To(std::string_view method, std::vector<std::string> segments) {
  http::Request request = From("192.0.2.1", method);
  request.segments = std::move(segments);
  return request;
}

std::string PolicyOf(Limiter& limiter, const http::Request& request) {
  http::Response answer;
  Toll toll(limiter, request);
  EXPECT_TRUE(Paid(toll.ForAddress()));
  toll.Describe(answer);
  return Header(answer, "RateLimit-Policy");
}

TEST(LimiterTest, SigningInIsLimitedWithWhateverIsBelowIt) {
  StillClock clock;
  Limiter limiter(model::SignInLimits(), {}, clock, kKey);
  EXPECT_EQ(PolicyOf(limiter, To("POST", {"auth", "login"})),
            "\"30/min per ip\";q=30;w=60, \"600/min per ip\";q=600;w=60");
  EXPECT_EQ(PolicyOf(limiter, To("GET", {"auth", "me"})), "\"600/min per ip\";q=600;w=60");
  for (const char* one : {"forgot", "reset", "change", "whatever"}) {
    EXPECT_TRUE(PolicyOf(limiter, To("POST", {"auth", "password", one})).starts_with("\"60/h per ip")) << one;
  }
  EXPECT_EQ(PolicyOf(limiter, To("POST", {"oauth", "authorize"})),
            "\"30/min per ip (2)\";q=30;w=60, \"600/min per ip (2)\";q=600;w=60");
  EXPECT_TRUE(PolicyOf(limiter, To("POST", {"oauth", "register"})).starts_with("\"20/h per ip"));
  EXPECT_EQ(PolicyOf(limiter, To("POST", {"oauth", "token"})), "\"600/min per ip (2)\";q=600;w=60");
  for (const char* one : {"login", "callback"}) {
    EXPECT_TRUE(PolicyOf(limiter, To("GET", {"auth", one, "google"})).starts_with("\"60/min per ip")) << one;
  }
  EXPECT_TRUE(PolicyOf(limiter, To("DELETE", {"auth", "links", "google"})).starts_with("\"60/h per ip"));
  EXPECT_EQ(PolicyOf(limiter, To("POST", {"v1", "things"})), "");
  int taken = 0;
  for (const http::Request request = To("POST", {"auth", "login"}); taken < 1000; ++taken) {
    if (!Paid(Toll(limiter, request).ForAddress())) break;
  }
  EXPECT_EQ(taken, 99);  // one was taken above
}

TEST(LimiterTest, AContractsOwnLimitOfSigningInIsInstead) {
  StillClock clock;
  Limit own = Of(1000, LimitPer::kIp), wide = Of(5000, LimitPer::kIp);
  own.match = model::LimitMatch{"POST", {"auth", "password", "reset"}};
  wide.match = model::LimitMatch{"*", {"*"}};  // of all, which is no word on signing in
  std::vector<Limit> limits = {own, wide};
  limits.insert(limits.end(), model::SignInLimits().begin(), model::SignInLimits().end());
  Limiter limiter(limits, {}, clock, kKey);
  EXPECT_EQ(PolicyOf(limiter, To("POST", {"auth", "password", "reset"})),
            "\"1000/min per ip\";q=1000;w=60, \"5000/min per ip\";q=5000;w=60");
  EXPECT_TRUE(PolicyOf(limiter, To("POST", {"auth", "password", "forgot"})).contains("60/h per ip"));
  EXPECT_TRUE(PolicyOf(limiter, To("POST", {"auth", "login"})).contains("\"30/min per ip\""));
  Limit provider = Of(2000, LimitPer::kIp);
  provider.match = model::LimitMatch{"POST", {"oauth", "token"}};
  limits[0] = provider;
  Limiter other(limits, {}, clock, kKey);
  EXPECT_FALSE(PolicyOf(other, To("POST", {"oauth", "token"})).contains("600/min"));
  EXPECT_TRUE(PolicyOf(other, To("POST", {"oauth", "revoke"})).contains("600/min"));
}

TEST(LimiterTest, ProxiesAreCountedForTheirClients) {
  StillClock clock;
  Limiter limiter({Of(1, LimitPer::kIp)}, *TrustedProxies::Make("10.0.0.0/8"), clock, kKey);
  auto ask = [&](std::string_view peer, std::string_view client) {
    http::Request request = From(peer);
    request.headers = {{"X-Forwarded-For", std::string(client)}};
    return Paid(Toll(limiter, request).ForAddress());
  };
  EXPECT_TRUE(ask("10.0.0.1", "198.51.100.1"));
  EXPECT_TRUE(ask("10.0.0.1", "198.51.100.2"));
  EXPECT_FALSE(ask("10.0.0.2", "198.51.100.1"));
  EXPECT_TRUE(ask("192.0.2.1", "198.51.100.3"));
  EXPECT_FALSE(ask("192.0.2.1", "198.51.100.4"));
}

}  // namespace
}  // namespace ashlar::surface
