// SPDX-License-Identifier: Apache-2.0
// One table of expressions (tests/conformance/cel): the evaluator and SQLite must both give its answers.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "cel/functions.h"
#include "cel/syntax.h"
#include "cel/text.h"
#include "contract/contract.h"
#include "store/postgres/database_test.h"
#include "store/sql/expression_world.h"
#include "types/datetime.h"
#include "types/uuid.h"

namespace ashlar::store::sql {
namespace {

using Tag = cel::Type::Tag;

const std::string kFolder = std::string(ASHLAR_SOURCE_DIR) + "/tests/conformance/cel";

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string TextOf(const json::Json& object, std::string_view name) {
  const json::Json* member = object.Find(name);
  return member == nullptr || member->string() == nullptr ? "" : *member->string();
}

std::vector<std::string> TextsOf(const json::Json& object, std::string_view name) {
  std::vector<std::string> texts;
  const json::Json* member = object.Find(name);
  if (member == nullptr || member->array() == nullptr) return texts;
  for (const json::Json& text : *member->array()) texts.push_back(*text.string());
  return texts;
}

cel::Principal PrincipalOf(const json::Json& given) {
  cel::Principal principal;
  if (auto id = types::ParseUuid(TextOf(given, "id"))) principal.id = *id;
  if (given.Find("email") != nullptr) principal.email = TextOf(given, "email");
  if (given.Find("kind") != nullptr) principal.kind = TextOf(given, "kind");
  principal.roles = TextsOf(given, "roles");
  principal.scopes = TextsOf(given, "scopes");
  if (const json::Json* claims = given.Find("claims")) principal.claims = *claims;
  return principal;
}

// All the files of the folder as one table, and its rows.
class Table {
 public:
  explicit Table(std::unique_ptr<Database> database) : world_(ReadModel(), std::move(database)) {
    std::set<std::filesystem::path> paths;
    for (const auto& file : std::filesystem::directory_iterator(kFolder)) paths.insert(file.path());
    for (const auto& path : paths) {
      if (path.extension() != ".json") continue;
      auto file = json::Parse(ReadFile(path), {.depth = 64, .bytes = 1 << 22});
      if (!file) throw std::runtime_error(fmt::format("{}:{}", path.string(), file.error().line));
      if (const json::Json* rows = file->Find("rows")) AddRows(*rows);
      if (const json::Json* callers = file->Find("callers")) {
        for (const json::Member& caller : *callers->object()) callers_[caller.name] = PrincipalOf(caller.value);
      }
      Take(*file, "cases", cases_);
      Take(*file, "mistakes", mistakes_);
    }
  }

  ExpressionWorld& world() { return world_; }
  const std::vector<json::Json>& cases() const { return cases_; }
  // Everybody of the table, and anonymous, who is null.
  std::vector<const cel::Principal*> Callers() const {
    std::vector<const cel::Principal*> all = {nullptr};
    for (const auto& [name, principal] : callers_) all.push_back(&principal);
    return all;
  }
  const std::vector<json::Json>& mistakes() const { return mistakes_; }

  cel::Bindings BindingsOf(const json::Json& test) const {
    cel::Bindings bindings;
    if (std::string caller = TextOf(test, "as"); !caller.empty()) bindings.principal = &callers_.at(caller);
    bindings.now_micros = types::ParseTimestamp("2024-03-01T00:00:00Z")->micros;
    return bindings;
  }

  // What the case asks; null, and a failure, where that does not compile.
  cel::ExprPtr ExprOf(const json::Json& test) const {
    for (auto [name, op] :
         {std::pair("ieq", cel::Op::kEqualIgnoringCase), {"icontains", cel::Op::kContainsIgnoringCase}}) {
      std::vector<std::string> sides = TextsOf(test, name);
      if (sides.size() != 2) continue;
      auto text = world_.Compile(sides[0], Tag::kString);
      auto part = world_.Compile(sides[1], Tag::kString);
      cel::Type boolean;
      boolean.tag = Tag::kBool;
      return std::make_shared<const cel::Expr>(cel::Expr{boolean, cel::Call{op, {*text, *part}}});
    }
    auto expr = world_.Compile(TextOf(test, "expr"), Tag::kBool, test.Find("inMemory") != nullptr);
    if (expr) return *expr;
    ADD_FAILURE() << json::ToText(test) << ": " << expr.error()[0].message << " at " << expr.error()[0].offset;
    return nullptr;
  }

 private:
  static std::shared_ptr<const model::Service> ReadModel() {
    contract::Source source{"model.yaml", ReadFile(kFolder + "/model.yaml")};
    auto compiled = contract::Compile({&source, 1}, {});
    if (!compiled) throw std::runtime_error(contract::Render(compiled.error(), false));
    return *compiled;
  }

  static void Take(const json::Json& file, std::string_view name, std::vector<json::Json>& out) {
    const json::Json* found = file.Find(name);
    if (found != nullptr) out.insert(out.end(), found->array()->begin(), found->array()->end());
  }

  void AddRows(const json::Json& rows) {
    for (const json::Member& member : *rows.object()) {
      for (const json::Json& row : *member.value.array()) world_.Add(member.name, row, TextOf(row, "key"));
    }
  }

  ExpressionWorld world_;
  std::map<std::string, cel::Principal> callers_;
  std::vector<json::Json> cases_;
  std::vector<json::Json> mistakes_;
};

Table& Shared() {
  static Table table(std::make_unique<SqliteDatabase>());
  return table;
}

bool AsksOutside(const cel::Expr& expr) {
  cel::Usage usage = cel::Measure(expr);
  return usage.caller || usage.now;
}

// All cases in memory and in the table's database.
void ExpectAnswers(Table& table) {
  ExpressionWorld& world = table.world();
  for (const json::Json& test : table.cases()) {
    SCOPED_TRACE(json::ToText(test));
    cel::ExprPtr expr = table.ExprOf(test);
    if (expr == nullptr) continue;
    std::string row = TextOf(test, "row");
    std::string answer = TextOf(test, "answer");
    cel::ExprPtr folded = cel::Fold(expr, table.BindingsOf(test));
    EXPECT_EQ(world.InMemory(*folded, row), answer) << "in memory";
    if (test.Find("inMemory") != nullptr) continue;
    EXPECT_EQ(world.InProbe(folded, row), answer) << "as SQL";
    EXPECT_EQ(world.InTable(folded, row), answer) << "in a table";
    auto passes = world.PassesCheck(*folded, row);
    if (passes) EXPECT_EQ(*passes, answer == "true") << "as a CHECK";
    if (AsksOutside(*expr)) continue;
    // Folding must not change an answer.
    EXPECT_EQ(world.InMemory(*expr, row), answer) << "unfolded";
    EXPECT_EQ(world.InProbe(expr, row), answer) << "unfolded, as SQL";
  }
}

TEST(Expressions, HaveTheAnswersOfTheTableInMemoryAndInSqlite) { ExpectAnswers(Shared()); }

TEST(Expressions, HaveTheAnswersOfTheTableInMemoryAndInPostgres) {
  if (!postgres::PostgresDatabase::Reachable()) GTEST_SKIP() << "there is no TEST_POSTGRES_URL";
  Table table(std::make_unique<postgres::PostgresDatabase>());
  ExpectAnswers(table);
}

TEST(Expressions, MeanTheSameWhenTheyAreWrittenAndReadAgain) {
  ExpressionWorld& world = Shared().world();
  const cel::ResourceId thing = world.resource("Thing").id;
  for (const json::Json& test : Shared().cases()) {
    SCOPED_TRACE(json::ToText(test));
    cel::ExprPtr expr = Shared().ExprOf(test);
    if (expr == nullptr || test.Find("ieq") != nullptr || test.Find("icontains") != nullptr) continue;
    std::string text = cel::ToText(*expr, world.service(), thing);
    auto again = world.Compile(text, Tag::kBool, test.Find("inMemory") != nullptr);
    // Each minus of many stands in parentheses, which are counted.
    if (!again && again.error()[0].message.contains("nested more than")) continue;
    ASSERT_TRUE(again.has_value()) << text << ": " << again.error()[0].message;
    const bool negative_zero = text.starts_with("-0 ") || text.starts_with("-0.0 ");  // is read as 0
    if (!negative_zero) EXPECT_EQ(cel::ToText(**again, world.service(), thing), text);
    cel::ExprPtr folded = cel::Fold(*again, Shared().BindingsOf(test));
    EXPECT_EQ(world.InMemory(*folded, TextOf(test, "row")), TextOf(test, "answer")) << text;
  }
}

// What is left for a class holds for each of its callers exactly where the rule does.
TEST(Expressions, FoldedForAClassTheyHoldWhereTheyDoForItsCallers) {
  ExpressionWorld& world = Shared().world();
  const cel::ResourceId thing = world.resource("Thing").id;
  size_t left = 0;
  for (const json::Json& test : Shared().cases()) {
    cel::ExprPtr expr = Shared().ExprOf(test);
    if (expr == nullptr) continue;
    std::string row = TextOf(test, "row");
    for (const cel::Principal* principal : Shared().Callers()) {
      cel::Bindings bindings = Shared().BindingsOf(json::Json(json::Object{}));
      bindings.principal = principal;
      const bool holds = world.InMemory(*cel::Fold(expr, bindings), row) == "true";
      for (bool with_roles : {true, false}) {
        cel::CallerClass callers;
        callers.anonymous = principal == nullptr;
        if (principal != nullptr) callers.kind = principal->kind;
        if (principal != nullptr && with_roles) callers.roles = principal->roles;
        cel::ExprPtr folded = cel::FoldForClass(expr, callers);
        cel::ExprPtr reduced = cel::Reduce(folded, world.service(), thing);
        SCOPED_TRACE(fmt::format("{} for {} {}: {}", json::ToText(test), callers.kind, with_roles,
                                 cel::ToText(*reduced, world.service(), thing)));
        EXPECT_EQ(world.InMemory(*cel::Fold(folded, bindings), row) == "true", holds);
        EXPECT_EQ(world.InMemory(*cel::Fold(reduced, bindings), row) == "true", holds);
        if (folded->get<cel::Literal>() == nullptr) ++left;
        if (principal == nullptr) EXPECT_FALSE(cel::Measure(*folded).caller);
      }
    }
  }
  EXPECT_GT(left, 100u);
}

TEST(Expressions, AreReducedToWhatDoesNotFollow) {
  ExpressionWorld& world = Shared().world();
  const cel::ResourceId thing = world.resource("Thing").id;
  auto reduce = [&](const char* text) {
    auto expr = world.Compile(text, Tag::kBool);
    return cel::ToText(*cel::Reduce(*expr, world.service(), thing), world.service(), thing);
  };
  EXPECT_EQ(reduce("flag && flag"), "flag");
  EXPECT_EQ(reduce("flag && n > 1 && flag"), "flag && n > 1");
  EXPECT_EQ(reduce("flag && (n > 1 || flag)"), "flag");
  EXPECT_EQ(reduce("n > 1 && flag || flag"), "flag");
  EXPECT_EQ(reduce("(flag || n > 1) && (flag || n > 1)"), "flag || n > 1");
  EXPECT_EQ(reduce("(flag || n > 1) && (n > 1 || flag)"), "(flag || n > 1) && (n > 1 || flag)");  // in another order
  EXPECT_EQ(reduce("flag && (n > 1 || m > 1)"), "flag && (n > 1 || m > 1)");
  EXPECT_EQ(reduce("lines.exists(a, a.qty > 1) || lines.exists(b, b.qty > 1)"), "lines.exists(y, y.qty > 1)");
  EXPECT_EQ(reduce("!(flag && flag)"), "!(flag && flag)");
}

TEST(Expressions, MistakesAreToldAtTheirPlaces) {
  for (const json::Json& test : Shared().mistakes()) {
    SCOPED_TRACE(json::ToText(test));
    auto expr = Shared().world().Compile(TextOf(test, "expr"), Tag::kBool);
    ASSERT_FALSE(expr.has_value());
    const cel::Mistake& mistake = expr.error()[0];
    EXPECT_EQ(std::to_string(mistake.offset), test.Find("offset")->number()->token) << mistake.message;
    EXPECT_NE(mistake.message.find(TextOf(test, "message")), std::string::npos) << mistake.message;
    EXPECT_EQ(mistake.suggestion, TextOf(test, "suggestion"));
    EXPECT_GE(mistake.length, 1);
    if (const json::Json* more = test.Find("count"))
      EXPECT_EQ(std::to_string(expr.error().size()), more->number()->token);
  }
}

// The operators, functions and macros that a text is made of.
void Collect(const cel::Ast& ast, std::set<std::string>& names) {
  switch (ast.kind) {
    case cel::Ast::Kind::kCall:
    case cel::Ast::Kind::kMethod:
    case cel::Ast::Kind::kUnary:
    case cel::Ast::Kind::kBinary: names.insert(ast.text); break;
    case cel::Ast::Kind::kMember: names.insert("."); break;
    case cel::Ast::Kind::kIndex: names.insert("[]"); break;
    case cel::Ast::Kind::kConditional: names.insert("?:"); break;
    case cel::Ast::Kind::kNull:
    case cel::Ast::Kind::kBool:
    case cel::Ast::Kind::kInt:
    case cel::Ast::Kind::kDouble:
    case cel::Ast::Kind::kString:
    case cel::Ast::Kind::kBytes:
    case cel::Ast::Kind::kName:
    case cel::Ast::Kind::kList: break;
  }
  for (const cel::Ast& child : ast.children) Collect(child, names);
}

// Every operator, function and macro stands in a case that has an answer; those that can fail in one that is an error.
TEST(Expressions, EveryOperatorHasItsCases) {
  std::set<std::string> fine;
  std::set<std::string> failing;
  for (const json::Json& test : Shared().cases()) {
    std::set<std::string>& names = TextOf(test, "answer") == "error" ? failing : fine;
    for (const char* operation : {"ieq", "icontains"}) {
      if (test.Find(operation) != nullptr) names.insert(operation);
    }
    auto ast = cel::ParseSyntax(TextOf(test, "expr"), {});
    if (ast) Collect(*ast, names);
  }
  std::vector<std::string> wanted = {"all", "exists", "exists_one", "map", "filter", "now", "ieq", "icontains"};
  for (const cel::FunctionRow& row : cel::Functions()) {
    if (!row.name.empty()) wanted.emplace_back(row.name);
  }
  const std::set<std::string> never_fails = {"has", "now", "timestamp", "duration", "hasRole", "hasScope"};
  for (const std::string& name : wanted) {
    EXPECT_TRUE(fine.contains(name)) << "no case for '" << name << "'";
    EXPECT_TRUE(failing.contains(name) || never_fails.contains(name)) << "no error case for '" << name << "'";
  }
}

// Conditions joined at random: absorption must agree in all of them.
TEST(Expressions, JoinedAtRandomTheyAgree) {
  ExpressionWorld& world = Shared().world();
  const std::vector<json::Json>& cases = Shared().cases();
  uint64_t state = 20261121;
  auto next = [&state](size_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<size_t>((state >> 33) % below);
  };
  int rounds = std::getenv("ASHLAR_EXTENDED") != nullptr ? 20'000 : 600;
  for (int round = 0; round < rounds; ++round) {
    std::string text;
    for (size_t parts = 2 + next(3); parts > 0; --parts) {
      const json::Json& test = cases[next(cases.size())];
      std::string part = TextOf(test, "expr");
      if (part.empty() || part.starts_with("//") || test.Find("inMemory") != nullptr) continue;
      const char* join = next(2) == 0 ? " && " : " || ";
      text += (text.empty() ? "" : join) + std::string(next(3) == 0 ? "!" : "") + "(" + part + ")";
    }
    auto expr = world.Compile(text, Tag::kBool);
    if (!expr || AsksOutside(**expr)) continue;
    for (const char* row : {"a", "b", "c"}) {
      std::string answer = world.InMemory(**expr, row);
      EXPECT_EQ(world.InProbe(*expr, row), answer) << text << " row " << row;
      EXPECT_EQ(world.InMemory(*cel::Fold(*expr, {}), row), answer) << text << " folded, row " << row;
    }
  }
}

// Whatever compiles, SQLite's parser can bear: each shape nested as deeply as the checker lets it.
TEST(Expressions, WhatIsAsDeepAsAllowedStillRuns) {
  ExpressionWorld& world = Shared().world();
  constexpr std::pair<const char*, const char*> kShapes[] = {{"!(", ")"},
                                                             {"(flag && !(", "))"},
                                                             {"(n == 1 || !(", "))"},
                                                             {"(flag == (", "))"},
                                                             {"((", ") != flag)"},
                                                             {"((", ") ? flag : true)"},
                                                             {"(flag ? (", ") : true)"},
                                                             {"(flag ? false : (", "))"},
                                                             {"((", ") in [true, false])"},
                                                             {"((", ") in [flag, n > 1])"},
                                                             {"[flag].exists(b, ", ")"},
                                                             {"lines.exists(l, l.note == 'x' || ", ")"},
                                                             {"lines.all(l, l.price > 1 || ", ")"},
                                                             {"tags.exists_one(t, t + 'x' == s || ", ")"},
                                                             {"(tags.filter(t, t == s && ", ").size() > 0)"},
                                                             {"([1, 2].map(t, (", ") ? t : n).sum() > 1)"},
                                                             {"owner.things.exists(o, o.owner.boss.score > 1 && ", ")"},
                                                             {"(owner.things.filter(o, o.m > 1 && ", ").size() == 1)"},
                                                             {"(1 + (n - (m * ((", ") ? n : m))) > 1)"},
                                                             {"('x' + (s + ((", ") ? s : 'y'))).startsWith(s)"},
                                                             {"(d + (x * ((", ") ? d : x)) > 1.5)"},
                                                             {"((", ") ? doc.a : doc.b) == 1"},
                                                             {"(((", ") ? s : null) == owner.name)"}};
  for (const auto& [open, close] : kShapes) {
    std::string text = "flag";
    int depth = 0;
    while (true) {
      std::string deeper = open + text + close;
      auto expr = world.Compile(deeper, Tag::kBool);
      if (!expr) break;
      text = deeper;
      ++depth;
      for (const char* row : {"a", "b"}) {
        ASSERT_EQ(world.InProbe(*expr, row), world.InMemory(**expr, row)) << text;
        ASSERT_EQ(world.InTable(*expr, row), world.InMemory(**expr, row)) << text;
      }
    }
    EXPECT_GE(depth, 2) << text;
    EXPECT_LT(depth, 40) << text;
  }
}

}  // namespace
}  // namespace ashlar::store::sql
