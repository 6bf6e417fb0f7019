// SPDX-License-Identifier: Apache-2.0
#include "http/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <charconv>
#include <filesystem>
#include <thread>

#include "http/server.h"

namespace ashlar::http {
namespace {

using testing::HasSubstr;

// A key and a certificate that it signed for itself, in files of its own.
struct Files {
  explicit Files(const std::string& name, const char* password = nullptr)
      : cert(testing::TempDir() + "tls_test_" + name + ".crt"), key(testing::TempDir() + "tls_test_" + name + ".key") {
    EVP_PKEY* pair = EVP_EC_gen("P-256");
    X509* x509 = X509_new();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -60);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    X509_set_pubkey(x509, pair);
    X509_sign(x509, pair, EVP_sha256());
    FILE* file = fopen(cert.c_str(), "w");
    PEM_write_X509(file, x509);
    fclose(file);
    file = fopen(key.c_str(), "w");
    PEM_write_PrivateKey(file, pair, password == nullptr ? nullptr : EVP_aes_128_cbc(), nullptr, 0, nullptr,
                         const_cast<char*>(password));
    fclose(file);
    X509_free(x509);
    EVP_PKEY_free(pair);
  }
  ~Files() {
    std::filesystem::remove(cert);
    std::filesystem::remove(key);
  }

  std::string cert;
  std::string key;
};

// A client over memory.
class Client {
 public:
  Client() : context_(SSL_CTX_new(TLS_client_method())) {}
  ~Client() {
    SSL_free(session_);
    SSL_CTX_free(context_);
  }
  SSL_CTX* context() { return context_; }
  void Begin() {
    session_ = SSL_new(context_);
    SSL_set_bio(session_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(session_);
  }
  SSL* session() { return session_; }
  void Feed(std::string_view wire) { BIO_write(SSL_get_rbio(session_), wire.data(), static_cast<int>(wire.size())); }
  std::string TakeWire() {
    std::string wire(BIO_ctrl_pending(SSL_get_wbio(session_)), '\0');
    if (!wire.empty()) BIO_read(SSL_get_wbio(session_), wire.data(), static_cast<int>(wire.size()));
    return wire;
  }
  // What the server says last.
  TlsSession::State Shake(TlsSession& server) {
    TlsSession::State state = TlsSession::State::kMore;
    for (int i = 0; i < 10 && state == TlsSession::State::kMore; ++i) {
      SSL_do_handshake(session_);
      server.Feed(TakeWire());
      state = server.Shake();
      std::string wire;
      server.TakeWire(wire);
      Feed(wire);
    }
    return state;
  }

 private:
  SSL_CTX* context_;
  SSL* session_ = nullptr;
};

std::shared_ptr<const TlsContext> Load(const Files& files) {
  auto context = TlsContext::Load(files.cert, files.key);
  EXPECT_TRUE(context.has_value()) << context.error().message;
  return context.value();
}

TEST(TlsTest, SaysWhichFileIsWrong) {
  Files one("one");
  Files two("two");
  Files locked("locked", "word");
  std::string missing = testing::TempDir() + "tls_test_missing";
  auto message = [](const std::string& cert, const std::string& key) {
    auto context = TlsContext::Load(cert, key);
    return context ? "none" : context.error().message;
  };
  EXPECT_EQ(message(one.cert, one.key), "none");
  EXPECT_THAT(message(missing, one.key), HasSubstr("'" + missing + "' is not a certificate"));
  EXPECT_THAT(message(one.key, one.key), HasSubstr("'" + one.key + "' is not a certificate"));
  EXPECT_THAT(message(one.cert, missing), HasSubstr("'" + missing + "' is not a key"));
  EXPECT_THAT(message(one.cert, one.cert), HasSubstr("'" + one.cert + "' is not a key"));
  EXPECT_THAT(message(one.cert, two.key), HasSubstr("'" + two.key + "' is not"));
  EXPECT_THAT(message(locked.cert, locked.key), HasSubstr("without a password"));
}

TEST(TlsTest, CarriesBytesBothWaysAndTheirEnd) {
  Files files("carries");
  TlsSession server(*Load(files));
  Client client;
  client.Begin();
  ASSERT_EQ(client.Shake(server), TlsSession::State::kDone);
  char room[64];
  size_t taken = 0;
  EXPECT_EQ(server.Read(room, sizeof room, taken), TlsSession::State::kMore);
  std::string large(100'000, 'x');
  ASSERT_TRUE(server.Write(large));
  std::string wire;
  server.TakeWire(wire);
  EXPECT_GT(wire.size(), large.size());
  client.Feed(wire);
  std::string got;
  for (int size = 0; (size = SSL_read(client.session(), room, sizeof room)) > 0;) {
    got.append(room, static_cast<size_t>(size));
  }
  EXPECT_EQ(got, large);
  SSL_write(client.session(), "hello", 5);
  SSL_shutdown(client.session());
  server.Feed(client.TakeWire());
  ASSERT_EQ(server.Read(room, sizeof room, taken), TlsSession::State::kDone);
  EXPECT_EQ(std::string_view(room, taken), "hello");
  EXPECT_EQ(server.Read(room, sizeof room, taken), TlsSession::State::kEnded);
  server.End();
  EXPECT_TRUE(server.has_wire());
}

TEST(TlsTest, SpeaksOnlyWhatIsSound) {
  Files files("sound");
  auto context = Load(files);
  struct Case {
    int least, most;
    const char* ciphers;
    bool spoken;
  };
  for (const Case& one :
       {Case{TLS1_2_VERSION, TLS1_2_VERSION, "ALL", true}, Case{TLS1_3_VERSION, TLS1_3_VERSION, "ALL", true},
        Case{TLS1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0", false},
        Case{TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", false},
        Case{TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", true}}) {
    TlsSession server(*context);
    Client client;
    SSL_CTX_set_min_proto_version(client.context(), one.least);
    SSL_CTX_set_max_proto_version(client.context(), one.most);
    ASSERT_EQ(SSL_CTX_set_cipher_list(client.context(), one.ciphers), 1);
    client.Begin();
    EXPECT_EQ(client.Shake(server), one.spoken ? TlsSession::State::kDone : TlsSession::State::kFailed) << one.ciphers;
  }
}

TEST(TlsTest, ChoosesAProtocolOrRefuses) {
  Files files("alpn");
  auto context = Load(files);
  const std::string http1("\x08http/1.1", 9);
  const std::string http2("\x02h2", 3);
  for (const auto& [offered, chosen] :
       {std::pair{http1, "http/1.1"}, std::pair{http1 + http2, "h2"}, std::pair{std::string("\x06spdy/1"), ""}}) {
    TlsSession server(*context);
    Client client;
    client.Begin();
    SSL_set_alpn_protos(client.session(), reinterpret_cast<const unsigned char*>(offered.data()),
                        static_cast<unsigned>(offered.size()));
    std::string_view expected = chosen;
    EXPECT_EQ(client.Shake(server), expected.empty() ? TlsSession::State::kFailed : TlsSession::State::kDone);
    EXPECT_EQ(server.speaks_http2(), expected == "h2");
    SSL_do_handshake(client.session());
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.session(), &name, &size);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(name), size), expected);
  }
}

TEST(TlsTest, RefusesWhatIsNoTls) {
  Files files("none");
  auto context = Load(files);
  TlsSession plain(*context);
  plain.Feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(plain.Shake(), TlsSession::State::kFailed);
  TlsSession server(*context);
  Client client;
  client.Begin();
  ASSERT_EQ(client.Shake(server), TlsSession::State::kDone);
  server.Feed(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  char room[64];
  size_t taken = 0;
  EXPECT_EQ(server.Read(room, sizeof room, taken), TlsSession::State::kFailed);
  EXPECT_FALSE(server.Write("late"));
}

struct Hand final : Clock {
  int64_t NowMicros() const override { return SteadyMicros(); }
  int64_t SteadyMicros() const override { return seconds * 1'000'000; }
  std::atomic<int64_t> seconds = 784111777;
};

struct Silent final : Observer {
  void Observe(const Observation&) override {}
};

struct Greeter final : Handler {
  Eventually<Response> Handle(const Request&) override { return Response{200, {}, "hello"}; }
  Response Refuse(const Request&, int status, std::string_view) override { return {status, {}, ""}; }
  Response Failed(const Request&, std::string_view) override { return {500, {}, ""}; }
};

TEST(TlsTest, EndsWhoDoesNotShakeHands) {
  Files files("slow");
  Hand clock;
  Silent observer;
  ServerOptions options{.listen = "127.0.0.1:0", .connections = 1, .tls_cert = files.cert, .tls_key = files.key};
  options.handshake_seconds = 5;
  options.clock = &clock;
  auto made = Server::Open(options, [](boost::asio::io_context&) { return std::make_unique<Greeter>(); }, observer);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  std::thread thread([&] { (*made)->Run(); });
  const std::string& address = (*made)->address();
  unsigned short port = 0;
  std::from_chars(address.data() + address.rfind(':') + 1, address.data() + address.size(), port);
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), port);
  tcp::socket silent(context);
  silent.connect(endpoint);
  tcp::socket another(context);
  another.connect(endpoint);
  char byte = 0;
  boost::system::error_code error;
  boost::asio::read(another, boost::asio::buffer(&byte, 1), error);
  EXPECT_EQ(error, boost::asio::error::eof) << "one connection too many is closed without a word";
  clock.seconds += 6;
  boost::asio::read(silent, boost::asio::buffer(&byte, 1), error);
  EXPECT_EQ(error, boost::asio::error::eof);
  (*made)->Stop();
  thread.join();
}

}  // namespace
}  // namespace ashlar::http
