// SPDX-License-Identifier: Apache-2.0
#include "surface/front/server_timing.h"

namespace ashlar::surface {

std::string ServerTiming(const RequestDone& done) {
  std::string value;
  auto add = [&value](std::string_view name, int64_t micros) {
    value += fmt::format("{}{};dur={}.{:03}", value.empty() ? "" : ", ", name, micros / 1000, micros % 1000);
  };
  if (!done.operation.empty()) {
    add("auth", done.auth_us);
    add("decode", done.decode_us);
    add("plan", done.plan_us);
    if (done.queue_us > 0) add("queue", done.queue_us);
    if (done.statements > 0) add("store", done.store_us);
    add("encode", done.encode_us);
  }
  add("total", done.total_us);
  return value;
}

}  // namespace ashlar::surface
