// SPDX-License-Identifier: Apache-2.0
// Any bytes as an expression: it compiles within the limits, or every mistake has a place in it. What compiles is
// folded until it knows no caller, means the same then, and is guarded.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/utf8.h"
#include "cel/cel.h"
#include "contract/contract.h"

namespace ashlar::cel {
namespace {

using types::Value;
using types::Values;

constexpr const char* kContract = R"(service: fuzz
resources:
  Thing:
    id: int
    fields:
      flag: bool!
      whole: int
      real: float
      money: decimal(6,2)
      text: string
      other: uuid
      day: date
      time: datetime
      span: duration
      pick: enum(one, two)
      tags: '[string]'
      sizes: '[int]'
      data: json
      shelf: Shelf
      maybe: bool
  Shelf:
    id: int
    fields: { name: string, things: { many: Thing, via: shelf } }
)";

void Require(bool condition) {
  if (!condition) std::abort();
}

// A shelf with two things on it, one full and one of nulls, and a thing on no shelf.
class World final : public Environment {
 public:
  World() {
    contract::Source source{"fuzz.yaml", kContract};
    service_ = contract::Compile({&source, 1}, {}).value();
    thing_ = service_->FindResource("Thing");
    shelf_ = service_->FindResource("Shelf");
    Add(shelf_, R"({"id": 1, "name": "a"})");
    Add(thing_, R"({"id": 1, "flag": true, "whole": -7, "real": 0.1, "money": "-1.25", "text": "\u00e4b", "pick": "two",
                    "other": "0190a000-0000-7000-8000-00000000000a", "day": "2024-02-29", "span": "PT1H30M",
                    "time": "2024-02-29T23:59:59.999999Z", "tags": ["a", ""], "sizes": [9007199254740991, -1],
                    "data": {"a": [1, {"b": null}]}, "shelfId": 1})");
    Add(thing_, R"({"id": 2, "flag": false, "tags": [], "sizes": [], "shelfId": 1})");
    Add(thing_, R"({"id": 3, "flag": true, "whole": 9007199254740991, "maybe": true, "tags": [], "sizes": [0]})");
  }

  const model::Service& service() const { return *service_; }
  ResourceId thing() const { return thing_; }
  std::vector<RowRef> Things() const { return Of(thing_); }

  Value FieldOf(RowRef row, FieldId field) const override {
    return (*static_cast<const Values*>(row.row))[field.index()];
  }
  std::optional<RowRef> ToOne(RowRef row, RelationId id) const override {
    const model::Relation& relation = service_->resource(row.resource).relation(id);
    for (RowRef one : Of(relation.target)) {
      if (FieldOf(one, relation.remote) == FieldOf(row, relation.local)) return one;
    }
    return std::nullopt;
  }
  std::vector<RowRef> ToMany(RowRef row, RelationId id, const std::function<bool(RowRef)>&) const override {
    const model::Relation& relation = service_->resource(row.resource).relation(id);
    std::vector<RowRef> found = Of(relation.target);
    std::erase_if(found, [&](RowRef one) { return !(FieldOf(one, relation.remote) == FieldOf(row, relation.local)); });
    return found;
  }

 private:
  void Add(ResourceId of, std::string_view text) {
    const model::Resource& resource = service_->resource(of);
    json::Json row = json::Parse(text).value();
    Values values;
    for (const model::Field& field : resource.fields) {
      const json::Json* member = row.Find(field.name);
      values.push_back(member == nullptr ? Value{} : field.type->Parse(*member).value());
    }
    rows_.emplace_back(of, std::make_unique<const Values>(std::move(values)));
  }
  std::vector<RowRef> Of(ResourceId resource) const {
    std::vector<RowRef> found;
    for (const auto& [of, row] : rows_) {
      if (of == resource) found.push_back({of, row.get()});
    }
    return found;
  }

  std::shared_ptr<const model::Service> service_;
  ResourceId thing_, shelf_;
  std::vector<std::pair<ResourceId, std::unique_ptr<const Values>>> rows_;
};

// The types that an expression may be asked for: a rule, and defaults of fields.
Type Wanted(const World& world, uint8_t which) {
  const model::Resource& thing = world.service().resource(world.thing());
  Type boolean;
  boolean.tag = Type::Tag::kBool;
  return which % 2 == 0 ? boolean : thing.fields[which / 2 % thing.fields.size()].cel_type;
}

ExprPtr CompileRule(const World& world, std::string_view text) {
  Scope scope;
  scope.schema = &world.service();
  scope.resource = world.thing();
  Type boolean;
  boolean.tag = Type::Tag::kBool;
  return Compile(text, scope, boolean).value();
}

// Words of the language: bytes that pick among them make sense far more often than bytes that are letters.
constexpr std::string_view kWords[] = {"flag",
                                       "whole",
                                       "real",
                                       "money",
                                       "text",
                                       "other",
                                       "day",
                                       "time",
                                       "span",
                                       "pick",
                                       "tags",
                                       "sizes",
                                       "data",
                                       "shelf",
                                       "shelf.name",
                                       "shelf.things",
                                       "x",
                                       "x.whole",
                                       "x.flag",
                                       "mine",
                                       "auth",
                                       "auth.id",
                                       "auth.kind",
                                       "auth.email",
                                       "auth.roles",
                                       "auth.scopes",
                                       "auth.claims",
                                       ".a",
                                       "['a']",
                                       "true",
                                       "false",
                                       "null",
                                       "0",
                                       "1",
                                       "-1",
                                       "2.5",
                                       "'a'",
                                       "''",
                                       "maybe",
                                       "9007199254740991",
                                       "9223372036854775807",
                                       "one",
                                       "two",
                                       "now()",
                                       "hasRole('staff')",
                                       "hasScope('s')",
                                       "timestamp('2024-02-29T00:00:00Z')",
                                       "duration('1h')",
                                       "has(shelf.name)",
                                       "has(data.a)",
                                       "(",
                                       ")",
                                       "[",
                                       "]",
                                       ",",
                                       " ? ",
                                       " : ",
                                       " && ",
                                       " || ",
                                       "!",
                                       " == ",
                                       " != ",
                                       " < ",
                                       " <= ",
                                       " > ",
                                       " >= ",
                                       " in ",
                                       " + ",
                                       " - ",
                                       " * ",
                                       " / ",
                                       " % ",
                                       ".size()",
                                       ".sum()",
                                       ".all(x, ",
                                       ".exists(x, ",
                                       ".exists_one(x, ",
                                       ".map(x, ",
                                       ".filter(x, ",
                                       ".startsWith('a')",
                                       ".endsWith('b')",
                                       ".contains(text)",
                                       ".matches('a+')"};

std::string Worded(std::string_view bytes) {
  std::string text;
  for (char byte : bytes) text += kWords[static_cast<uint8_t>(byte) % std::size(kWords)];
  return text;
}

// Where there are mistakes, each is in the text and can be shown.
void CheckMistakes(const std::vector<Mistake>& mistakes, std::string_view text) {
  Require(!mistakes.empty());
  for (const Mistake& mistake : mistakes) {
    Require(mistake.offset >= 0 && mistake.length >= 1);
    Require(static_cast<size_t>(mistake.offset) <= text.size());
    Require(!mistake.message.empty());
    if (IsValidUtf8(text)) Require(IsValidUtf8(mistake.message) && IsValidUtf8(mistake.suggestion));
  }
}

using Evaluated = std::expected<Value, EvalError>;

bool TooExpensive(const Evaluated& answer) { return !answer && answer.error().message.contains("costs too much"); }

// Folding must not change what an expression comes to: what knows no caller means the same as it was written, and the
// rest whether its constants were folded before or not.
void CheckFolds(const World& world, const ExprPtr& expr, const Bindings& bindings, bool is_rule) {
  ExprPtr folded = Fold(expr, bindings);
  Usage usage = Measure(*folded);
  Require(!usage.caller && !usage.now);
  Usage written = Measure(*expr);
  ExprPtr same = written.caller || written.now ? Fold(FoldConstants(expr), bindings) : expr;
  for (RowRef row : world.Things()) {
    Evaluated answer = Evaluate(*folded, world, row);
    Evaluated other = Evaluate(*same, world, row);
    if (TooExpensive(answer) || TooExpensive(other)) continue;
    Require(answer.has_value() == other.has_value());
    Require(!answer || *answer == *other);
    if (!answer || !is_rule) continue;
    const bool* truth = answer->get<bool>();
    Require(truth != nullptr || answer->is_null());
    Require(Holds(*folded, world, row) == (truth != nullptr && *truth));
  }
}

// Where rows that the guard turns away are left out, the expression still has an answer or an error.
void CheckGuards(const World& world, const ExprPtr& expr, const Bindings& bindings) {
  static const ExprPtr guard = CompileRule(world, "flag && shelf.things.size() > 1");
  auto crossing = [&](ResourceId resource, RelationId relation) {
    return Crossing{world.service().resource(resource).relation(relation).target, {}};
  };
  auto rule = [&](ResourceId resource) { return resource == world.thing() ? guard : nullptr; };
  ExprPtr guarded = Guard(Fold(expr, bindings), crossing, rule);
  for (RowRef row : world.Things()) (void)Evaluate(*guarded, world, row);
}

}  // namespace
}  // namespace ashlar::cel

// The first byte says what is wanted, the second what the expression may use; the rest is its text, or its words.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  using namespace ashlar::cel;
  static const World world;
  static const ExprPtr mine = CompileRule(world, "other == auth.id");
  if (size < 2) return 0;
  std::string text(reinterpret_cast<const char*>(data) + 2, size - 2);
  if ((data[1] & 64) != 0) text = Worded(text);
  Scope scope;
  scope.schema = &world.service();
  scope.resource = world.thing();
  scope.rule = [](std::string_view name) { return name == "mine" ? mine : nullptr; };
  scope.rule_names = {"mine"};
  scope.relations = (data[1] & 1) == 0;
  scope.auth = (data[1] & 2) == 0;
  scope.now = (data[1] & 4) == 0;
  scope.matches = (data[1] & 8) != 0;
  scope.literals_only = (data[1] & 16) != 0;
  if ((data[1] & 32) != 0) scope.rule = nullptr, scope.rule_names.clear();
  Type wanted = Wanted(world, data[0]);
  auto compiled = Compile(text, scope, wanted);
  if (!compiled) {
    CheckMistakes(compiled.error(), text);
    return 0;
  }
  Usage usage = Measure(**compiled);
  Require(text.size() <= Limits{}.bytes && usage.nodes <= kMostNodes && usage.height <= kMostHeight);
  Require(scope.relations || !usage.relations);
  Require(scope.now || !usage.now);
  Principal user;
  user.id =
      *world.FieldOf(world.Things()[0], world.service().resource(world.thing()).FindField("other")).get<types::Uuid>();
  user.email = std::string("a@example.org");
  user.roles = {"staff"};
  user.claims = json::Parse(R"({"a": {"b": 1}, "c": [true]})").value();
  Principal service;
  service.kind = "service";
  for (const Principal* principal : std::initializer_list<const Principal*>{nullptr, &user, &service}) {
    Bindings bindings{principal, 1'700'000'000'000'000};
    CheckFolds(world, *compiled, bindings, wanted.tag == Type::Tag::kBool);
    CheckGuards(world, *compiled, bindings);
  }
  return 0;
}
