// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>

#include "base/context.h"
#include "call/call.h"
#include "call/caller.h"
#include "http/message.h"
#include "surface/front/front.h"
#include "surface/limits/limiter.h"
#include "surface/rest/accept.h"
#include "surface/rest/batch.h"
#include "surface/rest/encode.h"
#include "surface/rest/route.h"

namespace ashlar::surface {

// One request under way.
struct Front::Exchange {
  Exchange(const http::Request& in_request, Context in_context, const Moment& in_begun)
      : request(in_request), context(std::move(in_context)), begun(in_begun) {}
  Exchange(const http::Request& in_request, Context in_context, const Moment& in_begun, Limiter* limiter,
           SharedBuckets* shared)
      : Exchange(in_request, std::move(in_context), in_begun) {
    if (limiter != nullptr && in_request.method != "OPTIONS") toll.emplace(*limiter, in_request, shared);
  }
  int64_t WallAt(int64_t steady_us) const { return begun.wall_us + (steady_us - begun.steady_us); }
  rest::Meta MetaAt(int64_t steady_us) const { return {WallAt(steady_us), context.request_id}; }
  bool hal() const { return accepted.form == rest::Form::kHal; }
  const http::Request& request;
  Context context;
  Moment begun;
  rest::Accepted accepted = rest::Negotiate(request.FindList("Accept").value_or(""));
  http::AcceptedCodings codings = http::AcceptedCodings::Of(request);
  int64_t auth_us = 0;
  int64_t decode_us = 0;
  int64_t encode_us = 0;
  std::optional<Toll> toll;  // where there are limits
  rest::Match match;
  const Pages::Page* page = nullptr;  // of a page, for which no credential is looked at
  bool signs_in = false;              // below /auth
  bool provides = false;              // below /oauth, where there is a provider
  bool own_pages = false;             // whatever CORS says, no page of another origin reads it
  std::optional<call::ApiError> bad_credential;
  call::CallerPtr caller = call::Caller::Nobody();
  std::optional<call::Call> call;              // of an operation
  std::unique_ptr<rest::Batch> batch;          // of POST /v1/batch, which has no call of its own
  std::optional<rest::OperationPlace> failed;  // which operation of it
};

}  // namespace ashlar::surface
