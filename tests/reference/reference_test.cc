#include "reference.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "formulas.h"
#include "rectify/formula/derivative.h"

namespace rectify {
namespace {

std::vector<double> values(Reference& reference, std::span<const float> x) {
  std::vector<double> to(x.size());
  double* const place = to.data();
  reference.run(x, std::span(&place, 1));
  return to;
}

Reference reference_of(std::string_view formula) {
  const int first = 0;
  return {program_of(formula), {}, std::span(&first, 1)};
}

/// `count` floats in order from `from` on, `apart` bit patterns from one to the next.
std::vector<float> neighbours(float from, std::size_t count, std::uint32_t apart) {
  std::vector<float> x;
  for (std::size_t i = 0; i < count; ++i)
    x.push_back(std::bit_cast<float>(std::bit_cast<std::uint32_t>(from) + static_cast<std::uint32_t>(i) * apart));
  return x;
}

void expect_good(std::string_view formula, std::span<const float> x, std::span<const double> got) {
  HighPrecision precise(program_of(formula), {}, 0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double want = precise.at(x[i]);
    if (std::isinf(got[i]) && std::abs(want) >= 0x1p1000) continue;
    ASSERT_LE(std::abs(got[i] - want), 0x1.001p-32 * std::max(std::abs(want), 0x1p-126)) << formula << " at " << x[i];
  }
}

TEST(Reference, is_good_to_32_bits_where_double_is_not) {
  for (const char* formula : {"x - tanh(x)", "1 - 1 / cosh(x)^2", "(1 - cos(x)) / x^2", "sqrt(1 + x^2) - x", "expm1(x) - x"}) {
    Reference reference = reference_of(formula);
    std::vector<float> x = many_floats(1000);
    std::erase_if(x, [](float at) { return at == 0 || std::abs(at) > 1e6f; });
    expect_good(formula, x, values(reference, x));
    EXPECT_GT(reference.from_mpfr() + reference.from_polynomials(), 0) << formula;
  }
}

TEST(Reference, many_neighbours_share_a_polynomial) {
  Reference reference = reference_of("x - tanh(x)");
  const std::vector<float> x = neighbours(1e-6f, 4096, 1021);
  const std::vector<double> got = values(reference, x);
  EXPECT_EQ(reference.from_polynomials(), 4096);
  EXPECT_EQ(reference.from_mpfr(), 0);
  std::vector<float> some;
  std::vector<double> theirs;
  for (std::size_t i = 0; i < x.size(); i += 37) some.push_back(x[i]), theirs.push_back(got[i]);
  expect_good("x - tanh(x)", some, theirs);
}

TEST(Reference, no_polynomial_runs_over_a_kink) {
  const char* const formula = "(x > 0.0013 ? 2 : 1) * (x - tanh(x))";
  Reference reference = reference_of(formula);
  const std::vector<float> x = neighbours(0.00098f, 512, 12345);
  expect_good(formula, x, values(reference, x));
  EXPECT_EQ(reference.from_polynomials(), 0);
}

/// The floats from `from` on, one after the other.
class EveryFloat : public testing::TestWithParam<const char*> {};

TEST_P(EveryFloat, is_as_good_by_polynomials_as_one_by_one) {
  const std::string formula = GetParam();
  Reference reference = reference_of(formula);
  for (const float from : {0.0f, 1e-44f, 1.1e-38f, -3e-20f, 0.0009f, -0.7f, 1.9999f, 3.999f, -17.0f, 80.0f, -1e6f, 3e38f}) {
    const std::vector<float> x = neighbours(from, 3 * kBatch + 5, 1);
    std::vector<double> got(x.size());
    double* const place = got.data();
    reference.run(x, std::span(&place, 1), Spacing::kEveryFloat);
    std::vector<float> some;
    std::vector<double> theirs;
    for (std::size_t i = 0; i < x.size(); i += 41) some.push_back(x[i]), theirs.push_back(got[i]);
    expect_good(formula, some, theirs);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(reference.from_polynomials(), 0);
}

INSTANTIATE_TEST_SUITE_P(Formulas, EveryFloat,
                         testing::Values("x * sigmoid(x)", "x - tanh(x)", "0.5 * x * erfc(-x / sqrt(2))", "x > 2.1 ? x : 0.3 * x",
                                         "min(max(x, 0), 6) + x / 8"));

TEST(Reference, a_polynomial_that_double_contradicts_is_not_used) {
  const char* const formula = "abs(x - 1.75) < 1e-3 ? 2 * x : x";  // between two of Chebyshev's points
  Reference reference = reference_of(formula);
  const std::vector<float> x = neighbours(1.75f, 3 * kBatch, 1);
  std::vector<double> got(x.size());
  double* const place = got.data();
  reference.run(x, std::span(&place, 1), Spacing::kEveryFloat);
  EXPECT_EQ(reference.from_polynomials(), 0);
  expect_good(formula, x, got);
}

TEST(Reference, infinities_give_the_limit_and_nan_gives_nan) {
  Reference reference = reference_of("x * sigmoid(x)");
  const std::vector<float> x{INFINITY, -INFINITY, NAN, 1.0f};
  const std::vector<double> got = values(reference, x);
  EXPECT_EQ(got[0], INFINITY);
  EXPECT_EQ(got[1], 0);
  EXPECT_TRUE(std::signbit(got[1]));
  EXPECT_TRUE(std::isnan(got[2]));
  EXPECT_DOUBLE_EQ(got[3], 1 / (1 + std::exp(-1.0)));
}

TEST(Reference, overflow_is_infinite_and_what_is_not_defined_nan) {
  Reference reference = reference_of("exp(x) + log(x + 1000)");
  const std::vector<float> x{1e10f, -2000.0f};
  const std::vector<double> got = values(reference, x);
  EXPECT_EQ(got[0], INFINITY);
  EXPECT_TRUE(std::isnan(got[1]));
}

TEST(Reference, gives_all_outputs_of_any_number_of_floats) {
  const Expression f = parse_formula("tanh(x)").body;
  const std::vector<Expression> both{f, derivative(f)};
  const std::array<int, 2> outputs{0, 1};
  Reference reference(lower(both), {}, outputs);
  const std::vector<float> x = neighbours(0.1f, 2 * kBatch + 3, 9999);
  std::vector<double> y(x.size() + 1, -7), slope(x.size() + 1, -7);
  const std::array<double*, 2> to{y.data(), slope.data()};
  reference.run(x, to);
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(y[i], std::tanh(double{x[i]}), 1e-14);
    EXPECT_NEAR(slope[i], 1 - y[i] * y[i], 1e-14);
  }
  EXPECT_EQ(y.back(), -7);
  EXPECT_EQ(slope.back(), -7);
}

}  // namespace
}  // namespace rectify
