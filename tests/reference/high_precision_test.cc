#include "high_precision.h"

#include <gtest/gtest.h>

#include <cfloat>

#include "formulas.h"

namespace rectify {
namespace {

double at(std::string_view formula, double x) { return HighPrecision(program_of(formula), {}, 0).at(x); }

TEST(HighPrecision, knows_values_whose_digits_cancel) {
  EXPECT_DOUBLE_EQ(at("x - tanh(x)", 1e-8), 1e-24 / 3);
  EXPECT_DOUBLE_EQ(at("x - tanh(x)", 0x1p-149), 0x1p-447 / 3);
  EXPECT_DOUBLE_EQ(at("(x - tanh(x)) / x^3", 0x1p-149), 1.0 / 3);
  EXPECT_DOUBLE_EQ(at("(1 - cos(x)) / x^2", 0x1p-149), 0.5);
  EXPECT_DOUBLE_EQ(at("1 - 1 / cosh(x)^2", 0x1p-100), 0x1p-200);
  EXPECT_DOUBLE_EQ(at("sqrt(1 + x^2) - x", 1e30), 5e-31);
  EXPECT_DOUBLE_EQ(at("sin(x)", FLT_MAX), std::sin(static_cast<double>(FLT_MAX)));
}

TEST(HighPrecision, computes_every_operation_as_the_double_evaluator_does) {
  for (const char* formula : {"-x",
                              "exp(x)",
                              "expm1(x)",
                              "log(abs(x) + 1)",
                              "log1p(abs(x))",
                              "sqrt(abs(x))",
                              "sign(x)",
                              "sin(x)",
                              "cos(x)",
                              "tan(x)",
                              "atan(x)",
                              "sinh(x)",
                              "cosh(x)",
                              "tanh(x)",
                              "erf(x)",
                              "erfc(x)",
                              "sigmoid(x)",
                              "softplus(x)",
                              "floor(x)",
                              "x + 0.3",
                              "x - 0.3",
                              "x * 0.3",
                              "x / 0.3",
                              "(abs(x) + 1)^0.3",
                              "min(x, 0.5)",
                              "max(x, 0.5)",
                              "x < 0.5",
                              "x <= 0.5",
                              "x > 0.5",
                              "x >= 0.5",
                              "x == 0.5",
                              "x != 0.5",
                              "x > 0.5 ? 2 * x : x^2"}) {
    for (const double x : {-3.0, -0.7, -0.0, 0.0, 0.5, 0.8, 11.0}) {
      const Program program = program_of(formula);
      const double want = evaluate(program, x, {});
      EXPECT_NEAR(HighPrecision(program, {}, 0).at(x), want, 1e-15 * std::abs(want)) << formula << " at " << x;
    }
  }
}

TEST(HighPrecision, takes_parameters_and_the_output_asked_for) {
  const Formula f = parse_formula("a * x; a = 2");
  const std::vector<Expression> both{f.body, f.body + Expression(1.0)};
  const double parameter = 3;
  EXPECT_EQ(HighPrecision(lower(both), std::span(&parameter, 1), 0).at(5), 15);
  EXPECT_EQ(HighPrecision(lower(both), std::span(&parameter, 1), 1).at(5), 16);
}

TEST(HighPrecision, keeps_the_sign_of_zero) {
  EXPECT_TRUE(std::signbit(at("x * clip(x, 0, 1)", -3)));
  EXPECT_FALSE(std::signbit(at("max(x, 0)", -3)));
  EXPECT_TRUE(std::signbit(at("max(x, 0)", -0.0)));
}

TEST(HighPrecision, is_nan_where_the_formula_is_not_defined) { EXPECT_TRUE(std::isnan(at("log(x)", -1))); }

TEST(Only, keeps_what_the_outputs_need_and_renumbers) {
  const std::vector<Expression> expressions{parse_formula("exp(x) + 1").body, parse_formula("tanh(x)").body};
  const Program all = lower(expressions);
  const int second = 1;
  const Program kept = only(all, std::span(&second, 1));
  EXPECT_EQ(kept.code.size(), 2u);
  EXPECT_EQ(evaluate(kept, 0.3, {}), std::tanh(0.3));
}

}  // namespace
}  // namespace rectify
