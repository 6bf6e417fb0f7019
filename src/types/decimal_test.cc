// SPDX-License-Identifier: Apache-2.0
#include "types/decimal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace ashlar::types {
namespace {

const char* const kLargest = "99999999999999999999999999999999999999";  // 38 digits

Decimal D(std::string_view text) { return *ParseDecimal(text); }
std::string Show(const std::optional<Decimal>& decimal) { return decimal ? FormatDecimal(*decimal) : "none"; }

TEST(DecimalTest, ReadsAndWritesExactly) {
  for (const char* text :
       {"0", "0.00", "12.30", "-0.05", "7", "-123456789.123456789", "0.00000000000000000000000000000000000001",
        kLargest, "-99999999999999999999999999999999999999"}) {
    EXPECT_EQ(FormatDecimal(D(text)), text);
  }
  EXPECT_EQ(D("-0"), (Decimal{0, 0}));
  EXPECT_EQ(D("1.5e3"), (Decimal{1500, 0}));
  EXPECT_EQ(D("15e-1"), (Decimal{15, 1}));
  EXPECT_EQ(ParseDecimal("1.5", 3), (Decimal{1500, 3}));
}

TEST(DecimalTest, TellsWhyItDoesNotRead) {
  for (const char* text : {"", "-", ".5", "1.", "01", "1e", "1e+", "+1", "1 ", "0x1", "1_000", "NaN", "--1"}) {
    EXPECT_EQ(ParseDecimal(text).error(), DecimalFault::kForm) << text;
  }
  EXPECT_EQ(ParseDecimal("100000000000000000000000000000000000000").error(), DecimalFault::kRange);
  EXPECT_EQ(ParseDecimal("1e38").error(), DecimalFault::kRange);
  EXPECT_EQ(ParseDecimal("1e999999999999999999999").error(), DecimalFault::kRange);
  EXPECT_EQ(ParseDecimal("1e-39").error(), DecimalFault::kPrecision);
  EXPECT_EQ(ParseDecimal("1.005", 2).error(), DecimalFault::kPrecision);
  EXPECT_EQ(ParseDecimal("1.500", 2).error(), DecimalFault::kPrecision);
  EXPECT_EQ(ParseDecimal("1e37", 1).error(), DecimalFault::kRange);
}

TEST(DecimalTest, AddsSubtractsAndMultipliesExactly) {
  EXPECT_EQ(Show(Add(D("1.5"), D("2.25"))), "3.75");
  EXPECT_EQ(Show(Add(D("-1.50"), D("1.5"))), "0.00");
  EXPECT_EQ(Show(Subtract(D("0.1"), D("0.3"))), "-0.2");
  EXPECT_EQ(Show(Multiply(D("1.10"), D("-3"))), "-3.30");
  EXPECT_EQ(Show(Multiply(D("0.01"), D("0.01"))), "0.0001");
  EXPECT_EQ(Show(Multiply(D("9999999999999999999"), D("9999999999999999999"))),
            "99999999999999999980000000000000000001");
}

TEST(DecimalTest, RefusesMoreThan38Digits) {
  EXPECT_EQ(Show(Add(D(kLargest), D("0"))), kLargest);
  EXPECT_EQ(Show(Add(D(kLargest), D("1"))), "none");
  EXPECT_EQ(Show(Add(D(kLargest), D(kLargest))), "none");
  EXPECT_EQ(Show(Subtract(D("-99999999999999999999999999999999999999"), D("1"))), "none");
  EXPECT_EQ(Show(Add(D(kLargest), D("0.1"))), "none");
  EXPECT_EQ(Show(Multiply(D(kLargest), D("2"))), "none");
  EXPECT_EQ(Show(Multiply(D(kLargest), D(kLargest))), "none");
  EXPECT_EQ(Show(Multiply(D("10000000000000000000"), D("10000000000000000000"))), "none");
  EXPECT_EQ(Show(Multiply({1, 20}, {1, 19})), "none");  // 39 decimals
  EXPECT_EQ(Show(Rescale(D("1"), 38)), "none");
  EXPECT_EQ(Show(Rescale(D("0"), 39)), "none");
  EXPECT_EQ(Show(Divide(D(kLargest), D("0.1"), 0)), "none");
  EXPECT_EQ(Show(Divide(D("1"), D("3"), 39)), "none");
}

TEST(DecimalTest, DividesAndRescalesHalfToEven) {
  EXPECT_EQ(Show(Divide(D("1"), D("3"), 8)), "0.33333333");
  EXPECT_EQ(Show(Divide(D("2"), D("3"), 8)), "0.66666667");
  EXPECT_EQ(Show(Divide(D("-2"), D("3"), 2)), "-0.67");
  EXPECT_EQ(Show(Divide(D("1"), D("8"), 2)), "0.12");
  EXPECT_EQ(Show(Divide(D("3"), D("8"), 2)), "0.38");
  EXPECT_EQ(Show(Divide(D("-3"), D("8"), 2)), "-0.38");
  EXPECT_EQ(Show(Divide(D("10.00"), D("-0.5"), 0)), "-20");
  EXPECT_EQ(Show(Divide(D("1"), D("0.00"), 2)), "none");
  EXPECT_EQ(Show(Divide(D("0"), D("7"), 3)), "0.000");
  EXPECT_EQ(Show(Divide(D(kLargest), D(kLargest), 37)), "1.0000000000000000000000000000000000000");
  // The quotient has more decimals than are asked for.
  EXPECT_EQ(Show(Divide(D("0.25"), D("1"), 1)), "0.2");
  EXPECT_EQ(Show(Divide(D("0.35"), D("1"), 1)), "0.4");
  EXPECT_EQ(Show(Divide(D("0.26"), D("1"), 1)), "0.3");
  EXPECT_EQ(Show(Divide(D("0.76"), D("3"), 1)), "0.3");  // 0.2533...: not a half
  EXPECT_EQ(Show(Divide({1, 38}, D("1"), 0)), "0");
  EXPECT_EQ(Show(Rescale(D("2.5"), 0)), "2");
  EXPECT_EQ(Show(Rescale(D("3.5"), 0)), "4");
  EXPECT_EQ(Show(Rescale(D("-2.51"), 0)), "-3");
  EXPECT_EQ(Show(Rescale(D("0.125"), 2)), "0.12");
  EXPECT_EQ(Show(Rescale(D("9.99"), 1)), "10.0");
  EXPECT_EQ(Show(Rescale(D("1.5"), 3)), "1.500");
}

TEST(DecimalTest, ComparesAcrossScales) {
  EXPECT_EQ(CompareDecimal(D("1.50"), D("1.5")), std::weak_ordering::equivalent);
  EXPECT_EQ(CompareDecimal(D("-1.51"), D("-1.5")), std::weak_ordering::less);
  EXPECT_EQ(CompareDecimal(D("0.1"), D("-0.1")), std::weak_ordering::greater);
  EXPECT_EQ(CompareDecimal(D(kLargest), {1, 38}), std::weak_ordering::greater);
  EXPECT_EQ(CompareDecimal({1, 38}, {11, 38}), std::weak_ordering::less);
}

TEST(DecimalTest, ComparesWithDoublesExactly) {
  EXPECT_EQ(CompareDecimal(D("0.5"), 0.5), std::weak_ordering::equivalent);
  EXPECT_EQ(CompareDecimal(D("-0.25"), -0.25), std::weak_ordering::equivalent);
  // 0.1 as a double is a little more than a tenth, 0.3 a little less than three tenths.
  EXPECT_EQ(CompareDecimal(D("0.1"), 0.1), std::weak_ordering::less);
  EXPECT_EQ(CompareDecimal(D("0.3"), 0.3), std::weak_ordering::greater);
  EXPECT_EQ(CompareDecimal(D("-0.1"), -0.1), std::weak_ordering::greater);
  EXPECT_EQ(CompareDecimal(D("0"), 5e-324), std::weak_ordering::less);
  EXPECT_EQ(CompareDecimal(D("0"), -5e-324), std::weak_ordering::greater);
  EXPECT_EQ(CompareDecimal({1, 38}, 5e-324), std::weak_ordering::greater);
  EXPECT_EQ(CompareDecimal(D("0"), -0.0), std::weak_ordering::equivalent);
  EXPECT_EQ(CompareDecimal(D("-0.5"), 0.5), std::weak_ordering::less);
  EXPECT_EQ(CompareDecimal(D("0.5"), -0.5), std::weak_ordering::greater);
  EXPECT_EQ(CompareDecimal(D("9007199254740993"), 9007199254740992.0), std::weak_ordering::greater);
  EXPECT_EQ(CompareDecimal(D(kLargest), 1e38), std::weak_ordering::less);
  EXPECT_EQ(CompareDecimal(D(kLargest), std::nextafter(1e38, 0)), std::weak_ordering::greater);
  EXPECT_EQ(CompareDecimal(D("-99999999999999999999999999999999999999"), -1e300), std::weak_ordering::greater);
  EXPECT_EQ(CompareDecimal(D(kLargest), INFINITY), std::weak_ordering::less);
}

// Against long double, whose 64 bits of mantissa hold these small operands and products exactly.
TEST(DecimalTest, AgreesWithHardwareOnSmallNumbers) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<int64_t> unscaled(-99'999, 99'999);
  for (int round = 0; round < 5'000; ++round) {
    Decimal a{unscaled(random), 2};
    Decimal b{unscaled(random), 3};
    auto left = static_cast<long double>(static_cast<int64_t>(a.unscaled)) * 10;
    auto right = static_cast<long double>(static_cast<int64_t>(b.unscaled));
    EXPECT_EQ(CompareDecimal(a, b) < 0, left < right);
    EXPECT_EQ(static_cast<long double>(static_cast<int64_t>(Add(a, b)->unscaled)), left + right);
    if (b.unscaled == 0) continue;
    // 18 digits of quotient, one more than the rounding could hide.
    auto quotient = Divide(a, b, 4);
    ASSERT_TRUE(quotient);
    EXPECT_EQ(static_cast<int64_t>(quotient->unscaled), std::llrintl(left * 10'000 / right)) << round;
  }
}

TEST(NumberTextTest, TakesNumbersApart) {
  auto number = ParseNumber("-0120.50e1");
  EXPECT_FALSE(number);
  number = ParseNumber("-120.50e1");
  ASSERT_TRUE(number);
  EXPECT_TRUE(number->negative);
  EXPECT_EQ(number->digits, "1205");
  EXPECT_EQ(number->exponent, 0);
  EXPECT_EQ(number->decimals, 1);
  EXPECT_EQ(number->integer_digits(), 4);
  EXPECT_EQ(ParseNumber("0.00")->digits, "");
  EXPECT_EQ(ParseNumber("0.00")->decimals, 2);
  EXPECT_EQ(ToInt64(*ParseNumber("-9223372036854775808")), INT64_MIN);
  EXPECT_EQ(ToInt64(*ParseNumber("9223372036854775808")), std::nullopt);
  EXPECT_EQ(ToInt64(*ParseNumber("9e18")), 9'000'000'000'000'000'000);
  EXPECT_FALSE(ParseDigits("1.0"));
  EXPECT_FALSE(ParseDigits("1e1"));
  EXPECT_TRUE(ParseDigits("-12"));
}

}  // namespace
}  // namespace ashlar::types
