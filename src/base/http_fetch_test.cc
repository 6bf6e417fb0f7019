// SPDX-License-Identifier: Apache-2.0
#include "base/http_fetch.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/private_address.h"

namespace ashlar {
namespace {

// Answers one connection with these bytes and, if it is told to, keeps it open.
class Once {
 public:
  explicit Once(std::string answer, bool hold = false) : answer_(std::move(answer)), hold_(hold) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    listen(listener_, 5);
    url_ = fmt::format("http://127.0.0.1:{}/document", ntohs(address.sin_port));
    thread_ = std::thread([this] { Serve(); });
  }
  ~Once() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  const std::string& url() const { return url_; }
  const std::string& asked() const { return asked_; }

 private:
  void Serve() {
    int link = accept(listener_, nullptr, nullptr);
    if (link < 0) return;
    char buffer[4096];
    while (!asked_.contains("\r\n\r\n")) {
      ssize_t got = read(link, buffer, sizeof buffer);
      if (got <= 0) break;
      asked_.append(buffer, static_cast<size_t>(got));
    }
    size_t sent = 0;
    while (sent < answer_.size()) {
      ssize_t done = send(link, answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
      if (done <= 0) break;
      sent += static_cast<size_t>(done);
    }
    if (hold_) (void)!read(link, buffer, 1);  // until the other side ends it
    close(link);
  }
  std::string answer_;
  bool hold_;
  int listener_ = -1;
  std::string url_, asked_;
  std::thread thread_;
};

const std::atomic<bool> kNever = false;
const FetchOptions kHere{.private_addresses = true};

std::string Answer(std::string_view head, std::string_view body) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", head, body.size(), body);
}

TEST(FetchTest, GetsADocument) {
  Once server(Answer("200 OK\r\nCache-Control: public, max-age=77", "{}"));
  auto got = Fetch(server.url(), kHere, kNever);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->body, "{}");
  EXPECT_EQ(got->max_age_s, 77);
  EXPECT_TRUE(server.asked().starts_with("GET /document HTTP/1.1\r\n"));
}

TEST(FetchTest, SendsAFormAndACredentialWhereItIsToldTo) {
  Once server(Answer("200 OK", "{}"));
  ASSERT_TRUE(Fetch(server.url(), kHere, kNever, {.form = "a=1&b=2", .authorization = "Basic x"}));
  EXPECT_TRUE(server.asked().starts_with("POST /document HTTP/1.1\r\n")) << server.asked();
  EXPECT_TRUE(server.asked().contains("\r\nAuthorization: Basic x\r\n"));
  EXPECT_TRUE(server.asked().contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
  EXPECT_TRUE(server.asked().contains("\r\nContent-Length: 7\r\n"));
  Once other(Answer("200 OK", "{}"));
  ASSERT_TRUE(Fetch(other.url(), kHere, kNever, {.form = "", .authorization = "Bearer y"}));
  EXPECT_TRUE(other.asked().starts_with("GET /document HTTP/1.1\r\n"));
  EXPECT_TRUE(other.asked().contains("\r\nAuthorization: Bearer y\r\n"));
  Once plain(Answer("200 OK", "{}"));
  ASSERT_TRUE(Fetch(plain.url(), kHere, kNever));
  EXPECT_FALSE(plain.asked().contains("Authorization"));
}

TEST(FetchTest, NothingButA200IsADocument) {
  for (const char* head :
       {"201 Created", "204 No Content", "301 Moved\r\nLocation: http://127.0.0.1:1/", "404 Not Found", "500 Broken"}) {
    Once server(Answer(head, ""));
    auto got = Fetch(server.url(), kHere, kNever);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, ErrorKind::kUnavailable);
    EXPECT_NE(got.error().message.find("status"), std::string::npos) << got.error().message;
  }
}

TEST(FetchTest, ALargeDocumentEndsWhereItIsTooLarge) {
  for (bool told : {true, false}) {
    std::string body(20'000, 'x');
    Once server(told ? Answer("200 OK", body) : "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body);
    auto got = Fetch(server.url(), {.private_addresses = true, .authorities = {}, .bytes = 10'000}, kNever);
    ASSERT_FALSE(got);
    EXPECT_NE(got.error().message.find("10000 bytes"), std::string::npos) << got.error().message;
  }
}

TEST(FetchTest, ASlowDocumentEndsInTime) {
  Once server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", true);
  auto got = Fetch(server.url(), {.private_addresses = true, .authorities = {}, .bytes = 100, .millis = 200}, kNever);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::kUnavailable);
}

TEST(FetchTest, EndsEarlyWhenItIsTold) {
  Once server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", true);
  std::atomic<bool> ended = true;
  EXPECT_FALSE(
      Fetch(server.url(), {.private_addresses = true, .authorities = {}, .bytes = 100, .millis = 60'000}, ended));
}

TEST(FetchTest, PrivateAddressesAreAskedOnlyWhereTheyMayBe) {
  std::atomic<bool> ended = false;
  for (const char* url :
       {"https://127.0.0.1:1/", "https://[::1]:1/", "https://localhost:1/", "https://10.255.255.1/",
        "https://169.254.169.254/", "https://2130706433:1/", "https://0x7f.1:1/", "https://[::ffff:127.0.0.1]:1/"}) {
    auto got = Fetch(url, {}, ended);
    ASSERT_FALSE(got) << url;
    EXPECT_EQ(got.error().message, "its name leads to a private address") << url;
  }
  auto got = Fetch("https://127.0.0.1:1/", kHere, ended);
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message, "its name leads to a private address");
}

TEST(FetchTest, OnlyPlainAddressesOfHttpsAreAsked) {
  for (const char* good : {"https://login.example.com", "https://a.test:8443/b?c=d", "http://127.0.0.1:80/",
                           "http://[::1]/", "http://localhost/x"}) {
    EXPECT_TRUE(IsFetchable(good)) << good;
  }
  for (const char* bad :
       {"", "login.example.com", "http://login.example.com", "http://127.0.0.2/", "ftp://a.test/", "file:///etc/passwd",
        "https://", "https:///x", "https:/a.test/x", "https:a.test/x", "https://user@a.test/", "https://u:p@a.test/",
        "https://a.test/#x", "https://a.test/ x", "https://a.test/\n", "gopher://a.test",
        "http://127.0.0.1.example.com/", "http://localhost.example.com/", "http://localhost@a.test/"}) {
    EXPECT_FALSE(IsFetchable(bad)) << bad;
    EXPECT_FALSE(Fetch(bad, kHere, kNever)) << bad;
  }
}

bool PrivateIs(const char* text) {
  sockaddr_storage room{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&room);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&room);
  bool four = inet_pton(AF_INET, text, &v4->sin_addr) == 1;
  room.ss_family = four ? AF_INET : AF_INET6;
  if (!four) EXPECT_EQ(inet_pton(AF_INET6, text, &v6->sin6_addr), 1) << text;
  return IsPrivate(reinterpret_cast<sockaddr&>(room));
}

TEST(PrivateAddressTest, TellsThePublicInternetFromTheRest) {
  for (const char* own : {"0.0.0.0",
                          "10.0.0.1",
                          "100.64.0.1",
                          "127.0.0.1",
                          "169.254.169.254",
                          "172.16.0.1",
                          "172.31.255.255",
                          "192.0.0.1",
                          "192.0.2.1",
                          "192.168.1.1",
                          "198.18.0.1",
                          "198.19.255.255",
                          "198.51.100.1",
                          "203.0.113.1",
                          "224.0.0.1",
                          "255.255.255.255",
                          "::",
                          "::1",
                          "::ffff:10.0.0.1",
                          "64:ff9b::10.0.0.1",
                          "2002:0a00:0001::",
                          "fc00::1",
                          "fd00::1",
                          "fe80::1",
                          "ff02::1",
                          "2001:db8::1",
                          "2001::1",
                          "::127.0.0.1"}) {
    EXPECT_TRUE(PrivateIs(own)) << own;
  }
  for (const char* open : {"1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1",
                           "198.17.0.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2001:4860:4860::8888",
                           "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:0101:0101::"}) {
    EXPECT_FALSE(PrivateIs(open)) << open;
  }
}

}  // namespace
}  // namespace ashlar
