// SPDX-License-Identifier: Apache-2.0
// A request pays its toll step by step: by address, by caller, for a batch. A step may have to ask others.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "surface/front/exchange.h"
#include "surface/front/front.h"

namespace ashlar::surface {

Eventually<http::Response> Front::Behind(Eventually<bool> paid, std::unique_ptr<Exchange> exchange, Step step) {
  if (!paid.ready()) return AwaitPaid(std::move(paid.task()), std::move(exchange), step);
  if (!paid.value()) return Limited(*exchange);
  return (this->*step)(std::move(exchange));
}

Task<http::Response> Front::AwaitPaid(Task<bool> paid, std::unique_ptr<Exchange> exchange, Step step) {
  const bool enough = co_await std::move(paid);
  if (!enough) co_return Limited(*exchange);
  auto answer = (this->*step)(std::move(exchange));
  if (answer.ready()) co_return std::move(answer.value());
  auto response = co_await std::move(answer.task());
  co_return response;
}

Eventually<http::Response> Front::OfAddress(std::unique_ptr<Exchange> exchange) {
  if (exchange->page != nullptr) {
    if (!exchange->toll) return OfPage(std::move(exchange));
    auto paid = exchange->toll->ForCaller(nullptr);
    return Behind(std::move(paid), std::move(exchange), &Front::OfPage);
  }
  if (engine_.service().identity && IsKeysPath(exchange->request)) {
    if (!exchange->toll) return OfKeys(std::move(exchange));
    auto paid = exchange->toll->ForCaller(nullptr);
    return Behind(std::move(paid), std::move(exchange), &Front::OfKeys);
  }
  if (exchange->provides) return HandleProvider(std::move(exchange));
  if (exchange->signs_in) return HandleAuth(std::move(exchange));
  if (exchange->match.options) return Options(*exchange);
  auto caller = Identify(*exchange);
  if (!caller.ready()) return AwaitCaller(std::move(exchange), std::move(caller.task()));
  return WithCaller(std::move(exchange), std::move(caller.value()));
}

Eventually<http::Response> Front::OfPage(std::unique_ptr<Exchange> exchange) {
  return Show(*exchange->page, *exchange);
}

Eventually<http::Response> Front::OfKeys(std::unique_ptr<Exchange> exchange) { return ShowKeys(*exchange); }

http::Response Front::Limited(Exchange& exchange) { return Error(exchange, exchange.toll->refusal()); }

}  // namespace ashlar::surface
