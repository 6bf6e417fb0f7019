// SPDX-License-Identifier: Apache-2.0
#include "types/value.h"

#include "types/decimal.h"

namespace ashlar::types {
namespace {

bool IsNumber(Kind kind) { return kind == Kind::kInt64 || kind == Kind::kFloat64 || kind == Kind::kDecimal; }

Decimal AsDecimal(const Value& value) {
  if (const Decimal* decimal = value.get<Decimal>()) return *decimal;
  return {*value.get<int64_t>(), 0};
}

std::weak_ordering Reversed(std::weak_ordering order) { return 0 <=> order; }

std::weak_ordering CompareNumbers(const Value& a, const Value& b) {
  const double* left = a.get<double>();
  const double* right = b.get<double>();
  if (left != nullptr && right != nullptr) {
    return *left < *right   ? std::weak_ordering::less
           : *left > *right ? std::weak_ordering::greater
                            : std::weak_ordering::equivalent;
  }
  if (right != nullptr) return CompareDecimal(AsDecimal(a), *right);
  if (left != nullptr) return Reversed(CompareDecimal(AsDecimal(b), *left));
  return CompareDecimal(AsDecimal(a), AsDecimal(b));
}

std::weak_ordering CompareLists(const List& a, const List& b) {
  for (size_t i = 0; i < a.items.size() && i < b.items.size(); ++i) {
    if (auto order = Compare(a.items[i], b.items[i]); order != 0) return order;
  }
  return a.items.size() <=> b.items.size();
}

template <class T>
std::weak_ordering CompareAs(const Value& a, const Value& b) {
  return *a.get<T>() <=> *b.get<T>();
}

}  // namespace

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kBool: return "bool";
    case Kind::kInt64: return "int64";
    case Kind::kFloat64: return "float64";
    case Kind::kDecimal: return "decimal";
    case Kind::kText: return "text";
    case Kind::kBytes: return "bytes";
    case Kind::kUuid: return "uuid";
    case Kind::kDate: return "date";
    case Kind::kTimestamp: return "timestamp";
    case Kind::kDuration: return "duration";
    case Kind::kJson: return "json";
    case Kind::kList: return "list";
  }
  return "";
}

std::weak_ordering Compare(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return b.is_null() <=> a.is_null();
  if (IsNumber(a.kind()) && IsNumber(b.kind())) return CompareNumbers(a, b);
  if (a.kind() != b.kind()) return a.kind() <=> b.kind();
  switch (a.kind()) {
    case Kind::kBool: return CompareAs<bool>(a, b);
    case Kind::kText: return CompareAs<std::string>(a, b);
    case Kind::kBytes: return CompareAs<Bytes>(a, b);
    case Kind::kUuid: return CompareAs<Uuid>(a, b);
    case Kind::kDate: return CompareAs<Date>(a, b);
    case Kind::kTimestamp: return CompareAs<Timestamp>(a, b);
    case Kind::kDuration: return CompareAs<Duration>(a, b);
    case Kind::kJson: return a.get<JsonText>()->text <=> b.get<JsonText>()->text;
    case Kind::kList: return CompareLists(*a.get<List>(), *b.get<List>());
    case Kind::kInt64:
    case Kind::kFloat64:
    case Kind::kDecimal: break;  // above
  }
  return std::weak_ordering::equivalent;
}

}  // namespace ashlar::types
