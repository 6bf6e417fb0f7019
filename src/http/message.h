// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/ip_address.h"
#include "http/syntax.h"

namespace ashlar::http {

struct Header {
  std::string name;
  std::string value;
};

// A request as it arrived (RFC 9110, 9112), whole and checked. `segments` is the one canonical path: the router and
// every check see the same, decoded once.
struct Request {
  std::string method;                 // "GET"; case matters
  std::string target;                 // as it stood in the request line
  std::vector<std::string> segments;  // "/v1/a%20b" -> {"v1", "a b"}; "/" -> {}; a trailing slash ends with ""
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::string bad_query;              // the parameter that could not be decoded, as it stood; then `query` is empty
  std::vector<Header> headers;        // in order
  std::string body;
  int minor_version = 1;              // of HTTP/1.x
  IpAddress peer;                     // of the connection that it came by: the client, or a proxy
  const std::atomic<bool>* gone = nullptr;  // whether its client has left meanwhile; outlives the handling of it

  // The value of the header of that name, in any case; the first one if it is repeated.
  std::optional<std::string_view> Find(std::string_view name) const;
  // The same for a header whose value is a list: what stands in several lines is one list (RFC 9110, 5.3).
  std::optional<std::string> FindList(std::string_view name) const;
  size_t Count(std::string_view name) const;

  // As if it had just been made, but for the room that it has: of small things, which the next one is likely to need.
  void Clear();
};

// Headers that many answers share, written once. Immutable; safe to share between threads.
class SharedHeaders {
 public:
  // REQUIRES: WhyNotSent would find nothing wrong with them.
  explicit SharedHeaders(std::vector<Header> headers);
  // "\r\nVary: Accept\r\n..." but for the last end of a line.
  const std::string& text() const { return text_; }
  // Their names in lower case, as HTTP/2 has them.
  const std::vector<Header>& lower() const { return lower_; }

 private:
  std::string text_;
  std::vector<Header> lower_;
};

// An answer. Date, Content-Length and Connection are the server's to add; the body of an answer to HEAD is counted
// and not sent. One whose headers could not be told from others on the wire is answered by Handler::Failed instead.
struct Response {
  int status = 200;
  std::vector<Header> headers;
  std::string body;
  const SharedHeaders* shared = nullptr;  // behind `headers`; outlives the answer

  void Set(std::string_view name, std::string value) {
    if (headers.empty()) headers.reserve(kUsualHeaders);
    headers.push_back({std::string(name), std::move(value)});
  }

 private:
  static constexpr size_t kUsualHeaders = 10;
};

std::string_view ReasonOf(int status);

}  // namespace ashlar::http
