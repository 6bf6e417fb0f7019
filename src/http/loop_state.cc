// SPDX-License-Identifier: Apache-2.0
#include "http/loop_state.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "http/answer.h"

namespace ashlar::http {

std::string WhatWasThrown() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

Eventually<Response> LoopState::Handle(const Request& request) {
  try {
    return handler->Handle(request);
  } catch (...) {
    return Failed(request, WhatWasThrown());
  }
}

std::optional<Response> LoopState::Admit(const Request& head) {
  try {
    return handler->Admit(head, lag);
  } catch (...) {
    return Failed(head, WhatWasThrown());
  }
}

Response LoopState::Refuse(const Request& request, int status, std::string_view reason) {
  try {
    return handler->Refuse(request, status, reason);
  } catch (...) {
    return Failed(request, WhatWasThrown());
  }
}

Response LoopState::Failed(const Request& request, std::string_view what) {
  std::string again;
  try {
    Response response = handler->Failed(request, what);
    again = WhyNotSent(response);
    if (again.empty()) return response;
  } catch (...) {
    again = WhatWasThrown();
  }
  observer.Observe(Defect{"", "http.handler", fmt::format("{}; and then: {}", what, again)});
  return Response{500, {}, ""};
}

}  // namespace ashlar::http
