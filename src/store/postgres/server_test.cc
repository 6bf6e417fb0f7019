// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/server.h"

#include <gtest/gtest.h>

#include <cstring>

namespace ashlar::store::postgres {
namespace {

std::string ValueOf(const Server& server, std::string_view name) {
  std::string value = "none";
  const Keywords keywords(server, server.places.at(0), "192.0.2.1");
  for (size_t i = 0; keywords.names()[i] != nullptr; ++i) {
    if (name == keywords.names()[i]) value = keywords.values()[i];
  }
  return value;
}

TEST(PostgresServerTest, AUrlSaysWhereAndWho) {
  auto whole = ParseUrl("postgres://ann:p%40ss@db.example:7000/shop?connect_timeout=5&keepalives_idle=9");
  ASSERT_TRUE(whole) << whole.error().message;
  ASSERT_EQ(whole->places.size(), 1U);
  EXPECT_EQ(whole->places[0].host, "db.example");
  EXPECT_EQ(whole->Shown(), "db.example:7000");
  EXPECT_EQ(whole->connect_us, 5'000'000);
  EXPECT_EQ(ValueOf(*whole, "user"), "ann");
  EXPECT_EQ(ValueOf(*whole, "password"), "p@ss");
  EXPECT_EQ(ValueOf(*whole, "dbname"), "shop");
  EXPECT_EQ(ValueOf(*whole, "host"), "db.example");
  EXPECT_EQ(ValueOf(*whole, "hostaddr"), "192.0.2.1");
  EXPECT_EQ(ValueOf(*whole, "port"), "7000");
  EXPECT_EQ(ValueOf(*whole, "keepalives_idle"), "9");
  EXPECT_EQ(ValueOf(*whole, "application_name"), "ashlar");
  EXPECT_EQ(ValueOf(*whole, "gssencmode"), "disable");
}

TEST(PostgresServerTest, AServerElsewhereIsVerified) {
  for (const char* elsewhere : {"postgres://db.example/shop", "postgres://192.0.2.7", "postgresql://[2001:db8::1]:1/a",
                                "postgres://localhost,db.example/shop", "postgres://localhost.example"}) {
    auto server = ParseUrl(elsewhere);
    ASSERT_TRUE(server) << elsewhere;
    EXPECT_EQ(ValueOf(*server, "sslmode"), "verify-full") << elsewhere;
    EXPECT_TRUE(ValueOf(*server, "sslrootcert").starts_with("/etc/")) << elsewhere;
  }
  for (const char* local : {"postgres://localhost", "postgres://127.1.2.3:1/a", "postgres://[::1]/a", "postgres:///a",
                            "postgres://%2Frun%2Fpg/a"}) {
    auto server = ParseUrl(local);
    ASSERT_TRUE(server) << local;
    EXPECT_EQ(ValueOf(*server, "sslmode"), "prefer") << local;
    EXPECT_EQ(ValueOf(*server, "sslrootcert"), "none") << local;
  }
  auto told = ParseUrl("postgres://db.example/shop?sslmode=require&gssencmode=prefer");
  EXPECT_EQ(ValueOf(*told, "sslmode"), "require");
  EXPECT_EQ(ValueOf(*told, "sslrootcert"), "none") << "it would be verified after all";
  EXPECT_EQ(ValueOf(*told, "gssencmode"), "prefer");
  auto own = ParseUrl("postgres://db.example/shop?sslrootcert=/own.crt");
  EXPECT_EQ(ValueOf(*own, "sslmode"), "verify-full");
  EXPECT_EQ(ValueOf(*own, "sslrootcert"), "/own.crt");
}

TEST(PostgresServerTest, PlacesAreTriedInTheirOrder) {
  auto many = ParseUrl("postgres://a.example:1,b.example,[::1]:3/shop?target_session_attrs=read-write");
  ASSERT_TRUE(many) << many.error().message;
  EXPECT_EQ(many->Shown(), "a.example:1, b.example:5432, [::1]:3");
  auto socket = ParseUrl("postgres:///shop?host=/run/a&port=6000");
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_TRUE(socket->places[0].socket());
  EXPECT_EQ(socket->Shown(), "/run/a:6000");
  EXPECT_EQ(ParseUrl("postgres://")->Shown(), "/var/run/postgresql:5432");
  auto address = ParseUrl("postgres://db.example/shop?hostaddr=127.0.0.1");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->places[0].address, "127.0.0.1");
}

TEST(PostgresServerTest, WhatIsNoneIsRefusedUnrepeated) {
  const std::string with_zero("postgres://secret\0", 18);
  for (const std::string& wrong :
       {std::string(), std::string("secret"), std::string("host=secret"), std::string("mysql://secret"),
        std::string("postgres://a:secret"), std::string("postgres://a:0"), std::string("postgres://a:70000"),
        std::string("postgres://[secret"), std::string("postgres://a/b?secret=1"), std::string("postgres://a/b?secret"),
        std::string("postgres://a/%zzsecret"), std::string("postgres://a?connect_timeout=secret"),
        std::string("postgres://a?service=secret"), std::string("postgres://a?replication=secret"),
        std::string("postgres://a,b,c?hostaddr=secret"), with_zero}) {
    auto parsed = ParseUrl(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
    EXPECT_FALSE(parsed.error().message.contains("secret")) << parsed.error().message;
  }
}

}  // namespace
}  // namespace ashlar::store::postgres
