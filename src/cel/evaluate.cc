// SPDX-License-Identifier: Apache-2.0
#include "cel/functions.h"
#include "types/decimal.h"

namespace ashlar::cel {
namespace {

using types::Value;

// What a part comes to: a value, a row (or none), rows.
using Result = std::variant<Value, std::optional<RowRef>, std::vector<RowRef>>;
using Answer = std::expected<Result, EvalError>;

class Evaluator {
 public:
  Evaluator(const Environment& environment, RowRef row, int cost) : environment_(environment), cost_(cost) {
    rows_[0] = row;
  }

  std::expected<Value, EvalError> ValueOf(const Expr& expr) {
    Answer answer = Run(expr);
    if (!answer) return std::unexpected(std::move(answer).error());
    if (Value* value = std::get_if<Value>(&*answer)) return std::move(*value);
    return std::unexpected(EvalError{"rows are no value"});
  }

 private:
  static Answer Wrong(std::string message) { return std::unexpected(EvalError{std::move(message)}); }

  Answer Run(const Expr& expr) {
    if (--cost_ < 0) return Wrong("the expression costs too much");
    if (const auto* literal = expr.get<Literal>()) return Given(literal->value);
    if (const auto* failure = expr.get<Failure>()) return Wrong(failure->what);
    if (const auto* variable = expr.get<Variable>()) return Bound(*variable);
    if (const auto* field = expr.get<Field>()) return FieldOf(*field);
    if (const auto* relation = expr.get<Relation>()) return Related(expr, *relation);
    if (const auto* call = expr.get<Call>()) return RunCall(expr, *call);
    if (const auto* list = expr.get<ListOf>()) return RunList(*list);
    if (const auto* comprehension = expr.get<Comprehension>()) return RunComprehension(*comprehension);
    return Wrong("the caller is not known here");
  }

  // A long list costs what it takes to copy and to look through.
  Answer Given(const Value& value) {
    if (const auto* list = value.get<types::List>()) cost_ -= static_cast<int>(list->items.size() / 16);
    return value;
  }

  Answer Bound(const Variable& variable) {
    if (auto row = rows_.find(variable.slot); row != rows_.end()) return std::optional(row->second);
    if (auto value = values_.find(variable.slot); value != values_.end()) return Given(value->second);
    return Wrong("the variable has no value here");
  }

  std::expected<std::optional<RowRef>, EvalError> RowOf(const Expr& expr) {
    Answer answer = Run(expr);
    if (!answer) return std::unexpected(std::move(answer).error());
    return std::get<std::optional<RowRef>>(*answer);
  }

  Answer FieldOf(const Field& field) {
    auto row = RowOf(*field.row);
    if (!row) return std::unexpected(std::move(row).error());
    if (!*row) return Wrong("there is no such row");
    return environment_.FieldOf(**row, field.field);
  }

  bool Passes(const Gate& gate, RowRef row) {
    if (gate.rule == nullptr) return true;
    rows_[gate.slot] = row;
    auto holds = ValueOf(*gate.rule);
    rows_.erase(gate.slot);
    return holds && holds->get<bool>() != nullptr && *holds->get<bool>();
  }

  Answer Related(const Expr& expr, const Relation& relation) {
    auto row = RowOf(*relation.row);
    if (!row) return std::unexpected(std::move(row).error());
    if (!*row) return Wrong("there is no such row");
    if (expr.type.tag == Type::Tag::kRow) {
      std::optional<RowRef> target = environment_.ToOne(**row, relation.relation);
      if (target && !Passes(relation.guard, *target)) target.reset();
      return target;
    }
    std::function<bool(RowRef)> between;
    if (relation.between.rule != nullptr) between = [&](RowRef one) { return Passes(relation.between, one); };
    std::vector<RowRef> found = environment_.ToMany(**row, relation.relation, between);
    std::erase_if(found, [&](RowRef one) { return !Passes(relation.guard, one); });
    return found;
  }

  Answer RunCall(const Expr& expr, const Call& call) {
    if (call.op == Op::kAnd) return Logic(call, false);
    if (call.op == Op::kOr) return Logic(call, true);
    if (call.op == Op::kConditional) return Conditional(expr, call);
    if (call.op == Op::kHas) return Has(*call.arguments[0]);
    if (call.op == Op::kSize && call.arguments[0]->type.tag == Type::Tag::kRows) {
      Answer rows = Run(*call.arguments[0]);
      if (!rows) return rows;
      return Value(static_cast<int64_t>(std::get<std::vector<RowRef>>(*rows).size()));
    }
    if (call.op == Op::kEqual || call.op == Op::kNotEqual) {
      for (const ExprPtr& side : call.arguments) {
        if (side->type.tag == Type::Tag::kRow) return RowIsNull(*side, call.op == Op::kEqual);
      }
    }
    std::vector<Value> arguments;
    for (const ExprPtr& argument : call.arguments) {
      auto value = ValueOf(*argument);
      if (!value) return std::unexpected(std::move(value).error());
      arguments.push_back(std::move(*value));
    }
    auto value = Apply(call.op, expr.type, arguments);
    if (!value) return std::unexpected(std::move(value).error());
    return std::move(*value);
  }

  Answer RowIsNull(const Expr& side, bool wanted) {
    auto row = RowOf(side);
    if (!row) return std::unexpected(std::move(row).error());
    return Value(row->has_value() != wanted);
  }

  // `decides`: the value of one side that makes the other one's error not matter.
  Answer Logic(const Call& call, bool decides) {
    std::optional<EvalError> error;
    for (const ExprPtr& side : call.arguments) {
      auto value = ValueOf(*side);
      if (!value) {
        error = std::move(value).error();
      } else if (value->get<bool>() == nullptr) {
        error = EvalError{"null as a condition"};
      } else if (*value->get<bool>() == decides) {
        return Value(decides);
      }
    }
    if (error) return std::unexpected(std::move(*error));
    return Value(!decides);
  }

  Answer Conditional(const Expr& expr, const Call& call) {
    auto condition = ValueOf(*call.arguments[0]);
    if (!condition) return std::unexpected(std::move(condition).error());
    if (condition->get<bool>() == nullptr) return Wrong("null as a condition");
    auto value = ValueOf(*call.arguments[*condition->get<bool>() ? 1 : 2]);
    if (!value) return std::unexpected(std::move(value).error());
    if (const types::Decimal* decimal = value->get<types::Decimal>()) {
      auto scaled = types::Rescale(*decimal, expr.type.scale);
      if (!scaled) return Wrong("overflow");
      return Value(*scaled);
    }
    return std::move(*value);
  }

  // The row is there and its field is not null; what is absent on the way makes it false.
  Answer Has(const Expr& member) {
    Answer answer = Run(member);
    if (!answer) return Value(false);
    if (const auto* row = std::get_if<std::optional<RowRef>>(&*answer)) return Value(row->has_value());
    return Value(!std::get<Value>(*answer).is_null());
  }

  Answer RunList(const ListOf& list) {
    types::List made;
    for (const ExprPtr& item : list.items) {
      auto value = ValueOf(*item);
      if (!value) return std::unexpected(std::move(value).error());
      made.items.push_back(std::move(*value));
    }
    return Value(std::move(made));
  }

  Answer RunComprehension(const Comprehension& loop) {
    Answer range = Run(*loop.range);
    if (!range) return range;
    if (auto* rows = std::get_if<std::vector<RowRef>>(&*range)) return Loop(loop, *rows);
    if (auto* row = std::get_if<std::optional<RowRef>>(&*range)) {
      return Loop(loop, *row ? std::vector<RowRef>{**row} : std::vector<RowRef>());
    }
    const types::List* list = std::get<Value>(*range).get<types::List>();
    if (list == nullptr) return Wrong("null is no list");
    return Loop(loop, list->items);
  }

  template <class Items>
  Answer Loop(const Comprehension& loop, const Items& items) {
    std::optional<EvalError> error;
    Items kept;
    types::List mapped;
    int64_t holds = 0;
    for (const auto& item : items) {
      Bind(loop.slot, item);
      auto value = ValueOf(*loop.body);
      if (loop.macro == Macro::kMap && value) mapped.items.push_back(*value);
      bool condition = loop.macro != Macro::kMap;
      if (condition && value && value->template get<bool>() == nullptr)
        value = std::unexpected(EvalError{"null as a condition"});
      if (!value) {
        error = value.error();
        continue;
      }
      if (!condition) continue;
      bool held = *value->template get<bool>();
      if (held && loop.macro == Macro::kExists) return Unbind(loop.slot, Value(true));
      if (!held && loop.macro == Macro::kAll) return Unbind(loop.slot, Value(false));
      holds += held ? 1 : 0;
      if (held && loop.macro == Macro::kFilter) kept.push_back(item);
    }
    if (error) return Unbind(loop.slot, std::unexpected(std::move(*error)));
    return Unbind(loop.slot, Finish(loop.macro, holds, std::move(kept), std::move(mapped)));
  }

  template <class Items>
  Answer Finish(Macro macro, int64_t holds, Items kept, types::List mapped) {
    switch (macro) {
      case Macro::kAll: return Value(true);
      case Macro::kExists: return Value(false);
      case Macro::kExistsOne: return Value(holds == 1);
      case Macro::kMap: return Value(std::move(mapped));
      case Macro::kFilter: break;
    }
    if constexpr (std::is_same_v<Items, std::vector<RowRef>>) {
      return kept;
    } else {
      return Value(types::List{std::move(kept)});
    }
  }

  void Bind(int slot, const Value& value) { values_[slot] = value; }
  void Bind(int slot, RowRef row) { rows_[slot] = row; }
  Answer Unbind(int slot, Answer answer) {
    values_.erase(slot);
    rows_.erase(slot);
    return answer;
  }

  const Environment& environment_;
  int cost_;
  std::map<int, RowRef> rows_;
  std::map<int, Value> values_;
};

}  // namespace

std::expected<Value, EvalError> Evaluate(const Expr& expr, const Environment& environment, RowRef row, int cost) {
  return Evaluator(environment, row, cost).ValueOf(expr);
}

bool Holds(const Expr& expr, const Environment& environment, RowRef row) {
  auto value = Evaluate(expr, environment, row);
  return value && value->get<bool>() != nullptr && *value->get<bool>();
}

}  // namespace ashlar::cel
