// SPDX-License-Identifier: Apache-2.0
#include "call/outcome_codec.h"

#include <gtest/gtest.h>

#include "contract/contract.h"
#include "types/aggregate_types.h"

namespace ashlar::call {
namespace {

constexpr const char* kFields = "      name: string!\n      size: float\n      owner: Owner\n";

std::shared_ptr<const model::Service> Compiled(const std::string& fields = kFields) {
  contract::Source source{"t.yaml", "service: t\nresources:\n  Thing:\n    id: int\n    fields:\n" + fields +
                                        "    access: { read: public }\n  Owner:\n    fields: { name: string }\n"
                                        "    access: { read: public }\n"};
  auto compiled = contract::Compile({&source, 1}, {});
  if (!compiled) ADD_FAILURE() << contract::Render(compiled.error(), false);
  return compiled.value();
}

RowSet::Column ColumnOf(const model::Resource& resource, std::string_view name, uint32_t cell, int mask = -1) {
  return {resource.FindField(name), cell, mask};
}

// A mean that is wider than an integer, and a smallest constant.
GroupSet Groups() {
  contract::Source source{"t.yaml", "service: t\nresources:\n  Thing:\n    fields: { state: 'enum(on, off)' }\n"};
  auto service = contract::Compile({&source, 1}, {}).value();
  const model::Resource& thing = service->resource(service->FindResource("Thing"));
  GroupSet groups;
  groups.columns = {{"createdAt:month", "", types::TypeOfDay()},
                    {"avg", "price", types::TypeOfAverage(*types::TypeOfSum(*types::TypeThatWrites("decimal", 2)))},
                    {"min", "state", thing.field(thing.FindField("state")).type}};
  groups.rows = types::Rows(3);
  groups.rows.AppendInteger(19'000);
  EXPECT_TRUE(groups.rows.AppendText("12345678901234567890123"));
  EXPECT_TRUE(groups.rows.AppendText("off"));
  for (int i = 0; i < 3; ++i) groups.rows.AppendNull();
  return groups;
}

// Two things, the first with its owner.
Outcome Things(const model::Service& service) {
  const model::Resource& thing = service.resource(service.FindResource("Thing"));
  const model::Resource& owner = service.resource(service.FindResource("Owner"));
  Outcome outcome;
  outcome.rows.resource = thing.id;
  outcome.rows.columns = {ColumnOf(thing, "id", 0), ColumnOf(thing, "name", 1), ColumnOf(thing, "size", 2, 3)};
  outcome.rows.key_cells = {0};
  outcome.rows.rows = types::Rows(4);
  for (int64_t id : {7, 8}) {
    outcome.rows.rows.AppendInteger(id);
    EXPECT_TRUE(outcome.rows.rows.AppendText("name"));
    outcome.rows.rows.AppendReal(1.5);
    outcome.rows.rows.AppendInteger(id == 7 ? 1 : 0);
  }
  Included included;
  included.key = "owner";
  included.set.resource = owner.id;
  included.set.columns = {ColumnOf(owner, "name", 1)};
  included.set.key_cells = {0};
  included.set.rows = types::Rows(2);
  EXPECT_TRUE(included.set.rows.AppendText("0123456789abcdef"));
  included.set.rows.AppendNull();
  included.of_parent = {{0}, {}};
  included.more = {1};
  outcome.rows.included.push_back(std::move(included));
  outcome.page = PageInfo{2, 20, 45, true, "after", std::nullopt, true};
  outcome.history.push_back({"h", "update", "{}", "", "me", "r", 3, types::Timestamp{5}});
  outcome.groups = Groups();
  outcome.created = true;
  outcome.version = 4;
  outcome.id = "7";
  outcome.shaped = true;
  return outcome;
}

TEST(OutcomeCodec, GivesBackWhatItWasGiven) {
  auto service = Compiled();
  std::vector<Outcome> outcomes;
  outcomes.push_back(Things(*service));
  outcomes.emplace_back();  // as of a deletion
  std::string bytes = EncodeOutcomes(*service, outcomes);
  auto decoded = DecodeOutcomes(*service, bytes);
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 2u);
  EXPECT_EQ(EncodeOutcomes(*service, *decoded), bytes);
  const Outcome& one = decoded->at(0);
  EXPECT_EQ(one.rows.columns.size(), 3u);
  EXPECT_EQ(one.rows.columns[2].mask, 3);
  EXPECT_EQ(one.rows.rows.at(1, 0).integer, 8);
  EXPECT_EQ(one.rows.rows.at(0, 1).text(), "name");
  EXPECT_EQ(one.rows.rows.at(0, 2).real, 1.5);
  ASSERT_EQ(one.rows.included.size(), 1u);
  EXPECT_EQ(one.rows.included[0].of_parent, (std::vector<std::vector<uint32_t>>{{0}, {}}));
  EXPECT_EQ(one.rows.included[0].more, std::vector<uint32_t>{1});
  EXPECT_EQ(one.page->total, 45);
  EXPECT_EQ(one.page->next, "after");
  EXPECT_FALSE(one.page->previous.has_value());
  EXPECT_EQ(one.history.at(0).caller_id, "me");
  ASSERT_TRUE(one.groups);
  std::string groups;
  for (size_t i = 0; i < one.groups->columns.size(); ++i) {
    json::Writer out(groups);
    groups += one.groups->columns[i].member + one.groups->columns[i].field + " ";
    one.groups->columns[i].type->Format(one.groups->rows.at(0, i), out);
  }
  EXPECT_EQ(groups, R"(createdAt:month "2022-01-08"avgprice "123456789012345.67890123"minstate "off")");
  EXPECT_EQ(one.groups->rows.size(), 2u);
  EXPECT_TRUE(one.created && one.shaped && !one.replayed);
  EXPECT_EQ(one.id, "7");
  EXPECT_TRUE(decoded->at(1).rows.rows.empty());
}

TEST(OutcomeCodec, UnderAnotherContractWhatIsGoneIsLeftOut) {
  auto before = Compiled();
  std::vector<Outcome> outcomes;
  outcomes.push_back(Things(*before));
  std::string bytes = EncodeOutcomes(*before, outcomes);
  auto moved = Compiled("      first: string\n      size: float\n      name: string!\n      owner: Owner\n");
  auto decoded = DecodeOutcomes(*moved, bytes);
  ASSERT_TRUE(decoded);
  const model::Resource& thing = moved->resource(moved->FindResource("Thing"));
  ASSERT_EQ(decoded->at(0).rows.columns.size(), 3u);
  EXPECT_EQ(decoded->at(0).rows.columns[1].field, thing.FindField("name"));
  auto less = Compiled("      size: string\n      owner: Owner\n");
  decoded = DecodeOutcomes(*less, bytes);
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->at(0).rows.columns.size(), 1u);
  EXPECT_EQ(decoded->at(0).rows.columns[0].cell, 0u);
}

TEST(OutcomeCodec, RefusesWhatItDidNotMake) {
  auto service = Compiled();
  std::vector<Outcome> outcomes;
  outcomes.push_back(Things(*service));
  std::string bytes = EncodeOutcomes(*service, outcomes);
  EXPECT_FALSE(DecodeOutcomes(*service, bytes + "x"));
  EXPECT_FALSE(DecodeOutcomes(*service, "\x7f" + bytes.substr(1)));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeOutcomes(*service, std::string_view(bytes).substr(0, size))) << size;
  }
  // Whatever byte is damaged, it is read or refused, and never beyond its end.
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (char damage : {'\xff', '\x00', '\x7f'}) {
      std::string damaged = bytes;
      damaged[at] = damage;
      if (auto decoded = DecodeOutcomes(*service, damaged)) (void)EncodeOutcomes(*service, *decoded);
    }
  }
}

}  // namespace
}  // namespace ashlar::call
