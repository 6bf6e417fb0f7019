// SPDX-License-Identifier: Apache-2.0
#include "cel/foreign_words.h"
#include "contract/expr_walk.h"
#include "contract/expressions.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

// Defaults are computed in this order: those that do not look at the row, those that look at it alone, those that
// cross relations; within each as declared.
int TurnOf(const cel::Expr& expr) {
  cel::Usage usage = cel::Measure(expr);
  return usage.relations ? 2 : usage.row ? 1 : 0;
}

// Whether strings are literals of such a field, be it any string or only some.
enum class Texts : uint8_t { kNone, kSome, kAny };
Texts TextsOf(const types::Type& type) {
  using types::Kind;
  Kind kind = type.kind();
  if (kind == Kind::kUuid || kind == Kind::kDate || kind == Kind::kTimestamp || kind == Kind::kDuration) {
    return Texts::kSome;
  }
  if (kind != Kind::kText) return Texts::kNone;
  bool any = type.constants().empty() && (type.name() == "string" || type.name() == "text");
  return any ? Texts::kAny : Texts::kSome;
}

bool IsLiteral(const cel::Ast& ast) { return ast.kind < cel::Ast::Kind::kName; }

// Of what could be any text: whether it looks like no expression. One word, or
// words that mean nothing here.
bool LooksLikeWords(const std::string& text, const cel::Ast* ast, const std::vector<cel::Mistake>& mistakes) {
  if (ast == nullptr) return text.find_first_of("'\"()=&|?") == std::string::npos;
  if (IsLiteral(*ast)) return true;
  bool words = true;
  ForEachAst(*ast, [&](const cel::Ast& part) {
    bool name = part.kind == cel::Ast::Kind::kName;
    bool joined = part.kind == cel::Ast::Kind::kMember || part.kind == cel::Ast::Kind::kUnary ||
                  (part.kind == cel::Ast::Kind::kBinary && std::string_view("+-*/%").contains(part.text));
    bool unknown = std::ranges::any_of(mistakes, [&](const cel::Mistake& mistake) {
      return mistake.offset == part.offset && (mistake.suggestion.empty() || !cel::NameFor(part.text).empty());
    });
    words = words && (name ? unknown : joined || IsLiteral(part));
  });
  return words;
}

// The text as an expression in YAML.
std::string Quoted(const std::string& text) {
  if (text.find_first_of("'\"\\\n") == std::string::npos) return fmt::format("\"'{}'\"", text);
  return "\"'text'\"";
}

bool TellOfText(Draft& draft, const Node& node, const types::Type& type, const cel::Ast* ast,
                const std::vector<cel::Mistake>& mistakes) {
  Texts texts = TextsOf(type);
  if (texts == Texts::kNone || node.filled || !type.Parse(json::Json(node.text))) return false;
  if (texts == Texts::kAny && !LooksLikeWords(node.text, ast, mistakes)) return false;
  draft.mistakes.Add(node.place, Problem::kDefaultText, Quoted(node.text));
  return true;
}

void CheckLiteral(Draft& draft, const FieldDraft& source, const model::Field& field) {
  const Node& node = *source.Value("default");
  const auto* literal = field.default_value->get<cel::Literal>();
  if (literal == nullptr) return;
  if (literal->value.is_null()) {
    if (field.required) draft.mistakes.Add(node.place, Problem::kDefaultNull);
    return;
  }
  if (literal->value.kind() != field.type->kind()) return;
  auto errors = field.type->Validate(literal->value);
  if (errors.empty()) return;
  draft.mistakes.Add(node.place, Problem::kDefaultInvalid, source.filled() ? kUnshown : errors.front().message);
}

void CheckOrder(Draft& draft, const Node& node, const model::Resource& resource, size_t at) {
  int turn = TurnOf(*resource.fields[at].default_value);
  for (model::FieldId id : OwnFields(*resource.fields[at].default_value, resource)) {
    const model::Field& other = resource.field(id);
    if (other.system != model::SystemField::kNone) {
      draft.mistakes.Add(node.place, Problem::kDefaultSystem, other.name);
      return;
    }
    if (other.default_value == nullptr) continue;
    int its_turn = TurnOf(*other.default_value);
    if (its_turn < turn || (its_turn == turn && id.index() < at)) continue;
    draft.mistakes.Add(node.place, Problem::kDefaultOrder, other.name);
    return;
  }
}

}  // namespace

void ReadDefaults(Draft& draft, Expressions& expressions) {
  for (size_t i = 0; i < draft.resources.size(); ++i) {
    model::Resource& resource = draft.resource(i);
    std::vector<const FieldDraft*> given;
    for (const FieldDraft& source : draft.resources[i].fields) {
      const Node* node = source.Value("default");
      if (node == nullptr || !source.field.valid()) continue;
      model::Field& field = resource.fields[source.field.index()];
      cel::Type expected = field.cel_type;
      expected.nullable = true;
      field.default_value = expressions.Compile(*node, resource.id, Use::kDefault, expected,
                                                [&](const cel::Ast* ast, const std::vector<cel::Mistake>& mistakes) {
                                                  return TellOfText(draft, *node, *field.type, ast, mistakes);
                                                });
      if (field.default_value != nullptr) given.push_back(&source);
    }
    for (const FieldDraft* source : given) {
      CheckLiteral(draft, *source, resource.field(source->field));
      CheckOrder(draft, *source->Value("default"), resource, source->field.index());
    }
  }
}

}  // namespace ashlar::contract
