// SPDX-License-Identifier: Apache-2.0
#include "redis/server.h"

#include <gtest/gtest.h>

namespace ashlar::redis {
namespace {

TEST(RedisServerTest, AUrlSaysWhereAndWho) {
  auto plain = ParseUrl("redis://cache.example");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "cache.example");
  EXPECT_EQ(plain->port, 6379);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->Shown(), "cache.example:6379");

  auto whole = ParseUrl("rediss://ann:p%40ss%3a@[2001:db8::1]:7000/3");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->host, "2001:db8::1");
  EXPECT_EQ(whole->port, 7000);
  EXPECT_TRUE(whole->tls);
  EXPECT_EQ(whole->user, "ann");
  EXPECT_EQ(whole->password, "p@ss:");
  EXPECT_EQ(whole->database, 3);
  EXPECT_EQ(whole->Shown(), "[2001:db8::1]:7000");

  auto socket = ParseUrl("unix://:secret@/run/redis.sock?db=2");
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->socket, "/run/redis.sock");
  EXPECT_EQ(socket->password, "secret");
  EXPECT_EQ(socket->database, 2);
  EXPECT_EQ(socket->Shown(), "unix:/run/redis.sock");
  EXPECT_EQ(ParseUrl("redis://:x@127.0.0.1:1/")->host, "127.0.0.1");
}

TEST(RedisServerTest, WhatIsNoneIsRefusedUnrepeated) {
  for (const char* wrong : {"",
                            "secret",
                            "secret://h",
                            "http://secret",
                            "redis:secret",
                            "redis://",
                            "redis://:secret@",
                            "redis://h:0",
                            "redis://h:65536",
                            "redis://h:secret",
                            "redis://h/secret",
                            "redis://h/-1",
                            "redis://h:1:2",
                            "redis://h/1/2",
                            "redis://secret@h",
                            "redis://ann:@h",
                            "redis://:secret%4@h",
                            "redis://:secret%zz@h",
                            "redis://[::1",
                            "redis://[::1]x",
                            "redis://h?secret",
                            "unix://secret",
                            "unix:///",
                            "unix:///s?secret=1",
                            "unix:///s?db=secret",
                            "redis://a b"}) {
    auto parsed = ParseUrl(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
    EXPECT_FALSE(parsed.error().message.contains("secret")) << parsed.error().message;
  }
}

}  // namespace
}  // namespace ashlar::redis
