// SPDX-License-Identifier: Apache-2.0
#include "store/sql/signature.h"

#include "store/sql/statement.h"

namespace ashlar::store::sql {
namespace {

using cel::Expr;
using cel::Op;

class Walk {
 public:
  explicit Walk(const model::Resource& resource) : resource_(resource) {}

  bool Query(const plan::Query& query) {
    bool plain = query.words.empty() && !query.ranked && !query.after && !query.between;
    if (!plain) return false;
    Put(query.resource.value, query.deleted, query.fields.size());
    for (plan::FieldId field : query.fields) {
      if (!Stored(field)) return false;
    }
    Put(query.flags.size());
    for (const cel::ExprPtr& flag : query.flags) {
      if (!Expression(*flag)) return false;
    }
    Put(query.where != nullptr);
    if (query.where != nullptr && !Expression(*query.where)) return false;
    Put(query.among.value);
    if (query.among.valid()) Among(query);
    Put(query.per_value > 0);
    if (query.per_value > 0) made_.values.push_back(query.per_value);
    for (const plan::Order& order : query.order) {
      Put(order.descending);
      if (!Stored(order.field)) return false;
    }
    return Bounds(query);
  }

  Signature Take() { return std::move(made_); }

 private:
  template <class... Parts>
  void Put(Parts... parts) {
    (made_.shape.append(reinterpret_cast<const char*>(&parts), sizeof parts), ...);
  }

  void Among(const plan::Query& query) {
    types::Values listed = AmongParameters(query);
    Put(listed.size(), query.among_values.size() > kMostListed);
    made_.among_begin = made_.values.size();
    std::ranges::move(listed, std::back_inserter(made_.values));
    made_.among_end = made_.values.size();
  }

  bool Bounds(const plan::Query& query) {
    Put(query.limit.has_value(), query.offset > 0);
    if (query.limit) made_.values.push_back(*query.limit);
    if (query.offset > 0) made_.values.push_back(query.offset);
    return query.per_value == 0 || query.offset == 0;
  }

  bool Stored(plan::FieldId field) {
    Put(field.value);
    return !resource_.field(field).computed;
  }

  bool Expression(const Expr& expr) {
    Put(expr.type.tag, expr.type.nullable);
    if (const auto* literal = expr.get<cel::Literal>()) return Literal(literal->value);
    if (const auto* field = expr.get<cel::Field>()) {
      const auto* row = field->row->get<cel::Variable>();
      Put('f');
      return row != nullptr && row->slot == 0 && Stored(field->field);
    }
    const auto* call = expr.get<cel::Call>();
    if (call == nullptr || !Compares(call->op)) return false;
    if (std::ranges::any_of(call->arguments, IsOf<cel::Type::Tag::kJson>)) return false;
    Put('c', call->op, call->arguments.size());
    if (std::ranges::any_of(call->arguments, IsOf<cel::Type::Tag::kDecimal>)) {
      return std::ranges::all_of(call->arguments, [this](const cel::ExprPtr& one) { return BesideDecimal(*one); });
    }
    return std::ranges::all_of(call->arguments, [this](const cel::ExprPtr& one) { return Expression(*one); });
  }

  static bool Compares(Op op) {
    return op == Op::kAnd || op == Op::kOr || op == Op::kNot || op == Op::kEqual || op == Op::kNotEqual ||
           op == Op::kLess || op == Op::kLessOrEqual || op == Op::kGreater || op == Op::kGreaterOrEqual;
  }

  template <cel::Type::Tag kTag>
  static bool IsOf(const cel::ExprPtr& side) {
    return side->type.tag == kTag;
  }

  // What stands beside a decimal is brought to its scale: the parameter is not the value then, however equal they are
  // where it is 0. So the value is part of the structure, and its parameter as it was rendered.
  bool BesideDecimal(const Expr& expr) {
    const auto* literal = expr.get<cel::Literal>();
    if (literal == nullptr || literal->value.is_null()) return Expression(expr);
    Put('s', expr.type.tag, expr.type.scale, literal->value.kind());
    if (const auto* decimal = literal->value.get<types::Decimal>()) {
      Put(decimal->unscaled, decimal->scale);
    } else if (const auto* whole = literal->value.get<int64_t>()) {
      Put(*whole);
    } else {
      return false;
    }
    made_.rendered.push_back(made_.values.size());
    made_.values.emplace_back();
    return true;
  }

  // Of some kinds the text depends on the value: those are left to be rendered.
  bool Literal(const types::Value& value) {
    if (value.is_null()) return Put('n'), true;
    Put('v', value.kind());
    switch (value.kind()) {
      case types::Kind::kBool: return Put(*value.get<bool>()), true;  // stands in the text
      case types::Kind::kInt64:
      case types::Kind::kText:
      case types::Kind::kUuid:
      case types::Kind::kDate:
      case types::Kind::kTimestamp:
      case types::Kind::kDuration: made_.values.push_back(value); return true;
      case types::Kind::kFloat64:
      case types::Kind::kDecimal:
      case types::Kind::kBytes:
      case types::Kind::kJson:
      case types::Kind::kList: return false;
    }
    return false;
  }

  const model::Resource& resource_;
  Signature made_;
};

}  // namespace

std::optional<Signature> SignatureOf(const model::Service& service, const plan::Query& query) {
  Walk walk(service.resource(query.resource));
  if (!walk.Query(query)) return std::nullopt;
  return walk.Take();
}

}  // namespace ashlar::store::sql
