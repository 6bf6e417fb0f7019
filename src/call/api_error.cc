// SPDX-License-Identifier: Apache-2.0
#include "call/api_error.h"

namespace ashlar::call {
namespace {

constexpr CodeRow kCodes[] = {
    {Code::kMalformedJson, "MALFORMED_JSON", 400, false, "the body is not valid JSON"},
    {Code::kInvalidQuery, "INVALID_QUERY", 400, false, "the query is not valid"},
    {Code::kUnauthenticated, "UNAUTHENTICATED", 401, false, "this needs a credential"},
    {Code::kInvalidCredentials, "INVALID_CREDENTIALS", 401, false, "the credential is not valid"},
    {Code::kTokenExpired, "TOKEN_EXPIRED", 401, false, "the token has expired"},
    {Code::kRefreshReused, "REFRESH_REUSED", 401, false, "the refresh token was used before; its session has ended"},
    {Code::kSecondFactorRequired, "SECOND_FACTOR_REQUIRED", 401, false, "this needs a code of the second factor too"},
    {Code::kForbidden, "FORBIDDEN", 403, false, "this is not allowed"},
    {Code::kNotFound, "NOT_FOUND", 404, false, "there is no such row"},
    {Code::kRouteNotFound, "ROUTE_NOT_FOUND", 404, false, "there is nothing at this address"},
    {Code::kMethodNotAllowed, "METHOD_NOT_ALLOWED", 405, false, "this address does not take that method"},
    {Code::kNotAcceptable, "NOT_ACCEPTABLE", 406, false, "the answer cannot be given in an accepted form"},
    {Code::kPayloadTooLarge, "PAYLOAD_TOO_LARGE", 413, false, "the body is too large"},
    {Code::kUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", 415, false, "the body is of an unsupported media type"},
    {Code::kHeadersTooLarge, "HEADERS_TOO_LARGE", 431, false, "the header is too large"},
    {Code::kBadRequest, "BAD_REQUEST", 400, false, "the request is not valid HTTP"},
    {Code::kUriTooLong, "URI_TOO_LONG", 414, false, "the address is too long"},
    {Code::kNotImplemented, "NOT_IMPLEMENTED", 501, false, "this is not supported"},
    {Code::kHttpVersion, "HTTP_VERSION_NOT_SUPPORTED", 505, false, "only HTTP/1.0, HTTP/1.1 and HTTP/2 are supported"},
    {Code::kRequestTimeout, "REQUEST_TIMEOUT", 408, true, "the request did not arrive in time"},
    {Code::kExpectationFailed, "EXPECTATION_FAILED", 417, false, "that expectation is not supported"},
    {Code::kConflict, "CONFLICT", 409, false, "a value is taken, or a patch does not fit the row"},
    {Code::kReferenced, "REFERENCED", 409, false, "other rows refer to this one"},
    {Code::kInvalidTransition, "INVALID_TRANSITION", 409, false, "a field cannot make that move"},
    {Code::kIdempotencyInProgress, "IDEMPOTENCY_IN_PROGRESS", 409, true,
     "a request with this Idempotency-Key is being done"},
    {Code::kPreconditionFailed, "PRECONDITION_FAILED", 412, false, "the row is not as the request expects it"},
    {Code::kPreconditionRequired, "PRECONDITION_REQUIRED", 428, false, "a change of this row needs If-Match"},
    {Code::kRateLimited, "RATE_LIMITED", 429, true, "the caller asks too often; try again later"},
    {Code::kValidationError, "VALIDATION_ERROR", 422, false, "some fields are not valid"},
    {Code::kExpressionFailed, "EXPRESSION_FAILED", 422, false, "a default could not be computed"},
    {Code::kIdempotencyKeyReused, "IDEMPOTENCY_KEY_REUSED", 422, false,
     "this Idempotency-Key was used for another request"},
    {Code::kInternal, "INTERNAL", 500, false, "something went wrong; the log has it under this request id"},
    {Code::kOverloaded, "OVERLOADED", 503, true, "the service is overloaded; try again later"},
    {Code::kUnavailable, "UNAVAILABLE", 503, true, "the service cannot do this now; try again later"},
    {Code::kTimeout, "TIMEOUT", 504, true, "the request took too long; nothing of it was done"},
};

}  // namespace

std::span<const CodeRow> Codes() { return kCodes; }

const CodeRow& RowOf(Code code) {
  for (const CodeRow& row : kCodes) {
    if (row.code == code) return row;
  }
  std::unreachable();
}

}  // namespace ashlar::call
