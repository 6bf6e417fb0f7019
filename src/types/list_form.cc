// SPDX-License-Identifier: Apache-2.0
#include "types/list_form.h"

#include <charconv>

#include "base/base64.h"
#include "types/decimal.h"
#include "types/uuid.h"

namespace ashlar::types {
namespace {

void WriteElement(const Value& value, json::Writer& out) {
  if (value.is_null()) return out.Null();
  switch (value.kind()) {
    case Kind::kBool: return out.Bool(*value.get<bool>());
    case Kind::kInt64: return out.Int(*value.get<int64_t>());
    case Kind::kFloat64: return out.Double(*value.get<double>());
    case Kind::kDecimal: return out.Raw(FormatDecimal({value.get<Decimal>()->unscaled, 0}));
    case Kind::kText: return out.String(*value.get<std::string>());
    case Kind::kBytes: return out.String(Base64Encode(value.get<Bytes>()->data));
    case Kind::kUuid: return out.String(FormatUuid(*value.get<Uuid>()));
    case Kind::kDate: return out.Int(value.get<Date>()->days);
    case Kind::kTimestamp: return out.Int(value.get<Timestamp>()->micros);
    case Kind::kDuration: return out.Int(value.get<Duration>()->micros);
    case Kind::kJson: return out.Raw(value.get<JsonText>()->text);
    case Kind::kList: return out.Raw(ToListForm(*value.get<List>()));
  }
}

template <class Number>
std::optional<Number> ReadNumber(const json::Json& element) {
  const json::Number* number = element.number();
  Number read{};
  if (number == nullptr) return std::nullopt;
  const char* end = number->token.data() + number->token.size();
  auto [stop, error] = std::from_chars(number->token.data(), end, read);
  return error == std::errc() && stop == end ? std::optional(read) : std::nullopt;
}

// Null if it is none of that kind.
Value ReadElement(const json::Json& element, const Type& type) {
  Kind kind = type.kind();
  if (kind == Kind::kJson) return JsonText{json::ToText(element)};
  if (kind == Kind::kBool) return element.boolean() == nullptr ? Value{} : Value{*element.boolean()};
  if (kind == Kind::kFloat64) {
    auto real = ReadNumber<double>(element);
    return real ? Value{*real} : Value{};
  }
  if (const std::string* text = element.string()) {
    if (kind == Kind::kText) return *text;
    if (kind == Kind::kUuid) {
      auto uuid = ParseUuid(*text);
      return uuid ? Value{*uuid} : Value{};
    }
    auto bytes = kind == Kind::kBytes ? Base64Decode(*text) : std::nullopt;
    return bytes ? Value{Bytes{std::move(*bytes)}} : Value{};
  }
  auto integer = ReadNumber<int64_t>(element);
  if (!integer) return {};
  switch (kind) {
    case Kind::kInt64: return *integer;
    case Kind::kDecimal: return Decimal{*integer, type.scale()};
    case Kind::kDate: return Date{static_cast<int32_t>(*integer)};
    case Kind::kTimestamp: return Timestamp{*integer};
    case Kind::kDuration: return Duration{*integer};
    case Kind::kBool:
    case Kind::kFloat64:
    case Kind::kText:
    case Kind::kBytes:
    case Kind::kUuid:
    case Kind::kJson:
    case Kind::kList: break;
  }
  return {};
}

}  // namespace

std::string ToListElement(const Value& value) {
  std::string text;
  json::Writer writer(text);
  WriteElement(value, writer);
  return text;
}

std::string ToListForm(const List& list) {
  std::string text;
  json::Writer writer(text);
  writer.BeginArray();
  for (const Value& item : list.items) WriteElement(item, writer);
  writer.EndArray();
  return text;
}

Value FromListForm(std::string_view text, const Type& element) {
  auto document = json::Parse(text, {.depth = 80, .bytes = SIZE_MAX});
  if (!document || document->array() == nullptr) return {};
  List list;
  list.items.reserve(document->array()->size());
  for (const json::Json& item : *document->array()) {
    Value value = ReadElement(item, element);
    if (value.is_null()) return {};
    list.items.push_back(std::move(value));
  }
  return list;
}

}  // namespace ashlar::types
