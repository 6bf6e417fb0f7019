// SPDX-License-Identifier: Apache-2.0
#include "http/parser.h"

#include "http/path.h"

namespace ashlar::http {
namespace {

constexpr size_t kChunkLine = 256;  // size and extensions of a chunk
constexpr size_t kMethodBytes = 32;

bool IsToken(std::string_view text) {
  if (text.empty()) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// host [":" port] of RFC 9110, without userinfo.
bool IsAuthority(std::string_view text) {
  size_t port = text.rfind(':');
  std::string_view host = text;
  if (port != std::string_view::npos && text.find(']', port) == std::string_view::npos) {
    host = text.substr(0, port);
    std::string_view digits = text.substr(port + 1);
    if (!digits.empty() && (!IsDigits(digits) || digits.size() > 5 || std::stoi(std::string(digits)) > 65535)) {
      return false;
    }
  }
  if (host.empty()) return false;
  if (host.front() == '[') {
    return host.back() == ']' && host.size() > 2 &&
           host.find_first_not_of("0123456789abcdefABCDEF:.", 1) == host.size() - 1;
  }
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~!$&'()*+,;=%").find(c) != std::string_view::npos;
  });
}

}  // namespace

bool Parser::Refuse(int status, std::string_view reason) {
  status_ = status;
  reason_ = reason;
  return false;
}

Request Parser::Take() {
  Request taken = std::move(request_);
  ParserLimits limits = limits_;
  *this = Parser(limits);
  return taken;
}

// Moves bytes up to a line's end into line_. A bare CR or LF, or too long a line, is refused.
bool Parser::TakeLine(std::string_view& input, size_t limit, int status) {
  if (line_done_) {
    line_.clear();
    line_done_ = false;
  }
  size_t end = input.find('\n');
  std::string_view part = input.substr(0, end == std::string_view::npos ? input.size() : end);
  if (line_.size() + part.size() > limit) return Refuse(status, "a line or the header is too long");
  line_ += part;
  input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
  size_t cr = line_.find('\r');
  if (end == std::string_view::npos) {
    if (cr != std::string::npos && cr + 1 != line_.size()) return Refuse(400, "a bare CR");
    return true;
  }
  if (cr == std::string::npos || cr + 1 != line_.size()) return Refuse(400, "a line must end with CR LF");
  line_.pop_back();
  line_done_ = true;
  return true;
}

Parser::State Parser::Advance(std::string_view input, size_t& consumed) {
  const size_t given = input.size();
  consumed = 0;
  if (status_ != 0) return State::kRefused;
  while (stage_ == Stage::kLine || stage_ == Stage::kHeaders) {
    if (input.empty()) return State::kNeedMore;
    bool in_line = stage_ == Stage::kLine;
    size_t left = limits_.header_bytes - std::min(limits_.header_bytes, head_bytes_);
    size_t limit = in_line ? limits_.target_bytes + 64 : left;
    bool ok = TakeLine(input, limit, in_line ? 414 : 431);
    consumed = given - input.size();
    if (!ok) return State::kRefused;
    if (!line_done_) return State::kNeedMore;
    head_bytes_ += line_.size() + 2;
    if (in_line) {
      ok = line_.empty() ? ++blank_lines_ <= 1 || Refuse(400, "empty lines before a request") : ReadRequestLine();
    } else {
      ok = line_.empty() ? FinishHead() : ReadHeader();
    }
    if (!ok) return State::kRefused;
    if (stage_ == Stage::kHead) return State::kHead;
  }
  State state = AdvanceBody(input);
  consumed = given - input.size();
  return state;
}

bool Parser::ReadRequestLine() {
  std::string_view line = line_;
  size_t first = line.find(' ');
  size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Refuse(400, "not a request line");
  std::string_view method = line.substr(0, first);
  std::string_view target = line.substr(first + 1, last - first - 1);
  std::string_view version = line.substr(last + 1);
  if (!IsToken(method) || method.size() > kMethodBytes) return Refuse(400, "not a method");
  if (target.size() > limits_.target_bytes) return Refuse(414, "the target is too long");
  bool proper = version.size() == 8 && version.starts_with("HTTP/") && IsDigits(version.substr(5, 1)) &&
                version[6] == '.' && IsDigits(version.substr(7));
  if (!proper) return Refuse(400, "not an HTTP version");
  if (version[5] != '1') return Refuse(505, "only HTTP/1.x is spoken here");
  request_.minor_version = version[7] == '0' ? 0 : 1;
  request_.method = method;
  stage_ = Stage::kHeaders;
  return ReadTarget(target);
}

bool Parser::ReadTarget(std::string_view target) {
  for (char c : target) {
    auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '#' || c == '"' || c == '<' || c == '>') {
      return Refuse(400, "the target has a character that must be encoded");
    }
  }
  request_.target = target;
  if (request_.method == "CONNECT") return Refuse(501, "CONNECT is not supported");
  if (target == "*") {
    if (request_.method != "OPTIONS") return Refuse(400, "'*' is for OPTIONS");
    request_.segments = {"*"};
    return true;
  }
  if (!target.empty() && target.front() != '/') {
    size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return Refuse(400, "not a target");
    std::string_view name = target.substr(0, scheme);
    if (!EqualIgnoringCase(name, "http") && !EqualIgnoringCase(name, "https")) return Refuse(400, "not a target");
    target.remove_prefix(scheme + 3);
    size_t path = std::min(target.find_first_of("/?"), target.size());
    if (!IsAuthority(target.substr(0, path))) return Refuse(400, "not an authority");
    target.remove_prefix(path);
  }
  size_t question = target.find('?');
  std::string_view path = target.substr(0, question);
  auto segments = ParsePath(path.empty() ? "/" : path);
  if (!segments) return Refuse(400, "the path is not in its plain form");
  request_.segments = std::move(*segments);
  if (question == std::string_view::npos) return true;
  auto query = ParseQuery(target.substr(question + 1));
  if (!query) return Refuse(400, "the query is not well encoded");
  request_.query = std::move(*query);
  return true;
}

bool Parser::ReadHeader() {
  std::string_view line = line_;
  if (line.front() == ' ' || line.front() == '\t') return Refuse(400, "a folded header line");
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Refuse(400, "a header without a colon");
  std::string_view name = line.substr(0, colon);
  std::string_view value = Trim(line.substr(colon + 1));
  if (!IsToken(name)) return Refuse(400, "not a header name");
  if (!IsFieldValue(value)) return Refuse(400, "a header has a control character");
  if (request_.headers.size() >= limits_.headers) return Refuse(431, "too many headers");
  request_.headers.push_back({std::string(name), std::string(value)});
  return true;
}

bool Parser::FinishHead() {
  size_t hosts = request_.Count("Host");
  if (hosts > 1 || (hosts == 0 && request_.minor_version >= 1)) return Refuse(400, "Host must be given once");
  if (hosts == 1 && !request_.Find("Host")->empty() && !IsAuthority(*request_.Find("Host"))) {
    return Refuse(400, "Host is not a host");
  }
  if (hosts == 1 && request_.minor_version >= 1 && request_.Find("Host")->empty()) return Refuse(400, "Host is empty");
  if (!ReadFraming() || !ReadConnection()) return false;
  stage_ = Stage::kHead;
  return true;
}

// RFC 9112, 6: the one place that says where the body ends.
bool Parser::ReadFraming() {
  size_t lengths = request_.Count("Content-Length");
  size_t codings = request_.Count("Transfer-Encoding");
  if (codings > 0) {
    if (lengths > 0) return Refuse(400, "Content-Length and Transfer-Encoding together");
    if (request_.minor_version == 0) return Refuse(400, "Transfer-Encoding in HTTP/1.0");
    if (codings > 1) return Refuse(400, "Transfer-Encoding is given twice");
    if (!EqualIgnoringCase(*request_.Find("Transfer-Encoding"), "chunked")) {
      return Refuse(501, "only the transfer coding chunked is supported");
    }
    chunked_ = true;
    return true;
  }
  if (lengths == 0) return true;
  if (lengths > 1) return Refuse(400, "Content-Length is given twice");
  std::string_view digits = *request_.Find("Content-Length");
  if (!IsDigits(digits) || digits.size() > 19) return Refuse(400, "Content-Length is not a number");
  length_ = std::stoull(std::string(digits));
  if (length_ > limits_.body_bytes) return Refuse(413, "the body is too large");
  return true;
}

bool Parser::ReadConnection() {
  keep_alive_ = request_.minor_version >= 1;
  for (const Header& header : request_.headers) {
    if (!EqualIgnoringCase(header.name, "Connection")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      size_t comma = rest.find(',');
      std::string_view option = Trim(rest.substr(0, comma));
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
      if (EqualIgnoringCase(option, "close")) keep_alive_ = false;
    }
  }
  auto expect = request_.Find("Expect");
  if (!expect || request_.minor_version == 0) return true;
  if (!EqualIgnoringCase(*expect, "100-continue")) return Refuse(417, "only 100-continue can be expected");
  expects_continue_ = has_body();
  return true;
}

bool Parser::ReadChunkSize() {
  std::string_view line = line_;
  std::string_view digits = line.substr(0, line.find(';'));
  std::string_view extension = line.substr(digits.size());
  if (digits.empty() || digits.size() > 15 ||
      digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
    return Refuse(400, "not a chunk size");
  }
  if (!IsFieldValue(extension)) return Refuse(400, "a chunk extension has a control character");
  length_ = std::stoull(std::string(digits), nullptr, 16);
  if (request_.body.size() + length_ > limits_.body_bytes) return Refuse(413, "the body is too large");
  stage_ = length_ == 0 ? Stage::kTrailers : Stage::kChunk;
  return true;
}

Parser::State Parser::AdvanceBody(std::string_view& input) {
  while (true) {
    switch (stage_) {
      case Stage::kHead:
        stage_ = chunked_ ? Stage::kChunkSize : length_ > 0 ? Stage::kBody : Stage::kDone;
        break;
      case Stage::kBody:
      case Stage::kChunk: {
        size_t size = static_cast<size_t>(std::min<uint64_t>(length_, input.size()));
        request_.body.append(input.substr(0, size));
        input.remove_prefix(size);
        length_ -= size;
        if (length_ > 0) return State::kNeedMore;
        stage_ = stage_ == Stage::kBody ? Stage::kDone : Stage::kChunkEnd;
        break;
      }
      case Stage::kChunkSize:
      case Stage::kChunkEnd:
      case Stage::kTrailers: {
        if (input.empty()) return State::kNeedMore;
        size_t before = input.size();
        if (!TakeLine(input, stage_ == Stage::kTrailers ? limits_.header_bytes : kChunkLine,
                      stage_ == Stage::kTrailers ? 431 : 400)) {
          return State::kRefused;
        }
        trailer_bytes_ += stage_ == Stage::kTrailers ? before - input.size() : 0;
        if (trailer_bytes_ > limits_.header_bytes && !Refuse(431, "the trailers are too large")) return State::kRefused;
        if (!line_done_) return State::kNeedMore;
        bool ok = true;
        if (stage_ == Stage::kChunkSize) {
          ok = ReadChunkSize();
        } else if (stage_ == Stage::kChunkEnd) {
          ok = line_.empty() || Refuse(400, "a chunk does not end where it says");
          stage_ = Stage::kChunkSize;
        } else if (line_.empty()) {
          stage_ = Stage::kDone;
        } else {
          ok = (line_.find(':') != std::string::npos && IsFieldValue(line_)) || Refuse(400, "not a trailer");
        }
        if (!ok) return State::kRefused;
        break;
      }
      case Stage::kDone: return State::kDone;
      case Stage::kLine:
      case Stage::kHeaders: return State::kNeedMore;
    }
  }
}

}  // namespace ashlar::http
