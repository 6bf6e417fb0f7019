// SPDX-License-Identifier: Apache-2.0
#include "surface/front/front.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <thread>

#include "contract/contract.h"
#include "http/server.h"
#include "store/sqlite/sqlite_store.h"

namespace ashlar::surface {
namespace {

constexpr const char* kContract = R"(service: front
resources:
  Thing:
    id: int
    fields: { name: string! }
    access: { read: public, write: public }
)";

// A string that throws on purpose: "parse" when it is read, "encode" when it is shown.
class Throwing final : public types::Type {
 public:
  explicit Throwing(types::TypePtr inner) : inner_(std::move(inner)) {}
  std::string_view name() const override { return inner_->name(); }
  std::string text() const override { return inner_->text(); }
  types::Kind kind() const override { return inner_->kind(); }
  std::expected<types::Value, types::FieldErrors> Parse(const json::Json& input) const override {
    if (input.string() != nullptr && *input.string() == "parse") throw std::runtime_error("secret words of a parser");
    return inner_->Parse(input);
  }
  std::expected<types::Value, types::FieldError> ParseText(std::string_view input) const override {
    return inner_->ParseText(input);
  }
  types::FieldErrors Validate(const types::Value& value) const override { return inner_->Validate(value); }
  void Format(const types::Cell& cell, json::Writer& out) const override {
    if (cell.text() == "encode") throw std::runtime_error("secret words of an encoder");
    inner_->Format(cell, out);
  }
  void Format(const types::Value& value, json::Writer& out) const override { inner_->Format(value, out); }
  types::Value ToValue(const types::Cell& cell) const override { return inner_->ToValue(cell); }
  void JsonSchema(json::Writer& out) const override { inner_->JsonSchema(out); }
  json::Json Example() const override { return inner_->Example(); }

 private:
  types::TypePtr inner_;
};

struct Counting final : Observer {
  void Observe(const Observation& observation) override {
    if (std::holds_alternative<Defect>(observation)) ++defects;
  }
  std::atomic<int> defects = 0;
};

std::string Exchange(const std::string& address, const std::string& method, const std::string& path,
                     const std::string& body = "") {
  boost::asio::io_context context;
  boost::asio::ip::tcp::socket socket(context);
  size_t colon = address.rfind(':');
  boost::asio::ip::tcp::resolver resolver(context);
  boost::asio::connect(socket, resolver.resolve(address.substr(0, colon), address.substr(colon + 1)));
  std::string type =
      body.empty() ? "" : fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  std::string request =
      fmt::format("{} {} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{}\r\n{}", method, path, type, body);
  boost::asio::write(socket, boost::asio::buffer(request));
  std::string answer;
  boost::system::error_code end;
  boost::asio::read(socket, boost::asio::dynamic_buffer(answer), end);
  return answer;
}

model::Service Compiled() {
  contract::Source source{"front.yaml", kContract};
  auto compiled = contract::Compile({&source, 1}, {});
  if (!compiled) throw std::runtime_error(contract::Render(compiled.error(), false));
  model::Service service(**compiled);
  model::Resource& thing = service.resources[service.FindResource("Thing").index()];
  model::Field& name = thing.fields[thing.FindField("name").index()];
  name.type = std::make_shared<Throwing>(name.type);
  return service;
}

class FrontTest : public testing::Test {
 protected:
  FrontTest() {
    store_ = std::move(*store::sqlite::Open(service_, {.path = path_}, observer_));
    options_.ready = [] { return Result<void>{}; };
  }
  ~FrontTest() override {
    if (server_ != nullptr) {
      server_->Stop();
      thread_.join();
    }
    store_->Close();
    server_.reset();
    store_.reset();
    for (const char* end : {"", "-wal", "-shm", ".lock", ".key"}) std::filesystem::remove(path_ + end);
  }

  std::unique_ptr<Front> Make(boost::asio::io_context& loop) {
    return std::make_unique<Front>(router_, store_->Open(loop), planner_, keys_, options_, SystemClock(), observer_);
  }
  void Serve() {
    http::ServerOptions options;
    options.listen = "127.0.0.1:0";
    server_ = std::move(*http::Server::Open(options, [this](auto& loop) { return Make(loop); }, observer_));
    thread_ = std::jthread([this] { server_->Run(); });
  }
  std::string Ask(const std::string& method, const std::string& path, const std::string& body = "") const {
    return Exchange(server_->address(), method, path, body);
  }

  std::string path_ = std::filesystem::temp_directory_path() / fmt::format("ashlar-front-{}.db", getpid());
  Counting observer_;
  model::Service service_ = Compiled();
  std::unique_ptr<store::Store> store_;
  identity::ServiceKeys keys_ = *identity::ServiceKeys::Open(path_ + ".key");
  plan::Planner planner_{service_, keys_.cursor()};
  rest::Router router_{service_};
  FrontOptions options_;
  std::unique_ptr<http::Server> server_;
  std::jthread thread_;
};

// Where it is read and where it is written: the request is a 500, the next one is served.
TEST_F(FrontTest, SurvivesAFieldTypeThatThrows) {
  Serve();
  std::string parse = Ask("POST", "/v1/things", R"({"name": "parse"})");
  EXPECT_TRUE(parse.starts_with("HTTP/1.1 500 ")) << parse;
  EXPECT_NE(parse.find("\"code\":\"INTERNAL\""), std::string::npos) << parse;
  EXPECT_EQ(parse.find("secret words"), std::string::npos) << parse;
  std::string good = Ask("POST", "/v1/things", R"({"name": "good"})");
  EXPECT_TRUE(good.starts_with("HTTP/1.1 201 ")) << good;
  std::string encode = Ask("POST", "/v1/things", R"({"name": "encode"})");
  EXPECT_TRUE(encode.starts_with("HTTP/1.1 500 ")) << encode;
  EXPECT_EQ(encode.find("secret words"), std::string::npos) << encode;
  EXPECT_TRUE(Ask("GET", "/v1/things/1").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(Ask("GET", "/v1/things/2").starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(Ask("GET", "/health/live").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(observer_.defects.load(), 3);
}

TEST_F(FrontTest, WhatComesTooLateIsATimeout) {
  options_.request_micros = 0;
  Serve();
  std::string answer = Ask("POST", "/v1/things", R"({"name": "late"})");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 504 ")) << answer;
  EXPECT_NE(answer.find("\"code\":\"TIMEOUT\""), std::string::npos) << answer;
}

TEST_F(FrontTest, AStoreThatIsClosedIsUnavailable) {
  Serve();
  store_->Close();
  std::string answer = Ask("POST", "/v1/things", R"({"name": "none"})");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("\"code\":\"UNAVAILABLE\""), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\nRetry-After: "), std::string::npos) << answer;
}

// What the server refuses by itself has a code of the table, with the status that the server said.
TEST_F(FrontTest, WhatTheServerRefusesHasItsCode) {
  boost::asio::io_context loop;
  auto front = Make(loop);
  constexpr std::pair<int, const char*> kRefusals[] = {
      {400, "BAD_REQUEST"},     {408, "REQUEST_TIMEOUT"},    {413, "PAYLOAD_TOO_LARGE"},
      {414, "URI_TOO_LONG"},    {417, "EXPECTATION_FAILED"}, {431, "HEADERS_TOO_LARGE"},
      {501, "NOT_IMPLEMENTED"}, {503, "OVERLOADED"},         {505, "HTTP_VERSION_NOT_SUPPORTED"}};
  for (const auto& [status, code] : kRefusals) {
    http::Response response = front->Refuse({}, status, "why");
    EXPECT_EQ(response.status, status);
    EXPECT_NE(response.body.find(fmt::format("\"code\":\"{}\",\"message\":\"why\"", code)), std::string::npos)
        << response.body;
    bool retry = std::ranges::any_of(response.headers, [](const auto& header) { return header.name == "Retry-After"; });
    EXPECT_EQ(retry, status == 503);
  }
}

TEST_F(FrontTest, WhatIsRefusedKeepsItsName) {
  boost::asio::io_context loop;
  auto front = Make(loop);
  for (const auto& [given, kept] : {std::pair("mine-1", true), std::pair("not\tmine", false)}) {
    http::Request request;
    request.headers = {{"Host", "a"}, {"x-request-id", given}};
    http::Response response = front->Refuse(request, 413, "why");
    auto id = std::ranges::find(response.headers, "X-Request-Id", &http::Header::name);
    ASSERT_NE(id, response.headers.end());
    EXPECT_EQ(id->value == given, kept) << id->value;
    EXPECT_NE(response.body.find(fmt::format("\"requestId\":\"{}\"", id->value)), std::string::npos) << response.body;
  }
}

TEST_F(FrontTest, NamesAParameterThatCannotBeDecoded) {
  Serve();
  std::string answer = Ask("GET", "/v1/things?page=1&name=%zz");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_NE(answer.find(R"("code":"INVALID_QUERY","message":"'name=%zz' is not)"), std::string::npos) << answer;
}

}  // namespace
}  // namespace ashlar::surface
