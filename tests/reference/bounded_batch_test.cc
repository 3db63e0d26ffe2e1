#include "bounded_batch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "formulas.h"
#include "high_precision.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

// Every operation of an exact argument, of one with an error, of a large one, and mixtures.
const char* const kFormulas[] = {
    "x",
    "-x",
    "x + 0.3",
    "x - 0.3",
    "x * 0.3",
    "x / 0.3",
    "1 / x",
    "x^2",
    "x^3",
    "(x / 3)^5",
    "(abs(x) + 0.1)^0.3",
    "(abs(x) / 3 + 0.1)^-1.7",
    "exp(x)",
    "exp(x / 3)",
    "exp(-x^2)",
    "exp(-(x / 7)^2)",
    "expm1(x)",
    "expm1(x / 3)",
    "log(abs(x))",
    "log(x^2 / 3 + 1e-30)",
    "log1p(abs(x))",
    "log1p(abs(x) / 3)",
    "log1p(exp(-abs(x) / 3))",
    "sqrt(abs(x))",
    "sqrt(x^2 / 3 + 1)",
    "sqrt(x^2 + 1) - x",
    "abs(x / 3)",
    "sign(x / 3)",
    "sin(x)",
    "sin(x / 3)",
    "cos(x)",
    "cos(x / 3)",
    "tan(x)",
    "tan(x / 3)",
    "atan(x)",
    "atan(x / 3)",
    "sinh(x)",
    "sinh(x / 3)",
    "cosh(x)",
    "cosh(x / 3)",
    "1 / cosh(x)^2",
    "1 - 1 / cosh(x)^2",
    "tanh(x)",
    "tanh(x / 3)",
    "tanh(exp(x))",
    "x - tanh(x)",
    "erf(x)",
    "erf(x / 3)",
    "erfc(x)",
    "erfc(x / 3)",
    "erfc(-x / sqrt(2))",
    "sigmoid(x)",
    "sigmoid(x / 3)",
    "sigmoid(2 * (x + x^3 / 7))",
    "softplus(x)",
    "softplus(x / 3)",
    "floor(x)",
    "floor(x / 3)",
    "min(x, x / 3)",
    "max(x / 3, x / 7)",
    "clip((x + 3) / 6, 0, 1)",
    "x / 3 > x / 7 ? x : -x",
    "(x / 3 >= 1) + (x / 7 < 2) + (x <= 1) + (x == 1) + (x / 3 != 1)",
    "x * tanh(softplus(x))",
    "x * exp(-x) * cosh(x)",
    "x / (1 + exp(-x / 3))",
    "exp(x) / (1 + exp(x))",
    "x / sqrt(1 + x^2)",
    "exp(x) * 1e-300",
    "(exp(x) - 1) / x",
};

constexpr std::size_t kPoints = 6 * kBatch;

/// A bound is honest if the true value lies within, for what it was made from and for the infinite values that stand for large ones.
void expect_within(double want, double value, double error, const char* formula, float x) {
  if (!(error < INFINITY) || std::isnan(want)) return;
  if (std::isinf(value)) {
    EXPECT_GE(std::abs(want), 0x1p1000) << formula << " at " << x;
    EXPECT_EQ(want > 0, value > 0) << formula << " at " << x;
    return;
  }
  // The true value is rounded to double, the error bound was computed in double.
  EXPECT_LE(std::abs(want - value), error * (1 + 1e-9) + 0x1p-53 * std::abs(want) + 0x1p-1074) << formula << " at " << x;
}

TEST(BoundedBatch, bounds_hold_the_true_value_on_every_target) {
  const std::vector<float> x = many_floats(kPoints);
  const int first = 0;
  for (const char* formula : kFormulas) {
    const Program program = program_of(formula);
    HighPrecision precise(program, {}, 0);
    std::vector<double> want(x.size());
    std::transform(x.begin(), x.end(), want.begin(), [&](float at) { return precise.at(at); });
    for (const std::string& target : targets()) {
      const ScopedTarget scope(target);
      BoundedBatch batch(program, {}, std::span(&first, 1));
      for (std::size_t begin = 0; begin < x.size(); begin += kBatch) {
        batch.run(x.data() + begin);
        const BoundedLanes& got = batch.output(0);
        for (std::size_t i = 0; i < kBatch; ++i) expect_within(want[begin + i], got.value[i], got.error[i], formula, x[begin + i]);
      }
      if (HasFailure()) return;
    }
  }
}

TEST(BoundedBatch, bounds_are_narrow_where_nothing_cancels) {
  const std::vector<float> x = many_floats(kPoints);
  const int first = 0;
  for (const char* formula : {"exp(x / 3)", "x * sigmoid(x)", "0.5 * x * erfc(-x / sqrt(2))", "x * tanh(softplus(x))", "(1 / cosh(x))^2",
                              "clip((x + 3) / 6, 0, 1)", "softplus(x)", "x / (1 + abs(x))", "atan(x)", "sin(x)", "x / sqrt(1 + x^2)"}) {
    const Program program = program_of(formula);
    BoundedBatch batch(program, {}, std::span(&first, 1));
    std::size_t wide = 0;
    for (std::size_t begin = 0; begin < x.size(); begin += kBatch) {
      batch.run(x.data() + begin);
      const BoundedLanes& got = batch.output(0);
      for (std::size_t i = 0; i < kBatch; ++i) wide += !(got.error[i] <= 0x1p-32 * std::max(std::abs(got.value[i]), 0x1p-126));
    }
    EXPECT_LE(wide, 2u) << formula;  // at a kink, whether to the left or right of it may be open
  }
}

TEST(BoundedBatch, exact_arithmetic_has_no_error) {
  const std::vector<float> x = many_floats(kBatch);
  const int first = 0;
  for (const char* formula : {"x * 30", "x + x", "max(x, 0)", "x > 0 ? x : 0.25 * x", "abs(x)"}) {
    BoundedBatch batch(program_of(formula), {}, std::span(&first, 1));
    batch.run(x.data());
    for (std::size_t i = 0; i < kBatch; ++i) EXPECT_EQ(batch.output(0).error[i], 0) << formula << " at " << x[i];
  }
}

TEST(BoundedBatch, zeros_keep_their_sign) {
  std::vector<float> x(kBatch, 0.0f);
  x[1] = -0.0f;
  const int first = 0;
  for (const char* formula :
       {"x", "expm1(x)", "log1p(x)", "sin(x)", "tan(x)", "atan(x)", "sinh(x)", "tanh(x)", "erf(x)", "x * sigmoid(x)"}) {
    BoundedBatch batch(program_of(formula), {}, std::span(&first, 1));
    batch.run(x.data());
    EXPECT_EQ(batch.output(0).value[0], 0) << formula;
    EXPECT_FALSE(std::signbit(batch.output(0).value[0])) << formula;
    EXPECT_TRUE(std::signbit(batch.output(0).value[1])) << formula;
  }
}

TEST(BoundedBatch, gives_the_outputs_asked_for_with_the_parameters_given) {
  const Formula f = parse_formula("a * x; a = 2");
  const std::vector<Expression> all{f.body, f.body + Expression(1.0), f.body + Expression(2.0)};
  const double parameter = 3;
  const std::array<int, 2> outputs{2, 0};
  BoundedBatch batch(lower(all), std::span(&parameter, 1), outputs);
  const std::vector<float> x(kBatch, 5.0f);
  batch.run(x.data());
  EXPECT_EQ(batch.output(0).value[7], 17);
  EXPECT_EQ(batch.output(1).value[7], 15);
}

}  // namespace
}  // namespace rectify
