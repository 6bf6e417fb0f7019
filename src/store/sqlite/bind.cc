// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/bind.h"

#include <sqlite3.h>

#include "types/list_form.h"

namespace ashlar::store::sqlite {
namespace {

bool BindText(sqlite3_stmt* statement, int place, std::string_view text) {
  return sqlite3_bind_text64(statement, place, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK;
}

bool BindBlob(sqlite3_stmt* statement, int place, const void* data, size_t size) {
  if (size == 0) return sqlite3_bind_zeroblob(statement, place, 0) == SQLITE_OK;
  return sqlite3_bind_blob64(statement, place, data, size, SQLITE_STATIC) == SQLITE_OK;
}

bool BindInteger(sqlite3_stmt* statement, int place, int64_t integer) {
  return sqlite3_bind_int64(statement, place, integer) == SQLITE_OK;
}

}  // namespace

bool Bind(sqlite3_stmt* statement, int place, const types::Value& value) {
  if (value.is_null()) return sqlite3_bind_null(statement, place) == SQLITE_OK;
  switch (value.kind()) {
    case types::Kind::kBool: return BindInteger(statement, place, *value.get<bool>() ? 1 : 0);
    case types::Kind::kInt64: return BindInteger(statement, place, *value.get<int64_t>());
    case types::Kind::kFloat64: return sqlite3_bind_double(statement, place, *value.get<double>()) == SQLITE_OK;
    case types::Kind::kDecimal:
      return BindInteger(statement, place, static_cast<int64_t>(value.get<types::Decimal>()->unscaled));
    case types::Kind::kText: return BindText(statement, place, *value.get<std::string>());
    case types::Kind::kBytes: {
      const std::string& data = value.get<types::Bytes>()->data;
      return BindBlob(statement, place, data.data(), data.size());
    }
    case types::Kind::kUuid: return BindBlob(statement, place, value.get<types::Uuid>()->bytes.data(), 16);
    case types::Kind::kDate: return BindInteger(statement, place, value.get<types::Date>()->days);
    case types::Kind::kTimestamp: return BindInteger(statement, place, value.get<types::Timestamp>()->micros);
    case types::Kind::kDuration: return BindInteger(statement, place, value.get<types::Duration>()->micros);
    case types::Kind::kJson: return BindText(statement, place, value.get<types::JsonText>()->text);
    case types::Kind::kList: {
      std::string text = types::ToListForm(*value.get<types::List>());
      return sqlite3_bind_text64(statement, place, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) ==
             SQLITE_OK;
    }
  }
  return false;
}

// The unprotected value of a column: the connection is one thread's, and each call that is spared counts, for every
// cell of every row comes through here.
bool AppendColumn(sqlite3_stmt* statement, int column, types::Rows& rows) {
  sqlite3_value* value = sqlite3_column_value(statement, column);
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: rows.AppendInteger(sqlite3_value_int64(value)); return true;
    case SQLITE_FLOAT: rows.AppendReal(sqlite3_value_double(value)); return true;
    case SQLITE_NULL: rows.AppendNull(); return true;
    default: break;
  }
  const auto* data = static_cast<const char*>(sqlite3_value_blob(value));
  auto size = static_cast<size_t>(sqlite3_value_bytes(value));
  return rows.AppendText(std::string_view(data == nullptr ? "" : data, size));
}

}  // namespace ashlar::store::sqlite
