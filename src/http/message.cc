// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

namespace ashlar::http {
namespace {

constexpr size_t kKeptHeaders = 16;
constexpr size_t kKeptBytes = 256;  // of a text

template <class List>
void ClearList(List& list, size_t most) {
  if (list.capacity() > most) {
    list = List();
  } else {
    list.clear();
  }
}

}  // namespace

void Request::Clear() {
  ClearList(method, kKeptBytes);
  ClearList(target, kKeptBytes);
  ClearList(segments, kKeptHeaders);
  ClearList(query, kKeptHeaders);
  ClearList(bad_query, kKeptBytes);
  ClearList(headers, kKeptHeaders);
  ClearList(body, kKeptBytes);
  minor_version = 1;
  peer = {};
  gone = nullptr;
}

std::optional<std::string_view> Request::Find(std::string_view name) const {
  for (const Header& header : headers) {
    if (EqualIgnoringCase(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::optional<std::string> Request::FindList(std::string_view name) const {
  std::optional<std::string> list;
  for (const Header& header : headers) {
    if (!EqualIgnoringCase(header.name, name)) continue;
    list = list ? *list + ", " + header.value : header.value;
  }
  return list;
}

size_t Request::Count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(headers.begin(), headers.end(),
                                           [&](const Header& header) { return EqualIgnoringCase(header.name, name); }));
}

SharedHeaders::SharedHeaders(std::vector<Header> headers) : lower_(std::move(headers)) {
  for (Header& header : lower_) {
    text_ += "\r\n" + header.name + ": " + header.value;
    MakeLower(header.name);
  }
}

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

}  // namespace ashlar::http
