// SPDX-License-Identifier: Apache-2.0
// Expressions and rows made at random: the evaluator and SQLite must agree on each, folded or not.
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "contract/contract.h"
#include "store/postgres/database_test.h"
#include "store/sql/expression_world.h"

namespace ashlar::store::sql {
namespace {

using Texts = std::vector<std::string>;

std::shared_ptr<const model::Service> ReadModel() {
  std::ifstream stream(std::string(ASHLAR_SOURCE_DIR) + "/tests/conformance/cel/model.yaml");
  std::stringstream text;
  text << stream.rdbuf();
  contract::Source source{"model.yaml", text.str()};
  auto compiled = contract::Compile({&source, 1}, {});
  if (!compiled) throw std::runtime_error(contract::Render(compiled.error(), false));
  return *compiled;
}

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  int Below(int count) { return static_cast<int>(engine_() % static_cast<uint64_t>(count)); }
  bool OneIn(int count) { return Below(count) == 0; }
  const std::string& Of(const Texts& texts) { return texts[static_cast<size_t>(Below(std::ssize(texts)))]; }
  double Real() {
    double number = std::ldexp(static_cast<double>(engine_() >> 11), Below(200) - 150);
    return OneIn(2) ? -number : number;
  }

 private:
  std::mt19937_64 engine_;
};

std::string Uuid(int number) { return fmt::format("00000000-0000-4000-8000-{:012}", number); }

// The values that rows and literals are made of, so that some are equal.
const Texts kWords = {"", "a", "ab", "Tea", "tea", "\u00e9", "\U0001F600x", "x'y\"z", "\uD7FFz", "10"};
const Texts kInts = {"0", "1", "-1", "2", "3", "7", "-9007199254740991", "9007199254740991"};
const Texts kBigs = {"0", "1", "9223372036854775807", "-9223372036854775808", "4611686018427387904"};
const Texts kDecimals = {"0.00", "1.00", "1.50", "-2.25", "9999999999.99", "-9999999999.99", "0.01"};
const Texts kReals = {"0.0", "1.0", "2.5", "-0.1", "0.30000000000000004", "1.7976931348623157e308", "5e-324", "1e22"};
const Texts kDays = {"0001-01-01", "1970-01-01", "2024-02-29", "9999-12-31"};
const Texts kTimes = {"0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2024-02-29T12:00:00.000001Z",
                      "9999-12-31T23:59:59.999999Z"};
const Texts kSpans = {"PT0S", "PT1H30M", "-P1D", "PT0.000001S", "P3652500D"};
const Texts kDocs = {"null", "1", R"({"a":1,"b":"Tea","c":{"d":true}})", R"({"a":1.5,"b":null,"c":[1]})",
                     R"({"a":"1","c":{"d":"x"}})"};
const Texts kBytes = {"", "AA==", "/w==", "AAEC"};

// Rows as JSON.
class RowMaker {
 public:
  explicit RowMaker(Dice& dice) : dice_(dice) {}

  json::Json Thing(int number) {
    std::string row = fmt::format(R"({{"id": "{}", "n": {})", Uuid(number), dice_.Of(kInts));
    auto text = [&](const char* name, const Texts& values) {
      if (!dice_.OneIn(3)) row += fmt::format(R"(, "{}": {})", name, Quoted(dice_.Of(values)));
    };
    auto bare = [&](const char* name, const Texts& values) {
      if (!dice_.OneIn(3)) row += fmt::format(R"(, "{}": {})", name, dice_.Of(values));
    };
    text("s", kWords), bare("m", kInts), text("big", kBigs), text("d", kDecimals), text("x", kDecimals);
    if (!dice_.OneIn(3)) row += fmt::format(R"(, "r": {})", Real());
    bare("flag", {"true", "false"}), text("day", kDays), text("at", kTimes), text("span", kSpans);
    text("u", {Uuid(1), Uuid(2), Uuid(99)}), text("colour", {"red", "green"}), bare("doc", kDocs), text("raw", kBytes);
    row += fmt::format(
        R"(, "tags": {}, "nums": {}, "prices": {}, "reals": {}, "ids": {}, "flags": {}, "days": {}, "blobs": {})",
        List(kWords, true), List(kInts, false), List(kDecimals, true), Reals(),
        List({Uuid(1), Uuid(2), Uuid(99)}, true), List({"true", "false"}, false), List(kDays, true),
        List(kBytes, true));
    if (!dice_.OneIn(3)) row += fmt::format(R"(, "ownerId": "{}")", Uuid(100 + dice_.Below(4)));
    return Parse(row + "}");
  }

  json::Json Person(int number) {
    std::string row = fmt::format(R"({{"id": "{}", "name": {})", Uuid(100 + number), Quoted(dice_.Of(kWords)));
    if (!dice_.OneIn(3)) row += fmt::format(R"(, "score": {})", dice_.Of(kInts));
    if (number > 0 && !dice_.OneIn(3)) row += fmt::format(R"(, "bossId": "{}")", Uuid(100 + dice_.Below(number)));
    if (dice_.OneIn(4)) row += R"(, "deletedAt": "2024-01-01T00:00:00Z")";
    return Parse(row + "}");
  }

  json::Json Line(int number, int things) {
    std::string row =
        fmt::format(R"({{"id": {}, "thingId": "{}", "qty": {})", number, Uuid(dice_.Below(things)), dice_.Of(kInts));
    if (!dice_.OneIn(3)) row += fmt::format(R"(, "price": "{}")", dice_.Of(kDecimals));
    if (!dice_.OneIn(2)) row += fmt::format(R"(, "note": {})", Quoted(dice_.Of(kWords)));
    return Parse(row + "}");
  }

  json::Json Fan(int number, int things) {
    std::string row = fmt::format(R"({{"id": {}, "thingId": "{}")", number, Uuid(dice_.Below(things)));
    if (!dice_.OneIn(5)) row += fmt::format(R"(, "personId": "{}")", Uuid(100 + dice_.Below(4)));
    if (dice_.OneIn(4)) row += R"(, "deletedAt": "2024-01-01T00:00:00Z")";
    return Parse(row + "}");
  }

 private:
  static json::Json Parse(const std::string& text) {
    auto parsed = json::Parse(text);
    if (!parsed) throw std::runtime_error(text);
    return *parsed;
  }
  static std::string Quoted(const std::string& text) { return json::ToText(json::Json(text)); }
  std::string Real() { return dice_.OneIn(2) ? dice_.Of(kReals) : fmt::format("{}", dice_.Real()); }

  std::string Reals() {
    std::string text;
    for (int i = dice_.Below(4); i > 0; --i) text += (text.empty() ? "" : ", ") + Real();
    return "[" + text + "]";
  }
  std::string List(const Texts& values, bool quoted) {
    std::string text;
    for (int i = dice_.Below(4); i > 0; --i) {
      const std::string& value = dice_.Of(values);
      text += (text.empty() ? "" : ", ") + (quoted ? Quoted(value) : value);
    }
    return "[" + text + "]";
  }

  Dice& dice_;
};

// Typed texts of expressions about a Thing.
class ExpressionMaker {
 public:
  explicit ExpressionMaker(Dice& dice) : dice_(dice) {}

  std::string Bool(int depth) {
    if (depth <= 0)
      return dice_.Of({"true", "false", Thing() + "flag", Thing() + "flag", Thing() + "bright", "n == 7"});
    switch (dice_.Below(17)) {
      case 0: return fmt::format("({} && {})", Bool(depth - 1), Bool(depth - 1));
      case 1: return fmt::format("({} || {})", Bool(depth - 1), Bool(depth - 1));
      case 2: return fmt::format("!{}", Wrapped(Bool(depth - 1)));
      case 3: return fmt::format("({} ? {} : {})", Bool(depth - 1), Bool(depth - 1), OrNull(Bool(depth - 1)));
      case 4: return Compared(OrNull(Int(depth - 1)), OrNull(Int(depth - 1)));
      case 5: return Compared(OrNull(Decimal(depth - 1)), dice_.OneIn(3) ? Int(depth - 1) : OrNull(Decimal(depth - 1)));
      case 6: return Compared(OrNull(Real(depth - 1)), dice_.OneIn(3) ? Int(depth - 1) : OrNull(Real(depth - 1)));
      case 7: return Compared(OrNull(Text(depth - 1)), OrNull(Text(depth - 1)));
      case 8: return Compared(OrNull(Moment(depth - 1)), Moment(depth - 1));
      case 9: return Compared(OrNull(Span(depth - 1)), Span(depth - 1));
      case 10: return Leaf();
      case 11:
        return fmt::format("{}.{}({})", Wrapped(Text(depth - 1)), dice_.Of({"startsWith", "endsWith", "contains"}),
                           Text(depth - 1));
      case 12: return In(depth - 1);
      case 13: return IsNull(depth - 1);
      case 14: return Json();
      default: return Loop(depth - 1);
    }
  }

 private:
  static std::string Wrapped(const std::string& text) { return text.starts_with('(') ? text : "(" + text + ")"; }
  std::string Name() { return fmt::format("v{}", ++names_); }

  // Ways to a Thing, a Person, a Line from where we stand.
  std::string Thing() { return things_.empty() || dice_.OneIn(2) ? "" : dice_.Of(things_); }
  std::string Person() { return Thing() + dice_.Of({"owner.", "owner.", "owner.boss."}); }

  std::string OrNull(const std::string& text) {
    return dice_.OneIn(6) ? fmt::format("({} ? {} : null)", Leaf(), text) : text;
  }
  std::string Compared(const std::string& a, const std::string& b) {
    return fmt::format("({} {} {})", a, dice_.Of({"==", "!=", "<", "<=", ">", ">="}), b);
  }

  std::string Leaf() {
    switch (dice_.Below(9)) {
      case 0: return fmt::format("has({}{})", Person(), dice_.Of({"score", "name", "boss"}));
      case 1:
        return fmt::format("({} {} null)", Person().substr(0, Person().size() - 1) == "" ? "owner" : "owner.boss",
                           dice_.Of({"==", "!="}));
      case 2: return fmt::format("({}{} == {})", Thing(), dice_.Of({"colour", "hue"}), dice_.Of({"red", "'green'"}));
      case 3: return fmt::format("({}u {} '{}')", Thing(), dice_.Of({"==", "!=", "<"}), Uuid(1 + dice_.Below(2)));
      case 4: return fmt::format("({}day {} '{}')", Thing(), dice_.Of({"==", "!=", "<", ">="}), dice_.Of(kDays));
      case 5: return fmt::format("({}raw {} b'\\x00')", Thing(), dice_.Of({"==", "!=", "<", ">="}));
      case 6: return fmt::format("({0}tags {1} {0}tags)", Thing(), dice_.Of({"==", "!="}));
      case 7: return fmt::format("({}nums == [1, 2])", Thing());
      default: return fmt::format("{}flag", Thing());
    }
  }

  std::string IsNull(int depth) {
    std::string what;
    switch (dice_.Below(7)) {
      case 0: what = OrNull(Int(depth)); break;
      case 1: what = OrNull(Decimal(depth)); break;
      case 2: what = OrNull(Text(depth)); break;
      case 3: what = OrNull(Moment(depth)); break;
      case 4: what = OrNull(Real(depth)); break;
      case 5: what = Person() + dice_.Of({"name", "score", "boss"}); break;
      default: what = Thing() + dice_.Of({"u", "raw", "day", "colour", "hue", "doc", "doc.b", "doc.c.d"}); break;
    }
    return fmt::format("({} {} null)", what, dice_.Of({"==", "!="}));
  }

  std::string Json() {
    std::string json = Thing() + dice_.Of({"doc", "doc.a", "doc.b", "doc['c'].d"});
    if (dice_.OneIn(4)) return fmt::format("({} in ['Tea', 'x'])", json);
    if (dice_.OneIn(4)) return fmt::format("({} == {}doc.a)", json, Thing());
    return fmt::format("({} {} {})", json, dice_.Of({"==", "!=", "<", ">="}),
                       dice_.Of({"1", "1.5", "'Tea'", "true", "n", "s", "r"}));
  }

  std::string Int(int depth) {
    if (depth <= 0) {
      if (!ints_.empty() && dice_.OneIn(3)) return dice_.Of(ints_);
      if (!lines_.empty() && dice_.OneIn(3)) return dice_.Of(lines_) + "qty";
      return dice_.Of({"0", "1", "-1", "2", "7", "9223372036854775807", "-9223372036854775808", Thing() + "n",
                       Thing() + "m", Thing() + "big", Person() + "score", Thing() + "next", Thing() + "twice",
                       Thing() + "vast"});
    }
    switch (dice_.Below(6)) {
      case 0:
      case 1: return fmt::format("({} {} {})", Int(depth - 1), dice_.Of({"+", "-", "*", "/", "%"}), Int(depth - 1));
      case 2: return fmt::format("-({})", Int(depth - 1));
      case 3:
        return fmt::format("size({})", dice_.OneIn(2) ? Text(depth - 1)
                                                      : Thing() + dice_.Of({"tags", "prices", "raw", "lines", "fans",
                                                                            "owner.things", "owner.likes"}));
      case 4: return Sum(depth - 1, "qty", Thing() + "nums");
      default: return fmt::format("({} ? {} : {})", Bool(depth - 1), Int(depth - 1), OrNull(Int(depth - 1)));
    }
  }

  // A sum over lines or over a list.
  std::string Sum(int depth, const char* field, const std::string& list) {
    std::string name = Name();
    if (dice_.OneIn(3)) return fmt::format("{}.sum()", list);
    if (dice_.OneIn(2)) {
      return fmt::format("{}lines.filter({}, {}).map({}, {}.{}).sum()", Thing(), name, WithLine(name, depth), name,
                         name, field);
    }
    return fmt::format("{}lines.map({}, {}.{}).sum()", Thing(), name, name, field);
  }
  std::string WithLine(const std::string& name, int depth) {
    lines_.push_back(name + ".");
    things_.push_back(name + ".thing.");
    std::string body = Bool(std::min(depth, 1));
    lines_.pop_back();
    things_.pop_back();
    return body;
  }

  std::string Decimal(int depth) {
    std::string leaf =
        !lines_.empty() && dice_.OneIn(3) ? dice_.Of(lines_) + "price" : Thing() + dice_.Of({"d", "x", "half"});
    if (depth <= 0) return leaf;
    switch (dice_.Below(6)) {
      case 0:
      case 1:
        return fmt::format("({} {} {})", Decimal(depth - 1), dice_.Of({"+", "-", "*", "/"}),
                           dice_.OneIn(3) ? Int(depth - 1) : Decimal(depth - 1));
      case 2:
        return fmt::format("({} {} {})", leaf, dice_.Of({"+", "-", "*", "/"}),
                           dice_.Of({"1.5", "0.001", "3", "0", "123456789012345678901.5"}));
      case 3: return fmt::format("-({})", Decimal(depth - 1));
      case 4: return Sum(depth - 1, "price", Thing() + "prices");
      default:
        return fmt::format("({} ? {} : {})", Bool(depth - 1), Decimal(depth - 1),
                           dice_.Of({"1.125", leaf, "0", "null"}));
    }
  }

  std::string Real(int depth) {
    if (depth <= 0)
      return dice_.Of(
          {Thing() + "r", Thing() + "ratio", dice_.Of(kReals), fmt::format("{:.6f}", 1.0 + dice_.Below(1000) / 7.0)});
    switch (dice_.Below(4)) {
      case 0:
      case 1: return fmt::format("({} {} {})", Real(depth - 1), dice_.Of({"+", "-", "*", "/"}), Real(depth - 1));
      case 2: return fmt::format("-({})", Real(depth - 1));
      default: return Thing() + "reals.sum()";
    }
  }

  std::string Text(int depth) {
    if (depth <= 0) {
      if (!words_.empty() && dice_.OneIn(3)) return dice_.Of(words_);
      if (!lines_.empty() && dice_.OneIn(3)) return dice_.Of(lines_) + "note";
      return dice_.Of({Thing() + "s", Thing() + "told", Thing() + "brief", Person() + "name", "'Tea'", "''", "'a'",
                       "'\\u00e9'", "'\\U0010FFFF'"});
    }
    if (dice_.OneIn(3)) return fmt::format("({} ? {} : {})", Bool(depth - 1), Text(depth - 1), OrNull(Text(depth - 1)));
    return fmt::format("({} + {})", Text(depth - 1), Text(depth - 1));
  }

  std::string Moment(int depth) {
    if (depth <= 0)
      return dice_.Of({Thing() + "at", Thing() + "later", fmt::format("timestamp('{}')", dice_.Of(kTimes))});
    return fmt::format("({} {} {})", Moment(depth - 1), dice_.Of({"+", "-"}), Span(depth - 1));
  }
  std::string Span(int depth) {
    if (depth <= 0) return dice_.Of({Thing() + "span", fmt::format("duration('{}')", dice_.Of(kSpans))});
    if (dice_.OneIn(3)) return fmt::format("({} - {})", Moment(depth - 1), Moment(depth - 1));
    if (dice_.OneIn(3)) return fmt::format("-({})", Span(depth - 1));
    return fmt::format("({} {} {})", Span(depth - 1), dice_.Of({"+", "-"}), Span(depth - 1));
  }

  std::string In(int depth) {
    switch (dice_.Below(9)) {
      case 0: return fmt::format("({} in [1, 7, {}])", Int(depth), Int(depth));
      case 1:
        return fmt::format("({} in {})", Int(depth), dice_.Of({"[]", "[0, 1, 2]", Thing() + "nums", "[1, null]"}));
      case 2:
        return fmt::format("({} in {})", Text(depth), dice_.Of({"['Tea', 'a']", Thing() + "tags", "['a', null]"}));
      case 3:
        return fmt::format("({} in {})", Decimal(depth),
                           dice_.Of({"[1.5, 1, 0.001]", Thing() + "prices", Thing() + "nums", "[1.5, null]"}));
      case 4:
        return fmt::format("({} in {})", Real(depth), dice_.Of({"[1.0, 2.5]", Thing() + "reals", Thing() + "nums"}));
      case 5: return fmt::format("({}u in {}ids)", Thing(), Thing());
      case 6:
        return fmt::format("({}day in {})", Thing(), dice_.Of({"['2024-02-29', '1970-01-01']", Thing() + "days"}));
      case 7: return fmt::format("({}raw in {}blobs)", Thing(), Thing());
      default: return fmt::format("({}colour in [red, green])", Thing());
    }
  }

  std::string Loop(int depth) {
    std::string macro = dice_.Of({"all", "exists", "exists_one"});
    std::string name = Name();
    auto loop = [&](const std::string& range, Texts& scope, const std::string& bound, const auto& body) {
      scope.push_back(bound);
      std::string made = body();
      scope.pop_back();
      return fmt::format("{}.{}({}, {})", range, macro, name, made);
    };
    auto any = [&] { return Bool(depth); };
    switch (dice_.Below(9)) {
      case 0:
      case 1: return fmt::format("{}lines.{}({}, {})", Thing(), macro, name, WithLine(name, depth));
      case 2: return loop(Person() + dice_.Of({"things", "likes"}), things_, name + ".", any);
      case 3: return loop(Thing() + "tags", words_, name, any);
      case 4: return loop(dice_.Of({Thing() + "nums", "[0, 1, 7]", "[1, null]"}), ints_, name, any);
      case 5:
        return loop(fmt::format("{}lines.map(o, o.{})", Thing(), dice_.Of({"qty", "thing.m", "thing.owner.score"})),
                    ints_, name, any);
      case 6:
        return loop(fmt::format("{}lines.filter(o, o.price > {})", Thing(), dice_.Of({"1", "o.thing.d"})), lines_,
                    name + ".", any);
      case 7: return fmt::format("{}reals.{}({}, {} == {}r)", Thing(), macro, name, name, Thing());
      default: return fmt::format("{}prices.{}({}, {} > {})", Thing(), macro, name, name, Decimal(std::min(depth, 1)));
    }
  }

  Dice& dice_;
  int names_ = 0;
  Texts things_;  // ways to a Thing: "v1."
  Texts lines_;
  Texts ints_;   // bound ints
  Texts words_;  // bound texts
};

void ExpectAgreement(std::unique_ptr<Database> database) {
  bool extended = std::getenv("ASHLAR_EXTENDED") != nullptr;
  uint64_t seed = 20261121;
  if (const char* given = std::getenv("ASHLAR_SEED")) seed = std::strtoull(given, nullptr, 10);
  Dice dice(seed);
  ExpressionWorld world(ReadModel(), std::move(database));
  RowMaker rows(dice);
  constexpr int kThings = 12;
  for (int i = 0; i < 4; ++i) world.Add("Person", rows.Person(i), "");
  for (int i = 0; i < kThings; ++i) world.Add("Thing", rows.Thing(i), std::to_string(i));
  for (int i = 1; i <= 30; ++i) world.Add("Line", rows.Line(i, kThings), "");
  for (int i = 1; i <= 30; ++i) world.Add("Fan", rows.Fan(i, kThings), "");
  int compiled = 0;
  int rounds = extended ? 60'000 : 1'500;
  std::map<std::string, int> answers;
  for (int round = 0; round < rounds; ++round) {
    std::string text = ExpressionMaker(dice).Bool(1 + dice.Below(4));
    auto expr = world.Compile(text, cel::Type::Tag::kBool);
    if (!expr) {
      const std::string& why = expr.error()[0].message;
      bool limit = why.contains("too deeply") || why.contains("38 digits") || why.contains("nested more") ||
                   why.contains("longer than") || why.starts_with("the branches are");
      EXPECT_TRUE(limit) << text << ": " << why << " at " << expr.error()[0].offset;
      continue;
    }
    ++compiled;
    cel::ExprPtr folded = cel::Fold(*expr, {});
    for (int i = 0; i < 3; ++i) {
      std::string key = std::to_string(dice.Below(kThings));
      std::string answer = world.InMemory(**expr, key);
      ++answers[answer];
      ASSERT_EQ(world.InProbe(*expr, key), answer) << text << " row " << key << " seed " << seed;
      ASSERT_EQ(world.InMemory(*folded, key), answer) << text << " folded, row " << key << " seed " << seed;
      ASSERT_EQ(world.InTable(folded, key), answer) << text << " in a table, row " << key << " seed " << seed;
    }
  }
  EXPECT_GT(compiled, rounds * 3 / 5);
  for (const char* answer : {"true", "false", "error"}) EXPECT_GT(answers[answer], rounds / 10) << answer;
}

TEST(Agreement, OfMemoryAndSqliteOverRandomRowsAndExpressions) { ExpectAgreement(std::make_unique<SqliteDatabase>()); }

TEST(Agreement, OfMemoryAndPostgresOverRandomRowsAndExpressions) {
  if (!postgres::PostgresDatabase::Reachable()) GTEST_SKIP() << "there is no TEST_POSTGRES_URL";
  ExpectAgreement(std::make_unique<postgres::PostgresDatabase>());
}

}  // namespace
}  // namespace ashlar::store::sql
