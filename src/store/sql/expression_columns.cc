// SPDX-License-Identifier: Apache-2.0
// Fields of a row at hand: columns, and what is computed from columns.
#include "store/sql/catalog.h"
#include "store/sql/expression.h"

namespace ashlar::store::sql {

bool MustConform(const types::Type& type) {
  bool bounded = type.kind() == types::Kind::kInt64 || type.kind() == types::Kind::kDecimal;
  return bounded || (type.kind() == types::Kind::kText && type.constants().empty());
}

std::string ExpressionRenderer::Column(const model::Resource& resource, model::FieldId field, std::string_view alias,
                                       types::Values& parameters) {
  parameters_ = &parameters;
  return ColumnSql(resource, field, alias);
}

std::string ExpressionRenderer::ColumnSql(const model::Resource& resource, model::FieldId field,
                                          std::string_view alias) {
  if (resource.field(field).computed) return ComputedSql(resource, field, alias);
  return mode_ == Mode::kCheck ? Quote(resource.field(field).column) : ColumnOf(resource, field, alias);
}

// Checks are named by their text, so that what a computed field is made of may change without them: such a check is
// the process's alone.
std::string ExpressionRenderer::ComputedSql(const model::Resource& resource, model::FieldId field,
                                            std::string_view alias) {
  if (mode_ == Mode::kCheck) return Unsupported();
  const model::Field& made = resource.field(field);
  const cel::Expr& value = *made.computed->value;
  // Its slots are its own.
  auto aliases = std::exchange(aliases_, {{0, std::string(alias)}});
  auto values = std::exchange(values_, {});
  std::string text = Sql(value);
  aliases_ = std::move(aliases);
  values_ = std::move(values);
  if (!MustConform(*made.type)) return text;
  return dialect_.Conformed(text, value.type, resource, field);
}

}  // namespace ashlar::store::sql
