// SPDX-License-Identifier: Apache-2.0
#include "http/ip_address.h"

#include <gtest/gtest.h>

#include <string>

namespace ashlar::http {
namespace {

TEST(IpAddressTest, AnAddressHasOneForm) {
  EXPECT_EQ(ParseIpAddress("192.0.2.1"), ParseIpAddress("::ffff:192.0.2.1"));
  EXPECT_EQ(ParseIpAddress("192.0.2.1"), ParseIpAddress("::FFFF:c000:0201"));
  EXPECT_EQ(ParseIpAddress("2001:db8::1"), ParseIpAddress("2001:0DB8:0:0:0:0:0:1"));
  EXPECT_NE(ParseIpAddress("::1"), ParseIpAddress("0.0.0.1"));
  EXPECT_TRUE(ParseIpAddress("192.0.2.1")->is_v4());
  EXPECT_FALSE(ParseIpAddress("::192.0.2.1")->is_v4());
  EXPECT_FALSE(IpAddress().is_v4());
}

TEST(IpAddressTest, WhatOnlyLooksLikeOneIsNone) {
  for (std::string_view text : {"",
                                "1",
                                "1.2.3",
                                "1.2.3.4.5",
                                "01.2.3.4",
                                "1.2.3.256",
                                "1.2.3.-4",
                                "0x1.2.3.4",
                                " 1.2.3.4",
                                "1.2.3.4 ",
                                "[::1]",
                                ":",
                                ":::",
                                "::1::",
                                "1:2:3:4:5:6:7:8:9",
                                "fe80::1%eth0",
                                "::1/64",
                                "g::1",
                                "12345::1",
                                "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
                                "localhost",
                                "unknown"}) {
    EXPECT_FALSE(ParseIpAddress(text)) << text;
  }
  EXPECT_FALSE(ParseIpAddress(std::string_view("1.2.3.4\0", 8)));
  EXPECT_FALSE(ParseIpAddress(std::string(10'000, '1')));
}

TEST(IpAddressTest, ANetworkIsAllThatBeginsSo) {
  struct Row {
    std::string_view network, address;
    bool inside;
  };
  for (const Row& row : {Row{"10.0.0.0/8", "10.255.1.2", true}, Row{"10.0.0.0/8", "11.0.0.0", false},
                         Row{"10.0.0.0/8", "::ffff:10.1.1.1", true}, Row{"192.0.2.128/25", "192.0.2.127", false},
                         Row{"192.0.2.128/25", "192.0.2.128", true}, Row{"192.0.2.1", "192.0.2.1", true},
                         Row{"192.0.2.1", "192.0.2.0", false}, Row{"0.0.0.0/0", "255.0.0.1", true},
                         Row{"0.0.0.0/0", "2001:db8::1", false}, Row{"::/0", "2001:db8::1", true},
                         Row{"2001:db8::/33", "2001:db8:7fff::", true}, Row{"2001:db8::/33", "2001:db8:8000::", false},
                         Row{"::1", "::1", true}, Row{"::1/128", "::2", false}}) {
    auto network = ParseIpNetwork(row.network);
    ASSERT_TRUE(network) << row.network;
    EXPECT_EQ(network->Contains(*ParseIpAddress(row.address)), row.inside) << row.network << " " << row.address;
  }
}

TEST(IpAddressTest, ANetworkHasNothingBehindItsPrefix) {
  for (std::string_view text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8", "10.0.0.1/8",
        "2001:db8::1/32", "10.0.0.0/8/8", "10/8", "10.0.0.0/4294967304"}) {
    EXPECT_FALSE(ParseIpNetwork(text)) << text;
  }
}

}  // namespace
}  // namespace ashlar::http
