// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/pool.h"

#include <boost/asio/awaitable.hpp>
#include <utility>

#include "store/postgres/connections.h"

namespace ashlar::store::postgres {

Lease::Lease(std::shared_ptr<Connections> from, std::shared_ptr<Link> link)
    : from_(std::move(from)), link_(std::move(link)) {}

Lease::~Lease() {
  if (link_ != nullptr) from_->Return(std::move(link_));
}

Pool::Pool(boost::asio::io_context& loop, Server server, const PoolOptions& options, Health& health, const Clock& clock)
    : connections_(std::make_shared<Connections>(loop, std::move(server), options, health, clock)) {
  connections_->Begin();
}

Pool::~Pool() { connections_->Close(); }

void Pool::Close() { connections_->Close(); }

Task<Result<Replies>> Pool::Read(Context& context, std::vector<Ask> asks) {
  auto connections = connections_;
  auto link = connections->Shared();
  if (link == nullptr) {
    auto found = co_await connections->AwaitShared(context.deadline.steady_micros);
    if (!found) co_return std::unexpected(found.error());
    link = std::move(*found);
  }
  auto replies = co_await link->Run(context, std::move(asks), Effect::kReads);
  co_return replies;
}

Task<Result<Lease>> Pool::Hold(Context& context) {
  auto connections = connections_;
  if (context.deadline.Passed(context.clock)) co_return Fail(ErrorKind::kTimeout, "the deadline has passed");
  if (context.ClientGone()) co_return Fail(ErrorKind::kUnavailable, "its client is gone");
  auto link = co_await connections->Held(context.deadline.steady_micros);
  if (!link) co_return std::unexpected(link.error());
  co_return Lease(connections, std::move(*link));
}

Pool::Load Pool::load() const { return connections_->load(); }

}  // namespace ashlar::store::postgres
