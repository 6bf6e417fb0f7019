// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/task.h"

namespace ashlar {

// Turns an Eventually into a Task for a coroutine that awaits it. Costs a frame: hot paths ask ready() first.
template <class T>
Task<T> Await(Eventually<T> eventually) {
  if (eventually.ready()) co_return std::move(eventually.value());
  auto value = co_await std::move(eventually.task());
  co_return value;
}

}  // namespace ashlar
