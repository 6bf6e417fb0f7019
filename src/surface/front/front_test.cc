// SPDX-License-Identifier: Apache-2.0
// A field type that throws, where it is read and where it is written: the request is a 500, the next one is served.
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

TEST(Front, SurvivesAFieldTypeThatThrows) {
  std::string path = std::filesystem::temp_directory_path() / fmt::format("ashlar-front-{}.db", getpid());
  contract::Source source{"front.yaml", kContract};
  auto compiled = contract::Compile({&source, 1}, {});
  ASSERT_TRUE(compiled.has_value()) << contract::Render(compiled.error(), false);
  model::Service service(**compiled);
  model::Resource& thing = service.resources[service.FindResource("Thing").index()];
  model::Field& name = thing.fields[thing.FindField("name").index()];
  name.type = std::make_shared<Throwing>(name.type);

  Counting observer;
  auto store = store::sqlite::Open(service, {.path = path}, observer);
  ASSERT_TRUE(store.has_value()) << store.error().message;
  auto keys = identity::ServiceKeys::Open(path + ".key");
  ASSERT_TRUE(keys.has_value()) << keys.error().message;
  plan::Planner planner(service, keys->cursor());
  rest::Router router(service);
  FrontOptions front;
  front.ready = [] { return Result<void>{}; };
  http::ServerOptions options;
  options.listen = "127.0.0.1:0";
  auto make = [&](boost::asio::io_context& loop) {
    return std::make_unique<Front>(router, (*store)->Open(loop), planner, *keys, front, SystemClock(), observer);
  };
  auto server = http::Server::Open(options, make, observer);
  ASSERT_TRUE(server.has_value()) << server.error().message;
  std::jthread thread([&] { (*server)->Run(); });
  const std::string& address = (*server)->address();

  std::string parse = Exchange(address, "POST", "/v1/things", R"({"name": "parse"})");
  EXPECT_TRUE(parse.starts_with("HTTP/1.1 500 ")) << parse;
  EXPECT_NE(parse.find("\"code\":\"INTERNAL\""), std::string::npos) << parse;
  EXPECT_EQ(parse.find("secret words"), std::string::npos) << parse;
  std::string good = Exchange(address, "POST", "/v1/things", R"({"name": "good"})");
  EXPECT_TRUE(good.starts_with("HTTP/1.1 201 ")) << good;
  std::string encode = Exchange(address, "POST", "/v1/things", R"({"name": "encode"})");
  EXPECT_TRUE(encode.starts_with("HTTP/1.1 500 ")) << encode;
  EXPECT_EQ(encode.find("secret words"), std::string::npos) << encode;
  EXPECT_TRUE(Exchange(address, "GET", "/v1/things/1").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(Exchange(address, "GET", "/v1/things/2").starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(Exchange(address, "GET", "/health/live").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(observer.defects.load(), 3);

  (*server)->Stop();
  thread.join();
  (*store)->Close();
  server->reset();
  store->reset();
  for (const char* end : {"", "-wal", "-shm", ".lock", ".key"}) std::filesystem::remove(path + end);
}

}  // namespace
}  // namespace ashlar::surface
