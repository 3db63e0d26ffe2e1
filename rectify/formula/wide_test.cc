#include "rectify/formula/wide.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "rectify/formula/derivative.h"
#include "rectify/formula/formula.h"
#include "rectify/formula/operation.h"
#include "rectify/formula/program.h"
#include "rectify/formula/test_values.h"

namespace rectify {
namespace {

using test::at;
using test::slope_at;

TEST(Wide, operations_are_those_of_double_within_its_range) {
  const double numbers[] = {0.0, -0.0, 1, -1, 0.75, -3.5, 1e-9, 12.25, -300, 300, 1e15, NAN, INFINITY, -INFINITY};
  for (int k = static_cast<int>(Op::kNegate); k < static_cast<int>(Op::kSelect); ++k) {
    const Op op = static_cast<Op>(k);
    for (const double a : numbers) {
      for (const double b : numbers) {
        const double want = operate(op, a, b, 0), got = operate(op, Wide(a), Wide(b), Wide()).value();
        if (std::isnan(want)) {
          EXPECT_TRUE(std::isnan(got)) << op_name(op) << " " << a << " " << b;
        } else if (std::isinf(want) && std::isfinite(a) && std::isfinite(b)) {
          EXPECT_TRUE(std::isinf(got)) << op_name(op) << " " << a << " " << b;
        } else if (std::isinf(want)) {
          EXPECT_EQ(got, want) << op_name(op) << " " << a << " " << b;
        } else {
          EXPECT_NEAR(got, want, 1e-13 * std::abs(want)) << op_name(op) << " " << a << " " << b;
        }
      }
    }
  }
}

TEST(Wide, keeps_what_double_loses) {
  const Wide huge = operate(Op::kExp, Wide(5000), {}, {}), tiny = operate(Op::kExp, Wide(-5000), {}, {});
  EXPECT_TRUE(std::isinf(huge.value()));
  EXPECT_EQ(tiny.value(), 0);
  EXPECT_NEAR(operate(Op::kMultiply, huge, tiny, {}).value(), 1, 1e-12);
  EXPECT_NEAR(operate(Op::kLog, huge, {}, {}).value(), 5000, 1e-11);
  EXPECT_NEAR(operate(Op::kLog, tiny, {}, {}).value(), -5000, 1e-11);
  EXPECT_NEAR(operate(Op::kLog, operate(Op::kSqrt, huge, {}, {}), {}, {}).value(), 2500, 1e-11);
  EXPECT_NEAR(operate(Op::kLog, operate(Op::kPower, huge, Wide(-1.5), {}), {}, {}).value(), -7500, 1e-11);
  EXPECT_EQ(operate(Op::kGreater, huge, operate(Op::kExp, Wide(4999), {}, {}), {}).value(), 1);
  EXPECT_EQ(operate(Op::kMultiply, Wide(0), huge, {}).value(), 0);
  const Wide far = operate(Op::kExp, Wide(1e38), {}, {}), farther = operate(Op::kExp, Wide(3e38), {}, {});
  EXPECT_EQ(operate(Op::kDivide, operate(Op::kMultiply, Wide(5), far, {}), far, {}).value(), 5);
  EXPECT_EQ(operate(Op::kDivide, farther, far, {}).value(), INFINITY);
  EXPECT_EQ(operate(Op::kMax, far, farther, {}).far, 3e38);
  EXPECT_EQ(operate(Op::kLog, farther, {}, {}).value(), 3e38);
}

// The whole is an ordinary number though its parts are not.
TEST(Wide, gives_formulas_whose_parts_overflow) {
  const std::string mish = "x * (exp(x) * (exp(x) + 2)) / (exp(x) * (exp(x) + 2) + 2)";
  for (const double x : {400.0, 800.0, 3e9, 1e38}) {
    EXPECT_DOUBLE_EQ(at(mish, x), x);
    EXPECT_EQ(static_cast<float>(at(mish, -x)), 0);
    EXPECT_TRUE(std::signbit(at(mish, -x)));
    EXPECT_EQ(at("max(0, x) * exp(-x)", -x), 0);
  }
  EXPECT_NEAR(at("exp(x) * exp(3 - x)", 800), std::exp(3), 1e-11);
  EXPECT_NEAR(at("exp(-x) / exp(1 - x)", 800), std::exp(-1), 1e-12);
  EXPECT_NEAR(at("log(sinh(x))", 900), 900 - std::log(2), 1e-11);
  EXPECT_NEAR(at("exp(x)^2 / (exp(x)^2 + cosh(2 * x))", 800), 2.0 / 3, 1e-12);
  EXPECT_EQ(at("exp(x)", 800), INFINITY) << "which is beyond all";
  // Expected: mpmath's exp(x^2) erfc(x).
  EXPECT_NEAR(at("exp(x * x) * erfc(x)", 30), 0.018795888861416751, 1e-12);
  EXPECT_NEAR(at("exp(x * x) * erfc(x)", 100), 0.0056416137829894329, 1e-12);
  EXPECT_NEAR(at("log(erfc(x))", 30), -903.97411711064388, 1e-9);
  EXPECT_NEAR(slope_at("exp(2 * x) / (exp(2 * x) + 3 + x)", 200), 0, 1e-9) << "where parts cancel to what is small beside 1";
  EXPECT_NEAR(at("tanh(x^8) / x^7", 1e-42), 1e-42, 1e-54) << "of an argument below all doubles";
  EXPECT_NEAR(at("erf(x^9) / x^9", 1e-38), 2 / std::sqrt(std::acos(-1)), 1e-12);
  EXPECT_NEAR(at("exp(-1.5 * x) * sigmoid(1.5 * x)", -600), 1, 1e-9) << "as right as the exponential itself";
  EXPECT_DOUBLE_EQ(at("log(exp(x) + exp(2 * x))", -1e20), -1e20);
  // Powers, large arguments with a coefficient, quotients of sums.
  for (const double x : {-710.0, -1e3, -1e10, -1e30}) {
    for (const char* text :
         {"(1 + exp(-x))^(-0.5)", "(1 + exp(-x))^(-0.3)", "cosh(x)^(-1.7)", "1 / (1 + exp(-1.1 * x))^2", "x * sqrt(sigmoid(1.7 * x))"}) {
      EXPECT_NEAR(at(text, x), 0, 1e-60) << text << " at " << x;
      EXPECT_NEAR(slope_at(text, x), 0, 1e-60) << text << " at " << x;
    }
  }
  for (const double x : {1e6, 1e10, 1e16, 1e30}) {
    EXPECT_NEAR(at("sinh(x / 3) / (1 + cosh(x / 3))", x), 1, 1e-9) << x;
    EXPECT_NEAR(slope_at("sinh(x / 3) / (1 + cosh(x / 3))", x), 0, 1e-9) << x;
    EXPECT_NEAR(at("log(0.5 + 0.5 * exp(1.1 * x))", x) / x, 1.1, 1e-6) << x;
    EXPECT_NEAR(slope_at("log(0.5 + 0.5 * exp(1.1 * x))", x), 1.1, 1e-9) << x;
    EXPECT_NEAR(at("exp(1.1 * x) / (1 + exp(1.1 * x)^2)", x), 0, 1e-9) << x;
  }
  for (const double x : {1e8, 1e9, 1e38}) EXPECT_NEAR(at("(exp(x) + 2) / (exp(x) + 3)", x), 1, 1e-9) << x;
  for (const double x : {709.0, 710.0, 800.0}) {
    EXPECT_NEAR(at("floor(exp(x)) / exp(x)", x), 1, 1e-12) << x;
    EXPECT_EQ(at("floor(-exp(-x))", x), -1) << x;
  }
  EXPECT_NEAR(at("exp(x + 1) / exp(x)", 1.5e8), std::exp(1), 1e-6) << "the sum is exact";
  // Where exponents are not known to 1, nothing is told.
  for (const double x : {1e13, 1e15, 1e17}) {
    const double got = at("2^x * 3^x / 6^x", x);
    EXPECT_TRUE(std::isnan(got) || got == 0 || std::abs(got - 1) < 1e-3) << got << " at " << x;
  }
  EXPECT_FALSE(std::abs(at("exp(x)^16 / (exp(x)^15 * exp(x) + 1)", 5e14) - 1) > 1e-3);
  for (const double x : {1e20, 3e38}) EXPECT_NEAR(at("(1 + abs(x)^20)^(-0.05) * x", x), 1, 1e-9) << x;
  EXPECT_TRUE(std::isnan(at("exp(x) * (x + 1) / exp(x) - x * exp(x) / exp(x)", 1e30))) << "where parts cancel too";
}

}  // namespace
}  // namespace rectify
