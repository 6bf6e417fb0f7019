// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <utility>
#include <variant>

// Forward declarations only: whoever awaits includes <boost/asio/awaitable.hpp> (see tests/tidy for who may).
namespace boost::asio {
class any_io_executor;
template <typename T, typename Executor>
class awaitable;
class io_context;
}  // namespace boost::asio

namespace ashlar {

// The one async style: Boost.Asio's awaitable, run on the loop that began it.
template <class T>
using Task = boost::asio::awaitable<T, boost::asio::any_io_executor>;

// What may finish at once: either the value already, or a Task for it. No coroutine frame when it is a value.
// Move only. REQUIRES: taken once.  (ready ? value : task)
template <class T>
class [[nodiscard]] Eventually {
 public:
  Eventually(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Eventually(Task<T> task) : state_(std::in_place_index<1>, std::move(task)) {}

  bool ready() const { return state_.index() == 0; }
  T& value() { return std::get<0>(state_); }
  Task<T>& task() { return std::get<1>(state_); }

 private:
  std::variant<T, Task<T>> state_;
};

// `auto v = co_await Await(std::move(eventually));` for those who are in a coroutine anyway: base/await.h.

}  // namespace ashlar
