// SPDX-License-Identifier: Apache-2.0
#include "app/access/inquiry.h"

#include "cel/text.h"
#include "types/decimal.h"

namespace ashlar::app {
namespace {

using Tag = cel::Type::Tag;

constexpr int kDeepest = 12;  // of the parts that are told

bool Joins(const cel::Call& call) {
  return call.op == cel::Op::kAnd || call.op == cel::Op::kOr || call.op == cel::Op::kNot ||
         call.op == cel::Op::kConditional;
}

// The parts of a chain, in order; one level for all of them.
void Flatten(const cel::ExprPtr& expr, cel::Op op, std::vector<cel::ExprPtr>& parts) {
  const auto* call = expr->get<cel::Call>();
  bool chain = call != nullptr && call->op == op && (op == cel::Op::kAnd || op == cel::Op::kOr);
  if (!chain) return parts.push_back(expr);
  for (const cel::ExprPtr& side : call->arguments) Flatten(side, op, parts);
}

// Whether a path begins at the row that the rule is about.
bool IsOfRow(const cel::Expr& expr) {
  if (const auto* variable = expr.get<cel::Variable>()) return variable->slot == 0;
  if (const auto* field = expr.get<cel::Field>()) return IsOfRow(*field->row);
  const auto* relation = expr.get<cel::Relation>();
  return relation != nullptr && expr.type.tag == Tag::kRow && IsOfRow(*relation->row);
}

bool IsSecret(const model::Service& service, const cel::Field& field) {
  return service.resource(field.row->type.resource).field(field.field).write_only;
}

// A cell as the store gives what an expression of that type comes to.
types::Value ValueOf(const types::Cell& cell, const cel::Type& type) {
  if (cell.is_null()) return {};
  switch (type.tag) {
    case Tag::kBool: return cell.integer != 0;
    case Tag::kInt: return cell.integer;
    case Tag::kDouble: return cell.tag == types::Cell::Tag::kReal ? cell.real : static_cast<double>(cell.integer);
    case Tag::kDecimal: {
      if (cell.tag != types::Cell::Tag::kText) return types::Decimal{cell.integer, type.scale};
      auto wide = types::ParseDecimal(cell.text());
      return wide ? types::Value(types::Decimal{wide->unscaled, type.scale}) : types::Value();
    }
    case Tag::kUuid: {
      types::Uuid uuid;
      if (cell.text().size() == uuid.bytes.size()) std::ranges::copy(cell.text(), uuid.bytes.begin());
      return uuid;
    }
    case Tag::kBytes: return types::Bytes{std::string(cell.text())};
    case Tag::kDate: return types::Date{static_cast<int32_t>(cell.integer)};
    case Tag::kTimestamp: return types::Timestamp{cell.integer};
    case Tag::kDuration: return types::Duration{cell.integer};
    case Tag::kString: return std::string(cell.text());
    case Tag::kJson:
    case Tag::kList: return types::JsonText{std::string(cell.text())};
    case Tag::kNull:
    case Tag::kRow:
    case Tag::kRows:
    case Tag::kAuth: break;
  }
  return {};
}

std::string_view NameOf(Inquiry::Verdict verdict) {
  switch (verdict) {
    case Inquiry::Verdict::kTrue: return "true";
    case Inquiry::Verdict::kFalse: return "false";
    case Inquiry::Verdict::kError: return "an error, as good as false";
    case Inquiry::Verdict::kOpen: return "depends on the row";
  }
  return "";
}

}  // namespace

size_t Inquiry::AddRule(const cel::ExprPtr& rule) {
  Walk(rule, 0, rules_of_.emplace_back());
  return rules_of_.size() - 1;
}

Inquiry::Value Inquiry::Add(const cel::ExprPtr& expr) {
  Value value{rules_.Fold(expr), -1};
  bool told = value.folded->get<cel::Literal>() != nullptr || value.folded->get<cel::Failure>() != nullptr;
  if (told) return value;
  value.cell = static_cast<int>(asked_.size());
  asked_.push_back(value.folded);
  return value;
}

void Inquiry::Walk(const cel::ExprPtr& expr, int depth, std::vector<Part>& parts) {
  const auto* call = expr->get<cel::Call>();
  const bool joins = call != nullptr && Joins(*call) && depth < kDeepest;
  Part part{cel::ToText(*expr, service_, resource_.id), depth, Add(expr), {}};
  if (!joins) AddOperands(expr, part.operands);
  parts.push_back(std::move(part));
  if (!joins) return;
  std::vector<cel::ExprPtr> sides;
  for (const cel::ExprPtr& side : call->arguments) {
    if (side->type.tag == Tag::kBool) Flatten(side, call->op, sides);
  }
  for (const cel::ExprPtr& side : sides) Walk(side, depth + 1, parts);
}

void Inquiry::AddOperands(const cel::ExprPtr& expr, std::vector<Operand>& operands) {
  const auto* field = expr->get<cel::Field>();
  const auto* auth = expr->get<cel::Auth>();
  bool path = field != nullptr && IsOfRow(*expr);
  bool said = auth != nullptr && auth->member != cel::Auth::Member::kSelf;
  if (path || said || expr->get<cel::Now>() != nullptr) {
    std::string text = cel::ToText(*expr, service_, resource_.id);
    if (std::ranges::find(operands, text, &Operand::text) != operands.end()) return;
    bool secret = path && IsSecret(service_, *field);
    operands.push_back({std::move(text), secret ? Value{} : Add(expr), secret});
    return;
  }
  if (const auto* call = expr->get<cel::Call>()) {
    for (const cel::ExprPtr& argument : call->arguments) AddOperands(argument, operands);
  } else if (const auto* list = expr->get<cel::ListOf>()) {
    for (const cel::ExprPtr& item : list->items) AddOperands(item, operands);
  } else if (const auto* loop = expr->get<cel::Comprehension>()) {
    AddOperands(loop->range, operands);
  }
}

Inquiry::Verdict Inquiry::Judge(const Value& value) const {
  if (value.cell < 0) {
    if (cel::IsTrue(value.folded)) return Verdict::kTrue;
    const auto* literal = value.folded->get<cel::Literal>();
    return literal != nullptr && literal->value.get<bool>() != nullptr ? Verdict::kFalse : Verdict::kError;
  }
  if (!cells_) return Verdict::kOpen;
  const types::Cell& cell = cells_->at(0, static_cast<size_t>(value.cell));
  if (cell.is_null()) return Verdict::kError;
  return cell.integer != 0 ? Verdict::kTrue : Verdict::kFalse;
}

std::string Inquiry::TextOf(const Operand& operand) const {
  if (operand.secret) return "write-only";
  const Value& value = operand.value;
  if (value.cell < 0) return cel::ToText(*value.folded, service_, resource_.id);
  if (!cells_) return "";
  types::Value found = ValueOf(cells_->at(0, static_cast<size_t>(value.cell)), value.folded->type);
  return cel::ToText(*cel::MakeLiteral(std::move(found), value.folded->type), service_, resource_.id);
}

std::vector<std::string> Inquiry::Lines(size_t rule) const {
  std::vector<std::string> lines;
  for (const Part& part : rules_of_[rule]) {
    std::string values;
    for (const Operand& operand : part.operands) {
      std::string text = TextOf(operand);
      bool nothing_new = text.empty() || operand.text == part.text;
      if (!nothing_new) values += fmt::format("{}{} is {}", values.empty() ? "" : ", ", operand.text, text);
    }
    lines.push_back(fmt::format("{}{}: {}{}", std::string(2 * static_cast<size_t>(part.depth), ' '), part.text,
                                NameOf(Judge(part.value)), values.empty() ? "" : fmt::format(" ({})", values)));
  }
  return lines;
}

}  // namespace ashlar::app
