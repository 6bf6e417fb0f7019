// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/conform.h"

#include <sqlite3.h>

#include "store/sqlite/arguments.h"

namespace ashlar::store::sqlite {
namespace {

void Conform(sqlite3_context* context, int, sqlite3_value** arguments) {
  const auto* service = *static_cast<const model::Service**>(sqlite3_user_data(context));
  if (service == nullptr || IsNull(arguments[0])) return sqlite3_result_null(context);
  const model::Resource& resource = service->resources[static_cast<size_t>(sqlite3_value_int(arguments[2]))];
  const types::Type& type = *resource.fields[static_cast<size_t>(sqlite3_value_int(arguments[3]))].type;
  if (type.kind() == types::Kind::kDecimal) {
    auto decimal = DecimalOf(arguments[0], sqlite3_value_int(arguments[1]));
    types::Value value = decimal ? model::Conform(*decimal, type) : types::Value{};
    const auto* fits = value.get<types::Decimal>();
    return ResultDecimal(context, fits == nullptr ? std::nullopt : std::optional(*fits));
  }
  bool text = type.kind() == types::Kind::kText;
  types::Value value =
      text ? types::Value(std::string(TextOf(arguments[0]))) : types::Value(int64_t{sqlite3_value_int64(arguments[0])});
  if (model::Conform(std::move(value), type).is_null()) return sqlite3_result_null(context);
  sqlite3_result_value(context, arguments[0]);
}

}  // namespace

bool AddConform(sqlite3* connection, const model::Service** service) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  return sqlite3_create_function_v2(connection, "ashlar_conform", 4, kFlags, service, Conform, nullptr, nullptr,
                                    nullptr) == SQLITE_OK;
}

}  // namespace ashlar::store::sqlite
