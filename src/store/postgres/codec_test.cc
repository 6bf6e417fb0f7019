// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/codec.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "types/datetime.h"

namespace ashlar::store::postgres {
namespace {

using types::Cell;

// Numbers as the server writes them: the highest byte first.
std::string Bytes(std::initializer_list<int> shorts) {
  std::string bytes;
  for (int number : shorts) {
    bytes += static_cast<char>(number >> 8);
    bytes += static_cast<char>(number);
  }
  return bytes;
}
std::string Wide(uint64_t number, int size = 8) {
  std::string bytes;
  for (int i = size - 1; i >= 0; --i) bytes += static_cast<char>(number >> (8 * i));
  return bytes;
}

Decoded Decode(const Column& column, const std::string& bytes) {
  types::Rows rows(1);
  return AppendDatum(column, bytes, rows);
}

std::string Text(const Column& column, const std::string& bytes) {
  types::Rows rows(1);
  const Decoded decoded = AppendDatum(column, bytes, rows);
  if (decoded != Decoded::kDone) return "fault " + std::to_string(static_cast<int>(decoded));
  const Cell& cell = rows.at(0, 0);
  switch (cell.tag) {
    case Cell::Tag::kNull: return "null";
    case Cell::Tag::kInteger: return std::to_string(cell.integer);
    case Cell::Tag::kReal: return fmt::format("{}", cell.real);
    case Cell::Tag::kText: return "'" + std::string(cell.text()) + "'";
  }
  return "";
}

int32_t Modifier(int precision, int scale) { return (precision << 16 | (scale & 0x7ff)) + 4; }

TEST(PostgresCodecTest, ANumberOfAColumnComesAtItsScale) {
  const Column money{kNumericOid, Modifier(18, 2)};
  // digits, weight, sign, scale that is shown, digits to the base of 10,000
  EXPECT_EQ(Text(money, Bytes({2, 0, 0, 2, 12, 3400})), "1234");
  EXPECT_EQ(Text(money, Bytes({2, 0, 0x4000, 2, 12, 3400})), "-1234");
  EXPECT_EQ(Text(money, Bytes({0, 0, 0, 2})), "0");
  EXPECT_EQ(Text(money, Bytes({1, 0, 0, 2, 7})), "700");
  EXPECT_EQ(Text(money, Bytes({1, 1, 0, 2, 5})), "5000000");
  EXPECT_EQ(Text(money, Bytes({1, -1, 0, 2, 500})), "5");
  EXPECT_EQ(Text(money, Bytes({1, -1, 0, 2, 501})), "fault 3") << "never rounded";
  EXPECT_EQ(Text(money, Bytes({1, -2, 0, 2, 1})), "fault 3");
  EXPECT_EQ(Text(money, Bytes({2, -1, 0, 2, 500, 0})), "5");
  EXPECT_EQ(Text({kNumericOid, Modifier(3, -2)}, Bytes({1, 0, 0, 0, 1200})), "1200");
}

TEST(PostgresCodecTest, ANumberOfAnExpressionComesAtTheScaleThatItShows) {
  EXPECT_EQ(Text({kNumericOid}, Bytes({2, 0, 0, 3, 12, 3400})), "12340");
  EXPECT_EQ(Text({kNumericOid}, Bytes({1, 0, 0, 0, 12})), "12");
}

TEST(PostgresCodecTest, ANumberWiderThan64BitsIsText) {
  const Column whole{kNumericOid, Modifier(38, 0)};
  EXPECT_EQ(Text(whole, Bytes({5, 4, 0, 0, 922, 3372, 368, 5477, 5807})), "9223372036854775807");
  EXPECT_EQ(Text(whole, Bytes({5, 4, 0, 0, 922, 3372, 368, 5477, 5808})), "'9223372036854775808'");
  EXPECT_EQ(Text(whole, Bytes({5, 4, 0x4000, 0, 922, 3372, 368, 5477, 5808})), "-9223372036854775808");
  EXPECT_EQ(Text(whole, Bytes({10, 9, 0, 0, 99, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999})),
            "'" + std::string(38, '9') + "'");
  EXPECT_EQ(Text(whole, Bytes({1, 9, 0, 0, 100})), "fault 3");
  EXPECT_EQ(Text(whole, Bytes({1, 0x7fff, 0, 0, 1})), "fault 3");
  EXPECT_EQ(Text(whole, Bytes({1, 0x7fff, 0, 0, 0})), "0");
}

TEST(PostgresCodecTest, WhatIsNoNumberIsRefused) {
  const Column column{kNumericOid};
  EXPECT_EQ(Decode(column, Bytes({0, 0, 0xC000, 0})), Decoded::kRange);  // not a number
  EXPECT_EQ(Text({.type = kNumericOid, .measured = true}, Bytes({0, 0, 0xC000, 0})), "''");
  EXPECT_EQ(Decode({.type = kNumericOid, .measured = true}, Bytes({0, 0, 0xD000, 0})), Decoded::kRange);
  EXPECT_EQ(Decode(column, Bytes({0, 0, 0xD000, 0})), Decoded::kRange);  // infinite
  EXPECT_EQ(Decode(column, Bytes({0, 0, 0xF000, 0})), Decoded::kRange);
  EXPECT_EQ(Decode(column, Bytes({0, 0, 1, 0})), Decoded::kMalformed);
  EXPECT_EQ(Decode(column, Bytes({2, 0, 0, 0, 1})), Decoded::kMalformed);
  EXPECT_EQ(Decode(column, Bytes({1, 0, 0, 0, 10'000})), Decoded::kMalformed);
  EXPECT_EQ(Decode(column, Bytes({-1, 0, 0, 0, 1})), Decoded::kMalformed);
  EXPECT_EQ(Decode(column, ""), Decoded::kMalformed);
}

TEST(PostgresCodecTest, TimesAreCountedFrom1970) {
  EXPECT_EQ(Text({kDateOid}, Wide(0, 4)), "10957");
  EXPECT_EQ(Text({kDateOid}, Wide(static_cast<uint32_t>(-10'957), 4)), "0");
  EXPECT_EQ(Decode({kDateOid}, Wide(0x7fffffff, 4)), Decoded::kRange);
  EXPECT_EQ(Decode({kDateOid}, Wide(0x80000000, 4)), Decoded::kRange);
  EXPECT_EQ(Decode({kDateOid}, Wide(0)), Decoded::kMalformed);
  EXPECT_EQ(Text({kTimestamptzOid}, Wide(0)), "946684800000000");
  EXPECT_EQ(Decode({kTimestamptzOid}, Wide(INT64_MAX)), Decoded::kRange);
  EXPECT_EQ(Decode({kTimestamptzOid}, Wide(static_cast<uint64_t>(INT64_MIN))), Decoded::kRange);
  const int64_t last = types::kLastTimestamp.micros - 946'684'800'000'000;
  EXPECT_EQ(Decode({kTimestamptzOid}, Wide(static_cast<uint64_t>(last))), Decoded::kDone);
  EXPECT_EQ(Decode({kTimestamptzOid}, Wide(static_cast<uint64_t>(last + 1))), Decoded::kRange);
}

TEST(PostgresCodecTest, OtherKindsAreTheCellsOfTheirKind) {
  EXPECT_EQ(Text({kBoolOid}, "\1"), "1");
  EXPECT_EQ(Decode({kBoolOid}, "\2"), Decoded::kMalformed);
  EXPECT_EQ(Text({kInt2Oid}, Bytes({-2})), "-2");
  EXPECT_EQ(Text({kInt4Oid}, Wide(static_cast<uint32_t>(-3), 4)), "-3");
  EXPECT_EQ(Text({kInt8Oid}, Wide(static_cast<uint64_t>(INT64_MIN))), "-9223372036854775808");
  EXPECT_EQ(Decode({kInt8Oid}, "1"), Decoded::kMalformed);
  EXPECT_EQ(Text({kFloat8Oid}, Wide(std::bit_cast<uint64_t>(0.5))), "0.5");
  EXPECT_EQ(Decode({kFloat8Oid}, Wide(std::bit_cast<uint64_t>(double{NAN}))), Decoded::kRange);
  EXPECT_EQ(Decode({kFloat8Oid}, Wide(std::bit_cast<uint64_t>(-double{INFINITY}))), Decoded::kRange);
  const Column measured{.type = kFloat8Oid, .measured = true};
  EXPECT_EQ(Text(measured, Wide(std::bit_cast<uint64_t>(double{NAN}))), "''");
  EXPECT_EQ(Decode(measured, Wide(std::bit_cast<uint64_t>(double{INFINITY}))), Decoded::kRange);
  EXPECT_EQ(Text({kTextOid}, ""), "''");
  EXPECT_EQ(Text({kByteaOid}, std::string("\0a", 2)), std::string("'\0a'", 4));
  EXPECT_EQ(Text({kUuidOid}, std::string(16, 'u')), "'" + std::string(16, 'u') + "'");
  EXPECT_EQ(Decode({kUuidOid}, "short"), Decoded::kMalformed);
  EXPECT_EQ(Text({kJsonOid}, R"({"a":1})"), R"('{"a":1}')");
  EXPECT_EQ(Text({kJsonbOid}, "\1[]"), "'[]'");
  EXPECT_EQ(Decode({kJsonbOid}, "\2[]"), Decoded::kMalformed);
  EXPECT_EQ(Text({kVoidOid}, ""), "null");
  EXPECT_EQ(Decode({1700000}, "1"), Decoded::kUnknown);
  types::Rows rows(1);
  EXPECT_EQ(AppendDatum({kNumericOid}, std::nullopt, rows), Decoded::kDone);
  EXPECT_TRUE(rows.at(0, 0).is_null());
}

TEST(PostgresCodecTest, ABatchThatIsFullSaysSo) {
  types::Rows rows(1, 4);
  EXPECT_EQ(AppendDatum({kTextOid}, "12345", rows), Decoded::kFull);
  EXPECT_EQ(ErrorOf(Decoded::kFull, {kTextOid}).kind, ErrorKind::kTooLarge);
  EXPECT_EQ(ErrorOf(Decoded::kRange, {kNumericOid}).kind, ErrorKind::kInternal);
}

TEST(PostgresCodecTest, ParametersAreBinaryAndNullsAreOfNoType) {
  const types::Values values = {types::Value(int64_t{258}), types::Value(), types::Value(types::Decimal{-1234, 2}),
                                types::Value(std::string()), types::Value(types::Date{10'957})};
  Parameters parameters;
  parameters.Assign({});
  parameters.Assign(values);
  ASSERT_EQ(parameters.size(), 5);
  EXPECT_EQ(parameters.types()[0], kInt8Oid);
  EXPECT_EQ(std::string(parameters.values()[0], 8), Wide(258));
  EXPECT_EQ(parameters.types()[1], 0U);
  EXPECT_EQ(parameters.values()[1], nullptr);
  EXPECT_STREQ(parameters.values()[2], "-12.34");
  EXPECT_EQ(parameters.formats()[2], 0);
  EXPECT_NE(parameters.values()[3], nullptr);
  EXPECT_EQ(parameters.lengths()[3], 0);
  EXPECT_EQ(parameters.formats()[3], 1);
  EXPECT_EQ(std::string(parameters.values()[4], 4), Wide(0, 4));
}

}  // namespace
}  // namespace ashlar::store::postgres
