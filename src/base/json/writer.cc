// SPDX-License-Identifier: Apache-2.0
#include "base/json/writer.h"

#include <charconv>

#include "base/utf8.h"

namespace ashlar::json {
namespace {

bool MustEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void AppendEscape(char c, std::string& out) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: break;
  }
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\u00";
  out += kHex[(c >> 4) & 15];
  out += kHex[c & 15];
}

// Appends text that needs no escape in quotes, and what stands around it, in one piece.
void AppendPlain(bool comma, std::string_view text, bool colon, std::string& out) {
  const size_t before = out.size();
  const size_t size = before + (comma ? 1 : 0) + text.size() + 2 + (colon ? 1 : 0);
  out.resize_and_overwrite(size, [&](char* bytes, size_t) {  // which is the capacity in libstdc++ 12
    char* at = bytes + before;
    if (comma) *at++ = ',';
    *at++ = '"';
    at += text.copy(at, text.size());
    *at++ = '"';
    if (colon) *at++ = ':';
    return size;
  });
}

}  // namespace

void AppendQuoted(std::string_view text, std::string& out) {
  if (IsPlainAscii(text)) return AppendPlain(false, text, false, out);
  out += '"';
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!MustEscape(text[i])) continue;
    out.append(text, start, i - start);
    AppendEscape(text[i], out);
    start = i + 1;
  }
  out.append(text, start);
  out += '"';
}

void Writer::Separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

void Writer::BeginObject() {
  Separate();
  out_ += '{';
  comma_ = false;
}

void Writer::EndObject() {
  out_ += '}';
  comma_ = true;
}

void Writer::BeginArray() {
  Separate();
  out_ += '[';
  comma_ = false;
}

void Writer::EndArray() {
  out_ += ']';
  comma_ = true;
}

void Writer::Key(std::string_view name) {
  if (IsPlainAscii(name)) {
    AppendPlain(comma_, name, true, out_);
  } else {
    Separate();
    AppendQuoted(name, out_);
    out_ += ':';
  }
  comma_ = false;
}

void Writer::QuotedKey(std::string_view name) {
  Separate();
  out_ += name;
  comma_ = false;
}

void Writer::String(std::string_view text) {
  if (IsPlainAscii(text)) {
    AppendPlain(comma_, text, false, out_);
    comma_ = true;
    return;
  }
  Separate();
  AppendQuoted(text, out_);
}

void Writer::Int(int64_t number) {
  Separate();
  char buffer[24];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  out_.append(buffer, end);
}

void Writer::Double(double number) {
  Separate();
  char buffer[32];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  out_.append(buffer, end);
}

void Writer::Bool(bool value) {
  Separate();
  out_ += value ? "true" : "false";
}

void Writer::Null() {
  Separate();
  out_ += "null";
}

void Writer::Raw(std::string_view json) {
  Separate();
  out_ += json;
}

}  // namespace ashlar::json
