// SPDX-License-Identifier: Apache-2.0
// A text that is kept is the one that would be rendered, whatever the values.
#include "store/sqlite/rendered.h"

#include <gtest/gtest.h>

#include <random>

#include "contract/contract.h"
#include "plan/rules.h"
#include "plan/write_program.h"

namespace ashlar::store::sqlite {
namespace {

using types::Value;

constexpr const char* kContract = R"(
service: rendering
resources:
  Kind:
    softDelete: true
    fields:
      flag: bool
      whole: int
      large: int64!
      real: float
      money: decimal(18,2)
      text: string
      other: uuid
      day: date!
      time: datetime
      twice: { type: int, computed: whole * 2 }
      up: Kind
    access: { read: public, write: public }
)";

class RenderedTest : public testing::Test {
 protected:
  RenderedTest() {
    contract::Source source{"rendered.yaml", kContract};
    service_ = contract::Compile({&source, 1}, {}).value();
    kind_ = &service_->resource(service_->FindResource("Kind"));
  }

  cel::ExprPtr Field(std::string_view name) const {
    return plan::FieldOf(*kind_, kind_->FindField(name), plan::RowAt(kind_->id, 0));
  }
  Value Some(std::string_view name) {
    auto number = static_cast<int64_t>(dice_() % 40);
    if (number < 4) return {};
    if (name == "flag") return number % 2 == 0;
    if (name == "real") return static_cast<double>(number) / 4;
    if (name == "money") return types::Decimal{number, 2};
    if (name == "text") return std::string(static_cast<size_t>(number % 3), 'x');
    if (name == "other" || name == "upId") return types::Uuid{{static_cast<uint8_t>(number)}};
    if (name == "day") return types::Date{static_cast<int32_t>(number)};
    if (name == "time") return types::Timestamp{number};
    return number;
  }
  static cel::ExprPtr Whole(int64_t number) {
    cel::Type type;
    type.tag = cel::Type::Tag::kInt;
    return cel::MakeLiteral(Value{number}, type);
  }
  cel::ExprPtr Comparison() {
    constexpr std::string_view kNames[] = {"flag",  "whole", "large", "real",  "money", "text",
                                           "other", "day",   "time",  "twice", "upId"};
    constexpr cel::Op kOps[] = {cel::Op::kEqual, cel::Op::kNotEqual, cel::Op::kLess, cel::Op::kGreaterOrEqual};
    std::string_view name = kNames[dice_() % std::size(kNames)];
    const model::Field& field = kind_->field(kind_->FindField(name));
    bool mixed = (name == "money" || name == "real") && dice_() % 2 == 0;  // as what is folded may stand beside it
    if (mixed) return plan::MakeCall(kOps[dice_() % 4], {Field(name), Whole(static_cast<int64_t>(dice_() % 3))});
    return plan::MakeCall(kOps[dice_() % 4], {Field(name), plan::LiteralFor(field, Some(name))});
  }
  plan::Query Query() {
    plan::Query query;
    query.resource = kind_->id;
    query.fields = {kind_->FindField("id"), kind_->FindField(dice_() % 4 == 0 ? "twice" : "text")};
    query.where = Comparison();
    for (unsigned more = dice_() % 3; more > 0; --more) {
      query.where =
          dice_() % 2 == 0 ? cel::And(query.where, Comparison()) : cel::Or(cel::Not(query.where), Comparison());
    }
    if (dice_() % 3 == 0) query.flags = {Comparison()};
    query.deleted = dice_() % 4 == 0 ? call::Deleted::kWith : call::Deleted::kWithout;
    query.order = {{kind_->FindField("day"), dice_() % 2 == 0}, {kind_->FindField("id"), false}};
    if (dice_() % 3 != 0) query.limit = static_cast<int64_t>(100 + dice_() % 3);
    if (query.limit && dice_() % 3 == 0) query.offset = static_cast<int64_t>(200 + dice_() % 3);
    if (dice_() % 4 == 0) {
      query.among = kind_->FindField("upId");
      size_t many = dice_() % 20 == 0 ? 65 + dice_() % 3 : dice_() % 30;
      for (size_t i = 0; i < many; ++i) query.among_values.push_back(types::Uuid{{static_cast<uint8_t>(dice_())}});
      if (dice_() % 2 == 0) query.per_value = static_cast<int64_t>(300 + dice_() % 3);
      query.offset = 0;
    }
    return query;
  }
  // All the values, in order.
  static types::Values ParametersOf(const Rendered::Ready& ready) {
    types::Values all;
    for (size_t i = 0; ready.row != nullptr && i < ready.row->size(); ++i) {
      if (!ready.of_row->fields[i].computed) all.push_back((*ready.row)[i]);
    }
    const types::Values& own = ready.sql.parameters;
    all.insert(all.end(), own.begin() + static_cast<ptrdiff_t>(all.size()), own.end());
    return all;
  }
  void ExpectRendered(const plan::Statement& statement) {
    sql::Sql fresh = sql::Render(*service_, sql::Sqlite(), statement);
    Rendered::Ready kept = rendered_.Of(*service_, statement);
    ASSERT_EQ(kept.sql.text, fresh.text);
    ASSERT_EQ(ParametersOf(kept), fresh.parameters) << fresh.text;
    ASSERT_EQ(kept.sql.columns, fresh.columns);
  }

  std::shared_ptr<const model::Service> service_;
  const model::Resource* kind_ = nullptr;
  Rendered rendered_;
  std::mt19937 dice_{20'261'129};
};

TEST_F(RenderedTest, QueriesAtRandom) {
  for (int i = 0; i < 20'000; ++i) ExpectRendered(Query());
}

TEST_F(RenderedTest, AKeptTextIsTheSameObject) {
  plan::Query query = Query();
  query.flags.clear();
  query.fields = {kind_->FindField("id")};
  query.where = plan::MakeCall(
      cel::Op::kEqual, {Field("text"), plan::LiteralFor(kind_->field(kind_->FindField("text")), std::string("a"))});
  const sql::Sql* first = &rendered_.Of(*service_, query).sql;
  EXPECT_EQ(&rendered_.Of(*service_, query).sql, first);
  plan::Query other = query;
  other.where = plan::MakeCall(
      cel::Op::kEqual, {Field("text"), plan::LiteralFor(kind_->field(kind_->FindField("text")), std::string("b"))});
  EXPECT_EQ(&rendered_.Of(*service_, other).sql, first);
  EXPECT_EQ(*first->parameters.at(0).get<std::string>(), "b");
}

TEST_F(RenderedTest, AQueryWithADecimalIsKeptForEachOfItsValues) {
  auto asked = [&](int64_t number, std::string text) {
    plan::Query query;
    query.resource = kind_->id;
    query.fields = {kind_->FindField("id")};
    query.where = cel::And(
        plan::MakeCall(cel::Op::kGreater, {Field("money"), Whole(number)}),
        plan::MakeCall(cel::Op::kEqual,
                       {Field("text"), plan::LiteralFor(kind_->field(kind_->FindField("text")), std::move(text))}));
    return query;
  };
  const sql::Sql* first = &rendered_.Of(*service_, asked(3, "a")).sql;
  EXPECT_EQ(&rendered_.Of(*service_, asked(3, "b")).sql, first);
  EXPECT_EQ(first->parameters, (types::Values{int64_t{300}, std::string("b")}));
  EXPECT_NE(&rendered_.Of(*service_, asked(4, "b")).sql, first);
  ExpectRendered(asked(4, "c"));
  ExpectRendered(asked(0, "c"));
  ExpectRendered(asked(3, "c"));
}

TEST_F(RenderedTest, ARowIsNotKeptWithItsText) {
  types::Values row(kind_->fields.size());
  row[kind_->FindField("text").index()] = std::string("secret");
  for (int i = 0; i < 2; ++i) {
    const plan::Statement insert = plan::Insert{kind_->id, row};
    Rendered::Ready ready = rendered_.Of(*service_, insert);
    EXPECT_EQ(ready.row, &std::get<plan::Insert>(insert).row);
    EXPECT_TRUE(std::ranges::all_of(ready.sql.parameters, &Value::is_null));
  }
}

TEST_F(RenderedTest, LookupsProbesAndInserts) {
  std::vector<std::shared_ptr<const plan::Query>> forms;
  for (int i = 0; i < 20; ++i) {
    auto form = std::make_shared<plan::Query>(Query());
    form->order.clear();
    form->offset = 0;
    form->among = {};
    form->per_value = 0;
    form->limit = 1;
    forms.push_back(std::move(form));
  }
  plan::References references(*service_);
  const cel::ExprPtr& up = references.Of(*kind_, kind_->FindRelation("up"));
  cel::ExprPtr comparison = Comparison();
  for (int i = 0; i < 4'000; ++i) {
    Value id = types::Uuid{{static_cast<uint8_t>(dice_())}};
    ExpectRendered(plan::Lookup{kind_->id, {id}, forms[dice_() % forms.size()], dice_() % 5 != 0});
    types::Values row(kind_->fields.size());
    for (size_t field = 0; field < row.size(); ++field) row[field] = Some(kind_->fields[field].name);
    ExpectRendered(plan::Insert{kind_->id, row});
    std::vector<cel::ExprPtr> expressions{up};
    if (dice_() % 2 == 0) expressions.push_back(comparison);
    if (dice_() % 2 == 0) std::ranges::reverse(expressions);
    ExpectRendered(plan::Probe{kind_->id, row, expressions, dice_() % 5 != 0});
  }
}

TEST_F(RenderedTest, KeepsNoMoreThanItMay) {
  for (size_t i = 0; i < 3 * Rendered::kMost; ++i) {
    auto form = std::make_shared<plan::Query>();
    form->resource = kind_->id;
    form->fields = {kind_->FindField("id")};
    form->limit = 1;
    ExpectRendered(plan::Lookup{kind_->id, {types::Uuid{}}, form, true});
    ASSERT_LE(rendered_.kept(), Rendered::kMost);
  }
}

}  // namespace
}  // namespace ashlar::store::sqlite
