// SPDX-License-Identifier: Apache-2.0
#include "identity/issuer_keys.h"

#include <gtest/gtest.h>

#include <future>

#include "base/await.h"
#include "base/crypto/signing_key.h"
#include "http/server.h"

// After base/await.h.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace ashlar::identity {
namespace {

constexpr int64_t kSecond = 1'000'000;

// A clock that the test moves while other threads look at it.
class Hand final : public Clock {
 public:
  int64_t NowMicros() const override { return SteadyMicros(); }
  int64_t SteadyMicros() const override { return seconds * kSecond; }
  std::atomic<int64_t> seconds = 1'800'000'000;
};

class Heard final : public Observer {
 public:
  void Observe(const Observation& observation) override {
    std::lock_guard lock(mutex_);
    if (const auto* note = std::get_if<Note>(&observation)) notes_ += note->message + "\n";
  }
  std::string notes() {
    std::lock_guard lock(mutex_);
    return notes_;
  }

 private:
  std::mutex mutex_;
  std::string notes_;
};

// What an issuer answers, by path; everything is asked over a real socket.
struct Site {
  std::mutex mutex;
  std::map<std::string, http::Response> pages;
  std::map<std::string, int> asked;
  std::shared_future<void> gate;  // each answer waits for it, if there is one
};

class Pages final : public http::Handler {
 public:
  explicit Pages(Site& site) : site_(site) {}
  Eventually<http::Response> Handle(const http::Request& request) override {
    std::shared_future<void> gate;
    http::Response answer{404, {}, ""};
    {
      std::lock_guard lock(site_.mutex);
      ++site_.asked[request.target];
      if (auto found = site_.pages.find(request.target); found != site_.pages.end()) answer = found->second;
      gate = site_.gate;
    }
    if (gate.valid()) gate.wait();
    return answer;
  }
  http::Response Refuse(const http::Request&, int status, std::string_view) override { return {status, {}, ""}; }
  http::Response Failed(const http::Request&, std::string_view) override { return {500, {}, ""}; }

 private:
  Site& site_;
};

class IssuerKeysTest : public testing::Test {
 protected:
  IssuerKeysTest() {
    http::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.handles_signals = false;
    auto make = [this](boost::asio::io_context&) { return std::make_unique<Pages>(site_); };
    server_ = std::move(*http::Server::Open(options, make, heard_));
    thread_ = std::thread([this] { server_->Run(); });
    issuer_.issuer = "http://" + server_->address();
    issuer_.private_addresses = true;
    Publish({"a"});
  }
  ~IssuerKeysTest() override {
    keys_.reset();
    server_->Stop();
    thread_.join();
  }

  void Page(const std::string& path, std::string body, std::string cache = "") {
    std::lock_guard lock(site_.mutex);
    http::Response response{200, {}, std::move(body)};
    if (!cache.empty()) response.Set("Cache-Control", std::move(cache));
    site_.pages[path] = std::move(response);
  }
  void Describe(const std::string& issuer, const std::string& jwks) {
    Page("/.well-known/openid-configuration", fmt::format(R"({{"issuer":"{}","jwks_uri":"{}"}})", issuer, jwks));
  }
  void Publish(const std::vector<std::string>& ids, const std::string& cache = "") {
    static const SigningKey key = *SigningKey::Generate(SignatureAlgorithm::kEs256);
    std::string text;
    for (const std::string& id : ids) {
      text += fmt::format(R"({}{{"kid":"{}")", text.empty() ? "" : ",", id);
      for (const auto& [name, value] : key.jwk()) text += fmt::format(R"(,"{}":"{}")", name, value);
      text += "}";
    }
    Page("/keys", fmt::format(R"({{"keys":[{}]}})", text), cache);
    Describe(issuer_.issuer, issuer_.issuer + "/keys");
  }
  void Withdraw() {
    std::lock_guard lock(site_.mutex);
    site_.pages.clear();
  }
  int Asked(const std::string& path) {
    std::lock_guard lock(site_.mutex);
    return site_.asked[path];
  }

  IssuerKeys& Begin() {
    keys_ = std::make_unique<IssuerKeys>(issuer_, "", clock_, heard_);
    WaitFor(1);
    return *keys_;
  }
  // Until so many fetches have been made and dealt with.
  void WaitFor(int64_t fetches) {
    while (keys_->fetches() < fetches || keys_->busy()) std::this_thread::yield();
  }
  // What becomes of so many who need a key that lacks: how many were told to look again. The site answers once all have
  // asked.
  int Renew(int count) {
    boost::asio::io_context loop;
    int told = 0, came = 0;
    std::promise<void> go;
    bool held = false;
    {
      std::lock_guard lock(site_.mutex);
      held = !site_.gate.valid();
      if (held) site_.gate = go.get_future().share();
    }
    for (int i = 0; i < count; ++i) {
      boost::asio::co_spawn(loop, keys_->Renew(), [&](std::exception_ptr, bool answer) {
        ++told;
        came += answer ? 1 : 0;
      });
    }
    bool open = false;
    boost::asio::post(loop, [&] {  // behind them all
      if (held) go.set_value();
      open = true;
    });
    while (told < count || !open) loop.run_one();
    std::lock_guard lock(site_.mutex);
    if (held) site_.gate = {};
    return came;
  }
  std::vector<std::string> Ids() {
    std::vector<std::string> ids;
    auto set = keys_->Current();
    if (set == nullptr) return {"none"};
    for (const VerificationKey& key : set->keys) ids.push_back(key.id);
    return ids;
  }

  using List = std::vector<std::string>;
  Site site_;
  Hand clock_;
  Heard heard_;
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
  model::Issuer issuer_;
  std::unique_ptr<IssuerKeys> keys_;
};

TEST_F(IssuerKeysTest, FetchedAtTheStartWhereDiscoverySays) {
  Begin();
  EXPECT_EQ(Ids(), List{"a"});
  EXPECT_EQ(Asked("/.well-known/openid-configuration"), 1);
  EXPECT_EQ(heard_.notes(), "");
}

TEST_F(IssuerKeysTest, WhereTheContractSaysWithoutDiscovery) {
  issuer_.jwks = issuer_.issuer + "/keys";
  Begin();
  EXPECT_EQ(Ids(), List{"a"});
  EXPECT_EQ(Asked("/.well-known/openid-configuration"), 0);
}

TEST_F(IssuerKeysTest, ManyWhoLackAKeyAreOneFetch) {
  Begin();
  Publish({"a", "b"});
  EXPECT_EQ(Renew(200), 200);
  EXPECT_EQ(Ids(), (List{"a", "b"}));
  EXPECT_EQ(keys_->fetches(), 2);
  Publish({"c"});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(Renew(10), 0);
  EXPECT_EQ(keys_->fetches(), 2);
  clock_.seconds += IssuerKeys::kRestSeconds;
  EXPECT_EQ(Renew(10), 10);
  EXPECT_EQ(Ids(), List{"c"});
  EXPECT_EQ(keys_->fetches(), 3);
}

TEST_F(IssuerKeysTest, NoMoreWaitThanMay) {
  Begin();
  EXPECT_EQ(Renew(IssuerKeys::kMostWaiting + 7), static_cast<int>(IssuerKeys::kMostWaiting));
}

TEST_F(IssuerKeysTest, FreshForAsLongAsTheIssuerSaysWithinBounds) {
  for (auto [cache, seconds] :
       {std::pair("max-age=5", IssuerKeys::kLeastFresh), std::pair("public, max-age=120", 120L),
        std::pair("max-age=99999999", IssuerKeys::kMostFresh), std::pair("no-store", IssuerKeys::kLeastFresh),
        std::pair("max-age=x", IssuerKeys::kUsuallyFresh), std::pair("", IssuerKeys::kUsuallyFresh)}) {
    Publish({"a"}, cache);
    Begin();
    clock_.seconds += seconds - 1;
    keys_->Current();
    EXPECT_FALSE(keys_->busy()) << cache;
    Publish({"b"});
    clock_.seconds += 1;
    EXPECT_EQ(Ids(), List{"a"}) << cache;  // at once, with what there is
    WaitFor(2);
    EXPECT_EQ(Ids(), List{"b"}) << cache;
  }
}

TEST_F(IssuerKeysTest, WhatIsTheSameKeepsItsNumber) {
  Begin();
  uint64_t number = keys_->Current()->number;
  clock_.seconds += IssuerKeys::kMostFresh;
  keys_->Current();
  WaitFor(2);
  EXPECT_EQ(keys_->Current()->number, number);
  Publish({"b"});
  clock_.seconds += IssuerKeys::kMostFresh;
  keys_->Current();
  WaitFor(3);
  EXPECT_NE(keys_->Current()->number, number);
}

TEST_F(IssuerKeysTest, AnIssuerThatIsDownIsAskedNowAndThenAndItsKeysStayGoodForSomeHours) {
  Begin();
  Withdraw();
  const int64_t begun = clock_.seconds;
  clock_.seconds += IssuerKeys::kUsuallyFresh;
  EXPECT_EQ(Ids(), List{"a"});
  WaitFor(2);
  EXPECT_NE(heard_.notes().find("status 404"), std::string::npos) << heard_.notes();
  for (int i = 0; i < 20; ++i) keys_->Current();
  EXPECT_EQ(keys_->fetches(), 2);
  clock_.seconds = begun + IssuerKeys::kGoodSeconds - 1;
  EXPECT_EQ(Ids(), List{"a"});
  WaitFor(3);
  clock_.seconds += 1;
  EXPECT_EQ(Ids(), List{"none"});
  Publish({"b"});
  clock_.seconds += IssuerKeys::kRestSeconds;
  EXPECT_EQ(Renew(1), 1);
  EXPECT_EQ(Ids(), List{"b"});
}

TEST_F(IssuerKeysTest, AnIssuerThatIsNotThereAtTheStartComesLater) {
  Withdraw();
  Begin();
  EXPECT_EQ(Ids(), List{"none"});
  Publish({"a"});
  EXPECT_EQ(Renew(3), 3);
  EXPECT_EQ(Ids(), List{"a"});
}

TEST_F(IssuerKeysTest, WhatIsNotRightIsNotTakenAndWhatWasThereStays) {
  Begin();
  int64_t fetches = 1;
  auto refused = [&](std::string_view why) {
    clock_.seconds += IssuerKeys::kMostFresh / 8;
    keys_->Current();
    if (!keys_->busy() && keys_->fetches() == fetches) Renew(1);
    WaitFor(++fetches);
    EXPECT_EQ(Ids(), List{"a"}) << why;
    EXPECT_NE(heard_.notes().find(why), std::string::npos) << why << "\n" << heard_.notes();
  };
  Describe(issuer_.issuer + "/", issuer_.issuer + "/keys");
  refused("another issuer's");
  Page("/.well-known/openid-configuration", "[]");
  refused("no JSON object");
  Describe(issuer_.issuer, "http://example.com/keys");
  refused("names no https address");
  Describe(issuer_.issuer, "file:///etc/passwd");
  refused("names no https address");
  Describe(issuer_.issuer, issuer_.issuer + "/keys");
  Page("/keys", "{}");
  refused("no JWK Set");
  Page("/keys", R"({"keys":[]})");
  refused("no key that can verify");
  Page("/keys", std::string(300 << 10, ' '));
  refused("more than 262144 bytes");
  {
    std::lock_guard lock(site_.mutex);
    site_.pages["/keys"] = {302, {{"Location", "/elsewhere"}}, ""};
  }
  refused("status 302");
  EXPECT_EQ(Asked("/elsewhere"), 0);
}

TEST_F(IssuerKeysTest, ClosingTellsThoseWhoWait) {
  Begin();
  std::promise<void> go;
  {
    std::lock_guard lock(site_.mutex);
    site_.gate = go.get_future().share();
  }
  std::thread closer([&] {
    while (Asked("/.well-known/openid-configuration") < 2) std::this_thread::yield();
    keys_->Close();
    go.set_value();
  });
  Renew(5);  // comes back
  closer.join();
  EXPECT_EQ(Renew(1), 0);
}

TEST(DiscoveryTest, StandsBehindTheIssuersPath) {
  EXPECT_EQ(DiscoveryUrl("https://a.test"), "https://a.test/.well-known/openid-configuration");
  EXPECT_EQ(DiscoveryUrl("https://a.test/"), "https://a.test/.well-known/openid-configuration");
  EXPECT_EQ(DiscoveryUrl("https://a.test/b/c"), "https://a.test/b/c/.well-known/openid-configuration");
}

TEST(DiscoveryTest, AnIssuerOfHttpsHasItsKeysByHttps) {
  const std::string issuer = "https://a.test";
  EXPECT_TRUE(JwksUrlIn(R"({"issuer":"https://a.test","jwks_uri":"https://b.test/k"})", issuer));
  for (const char* bad :
       {R"({"issuer":"https://a.test","jwks_uri":"http://127.0.0.1/k"})", R"({"jwks_uri":"https://b"})",
        R"({"issuer":["https://a.test"],"jwks_uri":"https://b.test/k"})", R"({"issuer":"https://a.test"})",
        R"({"issuer":"https://a.test","jwks_uri":1})",
        R"({"issuer":"https://a.test","jwks_uri":"https://user:word@b.test/k"})",
        R"({"issuer":"https://a.test","issuer":"https://c.test","jwks_uri":"https://b.test/k"})"}) {
    EXPECT_FALSE(JwksUrlIn(bad, issuer)) << bad;
  }
}

}  // namespace
}  // namespace ashlar::identity
