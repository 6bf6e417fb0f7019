// SPDX-License-Identifier: Apache-2.0
#include "http/parser.h"

#include <charconv>

namespace ashlar::http {
namespace {

constexpr size_t kChunkLine = 256;  // size and extensions of a chunk
constexpr size_t kLineSlack = 64;  // method, version and spaces beside the longest target
// A length beyond this is more likely a slip than an upload: it is refused once something of the body is there, or the
// client asks whether to send it (http11probe holds an answer to the bare head for a fault).
constexpr uint64_t kPlausibleBody = 512 << 20;

// The next element of a comma-separated list; takes it and its comma off `list`.
std::string_view NextElement(std::string_view& list) {
  size_t comma = list.find(',');
  std::string_view element = Trim(list.substr(0, comma));
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  return element;
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

// Brings a line up to its end into line_; line_done_ says whether the end was there. A bare CR or LF, or too long a
// line, is refused, whichever comes first.
bool Parser::TakeLine(std::string_view& input, size_t limit, int status) {
  if (line_done_) {
    kept_.clear();
    line_done_ = false;
  }
  size_t end = input.find('\n');
  std::string_view part = input.substr(0, end);
  bool too_long = kept_.size() + part.size() > limit;
  if (too_long) part = part.substr(0, limit - std::min(limit, kept_.size()));
  line_ = part;
  if (end == std::string_view::npos || !kept_.empty()) {
    kept_ += part;
    line_ = kept_;
  }
  size_t cr = line_.find('\r');
  if (cr != std::string_view::npos && cr + 1 != line_.size()) return Refuse(400, "a bare CR");
  if (too_long) return Refuse(status, "a line, or the header, is too long");
  if (end == std::string_view::npos) {
    input = {};
    return true;
  }
  if (cr == std::string_view::npos) return Refuse(400, "a line must end with CR LF");
  input.remove_prefix(end + 1);
  line_.remove_suffix(1);
  line_done_ = true;
  return true;
}

Parser::State Parser::Advance(std::string_view input, size_t& consumed) {
  const size_t given = input.size();
  consumed = 0;
  if (status_ != 0) return State::kRefused;
  State state = State::kNeedMore;
  if (stage_ == Stage::kLine || stage_ == Stage::kHeaders) {
    while (stage_ != Stage::kHead && !input.empty()) {
      if (!AdvanceHead(input)) return State::kRefused;
    }
    if (stage_ == Stage::kHead) state = State::kHead;
  } else {
    state = AdvanceBody(input);
  }
  consumed = given - input.size();
  return state;
}

bool Parser::AdvanceHead(std::string_view& input) {
  bool request_line = stage_ == Stage::kLine;
  size_t left = limits_.header_bytes - std::min(limits_.header_bytes, head_bytes_);
  if (!TakeLine(input, request_line ? limits_.target_bytes + kLineSlack : left, request_line ? 414 : 431)) return false;
  if (!line_done_) return true;
  bool first = head_bytes_ == 0;
  head_bytes_ += line_.size() + 2;
  if (!request_line) return line_.empty() ? FinishHead() : ReadHeader();
  if (!line_.empty()) return ReadRequestLine();
  // Some clients end a body with an empty line too many (RFC 9112, 2.2).
  return first || Refuse(400, "empty lines before a request");
}

bool Parser::ReadRequestLine() {
  size_t first = line_.find(' ');
  size_t last = line_.rfind(' ');
  if (first == std::string_view::npos || first == last) return Refuse(400, "not a request line");
  std::string_view method = line_.substr(0, first);
  std::string_view target = line_.substr(first + 1, last - first - 1);
  std::string_view version = line_.substr(last + 1);
  if (!IsMethod(method)) return Refuse(400, "not a method");
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
  if (std::string_view wrong = WrongInTarget(target); !wrong.empty()) return Refuse(400, wrong);
  request_.target = target;
  if (request_.method == "CONNECT") return Refuse(501, "CONNECT is not supported");
  if (!target.empty() && target.front() != '/' && target != "*") {
    size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return Refuse(400, "not a target");
    std::string_view name = target.substr(0, scheme);
    if (!EqualIgnoringCase(name, "http") && !EqualIgnoringCase(name, "https")) return Refuse(400, "not a target");
    target.remove_prefix(scheme + 3);
    size_t path = std::min(target.find_first_of("/?"), target.size());
    authority_ = target.substr(0, path);
    if (!IsAuthority(authority_)) return Refuse(400, "not an authority");
    target.remove_prefix(path);
  }
  std::string rooted;
  if (!authority_.empty() && !target.starts_with('/')) {
    rooted = "/" + std::string(target);
    target = rooted;
  }
  if (target.empty() || target.front() == '?') return Refuse(400, "not a target");
  auto refused = http::ReadTarget(target, request_);
  return !refused || Refuse(*refused);
}

bool Parser::ReadHeader() {
  if (line_.front() == ' ' || line_.front() == '\t') return Refuse(400, "a folded header line");
  size_t colon = line_.find(':');
  if (colon == std::string_view::npos) return Refuse(400, "a header without a colon");
  std::string_view name = line_.substr(0, colon);
  std::string_view value = Trim(line_.substr(colon + 1));
  if (!IsToken(name)) return Refuse(400, "not a header name");
  if (!IsFieldValue(value)) return Refuse(400, "a header has a control character");
  if (request_.headers.size() >= limits_.headers) return Refuse(431, "too many headers");
  if (request_.headers.empty()) request_.headers.reserve(12);
  request_.headers.push_back({std::string(name), std::string(value)});
  return true;
}

bool Parser::FinishHead() {
  auto singles = FindSingles(request_);
  if (!singles) return Refuse(singles.error());
  const Singles& given = *singles;
  if (!given[kHost] && request_.minor_version >= 1) return Refuse(400, "Host is missing");
  if (given[kHost] && !IsAuthority(*given[kHost])) return Refuse(400, "Host is not a host");
  // RFC 9112, 6: the one place that says where the body ends.
  if (given[kCoding] && given[kLength]) return Refuse(400, "Content-Length and Transfer-Encoding together");
  if (given[kCoding] && !ReadCodings(*given[kCoding])) return false;
  if (given[kLength]) {
    auto length = ReadLength(*given[kLength]);
    if (!length) return Refuse(length.error());
    length_ = *length;
  }
  ReadConnection();
  if (given[kExpect] && request_.minor_version >= 1) {
    if (!EqualIgnoringCase(*given[kExpect], "100-continue")) return Refuse(417, "only 100-continue can be expected");
    expects_continue_ = has_body();
  }
  if (oversized() && (length_ <= kPlausibleBody || expects_continue_)) return Refuse(kBodyTooLarge);
  if (!authority_.empty()) TakeAuthority();
  stage_ = Stage::kHead;
  return true;
}

// The target's authority takes the place of Host (RFC 9112, 3.2.2).
void Parser::TakeAuthority() {
  auto host = std::ranges::find_if(request_.headers, [](auto& one) { return EqualIgnoringCase(one.name, "Host"); });
  if (host == request_.headers.end()) host = request_.headers.insert(host, {"Host", ""});
  host->value = authority_;
}

bool Parser::ReadCodings(std::string_view value) {
  if (request_.minor_version == 0) return Refuse(400, "Transfer-Encoding in HTTP/1.0");
  chunked_ = EqualIgnoringCase(value, "chunked");
  if (chunked_) return true;
  bool ended = value.empty() || value.ends_with(',');
  while (!value.empty() && !ended) {
    std::string_view coding = NextElement(value);
    ended = coding.empty() || (EqualIgnoringCase(coding, "chunked") && !value.empty());
  }
  if (ended) return Refuse(400, "Transfer-Encoding does not end with chunked");
  return Refuse(501, "only the transfer coding chunked is supported");
}

void Parser::ReadConnection() {
  bool keeps = request_.minor_version >= 1;
  bool closes = false;
  for (const Header& header : request_.headers) {
    if (!EqualIgnoringCase(header.name, "Connection")) continue;
    std::string_view options = header.value;
    while (!options.empty()) {
      std::string_view option = NextElement(options);
      closes = closes || EqualIgnoringCase(option, "close");
      keeps = keeps || EqualIgnoringCase(option, "keep-alive");
    }
  }
  keep_alive_ = keeps && !closes;
}

Parser::State Parser::AdvanceBody(std::string_view& input) {
  if (stage_ == Stage::kHead) stage_ = chunked_ ? Stage::kChunkSize : length_ > 0 ? Stage::kBody : Stage::kDone;
  while (stage_ != Stage::kDone) {
    if (input.empty()) return State::kNeedMore;
    if (stage_ == Stage::kBody || stage_ == Stage::kChunk) {
      if (oversized()) {
        Refuse(kBodyTooLarge);
        return State::kRefused;
      }
      TakeBody(input);
    } else if (!AdvanceChunkLine(input)) {
      return State::kRefused;
    }
  }
  return State::kDone;
}

void Parser::TakeBody(std::string_view& input) {
  size_t size = static_cast<size_t>(std::min<uint64_t>(length_, input.size()));
  request_.body.append(input.substr(0, size));
  input.remove_prefix(size);
  length_ -= size;
  if (length_ == 0) stage_ = stage_ == Stage::kBody ? Stage::kDone : Stage::kChunkEnd;
}

bool Parser::AdvanceChunkLine(std::string_view& input) {
  bool trailer = stage_ == Stage::kTrailers;
  size_t left = limits_.header_bytes - std::min(limits_.header_bytes, trailer_bytes_);
  if (!TakeLine(input, trailer ? left : kChunkLine, trailer ? 431 : 400)) return false;
  if (!line_done_) return true;
  if (stage_ == Stage::kChunkSize) return ReadChunkSize();
  if (trailer) return ReadTrailer();
  stage_ = Stage::kChunkSize;
  return line_.empty() || Refuse(400, "a chunk does not end where it says");
}

bool Parser::ReadChunkSize() {
  std::string_view digits = line_.substr(0, line_.find(';'));
  std::string_view extension = line_.substr(digits.size());
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length_, 16);
  if (digits.size() > 15 || error != std::errc() || end != digits.data() + digits.size()) {
    return Refuse(400, "not a chunk size");
  }
  extension_bytes_ += extension.size();
  if (!IsChunkExtension(extension)) return Refuse(400, "not a chunk extension");
  if (extension_bytes_ > limits_.header_bytes) return Refuse(400, "the chunk extensions are too large");
  if (request_.body.size() + length_ > limits_.body_bytes) return Refuse(kBodyTooLarge);
  stage_ = length_ == 0 ? Stage::kTrailers : Stage::kChunk;
  return true;
}

// Trailers are checked and dropped.
bool Parser::ReadTrailer() {
  if (line_.empty()) {
    stage_ = Stage::kDone;
    return true;
  }
  trailer_bytes_ += line_.size() + 2;
  if (++trailers_ > limits_.headers) return Refuse(431, "too many trailers");
  size_t colon = std::min(line_.find(':'), line_.size());
  if (colon == line_.size() || !IsToken(line_.substr(0, colon)) || !IsFieldValue(line_.substr(colon))) {
    return Refuse(400, "not a trailer");
  }
  if (IsSingle(line_.substr(0, colon))) return Refuse(400, "a header that cannot stand in a trailer");
  return true;
}

}  // namespace ashlar::http
