// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace ashlar {

// A small integer that cannot be taken for another one: an index into a table of its own.
template <class Tag>
struct Id {
  uint32_t value = UINT32_MAX;
  constexpr bool valid() const { return value != UINT32_MAX; }
  constexpr size_t index() const { return value; }
  constexpr auto operator<=>(const Id&) const = default;
};

// A value that must not be seen: it has no formatter, no stream operator and no ==, so it cannot reach a log.
template <class T>
class Secret {
 public:
  explicit Secret(T value) : value_(std::move(value)) {}
  const T& Reveal() const { return value_; }

 private:
  T value_;
};

}  // namespace ashlar

template <class Tag>
struct std::hash<ashlar::Id<Tag>> {
  size_t operator()(ashlar::Id<Tag> id) const noexcept { return id.value; }
};
