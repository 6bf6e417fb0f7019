// SPDX-License-Identifier: Apache-2.0
// POST /v1/batch: some calls in one transaction.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "surface/front/exchange.h"
#include "surface/front/front.h"
#include "surface/rest/decode.h"

namespace ashlar::surface {

Eventually<http::Response> Front::RunBatch(std::unique_ptr<Exchange> exchange) {
  int64_t begun = clock_.SteadyMicros();
  exchange->batch = std::make_unique<rest::Batch>(engine_.service(), router_);
  rest::Batch& batch = *exchange->batch;
  auto wrong = batch.Read(exchange->request);
  exchange->decode_us = clock_.SteadyMicros() - begun;
  if (wrong) return RefuseBatch(*exchange, *wrong);
  if (!exchange->toll) return OfBatch(std::move(exchange));
  auto paid = exchange->toll->ForBatch(batch);
  return Behind(std::move(paid), std::move(exchange), &Front::OfBatch);
}

Eventually<http::Response> Front::OfBatch(std::unique_ptr<Exchange> exchange) {
  rest::Batch& batch = *exchange->batch;
  engine::SequenceOptions options{batch.dry_run(), batch.once() ? &*batch.once() : nullptr};
  auto done = engine_.Run(exchange->context, *exchange->caller, batch, options);
  if (!done.ready()) return AwaitBatch(std::move(exchange), std::move(done.task()));
  return FinishBatch(*exchange, std::move(done.value()));
}

Task<http::Response> Front::AwaitBatch(std::unique_ptr<Exchange> exchange, Task<engine::SequenceAnswer> done) {
  auto answer = co_await std::move(done);
  co_return FinishBatch(*exchange, std::move(answer));
}

http::Response Front::FinishBatch(Exchange& exchange, engine::SequenceAnswer done) {
  if (!done) return RefuseBatch(exchange, done.error());
  int64_t begun = clock_.SteadyMicros();
  http::Response response;
  response.Set("Content-Type", std::string(rest::kJson));
  if (done->replayed) response.Set("Idempotency-Replayed", "true");
  response.body = exchange.batch->Encode(done->outcomes, exchange.MetaAt(begun));
  exchange.encode_us = clock_.SteadyMicros() - begun;
  return Send(exchange, std::move(response), "");
}

http::Response Front::RefuseBatch(Exchange& exchange, const engine::Refused& refused) {
  exchange.failed = exchange.batch->PlaceOf(refused);
  return Error(exchange, refused.error);
}

}  // namespace ashlar::surface
