#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rectify/formula/formula.h"
#include "rectify/formula/program.h"
#include "rectify/formula/test_values.h"

namespace rectify {
namespace {

using test::at;
using test::slope_at;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Bounded bounded_at(const std::string& text, double x) { return evaluate_bounded(lower(parse_formula(text).body), x, {}); }

TEST(Evaluate, nan_gives_nan_and_infinity_the_limit) {
  EXPECT_TRUE(std::isnan(at("x > 0 ? x : 0", NAN)));
  EXPECT_TRUE(std::isnan(at("max(x, 0)", NAN)));
  EXPECT_EQ(at("x * sigmoid(x)", kInfinity), kInfinity);
  const double silu = at("x * sigmoid(x)", -kInfinity);
  EXPECT_EQ(silu, 0);
  EXPECT_TRUE(std::signbit(silu));
  EXPECT_EQ(at("x / (1 + abs(x))", -kInfinity), -1);
  EXPECT_EQ(at("x / sqrt(1 + x^2)", kInfinity), 1);
  EXPECT_EQ(at("x - tanh(x)", kInfinity), kInfinity);
  EXPECT_NEAR(at("x - log(cosh(x))", kInfinity), std::log(2), 1e-12);
  EXPECT_EQ(at("sqrt(x^2 + 1) - x", kInfinity), 0);
  EXPECT_TRUE(std::isnan(at("sin(x)", kInfinity)));
  EXPECT_EQ(slope_at("x * sigmoid(x)", kInfinity), 1);
  for (const char* oscillates : {"x + sin(x)^2", "sin(30 * x)", "x + sin(3 * x)^2 / 3"}) {
    for (const double end : {-kInfinity, kInfinity}) EXPECT_TRUE(std::isnan(slope_at(oscillates, end))) << oscillates << " at " << end;
  }
}

TEST(Evaluate, where_infinities_tie_large_values_tell_the_limit) {
  EXPECT_EQ(slope_at("max(x, 0.1 * x)", kInfinity), 1);
  EXPECT_EQ(slope_at("max(x, 0.1 * x)", -kInfinity), 0.1);
  EXPECT_EQ(slope_at("min(x, 0.1 * x)", kInfinity), 0.1);
  EXPECT_EQ(at("max(x, 0.1 * x)", kInfinity), kInfinity);
}

TEST(Evaluate, has_no_limit_where_there_is_none) {
  EXPECT_TRUE(std::isnan(at("x * sin(x)", kInfinity)));
  EXPECT_TRUE(std::isnan(at("x * sin(x)", -kInfinity)));
  EXPECT_TRUE(std::isnan(at("x^2.5", -kInfinity)));
  EXPECT_EQ(at("x^2.5", kInfinity), kInfinity);
  for (const char* oscillates : {"cos(2 * pi * x)", "x - floor(x)", "cos(pi * x) / 3 + 1"}) {
    for (const double end : {-kInfinity, kInfinity}) EXPECT_TRUE(std::isnan(at(oscillates, end))) << oscillates << " at " << end;
  }
}

TEST(Evaluate, limits_are_not_what_arithmetic_makes_of_infinity) {
  EXPECT_NEAR(at("x^(1 / log(x))", kInfinity), std::exp(1), 1e-12);
  EXPECT_NE(at("(1 + 1 / x)^x", kInfinity), 1) << "it is e, or not told";
  EXPECT_EQ(at("log1p(x)^2 - log1p(x)", kInfinity), kInfinity);
  EXPECT_EQ(at("floor(x) / x", kInfinity), 1);
  EXPECT_EQ(at("floor(x)", -kInfinity), -kInfinity);
  EXPECT_EQ(at("(1 / x)^(1 / x)", kInfinity), 1);
  for (const char* rises_to_one : {"x * sin(1 / x)", "x * log(1 + 1 / x)", "x * tanh(1 / x)", "expm1(1 / x) * x"}) {
    EXPECT_NEAR(at(rises_to_one, kInfinity), 1, 1e-12) << rises_to_one;
    EXPECT_FALSE(std::abs(slope_at(rises_to_one, kInfinity)) > 1e-6) << rises_to_one << ": its slope is 0, or not told";
  }
}

TEST(Evaluate, chooses_rightly_between_what_overflows_or_underflows) {
  EXPECT_EQ(at("exp(x) < exp(2 * x) ? x : -x", 800), 800);
  EXPECT_EQ(at("exp(x) > exp(2 * x) ? x : -x", -800), -800);
  EXPECT_EQ(at("exp(x) < exp(2 * x) ? x : -x", -800), 800);
  EXPECT_EQ(at("log(max(exp(x), exp(2 * x))) / x", 800), 2);
  EXPECT_EQ(at("exp(x) / exp(2 * x) < 1 ? 3 : 4", 800), 3) << "where double has no number to compare";
  EXPECT_EQ(at("exp(2 * x) / (1 + exp(2 * x) + x) > 0.5 ? x : -1", 1e9), 1e9);
  for (const double x : {-200.0, -750.0, -1e5, -kInfinity}) EXPECT_EQ(at("exp(x) * 1e300 > exp(x) * 1e299 ? 3 : 4", x), 3) << x;
  EXPECT_EQ(at("exp(x) > exp(2 * x) ? 1 : 2", -kInfinity), 1);
  EXPECT_LE(bounded_at("exp(x) < exp(2 * x) ? x : -x", 800).error, 1e-5);
}

TEST(Evaluate, bound_covers_the_error) {
  // Against long double, which has 11 bits more.
  const Formula f = parse_formula("x - tanh(x)");
  for (double x = 1e-6; x < 3; x *= 1.7) {
    const Bounded got = evaluate_bounded(lower(f.body), x, {});
    const long double want = static_cast<long double>(x) - std::tanh(static_cast<long double>(x));
    EXPECT_LE(std::abs(static_cast<double>(got.value - want)), got.error + std::abs(static_cast<double>(want)) * 1e-18) << x;
    EXPECT_LE(got.error, 1e-14 * x);
  }
  EXPECT_EQ(evaluate_bounded(lower(parse_formula("max(x, 0)").body), 0.3, {}).error, 0);
}

TEST(Evaluate, bound_is_small_where_an_exponential_is_though_its_exponent_is_not_known_well) {
  for (const double x : {1e5, 1e10, 1e20, 1e30}) {
    EXPECT_LE(bounded_at("exp(-x^2 / 2)", x).error, 1e-300) << x;
    EXPECT_LE(bounded_at("expm1(-x^2 / 2)", x).error, 1e-15) << x;
  }
}

TEST(Evaluate, bound_grows_with_cancellation) {
  const Bounded b = evaluate_bounded(lower(parse_formula("(2 + erf(x)) - 1").body), -5, {});
  EXPECT_GT(b.error, 1e-5 * b.value);
  EXPECT_LT(std::abs(b.value - std::erfc(5)), b.error);
}

}  // namespace
}  // namespace rectify
