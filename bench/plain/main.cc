// SPDX-License-Identifier: Apache-2.0
// bench_plain: the works of the benchmark on Asio and SQLite with nothing in between, as the limit of what can be had.
//
// bench_plain STORE TOKEN CALLER EXPIRES [LOG [one]]; listens on 127.0.0.1, at a free port that it prints. `one`
// commits each write by itself.
#include <boost/asio/signal_set.hpp>
#include <cstdio>

#include "service.h"

namespace ashlar::bench {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;

constexpr int kReadyAtOnce = 64;  // handlers that run before a turn of the loop ends

void Accept(Acceptor& acceptor, Handler& handler) {
  acceptor.async_accept([&](boost::system::error_code error, Socket socket) {
    if (error) return;
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    (new Connection(std::move(socket), handler))->Read();
    Accept(acceptor, handler);
  });
}

void Serve(const Options& options) {
  asio::io_context context(1);
  Service service(options, context);
  Acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  asio::signal_set ends(context, SIGTERM, SIGINT);
  ends.async_wait([&](boost::system::error_code, int) { context.stop(); });
  std::printf("%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  service.TurnEnds();
  Accept(acceptor, service);
  while (!context.stopped()) {
    context.run_one();
    for (int i = 0; i < kReadyAtOnce && context.poll_one() > 0; ++i) {
    }
    service.TurnEnds();
  }
}

}  // namespace
}  // namespace ashlar::bench

int main(int count, char** values) {
  using namespace ashlar::bench;
  std::vector<std::string_view> arguments(values, values + count);
  std::optional<Uuid> caller = count >= 5 ? ReadUuid(arguments[3]) : std::nullopt;
  std::optional<int64_t> expires = count >= 5 ? ReadNumber(arguments[4]) : std::nullopt;
  if (!caller || !expires || count > 7 || (count == 7 && arguments[6] != "one")) {
    std::fputs("bench_plain STORE TOKEN CALLER EXPIRES [LOG [one]]\n", stderr);
    return 64;
  }
  Options options{.store = std::string(arguments[1]),
                  .log = count > 5 ? std::string(arguments[5]) : "",
                  .token = std::string(arguments[2]),
                  .caller = *caller,
                  .expires = *expires};
  if (count == 7) options.group = 1;
  Serve(options);
  return 0;
}
