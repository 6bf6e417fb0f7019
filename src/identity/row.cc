// SPDX-License-Identifier: Apache-2.0
#include "identity/row.h"

#include "types/uuid.h"

namespace ashlar::identity {
namespace {

template <class T>
T As(const types::Value& value) {
  const T* datum = value.get<T>();
  return datum == nullptr ? T{} : *datum;
}

}  // namespace

types::Value ValueOf(const model::Resource& resource, const call::RowSet& set, std::string_view name, size_t row) {
  model::FieldId field = resource.FindField(name);
  for (const call::RowSet::Column& column : set.columns) {
    if (column.field == field) return resource.field(field).type->ToValue(set.rows.at(row, column.cell));
  }
  return {};
}

std::string TextIn(const model::Resource& resource, const call::RowSet& set, std::string_view name, size_t row) {
  return As<std::string>(ValueOf(resource, set, name, row));
}

std::string IdIn(const model::Resource& resource, const call::RowSet& set, std::string_view name, size_t row) {
  types::Value value = ValueOf(resource, set, name, row);
  return value.is_null() ? "" : types::FormatUuid(As<types::Uuid>(value));
}

int64_t NumberIn(const model::Resource& resource, const call::RowSet& set, std::string_view name, size_t row) {
  return As<int64_t>(ValueOf(resource, set, name, row));
}

bool FlagIn(const model::Resource& resource, const call::RowSet& set, std::string_view name, size_t row) {
  return As<bool>(ValueOf(resource, set, name, row));
}

int64_t MicrosIn(const model::Resource& resource, const call::RowSet& set, std::string_view name, size_t row) {
  return As<types::Timestamp>(ValueOf(resource, set, name, row)).micros;
}

bool MaySignIn(const model::Service& service, const call::RowSet& users, size_t row) {
  const model::Resource& user = service.resource(service.user);
  if (FlagIn(user, users, "disabled", row)) return false;
  const bool proved = service.identity && service.identity->verification == model::Verification::kRequired;
  return !proved || FlagIn(user, users, "emailVerified", row);
}

}  // namespace ashlar::identity
