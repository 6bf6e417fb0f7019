// SPDX-License-Identifier: Apache-2.0
#include "surface/limits/client_address.h"

#include <gtest/gtest.h>

#include <random>

namespace ashlar::surface {
namespace {

using http::IpAddress;
using http::ParseIpAddress;

TrustedProxies Proxies() { return *TrustedProxies::Make("10.0.0.0/8, ::1, 2001:db8:ffff::/48"); }

http::Request Coming(std::string_view peer, std::vector<http::Header> headers) {
  http::Request request;
  request.peer = *ParseIpAddress(peer);
  request.headers = std::move(headers);
  return request;
}

TEST(ClientAddressTest, NobodyIsBelievedUnlessTrusted) {
  const std::vector<http::Header> lies = {{"X-Forwarded-For", "198.51.100.7"}, {"Forwarded", "for=198.51.100.7"}};
  EXPECT_EQ(Proxies().ClientOf(Coming("192.0.2.1", lies)), *ParseIpAddress("192.0.2.1"));
  EXPECT_EQ(TrustedProxies::Make("")->ClientOf(Coming("10.0.0.1", lies)), *ParseIpAddress("10.0.0.1"));
  EXPECT_EQ(TrustedProxies().ClientOf(Coming("10.0.0.1", lies)), *ParseIpAddress("10.0.0.1"));
}

struct Row {
  std::string_view header;
  std::string_view client;  // empty: the peer
};

constexpr Row kListed[] = {
    {"198.51.100.7", "198.51.100.7"},
    {"198.51.100.7:4711", "198.51.100.7"},
    {"2001:db8::7", "2001:db8::7"},
    {"[2001:db8::7]", "2001:db8::7"},
    {"[2001:db8::7]:4711", "2001:db8::7"},
    {"::ffff:198.51.100.7", "198.51.100.7"},
    {"203.0.113.9, 198.51.100.7", "198.51.100.7"},  // what a client claims stands before what the proxy saw
    {"203.0.113.9, 198.51.100.7, 10.1.1.1", "198.51.100.7"},
    {"203.0.113.9,198.51.100.7 ,\t10.1.1.1, ::1,2001:db8:ffff::2", "198.51.100.7"},
    {"10.9.9.9, 10.1.1.1", "10.9.9.9"},  // proxies all the way: the first of them asks
    {"garbage, 198.51.100.7", "198.51.100.7"},
    {"198.51.100.7, garbage", ""},
    {"198.51.100.7, unknown, 10.1.1.1", ""},
    {"198.51.100.7,,", "198.51.100.7"},
    {"", ""},
    {",", ""},
    {"198.51.100.7:", ""},
    {"198.51.100.7:x", ""},
    {"198.51.100.7:123456", ""},
    {"198.51.100.7 10.1.1.1", ""},
    {"[198.51.100.7]", ""},
    {"[2001:db8::7", ""},
    {"2001:db8::7]", ""},
    {"[2001:db8::7]4711", ""},
    {"[2001:db8::7]:", ""},
    {"[]", ""},
    {"fe80::1%eth0", ""},
    {"\"198.51.100.7\"", ""},
    {"for=198.51.100.7", ""},
    {"0198.51.100.7", ""},
    {"198.51.100.7/32", ""},
};

constexpr Row kForwarded[] = {
    {"for=198.51.100.7", "198.51.100.7"},
    {"FOR=198.51.100.7", "198.51.100.7"},
    {"for=\"198.51.100.7\"", "198.51.100.7"},
    {"for=\"198.51.100.7:4711\"", "198.51.100.7"},
    {"for=\"[2001:db8::7]\"", "2001:db8::7"},
    {"For=\"[2001:db8::7]:4711\"", "2001:db8::7"},
    {"for=198.51.100.7;proto=http;by=10.0.0.1", "198.51.100.7"},
    {"proto=http; by=\"a, b; for=203.0.113.9\" ;for=198.51.100.7", "198.51.100.7"},
    {"for=203.0.113.9, for=198.51.100.7", "198.51.100.7"},
    {"for=203.0.113.9, for=198.51.100.7,for=10.1.1.1", "198.51.100.7"},
    {"for=unknown, for=198.51.100.7", "198.51.100.7"},
    {"for=_hidden, for=198.51.100.7;by=_me", "198.51.100.7"},
    {", for=198.51.100.7,", "198.51.100.7"},
    {"for=198.51.100.7, for=unknown", ""},
    {"for=198.51.100.7, for=_hidden", ""},
    {"for=198.51.100.7, proto=http", ""},
    {"for=198.51.100.7;for=203.0.113.9", ""},
    {"for=198.51.100.7;", ""},
    {"for=198.51.100.7 for=203.0.113.9", ""},
    {"for=\"203.0.113.9, for=198.51.100.7", ""},  // a quote that a client left open
    {"for=\"203.0.113.9\\\", for=198.51.100.7", ""},
    {"for=\"198.51.100.7\"x", ""},
    {"for=", ""},
    {"for", ""},
    {"=198.51.100.7", ""},
    {"for =198.51.100.7", ""},
    {"for= 198.51.100.7", ""},
    {"for=[2001:db8::7]", ""},
    {"198.51.100.7", ""},
    {"", ""},
};

TEST(ClientAddressTest, TheLastAddressThatIsNoProxyAsks) {
  for (const Row& row : kListed) {
    auto client = Proxies().ClientOf(Coming("10.0.0.1", {{"X-Forwarded-For", std::string(row.header)}}));
    EXPECT_EQ(client, *ParseIpAddress(row.client.empty() ? "10.0.0.1" : row.client)) << row.header;
  }
}

TEST(ClientAddressTest, ForwardedIsReadAsItsGrammarSays) {
  for (const Row& row : kForwarded) {
    auto client = Proxies().ClientOf(Coming("::1", {{"Forwarded", std::string(row.header)}}));
    EXPECT_EQ(client, *ParseIpAddress(row.client.empty() ? "::1" : row.client)) << row.header;
  }
}

TEST(ClientAddressTest, LinesOfAHeaderAreOneList) {
  auto client =
      Proxies().ClientOf(Coming("10.0.0.1", {{"X-Forwarded-For", "203.0.113.9"}, {"x-forwarded-for", "198.51.100.7"}}));
  EXPECT_EQ(client, *ParseIpAddress("198.51.100.7"));
}

TEST(ClientAddressTest, HeadersThatDoNotAgreeSayNothing) {
  auto of = [](std::string_view listed, std::string_view forwarded) {
    return Proxies().ClientOf(
        Coming("10.0.0.1", {{"X-Forwarded-For", std::string(listed)}, {"Forwarded", std::string(forwarded)}}));
  };
  EXPECT_EQ(of("198.51.100.7", "for=198.51.100.7"), *ParseIpAddress("198.51.100.7"));
  EXPECT_EQ(of("198.51.100.7", "for=203.0.113.9"), *ParseIpAddress("10.0.0.1"));
  EXPECT_EQ(of("198.51.100.7", "for=\""), *ParseIpAddress("10.0.0.1"));
  EXPECT_EQ(of("garbage", "for=203.0.113.9"), *ParseIpAddress("10.0.0.1"));
}

TEST(ClientAddressTest, SettingsNameNetworks) {
  for (std::string_view wrong : {"10.0.0.0/33", "proxy.example", "10.0.0.1/8", "10.0.0.0/8 ::1", "*"}) {
    auto made = TrustedProxies::Make(wrong);
    ASSERT_FALSE(made.has_value()) << wrong;
    EXPECT_NE(made.error().message.find(wrong), std::string::npos);
  }
  EXPECT_TRUE(TrustedProxies::Make(" 10.0.0.0/8 ,, ::/0 ").has_value());
}

// Whatever a client puts before what its proxy adds, it is the address that the proxy saw, or the proxy's own.
TEST(ClientAddressTest, NothingThatAClientSendsNamesAnotherAddress) {
  std::mt19937 random(20'261'130);
  constexpr std::string_view kPieces[] = {"for=",    "203.0.113.9", "\"", ",", ";",   "=",  " ",     "\\",   "[::2]",
                                          "unknown", ":",           "[",  "]", "::2", "\t", "proto", "by=x", "\x80"};
  const TrustedProxies proxies = Proxies();
  const IpAddress seen = *ParseIpAddress("198.51.100.7");
  const IpAddress proxy = *ParseIpAddress("10.0.0.1");
  int read = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string sent;
    for (size_t n = random() % 8; n > 0; --n) sent += kPieces[random() % std::size(kPieces)];
    const bool listed = random() % 2 == 0;
    const std::string own = listed ? "198.51.100.7" : "for=198.51.100.7";
    auto request = Coming("10.0.0.1", {{listed ? "X-Forwarded-For" : "Forwarded", sent + ", " + own}});
    const IpAddress client = proxies.ClientOf(request);
    ASSERT_TRUE(client == seen || client == proxy) << sent;
    if (listed) ASSERT_EQ(client, seen) << sent;
    read += client == seen ? 1 : 0;
  }
  EXPECT_GT(read, 50'000);
}

}  // namespace
}  // namespace ashlar::surface
