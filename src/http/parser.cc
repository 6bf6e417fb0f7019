// SPDX-License-Identifier: Apache-2.0
#include "http/parser.h"

#include <charconv>

namespace ashlar::http {
namespace {

constexpr size_t kChunkLine = 256;  // size and extensions of a chunk
constexpr size_t kKeptHost = 64;    // bytes
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
  at_.status = status;
  at_.reason = reason;
  return false;
}

void Parser::Begin() {
  at_ = Progress();
  kept_.clear();
  line_ = {};
  authority_.clear();
  request_.Clear();
}

// Brings a line up to its end into line_; line_done says whether the end was there. A bare CR or LF, or too long a
// line, is refused, whichever comes first.
bool Parser::TakeLine(std::string_view& input, size_t limit, int status) {
  if (at_.line_done) {
    kept_.clear();
    at_.line_done = false;
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
  at_.line_done = true;
  return true;
}

Parser::State Parser::Advance(std::string_view input, size_t& consumed) {
  const size_t given = input.size();
  consumed = 0;
  if (at_.status != 0) return State::kRefused;
  State state = State::kNeedMore;
  if (at_.stage == Stage::kLine || at_.stage == Stage::kHeaders) {
    while (at_.stage != Stage::kHead && !input.empty()) {
      if (!AdvanceHead(input)) return State::kRefused;
    }
    if (at_.stage == Stage::kHead) state = State::kHead;
  } else {
    state = AdvanceBody(input);
  }
  consumed = given - input.size();
  return state;
}

bool Parser::AdvanceHead(std::string_view& input) {
  bool request_line = at_.stage == Stage::kLine;
  size_t left = limits_.header_bytes - std::min(limits_.header_bytes, at_.head_bytes);
  if (!TakeLine(input, request_line ? limits_.target_bytes + kLineSlack : left, request_line ? 414 : 431)) return false;
  if (!at_.line_done) return true;
  bool first = at_.head_bytes == 0;
  at_.head_bytes += line_.size() + 2;
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
  bool proper =
      version == "HTTP/1.1" || (version.size() == 8 && version.starts_with("HTTP/") && IsDigits(version.substr(5, 1)) &&
                                version[6] == '.' && IsDigits(version.substr(7)));
  if (!proper) return Refuse(400, "not an HTTP version");
  if (version[5] != '1') return Refuse(505, "only HTTP/1.x is spoken here");
  request_.minor_version = version[7] == '0' ? 0 : 1;
  request_.method = method;
  at_.stage = Stage::kHeaders;
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
  if (given[kHost] && !IsHost(*given[kHost])) return Refuse(400, "Host is not a host");
  // RFC 9112, 6: the one place that says where the body ends.
  if (given[kCoding] && given[kLength]) return Refuse(400, "Content-Length and Transfer-Encoding together");
  if (given[kCoding] && !ReadCodings(*given[kCoding])) return false;
  if (given[kLength]) {
    auto length = ReadLength(*given[kLength]);
    if (!length) return Refuse(length.error());
    at_.length = *length;
  }
  ReadConnection();
  if (given[kExpect] && request_.minor_version >= 1) {
    if (!EqualIgnoringCase(*given[kExpect], "100-continue")) return Refuse(417, "only 100-continue can be expected");
    at_.expects_continue = has_body();
  }
  if (oversized() && (at_.length <= kPlausibleBody || at_.expects_continue)) return Refuse(kBodyTooLarge);
  if (!authority_.empty()) TakeAuthority();
  at_.stage = Stage::kHead;
  return true;
}

bool Parser::IsHost(std::string_view value) {
  if (value == host_ && !value.empty()) return true;
  const bool is = IsAuthority(value);
  if (is && value.size() <= kKeptHost) host_ = value;
  return is;
}

// The target's authority takes the place of Host (RFC 9112, 3.2.2).
void Parser::TakeAuthority() {
  auto host = std::ranges::find_if(request_.headers, [](auto& one) { return EqualIgnoringCase(one.name, "Host"); });
  if (host == request_.headers.end()) host = request_.headers.insert(host, {"Host", ""});
  host->value = authority_;
}

bool Parser::ReadCodings(std::string_view value) {
  if (request_.minor_version == 0) return Refuse(400, "Transfer-Encoding in HTTP/1.0");
  at_.chunked = EqualIgnoringCase(value, "chunked");
  if (at_.chunked) return true;
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
  at_.keep_alive = keeps && !closes;
}

Parser::State Parser::AdvanceBody(std::string_view& input) {
  if (at_.stage == Stage::kHead)
    at_.stage = at_.chunked ? Stage::kChunkSize : at_.length > 0 ? Stage::kBody : Stage::kDone;
  while (at_.stage != Stage::kDone) {
    if (input.empty()) return State::kNeedMore;
    if (at_.stage == Stage::kBody || at_.stage == Stage::kChunk) {
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
  size_t size = static_cast<size_t>(std::min<uint64_t>(at_.length, input.size()));
  request_.body.append(input.substr(0, size));
  input.remove_prefix(size);
  at_.length -= size;
  if (at_.length == 0) at_.stage = at_.stage == Stage::kBody ? Stage::kDone : Stage::kChunkEnd;
}

bool Parser::AdvanceChunkLine(std::string_view& input) {
  bool trailer = at_.stage == Stage::kTrailers;
  size_t left = limits_.header_bytes - std::min(limits_.header_bytes, at_.trailer_bytes);
  if (!TakeLine(input, trailer ? left : kChunkLine, trailer ? 431 : 400)) return false;
  if (!at_.line_done) return true;
  if (at_.stage == Stage::kChunkSize) return ReadChunkSize();
  if (trailer) return ReadTrailer();
  at_.stage = Stage::kChunkSize;
  return line_.empty() || Refuse(400, "a chunk does not end where it says");
}

bool Parser::ReadChunkSize() {
  std::string_view digits = line_.substr(0, line_.find(';'));
  std::string_view extension = line_.substr(digits.size());
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), at_.length, 16);
  if (digits.size() > 15 || error != std::errc() || end != digits.data() + digits.size()) {
    return Refuse(400, "not a chunk size");
  }
  at_.extension_bytes += extension.size();
  if (!IsChunkExtension(extension)) return Refuse(400, "not a chunk extension");
  if (at_.extension_bytes > limits_.header_bytes) return Refuse(400, "the chunk extensions are too large");
  if (request_.body.size() + at_.length > limits_.body_bytes) return Refuse(kBodyTooLarge);
  at_.stage = at_.length == 0 ? Stage::kTrailers : Stage::kChunk;
  return true;
}

// Trailers are checked and dropped.
bool Parser::ReadTrailer() {
  if (line_.empty()) {
    at_.stage = Stage::kDone;
    return true;
  }
  at_.trailer_bytes += line_.size() + 2;
  if (++at_.trailers > limits_.headers) return Refuse(431, "too many trailers");
  size_t colon = std::min(line_.find(':'), line_.size());
  if (colon == line_.size() || !IsToken(line_.substr(0, colon)) || !IsFieldValue(line_.substr(colon))) {
    return Refuse(400, "not a trailer");
  }
  if (IsSingle(line_.substr(0, colon))) return Refuse(400, "a header that cannot stand in a trailer");
  return true;
}

}  // namespace ashlar::http
